//! What the SDK says arrived, on its way to those who listen.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use promptsync_client::sdk::{Arrived, Copy};
use promptsync_core::{
    digest::Digest,
    names::AliasName,
    signing::{Signed, SnapshotStatement},
};
use tokio::sync::watch;

use crate::{
    delivery::{Fed, LineId, Streams},
    http::error::ApiError,
};

/// A signed snapshot, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) body: Bytes,
    pub(super) tag: Digest,
}

/// The line of each alias, and its snapshot once there is one.
type Known = HashMap<AliasName, (Fed, Option<Arc<Ready>>)>;

/// The feeds of all aliases.
pub(super) struct Feeds {
    streams: Arc<Streams>,
    line: Box<dyn Fn(&AliasName) -> LineId + Send + Sync>,
    known: Mutex<Known>,
    news: watch::Sender<u64>,
}

impl std::fmt::Debug for Feeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Feeds")
    }
}

impl Feeds {
    /// None yet; `line` names those that come.
    pub(super) fn new(
        streams: Arc<Streams>,
        line: impl Fn(&AliasName) -> LineId + Send + Sync + 'static,
    ) -> Self {
        Self { streams, line: Box::new(line), known: Mutex::default(), news: watch::Sender::new(0) }
    }

    /// Takes over what arrived. What is here now is what the SDK serves already.
    pub(super) fn arrived(&self, alias: &AliasName, arrived: Arrived<'_>) {
        let mut known = self.known();
        let (fed, ready) = self.of(&mut known, alias);
        match arrived {
            Arrived::Snapshot(signed) => {
                *ready = prepared(signed).map(Arc::new).ok();
                fed.snapshot(signed.statement.revision);
            }
            Arrived::Change(event) => fed.change(event),
        }
        drop(known);
        self.news.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The snapshot of an alias to be given, and its stream's beginning: from what is held when nothing arrived yet.
    pub(super) fn snapshot(&self, alias: &AliasName, held: &Copy) -> Result<Arc<Ready>, ApiError> {
        let mut known = self.known();
        let (fed, ready) = self.of(&mut known, alias);
        if let Some(ready) = ready {
            return Ok(Arc::clone(ready));
        }
        let made = Arc::new(prepared(held.signed())?);
        fed.snapshot(held.signed().statement.revision);
        for delta in held.deltas() {
            let documents = std::collections::BTreeMap::new();
            fed.change(&promptsync_api::delivery::ChangeEvent { delta: delta.clone(), documents });
        }
        Ok(Arc::clone(ready.insert(made)))
    }

    /// Every alias that something arrived of, or was asked for.
    pub(super) fn all(&self) -> Vec<(AliasName, Fed)> {
        self.known().iter().map(|(alias, (fed, _))| (alias.clone(), fed.clone())).collect()
    }

    /// Hears about everything that arrives.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn of<'a>(&self, known: &'a mut Known, alias: &AliasName) -> &'a mut (Fed, Option<Arc<Ready>>) {
        known.entry(alias.clone()).or_insert_with(|| (self.streams.fed(&(self.line)(alias)), None))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepared(signed: &Signed<SnapshotStatement>) -> Result<Ready, ApiError> {
    let body = serde_json::to_vec(signed).map_err(ApiError::internal)?;
    Ok(Ready { tag: Digest::of(&body), body: body.into() })
}
