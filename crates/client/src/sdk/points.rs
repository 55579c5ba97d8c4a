//! Versions by references that no held alias answers: exact ones, ranges, `latest`, commits, moments.
//!
//! What an exact version, a digest or a moment means never changes and is known for ever. What the others mean is asked
//! anew now and then, in the background; meanwhile, and while the server is away, the last answer counts.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use promptsync_api::prompts::ResolvedPrompt;
use promptsync_core::{
    audit::Revision,
    digest::Digest,
    documents::canonical,
    names::PromptName,
    references::{Reference, Selector},
    signing::{Signed, SigningError, SnapshotContent, VersionStatement, VersionSubject, verify_version},
};
use serde::{Deserialize, Serialize};

use super::{SdkError, Source, core::Core, flights::Flights, held::Slot};

/// References whose meaning is remembered.
const KNOWN: usize = 10_000;

/// How long it is believed that something does not exist.
const MISSING: Duration = Duration::from_secs(5);

/// What references were found to mean.
#[derive(Debug, Default)]
pub(super) struct Points {
    known: Mutex<HashMap<String, Arc<Point>>>,
    missing: Mutex<HashMap<String, (SdkError, Instant)>>,
    flights: Flights<Arc<Point>>,
}

/// What a reference was found to mean.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) slot: Arc<Slot>,
    pub(super) revision: Revision,
    pub(super) found: Instant,
    /// How old it was already when it was found.
    pub(super) older: Duration,
    pub(super) source: Source,
    /// Whether it never means anything else.
    pub(super) for_ever: bool,
}

/// What a file keeps of it.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    revision: Revision,
    version: Signed<VersionStatement>,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) name: PromptName,
    pub(super) reference: Reference,
    pub(super) text: String,
    pub(super) unit: Option<String>,
}

impl Question {
    fn key(&self) -> String {
        format!("{}\n{}\n{}", self.name, self.text, self.unit.as_deref().unwrap_or_default())
    }

    /// Whether the answer never changes.
    fn is_fixed(&self) -> bool {
        self.reference.at.is_some()
            || matches!(self.reference.selector, Selector::Exact(_) | Selector::Digest(_))
    }
}

impl Core {
    /// What a reference means: as it is remembered, else as the server says by the deadline; none when it says nothing.
    pub(super) async fn point(
        self: &Arc<Self>,
        question: Question,
        deadline: Instant,
    ) -> Option<Result<Arc<Point>, SdkError>> {
        let key = question.key();
        let known = lock(&self.points.known).get(&key).cloned();
        if let Some(point) = &known
            && (point.for_ever || point.found.elapsed() < self.settings.poll)
        {
            return known.map(Ok);
        }
        if let Some((error, since)) = lock(&self.points.missing).get(&key).cloned()
            && since.elapsed() < MISSING
        {
            return Some(Err(error));
        }
        let core = Arc::clone(self);
        let flight =
            self.points.flights.join(&self.runtime, key, || async move { core.find_point(question).await });
        // What is known already is served while somebody looks whether it is still right.
        match known {
            Some(point) => Some(Ok(point)),
            None => flight.by(deadline).await,
        }
    }

    async fn find_point(self: Arc<Self>, question: Question) -> Result<Arc<Point>, SdkError> {
        let key = question.key();
        let kept = self.kept_point(&question).await;
        let found = match kept {
            Some(kept) if kept.for_ever => Ok(kept),
            kept => match self.ask_point(&question).await {
                Err(error) if !error.is_not_found() => kept.ok_or(error),
                answer => answer,
            },
        };
        match found {
            Ok(point) => {
                let point = Arc::new(point);
                remember(&self.points.known, key, Arc::clone(&point));
                Ok(point)
            }
            Err(error) => {
                if error.is_not_found() {
                    remember(&self.points.missing, key, (error.clone(), Instant::now()));
                }
                Err(error)
            }
        }
    }

