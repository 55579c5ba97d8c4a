//! Judging the audit logs of a database, with direct access to it and without a running server.

use std::fmt::Display;

use promptsync_core::{
    access_records::canonical as canonical_record,
    audit::{
        canonical, genesis,
        lines::{self, FORMAT, Header, Kind, Line, Malformed},
        statements::Checkpoint,
        verify::{Known, Verdict, Verifier},
    },
    ids::WorkspaceId,
    merkle::leaf,
    signing::{KeyLink, Pin, RowsVerdict},
};
use promptsync_store::{ReadTx, StoreError, access_records, audit, checkpoints, signing_keys, workspaces};

use crate::{Config, StartError, proofs, start};

/// Entries read at once.
const STEP: u32 = 1_000;

/// A database whose logs cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The data folder or database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database refused.
    #[error("the audit log cannot be read")]
    Store(#[from] StoreError),
}

/// Judges the log of every workspace in a database, and what was published in it. Rows that cannot be read are
/// findings, not errors. What was kept elsewhere, a key or checkpoints, is compared with the workspace it belongs to.
pub async fn verify_offline(
    config: Config,
    known: &Known,
) -> Result<Vec<(Verdict, RowsVerdict)>, OfflineError> {
    let app = start::open(config).await?;
    let verdicts = match verify(&app, known).await {
        Ok(logs) => {
            proofs::verify(&app, known.pin.as_ref()).await.map(|rows| logs.into_iter().zip(rows).collect())
        }
        Err(refused) => Err(refused),
    };
    app.db.close().await;
    Ok(verdicts?)
}

/// The same with an open application.
pub async fn verify(app: &crate::App, known: &Known) -> Result<Vec<Verdict>, StoreError> {
    let mut tx = app.db.begin_system_read().await?;
    let mut logs = Vec::new();
    for workspace in workspaces::list(&mut tx).await? {
        // Keys that cannot be read are no keys, which the verdict then says.
        let keys = signing_keys::chain(&mut tx, &workspace.id).await.unwrap_or_default();
        logs.push((workspace.id, keys));
    }
    let has = |keys: &[KeyLink], pin: &Pin| keys.iter().any(|link| link.statement.key == pin.key);
    let mut verdicts = Vec::new();
    for (workspace, keys) in &logs {
        // A key that is known is one workspace's. When it is none's, no log of this database is believed.
        let elsewhere = |pin: &Pin| !has(keys, pin) && logs.iter().any(|(_, keys)| has(keys, pin));
        let ours = |signed: &&Checkpoint| signed.statement.workspace == workspace.as_str();
        let known = Known {
            pin: known.pin.clone().filter(|pin| !elsewhere(pin)),
            witness: known.witness.iter().filter(ours).cloned().collect(),
        };
        let mut verifier = Verifier::new(known);
        verifier.line(Ok(Line::Header(Box::new(Header {
            format: FORMAT.to_owned(),
            workspace: workspace.to_string(),
            after: 0,
            parent: genesis(),
            keys: keys.clone(),
        }))));
        verdicts.push(judge(&mut tx, workspace, verifier).await?);
    }
    Ok(verdicts)
}

async fn judge(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    mut verifier: Verifier,
) -> Result<Verdict, StoreError> {
    let mut after = 0;
    while !verifier.has_finding() {
        let rows = audit::readable_since(tx, workspace, after, STEP).await?;
        let Some((through, _)) = rows.last() else { break };
        let through = *through;
        let signed = checkpoints::between(tx, workspace, after, through).await;
        let signed = signed.unwrap_or_else(|refused| {
            verifier.line(Err(malformed(Kind::Checkpoint, &refused)));
            Vec::new()
        });
        let mut signed = signed.into_iter().peekable();
        for (revision, row) in rows {
            let entry = row.map_err(|refused| malformed(Kind::Entry, &refused)).and_then(|chained| {
                let body = canonical::body(workspace.as_str(), revision, &chained.parent, &chained.entry);
                lines::entry_of(&body, chained.hash).map_err(|reason| malformed(Kind::Entry, &reason))
            });
            let is_batch = entry.as_ref().is_ok_and(|entry| entry.batch.is_some());
            verifier.line(entry.map(Line::Entry));
            if is_batch {
                match access_records::between(tx, workspace, revision - 1, revision).await {
                    Ok(placed) => placed.iter().for_each(|placed| {
                        verifier.line(Ok(Line::Access(leaf(&canonical_record(&placed.record)))));
                    }),
                    Err(refused) => verifier.line(Err(malformed(Kind::Access, &refused))),
                }
            }
            while let Some(checkpoint) = signed.next_if(|signed| signed.statement.revision <= revision) {
                verifier.line(Ok(Line::Checkpoint(Box::new(checkpoint))));
            }
        }
        after = through;
    }
    match audit::head(tx, workspace).await {
        Ok(head) => Ok(verifier.finish_at(head.revision, &head.hash)),
        Err(refused) => {
            verifier.line(Err(malformed(Kind::Trailer, &refused)));
            Ok(verifier.finish_at(0, &genesis()))
        }
    }
}

fn malformed(kind: Kind, reason: &dyn Display) -> Malformed {
    Malformed { kind, reason: reason.to_string() }
}
