//! What goes on in the background: everything that answering takes is read ahead, streams are kept alive, and those end
//! whose key does not open them any more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use promptsync_core::{
    audit::Revision,
    digest::Digest,
    names::{AliasName, PromptName},
    versions::VersionNumber,
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

use super::Relay;

/// Versions that are read at the same time.
const AT_ONCE: usize = 8;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait after the server gave nothing.
const AGAIN: Duration = Duration::from_secs(2);
/// How often streams are looked after.
const BEAT: Duration = Duration::from_secs(1);
/// Beats between two times at which who may ask is written down.
const WRITE: u64 = 60;

/// Up to which revision everything is here, by alias.
#[derive(Debug, Default)]
pub(super) struct Gathered(Mutex<HashMap<AliasName, Revision>>);

impl Gathered {
    /// Whether everything is here that this revision of an alias takes.
    pub(super) fn has(&self, alias: &AliasName, revision: Revision) -> bool {
        let gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.get(alias).is_some_and(|known| *known >= revision)
    }

    fn up_to(&self, alias: &AliasName, revision: Revision) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(alias.clone(), revision);
    }
}

/// Reads the facts of every version that an alias serves, each time one changes.
pub(super) async fn gather(relay: Arc<Relay>) {
    let mut news = relay.feeds.news();
    loop {
        news.borrow_and_update();
        let mut is_all = true;
        for (alias, copy) in relay.sdk.copies() {
            let statement = copy.statement();
            if relay.gathered.has(&alias, statement.revision) {
                continue;
            }
            let mut wanted = Vec::new();
            for (name, entry) in &statement.entries {
                for (version, content) in entry.contents() {
                    wanted.push((name.clone(), version.clone(), content.digest.clone()));
                }
            }
            if read_all(&relay, wanted).await {
                relay.gathered.up_to(&alias, statement.revision);
            } else {
                is_all = false;
            }
        }
        if is_all {
            if news.changed().await.is_err() {
                return;
            }
        } else {
            sleep(AGAIN).await;
        }
    }
}

async fn read_all(relay: &Arc<Relay>, wanted: Vec<(PromptName, VersionNumber, Digest)>) -> bool {
    let mut waiting = wanted.into_iter();
    let mut running = JoinSet::new();
    let mut is_all = true;
    loop {
        while running.len() < AT_ONCE && is_all {
            let Some((name, version, content)) = waiting.next() else { break };
            let relay = Arc::clone(relay);
            running.spawn(async move {
                let deadline = Instant::now() + PATIENCE;
                relay.sdk.version_facts(&name, &version, &content, deadline).await.map_err(|error| {
                    tracing::warn!(prompt = %name, %version, code = error.code(), "a version cannot be read ahead");
                })
            });
        }
        match running.join_next().await {
            Some(Ok(Ok(_))) => {}
            Some(_) => is_all = false,
            None => return is_all,
        }
    }
}

/// Looks after the streams, and writes down who may ask.
pub(super) async fn tend(relay: Arc<Relay>) {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let turns = relay.streams.heartbeat().as_secs().max(1);
    let mut turn = 0;
    loop {
        beats.tick().await;
        turn += 1;
        for (alias, fed) in relay.feeds.all() {
            fed.beat(turn, turns);
            for authorization in fed.authorizations() {
                if !relay.still_reads(&authorization, &alias).await {
                    fed.end(&authorization);
                }
            }
        }
        if turn.is_multiple_of(WRITE) {
            relay.readers.write().await;
        }
    }
}
