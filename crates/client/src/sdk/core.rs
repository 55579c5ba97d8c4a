//! What all calls and background tasks share.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use promptsync_core::{
    bundle::{self, Bundle, BundleLimits},
    limits::Limits,
    names::{AliasName, ProjectName},
    signing::{SigningError, apply_kept_delta, verify_kept_snapshot},
};
use tokio::{
    runtime::Handle,
    sync::{broadcast, watch},
    time::timeout_at,
};

use super::{
    Builder, Change, SdkError, Source, backoff::Dice, files::Files, flights::Flights, folder::Folder,
    followed::Followed, held::Held, load::Loaded, memory::Memory, points::Points, relay::Facts, time::Time,
    trust::Trust, usage::Usage, wire::Wire,
};

/// Changes that a slow listener may be behind.
const CHANGES: usize = 64;

/// What all calls and background tasks share.
pub(super) struct Core {
    pub(super) settings: Builder,
    pub(super) limits: Arc<Limits>,
    pub(super) runtime: Handle,
    pub(super) wire: Option<Wire>,
    pub(super) trust: Trust,
    pub(super) time: Time,
    pub(super) dice: Dice,
    pub(super) memory: Memory,
    pub(super) files: Option<Files>,
    pub(super) bundle: Option<Bundle>,
    pub(super) folder: Option<Folder>,
    pub(super) aliases: RwLock<BTreeMap<AliasName, Arc<Followed>>>,
    pub(super) loads: Flights<Loaded>,
    pub(super) points: Points,
    pub(super) facts: Facts,
    pub(super) usage: Usage,
    pub(super) changes: broadcast::Sender<Change>,
    ticks: watch::Sender<u64>,
    /// Writes to the cache that are under way.
    writes: AtomicUsize,
}

impl Core {
    /// Reads what this machine has. It reads files and belongs where that holds nobody up.
    pub(super) fn open(settings: Builder, runtime: Handle) -> Result<Self, SdkError> {
        ProjectName::parse(&settings.project).map_err(|error| SdkError::setting(error.to_string()))?;
        let pinned = settings.pinned()?;
        let wire = match &settings.url {
            Some(url) => Some(Wire::new(url, settings.key.as_deref(), &settings.project)?),
            None => None,
        };
        let server = wire.as_ref().map_or("", Wire::url);
        let files = settings.cache.as_deref().map(|folder| Files::new(folder, server, &settings.project));
        let bundle = match &settings.bundle {
            Some(path) => {
                let bundle = bundle::read(&read_bundle(path)?, pinned.as_ref(), &BundleLimits::default())?;
                if bundle.project != settings.project {
                    let (expected, found) = (settings.project.clone(), bundle.project);
                    return Err(SigningError::OtherSubject { field: "project", expected, found }.into());
                }
                Some(bundle)
            }
            None => None,
        };
        let folder =
            settings.folder.as_deref().map(|path| Folder::read(path, &settings.limits)).transpose()?;
        let trust = Trust::new(pinned);
        // What is kept and does not fit the pinned key is as if it were not there.
        let kept = [files.as_ref().and_then(Files::keys), bundle.as_ref().map(|bundle| bundle.keys.clone())];
        for keys in kept.into_iter().flatten() {
            let _ = trust.believe(keys);
        }
        Ok(Self {
            limits: Arc::new(settings.limits.clone()),
            time: Time::new(Arc::clone(&settings.clock)),
            dice: Dice::new(),
            memory: Memory::new(settings.memory),
            aliases: RwLock::default(),
            loads: Flights::default(),
            points: Points::default(),
            facts: Facts::default(),
            usage: Usage::default(),
            changes: broadcast::Sender::new(CHANGES),
            ticks: watch::Sender::new(0),
            writes: AtomicUsize::new(0),
            settings,
            runtime,
            wire,
            trust,
            files,
            bundle,
            folder,
        })
    }

    /// The later of the snapshots that the cache and the bundle have of an alias.
    pub(super) fn kept(&self, alias: &AliasName) -> Option<Held> {
        let kept = [self.kept_in_files(alias), self.kept_in_bundle(alias)];
        kept.into_iter().flatten().reduce(|a, b| if b.revision() > a.revision() { b } else { a })
    }

