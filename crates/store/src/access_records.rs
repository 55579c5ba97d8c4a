//! Access records: written in batches, each under the revision of the audit entry that carries its Merkle root.

use promptsync_core::{
    access_records::AccessRecord, audit::Revision, ids::WorkspaceId, time::Timestamp, time::to_microseconds,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, on},
    error::{Result, StoreError},
    rows::{CHUNK, from_json, lies},
};

/// A record with its place in the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The revision of the batch's audit entry.
    pub revision: Revision,
    /// Its number in the batch, from 0.
    pub place: i64,
    /// The record.
    pub record: AccessRecord,
}

#[derive(sqlx::FromRow)]
struct AccessRow {
    revision: Revision,
    place: i64,
    action: String,
    actor: Option<Json<Value>>,
    address: Option<String>,
    count: i64,
    first_at: Timestamp,
    last_at: Timestamp,
    outcome: String,
    project: Option<String>,
    request_id: Option<String>,
    target: String,
}

/// Writes a batch under the revision this transaction has reserved and will commit.
pub async fn insert(tx: &mut Tx, workspace: &WorkspaceId, records: &[AccessRecord]) -> Result<()> {
    let revision = tx.revision(workspace).await?;
    let placed: Vec<(i64, &AccessRecord)> = (0..).zip(records).collect();
    for chunk in placed.chunks(CHUNK) {
        on!(tx, c => {
            let mut query = QueryBuilder::new(
                "INSERT INTO access_records (workspace_id, revision, place, action, actor, address, count, first_at,
                                             last_at, outcome, project, request_id, target) ",
            );
            query.push_values(chunk, |mut row, (place, record)| {
                row.push_bind(workspace.as_str())
                    .push_bind(revision)
                    .push_bind(place)
                    .push_bind(&record.action)
                    .push_bind(record.actor.as_ref().map(Json))
                    .push_bind(record.address.as_deref())
                    .push_bind(i64::try_from(record.count).unwrap_or(i64::MAX))
                    .push_bind(to_microseconds(record.first_at))
                    .push_bind(to_microseconds(record.last_at))
                    .push_bind(&record.outcome)
                    .push_bind(record.project.as_deref())
                    .push_bind(record.request_id.as_deref())
                    .push_bind(&record.target);
            });
            query.build().persistent(chunk.len() == 1).execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// The records of the batches with a revision above `after` and at most `through`, in the order of their batches.
pub async fn between(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    after: Revision,
    through: Revision,
) -> Result<Vec<Placed>> {
    let rows: Vec<AccessRow> = on!(tx, c => sqlx::query_as(
        "SELECT revision, place, action, actor, address, count, first_at, last_at, outcome, project, request_id,
                target
         FROM access_records
         WHERE workspace_id = $1 AND revision > $2 AND revision <= $3
         ORDER BY revision, place",
    )
    .bind(workspace.as_str())
    .bind(after)
    .bind(through)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Placed::try_from).collect()
}

impl TryFrom<AccessRow> for Placed {
    type Error = StoreError;

    fn try_from(row: AccessRow) -> Result<Self> {
        let place = format!("{}/{}", row.revision, row.place);
        let actor = row.actor.map(|Json(actor)| from_json(actor, "access_records", "actor", &place));
        let record = AccessRecord {
            action: row.action,
            actor: actor.transpose()?,
            address: row.address,
            count: row.count.try_into().map_err(lies("access_records", "count", &place))?,
            first_at: row.first_at,
            last_at: row.last_at,
            outcome: row.outcome,
            project: row.project,
            request_id: row.request_id,
            target: row.target,
        };
        Ok(Self { revision: row.revision, place: row.place, record })
    }
}
