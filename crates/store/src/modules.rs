//! Modules: folders of prompts inside a project.

use crate::{
    conn::{ReadTx, Tx, insert, on},
    error::Result,
    rows::lies,
};
use promptsync_core::{ids::ProjectId, names::ModulePath};

/// A folder of prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its path; empty for the root.
    pub path: ModulePath,
    /// Prompts directly in it.
    pub prompt_count: i64,
}

#[derive(sqlx::FromRow)]
struct ModuleRow {
    path: String,
    prompt_count: i64,
}

/// Makes sure that these modules exist.
pub async fn insert_all(tx: &mut Tx, project: &ProjectId, modules: &[ModulePath]) -> Result<()> {
    insert!(
        tx,
        "INSERT INTO modules (project_id, path) ",
        modules,
        |row, path| row.push_bind(project.as_str()).push_bind(path.as_str()),
        " ON CONFLICT (project_id, path) DO NOTHING"
    );
    Ok(())
}

/// The project's modules by path.
pub async fn list(tx: &mut ReadTx, project: &ProjectId) -> Result<Vec<Module>> {
    let rows: Vec<ModuleRow> = on!(tx, c => sqlx::query_as(
        "SELECT modules.path,
                (SELECT COUNT(*) FROM prompts
                 WHERE prompts.project_id = modules.project_id AND prompts.module = modules.path) AS prompt_count
         FROM modules
         WHERE modules.project_id = $1
         ORDER BY modules.path",
    )
    .bind(project.as_str())
    .fetch_all(c)
    .await)?;
    rows.into_iter()
        .map(|row| {
            Ok(Module {
                path: ModulePath::parse(&row.path).map_err(lies("modules", "path", project.as_str()))?,
                prompt_count: row.prompt_count,
            })
        })
        .collect()
}