    /// Asks the server, and believes what the workspace signed.
    async fn ask_point(self: &Arc<Self>, question: &Question) -> Result<Point, SdkError> {
        let Some(wire) = &self.wire else { return Err(SdkError::setting("no server was named")) };
        let keys = match self.trust.keys() {
            Some(keys) => keys,
            None => self.ask_keys().await?,
        };
        let mut answer =
            wire.resolve(question.name.as_str(), &question.text, question.unit.as_deref()).await?;
        let ring = match &answer.signature {
            Some(signed) if matches!(keys.ring.verify(signed), Err(SigningError::UnknownKey { .. })) => {
                self.ask_keys().await?
            }
            _ => keys,
        };
        let subject = VersionSubject {
            project: &self.settings.project,
            prompt: &question.name,
            version: &answer.version,
        };
        verify_version(&ring.ring, answer.signature.as_ref(), subject, &answer.digest)?;
        is_meant(question, &answer)?;
        let known = lock(&self.points.known).get(&question.key()).cloned();
        let known = known.filter(|known| answer.revision < known.revision);
        if let Some(known) = known.filter(|known| known.slot.content.digest != answer.digest) {
            let (known, found) = (known.revision, answer.revision);
            return Err(SigningError::SnapshotRolledBack { known, found }.into());
        }
        let Some(document) = &answer.document else {
            return Err(wire.unreadable("it lacks the document"));
        };
        let text = canonical(document);
        self.keep(BTreeMap::from([(answer.digest.clone(), text)])).await?;
        let includes = if document.dependencies.is_empty() {
            BTreeMap::new()
        } else {
            let Some(record) = answer.record.take() else {
                return Err(wire.unreadable("it lacks what is recorded about the version"));
            };
            record.verify(answer.signature.as_ref())?;
            record.dependencies.into_iter().map(|(name, dependency)| (name, dependency.digest)).collect()
        };
        if includes.is_empty()
            && let Some(version) = answer.signature.clone()
        {
            self.keep_point(question, Kept { revision: answer.revision, version }).await;
        }
        // The server may itself be answering from what it had.
        let older = Duration::from_secs(answer.stale_seconds.unwrap_or_default());
        let found = point(question, answer.version, answer.digest, includes, answer.revision, Source::Server);
        Ok(Point { older, ..found })
    }

    /// What the cache says, when the workspace signed it.
    async fn kept_point(self: &Arc<Self>, question: &Question) -> Option<Point> {
        self.files.as_ref()?;
        let (core, key) = (Arc::clone(self), question.key());
        let kept: Kept =
            self.runtime.spawn_blocking(move || core.files.as_ref()?.found(&key)).await.ok().flatten()?;
        let keys = self.trust.keys()?;
        let found = kept.version.statement.clone();
        let subject = VersionSubject {
            project: &self.settings.project,
            prompt: &question.name,
            version: &found.version,
        };
        verify_version(&keys.ring, Some(&kept.version), subject, &found.digest).ok()?;
        is_named(question, &found.version, &found.digest).ok()?;
        Some(point(question, found.version, found.digest, BTreeMap::new(), kept.revision, Source::File))
    }

    async fn keep_point(self: &Arc<Self>, question: &Question, kept: Kept) {
        let key = question.key();
        self.write(move |files| files.keep_found(&key, &kept)).await;
    }
}

fn point(
    question: &Question,
    version: promptsync_core::versions::VersionNumber,
    digest: Digest,
    includes: BTreeMap<PromptName, Digest>,
    revision: Revision,
    source: Source,
) -> Point {
    let alias = match &question.reference.selector {
        Selector::Alias(alias) => Some(alias.clone()),
        _ => None,
    };
    let slot = Slot::new(question.name.clone(), Some(version), alias, SnapshotContent { digest, includes });
    let (found, older, for_ever) = (Instant::now(), Duration::ZERO, question.is_fixed());
    Point { slot: Arc::new(slot), revision, found, older, source, for_ever }
}

/// Whether the answer is the prompt and the version that was asked for: one that is signed may still be another.
fn is_meant(question: &Question, answer: &ResolvedPrompt) -> Result<(), SigningError> {
    if answer.name != question.name {
        return Err(other("prompt", question.name.as_str(), answer.name.as_str()));
    }
    is_named(question, &answer.version, &answer.digest)
}

fn is_named(
    question: &Question,
    version: &promptsync_core::versions::VersionNumber,
    digest: &Digest,
) -> Result<(), SigningError> {
    let (is_it, found) = match &question.reference.selector {
        Selector::Exact(wanted) => (wanted == version, version.to_string()),
        Selector::Range(range) => (range.matches(version), version.to_string()),
        Selector::Digest(wanted) => (wanted == digest, digest.to_string()),
        Selector::Latest | Selector::Alias(_) | Selector::Commit(_) => return Ok(()),
    };
    if is_it { Ok(()) } else { Err(other("version", &question.text, &found)) }
}

fn other(field: &'static str, expected: &str, found: &str) -> SigningError {
    SigningError::OtherSubject { field, expected: expected.to_owned(), found: found.to_owned() }
}

fn lock<T>(map: &Mutex<HashMap<String, T>>) -> std::sync::MutexGuard<'_, HashMap<String, T>> {
    map.lock().expect("no holder of the lock can panic")
}

/// Remembers one more, and for it forgets another when there are too many.
fn remember<T>(map: &Mutex<HashMap<String, T>>, key: String, value: T) {
    let mut map = lock(map);
    if map.len() >= KNOWN
        && let Some(other) = map.keys().next().cloned()
    {
        map.remove(&other);
    }
    map.insert(key, value);
}
