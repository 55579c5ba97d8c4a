//! The keys the workspace signs with: made with it, replaced by a key they sign, held in memory while the server runs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use promptsync_api::signing_keys::{RotateSigningKey, SigningKeys};
use promptsync_core::{
    audit::AuditEntry,
    ids::WorkspaceId,
    signing::{KeyLink, PrivateKey, PublicKey, Signature, Signed, Statement},
    time::Timestamp,
};
use promptsync_store::{ReadTx, Result as StoreResult, StoreError, Tx, signing_keys};
use serde_json::{Map, Value, json};

use super::{
    App,
    change::{Deed, Kept},
};
use crate::{endpoint::Call, http::error::ApiError};

/// The key a workspace signs with. Cheap to clone; signing takes some 30 µs.
#[derive(Clone, Debug)]
pub(crate) struct Signer(Arc<Current>);

#[derive(Debug)]
struct Current {
    link: KeyLink,
    key: PrivateKey,
}

/// The opened keys of this process.
#[derive(Debug, Default)]
pub(crate) struct Signers(Mutex<HashMap<WorkspaceId, Signer>>);

impl Signer {
    /// The statement with its signature.
    pub(crate) fn sign<S: Statement>(&self, statement: S) -> Signed<S> {
        self.0.key.sign(statement)
    }

    /// The signature alone.
    pub(crate) fn signature<S: Statement>(&self, statement: &S) -> Signature {
        self.0.key.signature(statement)
    }

    /// The public half.
    pub(crate) fn public(&self) -> &PublicKey {
        &self.0.link.statement.key
    }

    fn new(link: KeyLink, key: PrivateKey) -> Self {
        Self(Arc::new(Current { link, key }))
    }
}

impl App {
    /// The key this workspace signs with now; made when it has none. Not to be called while a transaction is open:
    /// there [`App::signer_within`] is asked.
    pub(crate) async fn signer(&self, workspace: &WorkspaceId) -> StoreResult<Signer> {
        let mut tx = self.db.begin_read(workspace).await?;
        if let Some(found) = self.signer_within(&mut tx, workspace).await? {
            return Ok(found);
        }
        drop(tx);
        let mut tx = self.db.begin_write(workspace).await?;
        tx.revision(workspace).await?;
        if let Some(found) = self.signer_within(&mut tx, workspace).await? {
            tx.unchanged().await?;
            return Ok(found);
        }
        let key = first(self, &mut tx, workspace).await?;
        let target = format!("signing_key:{}", key.id());
        let entry = AuditEntry::of_system("signing_key.create", target, Map::new(), self.clock.now());
        tx.commit(workspace, entry).await?;
        let mut tx = self.db.begin_read(workspace).await?;
        let made = self.signer_within(&mut tx, workspace).await?;
        made.ok_or(StoreError::NotFound { what: "signing key" })
    }

    /// The same within a transaction; none when the workspace has no key yet. In one that holds the workspace's
    /// revision it is the right key until the commit: a rotation has to wait.
    pub(crate) async fn signer_within(
        &self,
        tx: &mut ReadTx,
        workspace: &WorkspaceId,
    ) -> StoreResult<Option<Signer>> {
        let Some(link) = signing_keys::newest(tx, workspace).await? else { return Ok(None) };
        if let Some(known) = self.signers.get(workspace).filter(|known| known.0.link == link) {
            return Ok(Some(known));
        }
        let key = signing_keys::private_key(tx, workspace, &link).await?;
        let signer = Signer::new(link, key);
        self.signers.put(workspace, signer.clone());
        Ok(Some(signer))
    }
}

impl Signers {
    /// Whether the workspace is known to have a key: it never loses one.
    pub(crate) fn know(&self, workspace: &WorkspaceId) -> bool {
        self.get(workspace).is_some()
    }

    fn get(&self, workspace: &WorkspaceId) -> Option<Signer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(workspace).cloned()
    }

    fn put(&self, workspace: &WorkspaceId, signer: Signer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace.clone(), signer);
    }
}

/// Gives a workspace its first key, in the transaction that makes the workspace.
pub(crate) async fn first(app: &App, tx: &mut Tx, workspace: &WorkspaceId) -> StoreResult<PublicKey> {
    let key = generate(app);
    let link = KeyLink::first(workspace.as_str(), &key, app.clock.now());
    signing_keys::insert(tx, workspace, &link, &key).await?;
    Ok(link.statement.key)
}

/// The public keys, oldest first.
pub(crate) async fn list(call: &Call) -> Result<SigningKeys, ApiError> {
    let workspace = &call.caller.workspace;
    call.app.signer(workspace).await?;
    let mut tx = call.app.db.begin_read(workspace).await?;
    Ok(SigningKeys { workspace: workspace.to_string(), keys: signing_keys::chain(&mut tx, workspace).await? })
}

/// Replaces the key that signs by one that it signs, and forgets its private half.
pub(crate) async fn rotate(call: &Call, request: RotateSigningKey) -> Result<SigningKeys, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    app.signer(workspace).await?;
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let old = app.signer_within(&mut tx, workspace).await?;
    let old = old.ok_or_else(|| ApiError::internal("a workspace lost its signing key"))?;
    let key = generate(app);
    let link = old.0.link.next(&old.0.key, &key, after(&old, app.clock.now()));
    signing_keys::insert(&mut tx, workspace, &link, &key).await?;
    signing_keys::forget_private_before(&mut tx, workspace, link.statement.sequence).await?;
    let answer = SigningKeys {
        workspace: workspace.to_string(),
        keys: signing_keys::chain(&mut tx, workspace).await?,
    };
    let deed = Deed {
        action: "signing_key.rotate",
        target: format!("signing_key:{}", link.statement.key.id()),
        reason: request.reason,
        details: Map::from_iter([
            ("previous".to_owned(), json!(old.public().id())),
            ("public_key".to_owned(), json!(link.statement.key)),
            ("sequence".to_owned(), Value::from(link.statement.sequence)),
        ]),
        ..Deed::default()
    };
    call.change.commit(app, tx, deed, Kept::Answer(200, &answer)).await?;
    app.signers.put(workspace, Signer::new(link, key));
    Ok(answer)
}

/// A key is never older than the one before it, whatever the clocks say.
fn after(old: &Signer, now: Timestamp) -> Timestamp {
    now.max(old.0.link.statement.created_at)
}

fn generate(app: &App) -> PrivateKey {
    let mut seed = [0; 32];
    (app.random)(&mut seed);
    PrivateKey::from_seed(&seed)
}
