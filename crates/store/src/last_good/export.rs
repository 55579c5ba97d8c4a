//! From the database to a copy.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use promptsync_core::{audit::Revision, ids::WorkspaceId, time::Timestamp};
use serde_json::Value as JsonValue;
use sqlx::{ColumnIndex, Database, Decode, QueryBuilder, Row, Type, types::Json};

use super::{
    Copy, Known,
    tables::{Owner, TABLES, VERSIONS},
    values::{Kind, Value, put_row},
};
use crate::{
    audit,
    conn::{ReadTx, on},
    data_keys::SealedKey,
    error::Result,
    rows::{CHUNK, lies, push_list},
};

impl Copy {
    /// Reads what a copy of the workspace holds. Nothing when it has no data key yet: then there is nothing to copy.
    pub async fn export(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Option<Self>> {
        let revision: Revision = audit::head(tx, workspace).await?.revision;
        let data_keys = data_keys(tx, workspace).await?;
        if data_keys.is_empty() {
            return Ok(None);
        }
        let mut copy = Self {
            workspace: workspace.clone(),
            revision,
            data_keys,
            documents: BTreeSet::new(),
            base: Vec::new(),
            prompts: BTreeMap::new(),
        };
        let mut prompt_of: HashMap<String, String> = HashMap::new();
        for (number, table) in (0_u8..).zip(TABLES) {
            let rows = read(tx, workspace, table.select, table.kinds).await?;
            for row in rows {
                let text = |column: usize| match row.get(column) {
                    Some(Value::Text(text)) => text.clone(),
                    _ => String::new(),
                };
                if usize::from(number) == VERSIONS.0 {
                    prompt_of.insert(text(VERSIONS.1), text(VERSIONS.2));
                    copy.documents.insert(text(VERSIONS.3));
                }
                let part = match table.owner {
                    Owner::Base => &mut copy.base,
                    Owner::Prompt(column) => copy.prompts.entry(text(column)).or_default(),
                    Owner::Version(column) => {
                        let prompt = prompt_of.get(&text(column)).cloned().unwrap_or_default();
                        copy.prompts.entry(prompt).or_default()
                    }
                };
                put_row(part, number, &row);
            }
        }
        Ok(Some(copy))
    }

    /// The documents that are not stored yet, as they are sealed in the database; those that stand in clear are left out.
    pub async fn missing_documents(
        &self,
        tx: &mut ReadTx,
        known: &Known,
    ) -> Result<BTreeMap<String, Vec<u8>>> {
        let workspace = &self.workspace;
        let missing: Vec<&String> = if known.data_keys == self.data_keys {
            self.documents.difference(&known.documents).collect()
        } else {
            self.documents.iter().collect()
        };
        let mut found = BTreeMap::new();
        for chunk in missing.chunks(CHUNK) {
            let rows: Vec<(String, Vec<u8>)> = on!(tx, c => {
                let mut query = QueryBuilder::new("SELECT digest, sealed FROM documents WHERE workspace_id = ");
                query.push_bind(workspace.as_str()).push(" AND sealed IS NOT NULL AND digest IN");
                push_list(&mut query, chunk.iter().map(|digest| (*digest).clone()));
                query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
            })?;
            found.extend(rows);
        }
        Ok(found)
    }
}

async fn data_keys(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Vec<SealedKey>> {
    let rows: Vec<(i64, String, Vec<u8>)> = on!(tx, c => sqlx::query_as(
        "SELECT version, master_id, sealed FROM data_keys WHERE workspace_id = $1 ORDER BY version",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    let key = |(version, master, sealed): (i64, String, Vec<u8>)| {
        let version = u32::try_from(version).map_err(lies("data_keys", "version", workspace.as_str()))?;
        Ok(SealedKey { version, master, sealed })
    };
    rows.into_iter().map(key).collect()
}

async fn read(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    select: &'static str,
    kinds: &[Kind],
) -> Result<Vec<Vec<Value>>> {
    Ok(on!(tx, c => {
        let rows = sqlx::query(select).bind(workspace.as_str()).fetch_all(c).await;
        rows.and_then(|rows| rows.iter().map(|row| values(row, kinds)).collect::<Result<Vec<_>, sqlx::Error>>())
    })?)
}

fn values<R: Row>(row: &R, kinds: &[Kind]) -> Result<Vec<Value>, sqlx::Error>
where
    usize: ColumnIndex<R>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Json<JsonValue>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Timestamp: Decode<'r, R::Database> + Type<R::Database>,
{
    kinds.iter().enumerate().map(|(column, kind)| value(row, column, *kind)).collect()
}

fn value<R: Row>(row: &R, column: usize, kind: Kind) -> Result<Value, sqlx::Error>
where
    usize: ColumnIndex<R>,
    R::Database: Database,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Json<JsonValue>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Timestamp: Decode<'r, R::Database> + Type<R::Database>,
{
    let found = match kind {
        Kind::Text => row.try_get::<Option<String>, _>(column)?.map(Value::Text),
        Kind::Number => row.try_get::<Option<i64>, _>(column)?.map(Value::Number),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(column)?.map(Value::Bytes),
        Kind::Json => row.try_get::<Option<Json<JsonValue>>, _>(column)?.map(|json| Value::Json(json.0)),
        Kind::Moment => row.try_get::<Option<Timestamp>, _>(column)?.map(Value::Moment),
    };
    Ok(found.unwrap_or(Value::Null(kind)))
}