    fn kept_in_files(&self, alias: &AliasName) -> Option<Held> {
        let (base, deltas) = self.files.as_ref()?.snapshot(alias)?;
        let ring = &self.trust.keys()?.ring;
        verify_kept_snapshot(ring, &base, &self.settings.project, alias).ok()?;
        let mut held = Held::new(base, Source::File, None, &self.time);
        for delta in deltas {
            // One that does not verify ends what is believed.
            let Ok(statement) = apply_kept_delta(&held.statement, ring, &delta) else { break };
            held = held.after(delta, statement, Source::File, &self.time);
        }
        Some(held)
    }

    fn kept_in_bundle(&self, alias: &AliasName) -> Option<Held> {
        let base = self.bundle.as_ref()?.snapshots.get(alias)?.clone();
        // The keys that are believed may be others than the bundle's own.
        verify_kept_snapshot(&self.trust.keys()?.ring, &base, &self.settings.project, alias).ok()?;
        Some(Held::new(base, Source::Bundle, None, &self.time))
    }

    /// Every alias that is held.
    pub(super) fn followed(&self) -> Vec<Arc<Followed>> {
        self.aliases.read().expect("no holder of the lock can panic").values().cloned().collect()
    }

    /// Holds an alias no longer.
    pub(super) fn forget(&self, alias: &AliasName) {
        self.aliases.write().expect("no holder of the lock can panic").remove(alias);
    }

    /// Says that something is different now, to everybody who waits for it.
    pub(super) fn tick(&self) {
        self.ticks.send_modify(|tick| *tick = tick.wrapping_add(1));
    }

    /// Waits until something is there, at most until then.
    pub(super) async fn until<T>(&self, deadline: Instant, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let mut ticks = self.ticks.subscribe();
        loop {
            if let Some(found) = look() {
                return Some(found);
            }
            if timeout_at(deadline.into(), ticks.changed()).await.is_err() {
                return look();
            }
        }
    }

    /// Hears about everything that becomes different.
    pub(super) fn ticks(&self) -> watch::Receiver<u64> {
        self.ticks.subscribe()
    }

    /// Serves a snapshot from now on, and tells everybody.
    pub(super) fn serve(&self, followed: &Followed, held: &Arc<Held>) {
        if let Some(change) = followed.take_over(held) {
            // Nobody may be listening.
            let _ = self.changes.send(change);
        }
        self.tick();
    }

    /// Does what takes long away from the threads that run tasks.
    pub(super) async fn away<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, SdkError> + Send + 'static,
    ) -> Result<T, SdkError> {
        self.runtime.spawn_blocking(work).await.unwrap_or(Err(SdkError::Closed))
    }

    /// Writes to the cache, when there is one, away from the threads that run tasks. A write that was begun ends, also
    /// when whoever waits for it does not.
    pub(super) async fn write(self: &Arc<Self>, write: impl FnOnce(&Files) + Send + 'static) {
        if self.files.is_none() {
            return;
        }
        self.writes.fetch_add(1, Ordering::Relaxed);
        let core = Arc::clone(self);
        let work = self.runtime.spawn_blocking(move || {
            if let Some(files) = &core.files {
                write(files);
            }
            core.writes.fetch_sub(1, Ordering::Relaxed);
            core.tick();
        });
        let _ = work.await;
    }

    /// Waits until nothing is written any more, at most until then.
    pub(super) async fn written(&self, deadline: Instant) {
        self.until(deadline, || (self.writes.load(Ordering::Relaxed) == 0).then_some(())).await;
    }

    /// The revision that is held of each alias.
    pub(super) fn holds(&self) -> BTreeMap<AliasName, i64> {
        let held = |followed: Arc<Followed>| Some((followed.alias.clone(), followed.revision()?));
        self.followed().into_iter().filter_map(held).collect()
    }

    /// Aliases that were configured and cannot be served yet.
    pub(super) fn unready(&self) -> BTreeSet<AliasName> {
        let is_ready = |followed: &Followed| match followed.held() {
            Some(held) => held.is_fresh() || self.wire.is_none() || followed.state().failure.is_some(),
            None => false,
        };
        self.followed()
            .into_iter()
            .filter(|followed| !is_ready(followed))
            .map(|followed| followed.alias.clone())
            .collect()
    }
}

fn read_bundle(path: &Path) -> Result<Vec<u8>, SdkError> {
    use std::io::Read as _;

    let failed = |error| SdkError::file(path.display().to_string(), &error);
    let most = BundleLimits::default().bytes as u64;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("settings", &self.settings).finish_non_exhaustive()
    }
}
