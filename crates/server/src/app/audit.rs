//! The audit log: read in pages, exported whole with what proves it.

use bytes::Bytes;
use promptsync_api::{
    audit::LoggedEntry,
    error::{CHECKPOINT_NOT_FOUND, ENTRY_NOT_FOUND},
    page::Page,
};
use promptsync_core::{
    audit::{
        ChainedEntry, Revision, genesis,
        lines::{self, FORMAT, Header},
        statements::{Checkpoint, ExportStatement},
    },
    ids::WorkspaceId,
    time::Timestamp,
};
use promptsync_store::{PageRequest, ReadTx, access_records, audit, checkpoints, signing_keys};

use super::pages::{self, Paging};
use crate::{endpoint::Call, http::error::ApiError};

/// Entries looked at for one page; a page of something rare may be short, and its cursor leads on.
const LOOKED_AT: usize = 5_000;
/// Entries read at once.
const STEP: u32 = 200;
/// Entries of one page of an export.
const EXPORTED: u32 = 1_000;
/// Lines after which a page of an export ends; one batch of access records more is possible.
const LINES: usize = 10_000;

/// Which entries are asked for.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Id or name.
    pub(crate) actor: Option<String>,
    /// An action, or its first word: `alias.move`, `alias`.
    pub(crate) action: Option<String>,
    /// A project's name.
    pub(crate) project: Option<String>,
    /// What it was done to.
    pub(crate) target: Option<String>,
    /// Not before.
    pub(crate) since: Option<Timestamp>,
    /// Before.
    pub(crate) until: Option<Timestamp>,
}

/// The entries of the workspace that fit, newest first.
pub(crate) async fn list(
    call: &Call,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<LoggedEntry>, ApiError> {
    let workspace = &call.caller.workspace;
    let list = format!("audit:{workspace}:{filter:?}");
    let request = paging.request(&call.app, &list)?;
    let mut tx = call.app.db.begin_read(workspace).await?;
    let page = newest(&mut tx, workspace, &request, |chained| filter.fits(chained)).await?;
    Ok(pages::answer(&call.app, &list, page, |ChainedEntry { revision, hash, entry, .. }| LoggedEntry {
        revision,
        hash,
        entry,
    }))
}

/// The newest entries of a page that fit; its cursor is a revision.
pub(super) async fn newest(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    request: &PageRequest,
    fits: impl Fn(&ChainedEntry) -> bool,
) -> Result<promptsync_store::Page<ChainedEntry>, ApiError> {
    let wrong = || ApiError::internal("a sealed cursor holds no revision");
    let mut before = request.after.as_deref().map(|text| text.parse().map_err(|_| wrong())).transpose()?;
    let (mut items, mut looked_at) = (Vec::new(), 0);
    let next: Option<Revision> = 'pages: loop {
        let entries = audit::before(tx, workspace, before, STEP).await?;
        let is_last = entries.len() < STEP as usize;
        for chained in entries {
            if items.len() == request.limit as usize || looked_at == LOOKED_AT {
                break 'pages before;
            }
            looked_at += 1;
            before = Some(chained.revision);
            if fits(&chained) {
                items.push(chained);
            }
        }
        if is_last {
            break None;
        }
    };
    Ok(promptsync_store::Page { items, next: next.map(|revision| revision.to_string()) })
}

impl Filter {
    fn fits(&self, chained: &ChainedEntry) -> bool {
        use promptsync_core::audit::Actor;
        let entry = &chained.entry;
        let is_by = |wanted: &String| match &entry.actor {
            Actor::User { id, name } | Actor::Service { id, name } => id == wanted || name == wanted,
            Actor::System => wanted == "system",
        };
        let is_action = |wanted: &String| {
            entry
                .action
                .strip_prefix(wanted.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.actor.as_ref().is_none_or(is_by)
            && self.action.as_ref().is_none_or(is_action)
            && self.project.as_ref().is_none_or(|wanted| entry.project.as_ref() == Some(wanted))
            && self.target.as_ref().is_none_or(|wanted| entry.target == *wanted)
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

/// The newest checkpoint.
pub(crate) async fn checkpoint(call: &Call) -> Result<Checkpoint, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    checkpoints::newest(&mut tx, &call.caller.workspace).await?.ok_or_else(|| {
        ApiError::new(CHECKPOINT_NOT_FOUND, "the chain was not signed yet")
            .hint("the server signs it within a minute after a change")
    })
}

/// A page of an export that begins after the revision `after`: with its header when `reached` is none, else after that
/// revision. The last page ends in the signed trailer.
pub(crate) async fn export(
    call: &Call,
    after: Revision,
    reached: Option<Revision>,
) -> Result<Bytes, ApiError> {
    let workspace = &call.caller.workspace;
    let signer = call.app.signer(workspace).await?;
    let mut tx = call.app.db.begin_read(workspace).await?;
    let head = audit::head(&mut tx, workspace).await?;
    let parent = match after {
        0 => Some(genesis()),
        after => audit::hash_at(&mut tx, workspace, after).await?,
    };
    let parent = parent.ok_or_else(|| {
        ApiError::new(
            ENTRY_NOT_FOUND,
            format!("the log ends at entry {}, before entry {after}", head.revision),
        )
    })?;
    let mut bytes = Vec::new();
    if reached.is_none() {
        let keys = signing_keys::chain(&mut tx, workspace).await?;
        let (format, workspace) = (FORMAT.to_owned(), workspace.to_string());
        bytes = lines::header(Header { format, workspace, after, parent: parent.clone(), keys });
    }
    let last = write_entries(&mut tx, workspace, reached.unwrap_or(after), &mut bytes).await?;
    if last >= head.revision {
        let through = checkpoints::between(&mut tx, workspace, after, head.revision).await?;
        let statement = ExportStatement {
            after,
            at: call.app.clock.now(),
            checkpoint: through.last().map(|signed| signed.statement.id()),
            hash: head.hash,
            parent,
            revision: head.revision,
            workspace: workspace.to_string(),
        };
        bytes.extend(lines::trailer(signer.sign(statement)));
    }
    Ok(bytes.into())
}

/// Writes entries with everything that belongs to them, until the page is full; gives the last one's revision.
async fn write_entries(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    after: Revision,
    bytes: &mut Vec<u8>,
) -> Result<Revision, ApiError> {
    let entries = audit::since(tx, workspace, after, EXPORTED).await?;
    let through = entries.last().map_or(after, |last| last.revision);
    let mut signed = checkpoints::between(tx, workspace, after, through).await?.into_iter().peekable();
    let (mut last, mut count) = (after, 0);
    for chained in entries {
        last = chained.revision;
        bytes.extend(lines::entry(workspace.as_str(), &chained));
        if chained.entry.action == promptsync_core::access_records::BATCH {
            for placed in access_records::between(tx, workspace, last - 1, last).await? {
                bytes.extend(lines::access(&placed.record));
                count += 1;
            }
        }
        while let Some(checkpoint) = signed.next_if(|signed| signed.statement.revision <= last) {
            bytes.extend(lines::checkpoint(checkpoint));
        }
        count += 1;
        if count >= LINES {
            break;
        }
    }
    Ok(last)
}
