//! What releases name. Along the rising numbers of a project's releases each keeps only what it changed; a release
//! below the newest, and one made before there were changes, keeps all of its entries.

use promptsync_core::names::PromptName;
use sqlx::{Database, Encode, QueryBuilder, Type};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    entries::{self, Manifest},
    error::Result,
    releases::Release,
    rows::{CHUNK, push_list},
    sort_key::sort_key,
};

const TABLE: &str = "release_entries";

/// What a release names.
pub(crate) async fn all(tx: &mut ReadTx, release: &Release) -> Result<Manifest> {
    let rows = on!(tx, c => select(release).build_query_as().fetch_all(c).await)?;
    entries::manifest(rows, TABLE, release.id.as_str())
}

/// Which version a release names of each of these prompts that it names.
pub(crate) async fn of_prompts(
    tx: &mut ReadTx,
    release: &Release,
    prompts: &[PromptName],
) -> Result<Manifest> {
    let mut found = Manifest::new();
    for chunk in prompts.chunks(CHUNK) {
        let rows = on!(tx, c => {
            let mut query = select(release);
            query.push(" AND prompts.folded_name IN");
            push_list(&mut query, chunk.iter().map(PromptName::folded));
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        found.extend(entries::manifest(rows, TABLE, release.id.as_str())?);
    }
    Ok(found)
}

/// Writes what a release names: one kept whole all of it, any other what it changed.
pub(crate) async fn insert(tx: &mut Tx, release: &Release, named: &Manifest) -> Result<()> {
    let named: Vec<_> = named.iter().collect();
    let found = entries::ids(tx, &release.project, &named).await?;
    for chunk in found.chunks(CHUNK) {
        if release.is_whole {
            execute!(
                tx,
                QueryBuilder::new("INSERT INTO release_entries (release_id, prompt_id, version_id) ")
                    .push_values(chunk, |mut row, entry| {
                        row.push_bind(release.id.as_str())
                            .push_bind(&entry.prompt_id)
                            .push_bind(&entry.version_id);
                    })
                    .build()
                    .persistent(chunk.len() == 1)
            )?;
        } else {
            execute!(
                tx,
                QueryBuilder::new(
                    "INSERT INTO release_changes (project_id, prompt_id, sort_key, version_id) "
                )
                .push_values(chunk, |mut row, entry| {
                    row.push_bind(release.project.as_str())
                        .push_bind(&entry.prompt_id)
                        .push_bind(sort_key(&release.version))
                        .push_bind(&entry.version_id);
                })
                .build()
                .persistent(chunk.len() == 1)
            )?;
        }
    }
    Ok(())
}

/// Name and version of each prompt that a release names: by the entry it keeps whole, or else by the last change up to
/// its number.
fn select<'q, DB: Database>(release: &'q Release) -> QueryBuilder<DB>
where
    &'q str: Encode<'q, DB> + Type<DB>,
    Vec<u8>: Encode<'q, DB> + Type<DB>,
{
    // No change is at or below the empty key.
    let last = if release.is_whole { Vec::new() } else { sort_key(&release.version) };
    let mut query = QueryBuilder::new(
        "SELECT prompts.name, versions.version
         FROM prompts
         JOIN versions ON versions.id = COALESCE(
             (SELECT release_entries.version_id FROM release_entries
              WHERE release_entries.prompt_id = prompts.id AND release_entries.release_id = ",
    );
    query.push_bind(release.id.as_str());
    query.push(
        "), (SELECT release_changes.version_id FROM release_changes
             WHERE release_changes.prompt_id = prompts.id AND release_changes.sort_key <= ",
    );
    query.push_bind(last);
    query.push(" ORDER BY release_changes.sort_key DESC LIMIT 1)) WHERE prompts.project_id = ");
    query.push_bind(release.project.as_str());
    query
}
