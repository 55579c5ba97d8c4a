//! For programs that pass on what they hold, as an edge does: what arrives, as it was signed, and what an answer of the
//! server says beside the document.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use promptsync_api::{delivery::ChangeEvent, prompts::Recorded, signing_keys::SigningKeys};
use promptsync_core::{
    audit::Revision,
    digest::Digest,
    names::{AliasName, ModulePath, PromptName},
    signing::{Signed, SnapshotDelta, SnapshotStatement, VersionStatement, VersionSubject, verify_version},
    time::Timestamp,
    versions::VersionNumber,
};
use serde::{Deserialize, Serialize};

use super::{PromptSync, SdkError, core::Core, flights::Flights, held::Held};

/// Versions whose facts are remembered.
const KNOWN: usize = 100_000;

/// How old a snapshot becomes before a relay asks for one that is good for longer.
pub(super) const RENEW: Duration = Duration::from_hours(1);

/// What arrived and verified: it is served and in the cache already.
#[derive(Clone, Copy, Debug)]
pub enum Arrived<'a> {
    /// A whole snapshot.
    Snapshot(&'a Signed<SnapshotStatement>),
    /// A change of it, with the documents that came along.
    Change(&'a ChangeEvent),
}

/// Who is told what arrived of an alias, in the order in which it did.
pub type Relay = dyn Fn(&AliasName, Arrived<'_>) + Send + Sync;

/// What is held of an alias at one moment.
#[derive(Clone, Debug)]
pub struct Copy(Arc<Held>);

impl Copy {
    /// The snapshot as it was signed.
    pub fn signed(&self) -> &Signed<SnapshotStatement> {
        &self.0.base
    }

    /// The changes since.
    pub fn deltas(&self) -> &[Signed<SnapshotDelta>] {
        &self.0.deltas
    }

    /// Whether the server gave or confirmed it since this program started.
    pub fn is_fresh(&self) -> bool {
        self.0.is_fresh()
    }

    /// What both say together.
    pub fn statement(&self) -> &SnapshotStatement {
        &self.0.statement
    }
}

/// What an answer of the server says about a version beside its document. Everything but id and module was signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionFacts {
    /// The prompt's id.
    pub id: String,
    /// Its module when the version was read first.
    pub module: ModulePath,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// When it was published.
    pub created_at: Timestamp,
    /// The workspace's signature; a version that is older than signatures has none.
    pub signature: Option<Signed<VersionStatement>>,
    /// What was recorded when it was published.
    #[serde(default)]
    pub record: Option<Recorded>,
}

/// The facts that were read so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    known: Mutex<HashMap<String, Arc<VersionFacts>>>,
    flights: Flights<Arc<VersionFacts>>,
}

impl PromptSync {
    /// What is held of an alias; of one that was not asked for yet, as soon as there is something.
    ///
    /// # Errors
    /// When nothing is there by the deadline, and why.
    pub async fn copy(&self, alias: &AliasName, deadline: Instant) -> Result<Copy, SdkError> {
        let followed = {
            let (sdk, alias) = (self.clone(), alias.clone());
            self.core().away(move || sdk.follow(&alias)).await?
        };
        let look = || match followed.held() {
            Some(held) => Some(Ok(Copy(held))),
            None => followed.state().failure.map(Err),
        };
        let waited = deadline.saturating_duration_since(Instant::now());
        self.core().until(deadline, look).await.unwrap_or(Err(SdkError::Deadline { waited }))
    }

    /// What is held of every alias.
    pub fn copies(&self) -> BTreeMap<AliasName, Copy> {
        let copy =
            |followed: Arc<super::followed::Followed>| Some((followed.alias.clone(), Copy(followed.held()?)));
        self.core().followed().into_iter().filter_map(copy).collect()
    }

    /// Whether the last try to hear of an alias failed: nobody knows whether what is held is still right.
    pub fn is_cut_off(&self, alias: &AliasName) -> bool {
        let aliases = self.core().aliases.read().expect("no holder of the lock can panic");
        aliases.get(alias).is_some_and(|followed| followed.state().failure.is_some())
    }

    /// The workspace's keys, as far as they are believed.
    ///
    /// # Errors
    /// When none are known, and the server gives none.
    pub async fn signing_keys(&self) -> Result<SigningKeys, SdkError> {
        let keys = match self.core().trust.keys() {
            Some(keys) => keys,
            None => self.core().ask_keys().await?,
        };
        let workspace = keys.links.first().map(|link| link.statement.workspace.clone()).unwrap_or_default();
        Ok(SigningKeys { workspace, keys: keys.links.clone() })
    }

