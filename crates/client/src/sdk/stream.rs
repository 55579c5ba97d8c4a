//! The stream of an alias: what changes, as it happens.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use promptsync_api::delivery::{ChangeEvent, ReconnectEvent};
use promptsync_core::signing::apply_delta;
use serde::de::DeserializeOwned;
use tokio::time::{sleep_until, timeout};

use super::{
    Arrived, SdkError, Source, Transport,
    core::Core,
    events::{Event, Events},
    followed::Followed,
    held::Held,
    relay, wire,
};

/// A stream says something every 15 s; one that is silent for longer than this is broken.
const SILENT: Duration = Duration::from_secs(40);

/// How long one event may take to arrive.
const EVENT: Duration = Duration::from_mins(1);

/// A snapshot that is old already when it comes is not asked for again sooner than this.
const RENEW: Duration = Duration::from_mins(10);

/// Deltas after which the whole snapshot is asked for again.
const DELTAS: usize = 100;

/// The longest wait that a server that goes away can ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Why a stream ended.
pub(super) enum End {
    /// The snapshot has to be read again, now.
    Renew,
    /// The server goes away and another one is there after this time.
    Reconnect(Duration),
    /// The server has no streams.
    Unsupported,
    /// It broke, or said what is not believed.
    Broken(SdkError),
}

/// Takes over what the stream of an alias says, until it ends.
pub(super) async fn follow(core: &Arc<Core>, followed: &Followed) -> End {
    match try_follow(core, followed).await {
        Ok(end) => end,
        Err(error) => End::Broken(error),
    }
}

async fn try_follow(core: &Arc<Core>, followed: &Followed) -> Result<End, SdkError> {
    let (Some(wire), Some(held)) = (&core.wire, followed.held()) else { return Ok(End::Unsupported) };
    let mut response = match wire.stream(&followed.alias, held.revision()).await {
        Ok(response) => response,
        Err(SdkError::Server(error)) if matches!(error.status(), Some(404..=406 | 501)) => {
            return Ok(End::Unsupported);
        }
        Err(error) => return Err(error),
    };
    if let Some(date) = wire::date(&response) {
        core.time.server_says(date);
    }
    followed.works(Transport::Stream);
    core.tick();
    let (mut events, mut waiting_since) = (Events::default(), None);
    let mut renew = renew_at(core, &held);
    loop {
        let Some(held) = followed.held().filter(|held| held.deltas.len() < DELTAS) else {
            return Ok(End::Renew);
        };
        let chunk = tokio::select! {
            chunk = timeout(SILENT, response.chunk()) => chunk,
            () = sleep_until(renew.into()) => return Ok(End::Renew),
        };
        let chunk = chunk.map_err(|_| wire.silent())?.map_err(|error| wire.broken(&error))?;
        let Some(chunk) = chunk else { return Err(wire.unreadable("the stream ended")) };
        held.confirm();
        let arrived = events.feed(&chunk).map_err(|_| wire.unreadable("an event has no end"))?;
        for event in arrived {
            if let Some(end) = take(core, followed, &event).await? {
                return Ok(end);
            }
            renew = followed.held().map_or(renew, |held| renew_at(core, &held));
        }
        waiting_since = if events.is_empty() { None } else { waiting_since.or(Some(Instant::now())) };
        if waiting_since.is_some_and(|since| since.elapsed() > EVENT) {
            return Err(wire.silent());
        }
    }
}

/// When to ask for a snapshot although nothing changed.
fn renew_at(core: &Core, held: &Held) -> Instant {
    let wait = (held.renew_at() - core.time.now()).to_std().unwrap_or_default().max(RENEW);
    // What is passed on has to be good for as long as possible.
    Instant::now() + if core.settings.relay.is_some() { wait.min(relay::RENEW) } else { wait }
}

async fn take(core: &Arc<Core>, followed: &Followed, event: &Event) -> Result<Option<End>, SdkError> {
    match event.kind.as_str() {
        "change" => {
            let change: ChangeEvent = read(core, event)?;
            let keys = core.keys_for(&change.delta).await?;
            let Some(held) = followed.held() else { return Ok(Some(End::Renew)) };
            if core.settings.relay.is_some() && relay::is_late(held.revision(), &change.delta) {
                return Ok(None);
            }
            let (applying, ChangeEvent { delta, mut documents }) = (Arc::clone(core), change);
            let taken = core.away(move || {
                let time = &applying.time;
                let statement = apply_delta(&held.statement, &keys.ring, &delta, time.now())?;
                time.was_signed(statement.issued_at);
                // Only what the signed entries name is kept.
                let named = statement.digests();
                documents.retain(|digest, _| named.contains(digest));
                drop(named);
                Ok((Arc::new(held.after(delta, statement, Source::Server, time)), documents))
            });
            let (next, documents) = taken.await?;
            let kept = core.keep(documents).await?;
            core.serve_next(followed, Arc::clone(&next)).await?;
            if let (Some(_), Some(delta)) = (&core.settings.relay, next.deltas.last()) {
                let documents = kept.into_iter().map(|(digest, text)| (digest, text.to_string())).collect();
                let change = ChangeEvent { delta: delta.clone(), documents };
                core.relay(&followed.alias, Arrived::Change(&change));
                core.update(followed).await?;
            }
            Ok(None)
        }
        "resync" => Ok(Some(End::Renew)),
        "reconnect" => {
            let asked: ReconnectEvent = read(core, event)?;
            Ok(Some(End::Reconnect(Duration::from_millis(asked.after_ms).min(LONGEST_WAIT))))
        }
        _ => Ok(None),
    }
}

fn read<T: DeserializeOwned>(core: &Core, event: &Event) -> Result<T, SdkError> {
    serde_json::from_str(&event.data).map_err(|_| match &core.wire {
        Some(wire) => wire.unreadable("an event cannot be read"),
        None => SdkError::Closed,
    })
}
