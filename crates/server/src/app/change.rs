//! A change on its way to the audit log.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use promptsync_core::{
    audit::{Actor, AuditEntry, Revision},
    digest::Digest,
    ids::WorkspaceId,
    names::ProjectName,
};
use promptsync_store::Tx;
use serde::Serialize;
use serde_json::{Map, Value};

use super::App;
use crate::http::error::ApiError;

/// Who changes what on whose behalf: what every audit entry of a request has in common.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// The project, when the request is about one.
    pub(crate) project: Option<ProjectName>,
    /// Who acts.
    pub(crate) actor: Actor,
    /// On whose behalf.
    pub(crate) on_behalf_of: Option<Actor>,
    /// Where the request came from.
    pub(crate) address: Option<IpAddr>,
    /// The id of the key or the person, under which answers are kept for retries.
    pub(crate) caller: String,
    /// The request's id.
    pub(crate) request_id: String,
    /// The caller's Idempotency-Key.
    pub(crate) idempotency: Option<String>,
    /// Digest of the request, when there is an Idempotency-Key.
    pub(crate) request_hash: Arc<std::sync::OnceLock<String>>,
    outcome: Arc<AtomicU8>,
}

const NOTHING: u8 = 0;
const COMMITTED: u8 = 1;
const UNCHANGED: u8 = 2;

/// What was done, for the audit log.
#[derive(Debug, Default)]
pub(crate) struct Deed {
    /// `alias.move`, `prompt.publish`, ….
    pub(crate) action: &'static str,
    /// `alias:production`.
    pub(crate) target: String,
    /// Digest of the state before.
    pub(crate) before: Option<Digest>,
    /// Digest of the state after.
    pub(crate) after: Option<Digest>,
    /// Why, in the caller's words.
    pub(crate) reason: Option<String>,
    /// Facts; never secrets or values.
    pub(crate) details: Map<String, Value>,
}

impl Change {
    /// The change a caller's request may make.
    pub(crate) fn new(
        caller: &crate::auth::Caller,
        address: Option<IpAddr>,
        request_id: String,
        idempotency: Option<String>,
    ) -> Self {
        Self {
            workspace: caller.workspace.clone(),
            project: None,
            actor: caller.actor(),
            on_behalf_of: caller.on_behalf_of(),
            address,
            caller: caller.id().to_owned(),
            request_id,
            idempotency,
            request_hash: Arc::default(),
            outcome: Arc::default(),
        }
    }

    /// The change a visit may make, in the name of whoever was let in. It shares its outcome with the visit.
    pub(crate) fn of_visit(
        workspace: &WorkspaceId,
        actor: Actor,
        caller: &str,
        address: Option<IpAddr>,
        request_id: String,
        outcome: Arc<AtomicU8>,
    ) -> Self {
        Self {
            workspace: workspace.clone(),
            project: None,
            on_behalf_of: matches!(actor, Actor::User { .. }).then(|| actor.clone()),
            actor,
            address,
            caller: caller.to_owned(),
            request_id,
            idempotency: None,
            request_hash: Arc::default(),
            outcome,
        }
    }

    /// Says that the request succeeds without changing anything: a dry run, a push of what is there already.
    pub(crate) fn unchanged(&self) {
        self.outcome.store(UNCHANGED, Ordering::Relaxed);
    }

    /// Whether the change was committed with its entry, or there was none.
    pub(crate) fn is_accounted_for(&self) -> bool {
        self.outcome.load(Ordering::Relaxed) != NOTHING
    }

    /// Whether it was committed with an entry of its own.
    pub(crate) fn is_committed(&self) -> bool {
        self.outcome.load(Ordering::Relaxed) == COMMITTED
    }

    /// The same change in a workspace that it makes.
    pub(crate) fn in_workspace(&self, workspace: &WorkspaceId) -> Self {
        Self { workspace: workspace.clone(), ..self.clone() }
    }

    /// Ends the transaction with its audit entry. With an Idempotency-Key the answer is kept in the same transaction,
    /// so that a retry can neither repeat the change nor miss its answer.
    pub(crate) async fn commit(
        &self,
        app: &App,
        mut tx: Tx,
        deed: Deed,
        answer: Kept<'_, impl Serialize>,
    ) -> Result<Revision, ApiError> {
        crate::idempotency::keep(app, self, &mut tx, answer).await?;
        let entry = AuditEntry {
            action: deed.action.to_owned(),
            actor: self.actor.clone(),
            address: self.address.map(|address| address.to_canonical().to_string()),
            on_behalf_of: self.on_behalf_of.clone(),
            project: self.project.as_ref().map(ToString::to_string),
            target: deed.target,
            before: deed.before,
            after: deed.after,
            reason: deed.reason,
            request_id: Some(self.request_id.clone()),
            details: deed.details,
            at: app.clock.now(),
        };
        let revision = tx.commit(&self.workspace, entry).await?;
        self.outcome.store(COMMITTED, Ordering::Relaxed);
        app.changed();
        app.delivery.committed(&self.workspace, revision);
        Ok(revision)
    }
}

/// The answer a change will get, kept for retries.
#[derive(Debug)]
pub(crate) enum Kept<'a, T> {
    /// The whole answer with its status.
    Answer(u16, &'a T),
    /// Only the fact that it was answered: the answer holds a secret that is shown once.
    Secret,
}