    /// Documents that this machine has, and those that the server gives; others are left out.
    ///
    /// # Errors
    /// When one is not what its digest says.
    pub async fn documents(&self, digests: BTreeSet<Digest>) -> Result<BTreeMap<Digest, Arc<str>>, SdkError> {
        let (core, wanted) = (Arc::clone(self.core()), digests.clone());
        let local = move || {
            let text = |digest: Digest| core.local_text(&digest).map(|(text, _)| (digest, text));
            Ok(wanted.into_iter().filter_map(text).collect::<BTreeMap<_, _>>())
        };
        let mut found = self.core().away(local).await?;
        let missing: BTreeSet<Digest> =
            digests.into_iter().filter(|digest| !found.contains_key(digest)).collect();
        if !missing.is_empty() {
            match self.core().fetch(missing).await {
                Ok(fetched) => found.extend(fetched),
                Err(error @ SdkError::Untrue(_)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(found)
    }

    /// The facts of a version with this content, which a snapshot or [`super::Prompt`] names.
    ///
    /// # Errors
    /// When they are not known here and the server does not give them by the deadline, or not as they were signed.
    pub async fn version_facts(
        &self,
        prompt: &PromptName,
        version: &VersionNumber,
        content: &Digest,
        deadline: Instant,
    ) -> Result<Arc<VersionFacts>, SdkError> {
        let core = self.core();
        let key = format!("facts\n{prompt}\n{version}\n{content}");
        if let Some(facts) = core.facts.known().get(&key) {
            return Ok(Arc::clone(facts));
        }
        let question = (prompt.clone(), version.clone(), content.clone());
        let (finder, place) = (Arc::clone(core), key.clone());
        let flight = core.facts.flights.join(&core.runtime, key, || async move {
            let (prompt, version, content) = question;
            let subject =
                VersionSubject { project: &finder.settings.project, prompt: &prompt, version: &version };
            let facts = match finder.kept_facts(&place, subject, &content).await {
                Some(kept) => kept,
                None => finder.ask_facts(&place, subject, &content).await?,
            };
            let facts = Arc::new(facts);
            let mut known = finder.facts.known();
            if known.len() >= KNOWN {
                known.clear();
            }
            known.insert(place, Arc::clone(&facts));
            drop(known);
            Ok(facts)
        });
        let waited = deadline.saturating_duration_since(Instant::now());
        flight.by(deadline).await.unwrap_or(Err(SdkError::Deadline { waited }))
    }
}

impl Facts {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<VersionFacts>>> {
        self.known.lock().expect("no holder of the lock can panic")
    }
}

impl Core {
    /// Tells the relay, when there is one.
    pub(super) fn relay(&self, alias: &AliasName, arrived: Arrived<'_>) {
        if let Some(relay) = &self.settings.relay {
            relay(alias, arrived);
        }
    }

    async fn ask_facts(
        self: &Arc<Self>,
        place: &str,
        subject: VersionSubject<'_>,
        content: &Digest,
    ) -> Result<VersionFacts, SdkError> {
        let Some(wire) = &self.wire else { return Err(SdkError::setting("no server was named")) };
        let answer = wire.resolve(subject.prompt.as_str(), &subject.version.to_string(), None).await?;
        let facts = VersionFacts {
            id: answer.id,
            module: answer.module,
            git_commit: answer.git_commit,
            created_at: answer.created_at,
            signature: answer.signature,
            record: answer.record,
        };
        if let Some(signed) = &facts.signature {
            self.keys_for(signed).await?;
        }
        let facts = self.as_signed(facts, subject, content)?;
        let (place, kept) = (place.to_owned(), facts.clone());
        self.write(move |files| files.keep_found(&place, &kept)).await;
        Ok(facts)
    }

    async fn kept_facts(
        self: &Arc<Self>,
        place: &str,
        subject: VersionSubject<'_>,
        content: &Digest,
    ) -> Option<VersionFacts> {
        self.files.as_ref()?;
        let (core, place) = (Arc::clone(self), place.to_owned());
        let kept = self.runtime.spawn_blocking(move || core.files.as_ref()?.found(&place));
        self.as_signed(kept.await.ok()??, subject, content).ok()
    }

    /// The facts as the workspace signed them.
    fn as_signed(
        &self,
        facts: VersionFacts,
        subject: VersionSubject<'_>,
        content: &Digest,
    ) -> Result<VersionFacts, SdkError> {
        let Some(signed) = &facts.signature else { return Ok(facts) };
        let keys = self.trust.keys().ok_or(SdkError::Closed)?;
        verify_version(&keys.ring, Some(signed), subject, content)?;
        if let Some(record) = &facts.record {
            record.verify(Some(signed))?;
        }
        let VersionStatement { created_at, git_commit, .. } = signed.statement.clone();
        Ok(VersionFacts { git_commit, created_at, ..facts })
    }
}

/// Whether a change is one that is held already: what a relay that read the whole snapshot meanwhile hears late.
pub(super) fn is_late(held: Revision, delta: &Signed<SnapshotDelta>) -> bool {
    delta.statement.revision < held
}
