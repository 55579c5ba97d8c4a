//! Environments: aliases with a policy, which every move of the alias has to keep.

use promptsync_api::{
    environments::{Environment, SetEnvironment},
    error::{ENVIRONMENT_NOT_FOUND, NAME_EXISTS, NOT_LOCKED},
    page::Page,
};
use promptsync_core::{
    digest::Digest, ids::ProjectId, names::AliasName, problem::Problem, splits::AliasSplits,
};
use promptsync_store::{Manifest, ReadTx, aliases, environments, version_locks};
use serde_json::{Map, json};

use super::change::{Deed, Kept};
use crate::{endpoint::InProject, http::error::ApiError};

/// Prompts named one by one in a refusal.
const NAMED: usize = 100;

/// The project's environments.
pub(crate) async fn list(call: &InProject) -> Result<Page<Environment>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let items = environments::list(&mut tx, &call.project.id).await?;
    Ok(Page { items: items.into_iter().map(view).collect(), next_cursor: None })
}

/// One environment.
pub(crate) async fn get(call: &InProject, alias: &str) -> Result<Environment, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    existing(&mut tx, call, alias).await.map(view)
}

/// Sets the policy of an alias; says whether it had none before. One that the alias breaks already is refused, so that
/// what an environment demands is always so.
pub(crate) async fn set(
    call: &InProject,
    alias: &str,
    request: &SetEnvironment,
) -> Result<(Environment, bool), ApiError> {
    let alias = AliasName::parse(alias)?;
    let (app, workspace, project) = (&call.app, &call.caller.workspace, &call.project.id);
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let before = environments::of_alias(&mut tx, project, &alias).await?;
    let aliases = aliases::list(&mut tx, project).await?;
    let alike = aliases.iter().find(|known| known.name.folded() == alias.folded());
    let spelt = alike.map(|known| &known.name).or_else(|| before.as_ref().map(|before| &before.alias));
    if let Some(other) = spelt.filter(|name| **name != alias) {
        let detail = format!("`{alias}` and `{other}` differ only in case");
        return Err(ApiError::new(NAME_EXISTS, detail).hint(format!("name it `{other}`")));
    }
    let now = app.clock.now();
    let after = environments::Environment {
        alias,
        locked_only: request.locked_only,
        created_at: before.as_ref().map_or(now, |before| before.created_at),
        updated_at: now,
    };
    if before.as_ref().is_some_and(|before| before.locked_only == after.locked_only) {
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok((before.map_or_else(|| view(after), view), false));
    }
    if let Some(alike) = alike {
        let entries = aliases::entries(&mut tx, &alike.id).await?;
        let splits = aliases::splits(&mut tx, &alike.id).await?;
        demand_all(&mut tx, project, &after, &entries, &splits).await?;
    }
    environments::put(&mut tx, workspace, project, &after).await?;
    let deed = Deed {
        action: "environment.set",
        target: format!("environment:{}", after.alias),
        before: before.as_ref().map(fingerprint),
        after: Some(fingerprint(&after)),
        details: Map::from_iter([("locked_only".to_owned(), json!(after.locked_only))]),
        ..Deed::default()
    };
    let created = before.is_none();
    let answer = view(after);
    let status = if created { 201 } else { 200 };
    call.change.commit(app, tx, deed, Kept::Answer(status, &answer)).await?;
    Ok((answer, created))
}

/// Takes the policy off an alias. The alias stays where it is.
pub(crate) async fn remove(call: &InProject, alias: &str) -> Result<(), ApiError> {
    let (app, workspace, project) = (&call.app, &call.caller.workspace, &call.project.id);
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let before = existing(&mut tx, call, alias).await?;
    environments::delete(&mut tx, project, &before.alias).await?;
    let deed = Deed {
        action: "environment.remove",
        target: format!("environment:{}", before.alias),
        before: Some(fingerprint(&before)),
        ..Deed::default()
    };
    call.change.commit(app, tx, deed, Kept::Answer(204, &())).await?;
    Ok(())
}

/// Whether an alias may point there and divide its traffic so: asked before every move, whoever makes it.
pub(super) async fn check_move(
    tx: &mut ReadTx,
    project: &ProjectId,
    alias: &AliasName,
    entries: &Manifest,
    splits: &AliasSplits,
) -> Result<(), ApiError> {
    match environments::of_alias(tx, project, alias).await? {
        Some(policy) => demand_all(tx, project, &policy, entries, splits).await,
        None => Ok(()),
    }
}

async fn demand_all(
    tx: &mut ReadTx,
    project: &ProjectId,
    policy: &environments::Environment,
    entries: &Manifest,
    splits: &AliasSplits,
) -> Result<(), ApiError> {
    demand(tx, project, policy, entries).await?;
    for others in splits.others() {
        demand(tx, project, policy, &others).await?;
    }
    Ok(())
}

async fn demand(
    tx: &mut ReadTx,
    project: &ProjectId,
    policy: &environments::Environment,
    entries: &Manifest,
) -> Result<(), ApiError> {
    if !policy.locked_only {
        return Ok(());
    }
    let unlocked = version_locks::unlocked(tx, project, entries).await?;
    let Some((prompt, version)) = unlocked.first_key_value() else { return Ok(()) };
    let others = match unlocked.len() - 1 {
        0 => "is".to_owned(),
        1 => "and 1 more are".to_owned(),
        more => format!("and {more} more are"),
    };
    let named = unlocked.iter().take(NAMED).map(|(prompt, version)| {
        Problem::new(NOT_LOCKED.code, format!("{prompt} {version} is not locked")).at_path(prompt.as_str())
    });
    let detail =
        format!("`{}` takes locked versions only; {prompt} {version} {others} not locked", policy.alias);
    Err(ApiError::many(NOT_LOCKED, detail, named.collect())
        .hint(format!("lock what shall be served: `promptsync lock-version {prompt} {version}`")))
}

async fn existing(
    tx: &mut ReadTx,
    call: &InProject,
    alias: &str,
) -> Result<environments::Environment, ApiError> {
    let found = match AliasName::parse(alias) {
        Ok(alias) => environments::of_alias(tx, &call.project.id, &alias)
            .await?
            .filter(|environment| environment.alias == alias),
        Err(_) => None,
    };
    found.ok_or_else(|| {
        let shown: String = alias.chars().take(80).collect();
        ApiError::new(ENVIRONMENT_NOT_FOUND, format!("the alias `{}` has no policy", shown.escape_debug()))
    })
}

/// A digest of a policy, for the audit log.
fn fingerprint(environment: &environments::Environment) -> Digest {
    let policy = json!({ "alias": environment.alias, "locked_only": environment.locked_only });
    Digest::of(policy.to_string().as_bytes())
}

fn view(environment: environments::Environment) -> Environment {
    Environment {
        alias: environment.alias,
        locked_only: environment.locked_only,
        created_at: environment.created_at,
        updated_at: environment.updated_at,
    }
}
