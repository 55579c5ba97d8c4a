//! What releases name. Along the rising numbers of a project's releases each keeps only what it changed; a release
//! below the newest, and one made before there were changes, keeps all of its entries.

use crate::{
    conn::{ReadTx, Tx, insert, on},
    entries::{self, EntryIds, Manifest},
    error::Result,
    releases::Release,
    sort_key::sort_key,
};

/// What a release names: the entry it keeps of a prompt, or else the last change up to its number.
pub(crate) async fn all(tx: &mut ReadTx, release: &Release) -> Result<Manifest> {
    // No change is at or below the empty key.
    let last = if release.is_whole { Vec::new() } else { sort_key(&release.version) };
    let list: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT string_agg(prompts.name || ' ' || versions.version, ',')
         FROM prompts
         JOIN versions ON versions.id = COALESCE(
             (SELECT release_entries.version_id FROM release_entries
              WHERE release_entries.release_id = $1 AND release_entries.prompt_id = prompts.id),
             (SELECT release_changes.version_id FROM release_changes
              WHERE release_changes.prompt_id = prompts.id AND release_changes.sort_key <= $2
              ORDER BY release_changes.sort_key DESC LIMIT 1))
         WHERE prompts.project_id = $3",
    )
    .bind(release.id.as_str())
    .bind(last)
    .bind(release.project.as_str())
    .fetch_one(c)
    .await)?;
    entries::of_list(list, "release_entries", release.id.as_str())
}

/// Writes what a release names: one kept whole all of it, any other what it changed.
pub(crate) async fn insert(tx: &mut Tx, release: &Release, named: &[EntryIds]) -> Result<()> {
    let (table, key) = if release.is_whole {
        ("release_entries (release_id, prompt_id, version_id)", None)
    } else {
        ("release_changes (project_id, sort_key, prompt_id, version_id)", Some(sort_key(&release.version)))
    };
    let owner = if release.is_whole { release.id.as_str() } else { release.project.as_str() };
    insert!(tx, format!("INSERT INTO {table} "), named, |row, entry| {
        row.push_bind(owner);
        if let Some(key) = &key {
            row.push_bind(key.clone());
        }
        row.push_bind(entry.prompt.as_str()).push_bind(entry.version.as_str());
    });
    Ok(())
}
