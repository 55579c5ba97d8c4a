//! The past, from the history of the aliases.

use futures_util::TryStreamExt as _;
use promptsync_core::{ids::ProjectId, names::PromptName, time::Timestamp};

use super::{Gathered, ProjectState};
use crate::{
    conn::{ReadTx, on},
    error::Result,
};

/// One prompt of a project as it was at a moment: the versions there were, and where every alias that existed
/// pointed. Of the moves made until then the one with the highest revision counts, whatever the clocks said.
pub async fn load_prompt_at(
    tx: &mut ReadTx,
    project: &ProjectId,
    prompt: &PromptName,
    moment: Timestamp,
) -> Result<ProjectState> {
    let mut gathered = Gathered::default();
    on!(tx, c => sqlx::query_as(
        "SELECT prompts.id, prompts.module, prompts.name, versions.version, versions.digest, versions.git_commit,
                version_states.version_id IS NOT NULL AS archived
         FROM prompts
         JOIN versions ON versions.prompt_id = prompts.id
         LEFT JOIN version_states ON version_states.version_id = versions.id
             AND version_states.archived_at <= $4
         WHERE prompts.project_id = $1 AND prompts.folded_name = $2 AND prompts.name = $3
             AND versions.created_at <= $4
         ORDER BY versions.sort_key",
    )
    .bind(project.as_str())
    .bind(prompt.folded())
    .bind(prompt.as_str())
    .bind(moment)
    .fetch(c)
    .try_for_each(|row| gathered.version(row))
    .await)?;
    on!(tx, c => sqlx::query_as(
        "SELECT aliases.name AS alias, CAST($2 AS TEXT) AS prompt, alias_history.entries ->> $2 AS version,
                alias_history.splits -> $2 AS split
         FROM aliases
         JOIN alias_history ON alias_history.alias_id = aliases.id
         WHERE aliases.project_id = $1 AND alias_history.revision = (
             SELECT MAX(earlier.revision) FROM alias_history AS earlier
             WHERE earlier.alias_id = aliases.id AND earlier.moved_at <= $3)",
    )
    .bind(project.as_str())
    .bind(prompt.as_str())
    .bind(moment)
    .fetch(c)
    .try_for_each(|row| gathered.entry(row))
    .await)?;
    gathered.state()
}
