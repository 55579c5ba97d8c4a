//! Keeping an alias up to date in the background: a stream, else asking now and then.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use promptsync_core::signing::{Signed, SigningError, Statement, verify_snapshot};
use tokio::time::sleep;

use super::{
    Arrived, SdkError, Source, Transport,
    backoff::Backoff,
    core::Core,
    followed::Followed,
    held::Held,
    stream::{self, End},
    trust::Keys,
};

/// How long to go on asking a server that has no stream before looking again whether it has one.
const NO_STREAM: Duration = Duration::from_mins(5);

/// How long a stream has to last to count as one that works.
const LASTING: Duration = Duration::from_secs(30);

/// How long it is believed that an alias does not exist.
const MISSING: Duration = Duration::from_secs(5);

/// The longest wait between two tries: with the tenth that chance may add, all are back half a minute after the server.
const LONGEST: Duration = Duration::from_secs(27);

/// Keeps an alias up to date until the task is ended.
pub(super) async fn keep_up(core: Arc<Core>, followed: Arc<Followed>) {
    let poll = core.settings.poll;
    let longest = poll.min(LONGEST);
    let (mut updates, mut streams) = (Backoff::up_to(longest), Backoff::up_to(longest));
    let mut no_stream_until: Option<Instant> = None;
    loop {
        if let Err(error) = core.update(&followed).await {
            let is_none = error.is_not_found() && followed.held().is_none();
            followed.failed(error);
            core.tick();
            if is_none && !core.settings.aliases.iter().any(|alias| alias == followed.alias.as_str()) {
                // Whoever asks for it again later begins anew.
                sleep(MISSING).await;
                return core.forget(&followed.alias);
            }
            sleep(core.dice.around(updates.next(core.dice.draw()))).await;
            continue;
        }
        updates.reset();
        if no_stream_until.is_some_and(|until| Instant::now() < until) {
            followed.works(Transport::Poll);
            core.tick();
            sleep(core.dice.around(poll)).await;
            continue;
        }
        let opened = Instant::now();
        let end = stream::follow(&core, &followed).await;
        // A stream that ends as soon as it begins is not opened again at once, whatever it says.
        let pause = if opened.elapsed() > LASTING {
            streams.reset();
            Duration::ZERO
        } else {
            streams.next(core.dice.draw())
        };
        match end {
            End::Renew => sleep(pause).await,
            End::Reconnect(wait) => sleep(wait + pause).await,
            End::Unsupported => no_stream_until = Some(Instant::now() + NO_STREAM),
            End::Broken(error) => {
                followed.failed(error);
                core.tick();
                sleep(pause).await;
            }
        }
    }
}

impl Core {
    /// Asks for the snapshot of an alias, and serves it when it verifies and all its documents are there.
    pub(super) async fn update(self: &Arc<Self>, followed: &Followed) -> Result<(), SdkError> {
        let Some(wire) = &self.wire else { return Err(SdkError::setting("no server was named")) };
        if self.trust.keys().is_none() {
            self.ask_keys().await?;
        }
        let held = followed.held();
        let now = self.time.now();
        let etag = held.as_ref().filter(|held| now < held.renew_at()).and_then(|held| held.etag.as_deref());
        let answer = wire.snapshot(&followed.alias, etag).await?;
        if let Some(date) = answer.date {
            self.time.server_says(date);
        }
        let Some(signed) = answer.value else {
            if let Some(held) = &held {
                held.confirm();
            }
            return self.complete(followed).await;
        };
        let keys = self.keys_for(&signed).await?;
        let known = held.as_ref().map_or(0, |held| held.revision());
        let (core, alias, etag) = (Arc::clone(self), followed.alias.clone(), answer.etag);
        let verified = self.away(move || {
            let (project, time) = (&core.settings.project, &core.time);
            verify_snapshot(&keys.ring, &signed, project, &alias, known, time.now())?;
            time.was_signed(signed.statement.issued_at);
            Ok(Arc::new(Held::new(signed, Source::Server, etag, time)))
        });
        let next = verified.await?;
        self.serve_next(followed, Arc::clone(&next)).await?;
        self.relay(&followed.alias, Arrived::Snapshot(&next.base));
        self.complete(followed).await
    }

    /// Serves what was verified once its documents are there; the first snapshot of all at once, because whoever waits
    /// for one prompt does not have to wait for the others.
    pub(super) async fn serve_next(
        self: &Arc<Self>,
        followed: &Followed,
        next: Arc<Held>,
    ) -> Result<(), SdkError> {
        if followed.held().is_some() {
            let new = followed.new_documents(&next);
            self.fetch(self.missing(new)).await?;
        }
        self.serve(followed, &next);
        self.write(move |files| files.keep_snapshot(next.revision(), &next.base, &next.deltas)).await;
        Ok(())
    }

    /// Sees that every document of what is served is there, for the time when the server is not.
    async fn complete(self: &Arc<Self>, followed: &Followed) -> Result<(), SdkError> {
        if !followed.is_complete()
            && let Some(held) = followed.held()
        {
            let all = held.statement.digests().into_iter().cloned().collect();
            self.fetch(self.missing(all)).await?;
            followed.completed();
            self.tick();
        }
        Ok(())
    }

    /// The keys, asked for anew when this was signed with one that is not known yet.
    pub(super) async fn keys_for<S: Statement>(
        self: &Arc<Self>,
        signed: &Signed<S>,
    ) -> Result<Arc<Keys>, SdkError> {
        match self.trust.keys() {
            Some(keys) if !matches!(keys.ring.verify(signed), Err(SigningError::UnknownKey { .. })) => {
                Ok(keys)
            }
            _ => self.ask_keys().await,
        }
    }

    /// Asks for the workspace's keys, and keeps them when they go on from those that are believed.
    pub(super) async fn ask_keys(self: &Arc<Self>) -> Result<Arc<Keys>, SdkError> {
        let Some(wire) = &self.wire else { return Err(SdkError::setting("no server was named")) };
        let keys = self.trust.believe(wire.keys().await?.keys)?;
        let kept = Arc::clone(&keys);
        self.write(move |files| files.keep_keys(&kept.links)).await;
        Ok(keys)
    }
}
