//! What is held of an alias: a snapshot that was verified, and what calls need of it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use promptsync_core::{
    audit::Revision,
    digest::Digest,
    names::{AliasName, PromptName},
    resolve::Snapshot,
    signing::{Signed, SnapshotContent, SnapshotDelta, SnapshotStatement},
    time::Timestamp,
    versions::VersionNumber,
};

use super::{Source, time::Time};

/// A version of a prompt that can be served.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) prompt: PromptName,
    pub(super) version: Option<VersionNumber>,
    /// The alias that led there.
    pub(super) alias: Option<AliasName>,
    pub(super) content: SnapshotContent,
    /// What the compiled document is held under: its digest and those of what it includes.
    pub(super) key: Digest,
    /// Calls that got it and were not reported yet.
    pub(super) calls: AtomicU64,
}

impl Slot {
    pub(super) fn new(
        prompt: PromptName,
        version: Option<VersionNumber>,
        alias: Option<AliasName>,
        content: SnapshotContent,
    ) -> Self {
        let includes: Vec<String> =
            content.includes.iter().map(|(name, digest)| format!("{name}={digest}")).collect();
        let key = Digest::of(format!("{}\n{}", content.digest, includes.join("\n")).as_bytes());
        Self { prompt, version, alias, content, key, calls: AtomicU64::new(0) }
    }

    /// The documents it takes.
    pub(super) fn digests(&self) -> impl Iterator<Item = &Digest> {
        std::iter::once(&self.content.digest).chain(self.content.includes.values())
    }
}

/// The versions of a prompt that an alias serves.
type Served = Vec<Arc<Slot>>;

/// A verified snapshot.
#[derive(Debug)]
pub(super) struct Held {
    /// As it was signed, and what was added since: what a file has to keep.
    pub(super) base: Arc<Signed<SnapshotStatement>>,
    pub(super) deltas: Vec<Signed<SnapshotDelta>>,
    /// What these say.
    pub(super) statement: SnapshotStatement,
    /// For the resolver.
    pub(super) facts: Snapshot,
    slots: HashMap<PromptName, Served>,
    /// Where it comes from.
    pub(super) source: Source,
    /// Its tag, for asking whether it is still good.
    pub(super) etag: Option<String>,
    /// How old it was when it came, and when it came or was confirmed.
    confirmed: Mutex<(Duration, Instant)>,
    /// Whether the server confirmed it.
    fresh: AtomicBool,
    /// When it runs out.
    expires: Option<Instant>,
}

impl Held {
    /// A snapshot that was verified.
    pub(super) fn new(
        base: Signed<SnapshotStatement>,
        source: Source,
        etag: Option<String>,
        time: &Time,
    ) -> Self {
        let statement = base.statement.clone();
        Self::with(Arc::new(base), Vec::new(), statement, source, etag, time)
    }

    /// The same after a delta that was verified and gave this statement.
    pub(super) fn after(
        &self,
        delta: Signed<SnapshotDelta>,
        statement: SnapshotStatement,
        source: Source,
        time: &Time,
    ) -> Self {
        let deltas = self.deltas.iter().cloned().chain([delta]).collect();
        Self::with(Arc::clone(&self.base), deltas, statement, source, None, time)
    }

    fn with(
        base: Arc<Signed<SnapshotStatement>>,
        deltas: Vec<Signed<SnapshotDelta>>,
        statement: SnapshotStatement,
        source: Source,
        etag: Option<String>,
        time: &Time,
    ) -> Self {
        let slots = |(name, entry): (&PromptName, &promptsync_core::signing::SnapshotEntry)| {
            let slot = |(version, content): (&VersionNumber, &SnapshotContent)| {
                let alias = Some(statement.alias.clone());
                Arc::new(Slot::new(name.clone(), Some(version.clone()), alias, content.clone()))
            };
            (name.clone(), entry.contents().map(slot).collect())
        };
        let is_fresh = source == Source::Server;
        let age = if is_fresh { Duration::ZERO } else { time.since(statement.issued_at) };
        Self {
            facts: statement.facts(),
            slots: statement.entries.iter().map(slots).collect(),
            confirmed: Mutex::new((age, Instant::now())),
            fresh: AtomicBool::new(is_fresh),
            expires: (statement.expires_at - time.now()).to_std().ok().map(|left| Instant::now() + left),
            base,
            deltas,
            statement,
            source,
            etag,
        }
    }

    /// The version of a prompt.
    pub(super) fn slot(&self, prompt: &PromptName, version: &VersionNumber) -> Option<&Arc<Slot>> {
        self.slots.get(prompt)?.iter().find(|slot| slot.version.as_ref() == Some(version))
    }

    /// The version of a prompt with this content.
    pub(super) fn slot_of(&self, prompt: &PromptName, digest: &Digest) -> Option<&Arc<Slot>> {
        self.slots.get(prompt)?.iter().find(|slot| slot.content.digest == *digest)
    }

    /// Everything it serves.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Slot>> {
        self.slots.values().flatten()
    }

    /// The names of what it serves.
    pub(super) fn names(&self) -> impl Iterator<Item = &PromptName> {
        self.slots.keys()
    }

    /// Its revision.
    pub(super) fn revision(&self) -> Revision {
        self.statement.revision
    }

    /// Whether the server gave or confirmed it.
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh.load(Ordering::Relaxed)
    }

    /// How long ago it was known to be right.
    pub(super) fn age(&self, now: Instant) -> Duration {
        let (age, since) = *self.confirmed.lock().expect("no holder of the lock can panic");
        age + now.saturating_duration_since(since)
    }

    /// Whether what the workspace signed ran out.
    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.expires.is_none_or(|expires| now >= expires)
    }

    /// The server says that it is still right.
    pub(super) fn confirm(&self) {
        *self.confirmed.lock().expect("no holder of the lock can panic") = (Duration::ZERO, Instant::now());
        self.fresh.store(true, Ordering::Relaxed);
    }

    /// Whether a newer one should be asked for although nothing changed: half its time is over.
    pub(super) fn renew_at(&self) -> Timestamp {
        let SnapshotStatement { issued_at, expires_at, .. } = self.statement;
        issued_at + (expires_at - issued_at) / 2
    }
}
