//! One workspace: its view, how far it has come, and bringing the one up to the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use promptsync_core::{
    audit::Revision,
    ids::{ProjectId, WorkspaceId},
};
use promptsync_store::{Db, ReadTx, StoreError, audit, projects, snapshot};
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};

use super::{
    Current, ProjectView, Stale, WorkspaceView,
    changes::{Changes, Within},
};
use crate::app::App;

/// Entries of the audit log that are looked at; after a longer absence everything is read again.
const ENTRIES: u32 = 2_000;

/// How long the database may be silent before answers say that they may be old.
const SILENCE: Duration = Duration::from_secs(5);

/// Readers at a time who are answered from the database while a project is read for the first time: it takes the longer
/// the more there is, and to each of them one prompt matters.
const AHEAD: usize = 4;

/// How answers from a view in memory call their source.
pub(crate) const MEMORY: &str = "memory";

/// What a reader needs of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need<'a> {
    /// The names of the projects.
    Names,
    /// A project with its prompts.
    Project(&'a ProjectId),
}

/// A workspace in memory.
#[derive(Debug)]
pub(crate) struct Feed {
    workspace: WorkspaceId,
    view: ArcSwap<WorkspaceView>,
    /// The newest revision that is known to be committed; below 0 until the workspace was read once.
    newest: watch::Sender<Revision>,
    /// When it was last certain that nothing newer exists, in milliseconds after `born`; below 0 for never.
    confirmed: AtomicI64,
    born: Instant,
    /// Held while the view is brought up to date: one reads, the others wait for it.
    reading: Mutex<()>,
    /// Places for readers who do not wait for the first view of a project.
    ahead: Arc<Semaphore>,
    /// Whether somebody has been sent to read it.
    is_sent_for: AtomicBool,
}

impl Feed {
    pub(super) fn new(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            view: ArcSwap::from_pointee(WorkspaceView { revision: -1, ..WorkspaceView::default() }),
            newest: watch::Sender::new(-1),
            confirmed: AtomicI64::new(-1),
            born: Instant::now(),
            reading: Mutex::new(()),
            ahead: Arc::new(Semaphore::new(AHEAD)),
            is_sent_for: AtomicBool::new(false),
        }
    }

    /// The workspace.
    pub(crate) fn workspace(&self) -> &WorkspaceId {
        &self.workspace
    }

    /// Wakes whoever waits for a newer revision.
    pub(crate) fn newer(&self) -> watch::Receiver<Revision> {
        self.newest.subscribe()
    }

    /// The view as it is, and whether nothing newer is known: for readers who must not wait.
    pub(crate) fn at_hand(&self) -> Option<Arc<WorkspaceView>> {
        let view = self.view.load_full();
        (view.revision >= 0 && view.revision >= *self.newest.borrow()).then_some(view)
    }

    /// Notes that a revision was committed.
    pub(super) fn heard_of(&self, revision: Revision) {
        self.newest.send_if_modified(|newest| {
            let is_newer = revision > *newest;
            *newest = revision.max(*newest);
            is_newer
        });
    }

    /// Notes that nothing newer exists than what was heard of.
    pub(super) fn confirm(&self) {
        let now = i64::try_from(self.born.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.confirmed.fetch_max(now, Ordering::Relaxed);
    }

    /// Whether a revision is newer than what was heard of.
    pub(super) fn is_news(&self, revision: Revision) -> bool {
        revision > *self.newest.borrow()
    }

    /// For how long nobody could say whether the view is still right, when that is suspiciously long.
    pub(crate) fn silence(&self) -> Option<Duration> {
        Some(self.unconfirmed()).filter(|silence| *silence >= SILENCE)
    }

    fn unconfirmed(&self) -> Duration {
        let confirmed = u64::try_from(self.confirmed.load(Ordering::Relaxed)).unwrap_or(0);
        self.born.elapsed().saturating_sub(Duration::from_millis(confirmed))
    }

    /// A place for a reader whom the database should answer, because the view does not have the project yet. The view is
    /// read meanwhile. None when the view has it, when there is no place, or when the database is away.
    pub(crate) fn go_ahead(
        self: &Arc<Self>,
        app: &Arc<App>,
        project: &ProjectId,
    ) -> Option<OwnedSemaphorePermit> {
        let need = Need::Project(project);
        if has(&self.view.load(), need) || app.db.reach().is_away() {
            return None;
        }
        let place = Arc::clone(&self.ahead).try_acquire_owned().ok()?;
        if !self.is_sent_for.swap(true, Ordering::Relaxed) {
            let (feed, app, project) = (Arc::clone(self), Arc::clone(app), project.clone());
            tokio::spawn(async move {
                // What fails here fails again for whoever waits for it, and is told there.
                let _ = feed.up_to_date(&app.db, true, Need::Project(&project)).await;
                feed.is_sent_for.store(false, Ordering::Relaxed);
            });
        }
        Some(place)
    }

    /// The present view with what is needed. When the database is away, the view as it was, else that of the copy.
    pub(super) async fn current(
        &self,
        app: &App,
        is_following: bool,
        need: Need<'_>,
    ) -> Result<Current, StoreError> {
        if !app.db.reach().is_away() {
            if is_following && let Some(view) = self.at_hand().filter(|view| has(view, need)) {
                let stale = self.silence().map(|age| Stale { age, source: MEMORY });
                return Ok(Current { view, stale });
            }
            match self.up_to_date(&app.db, is_following, need).await {
                Ok(view) => return Ok(Current { view, stale: None }),
                Err(StoreError::Unavailable(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        let view = self.view.load_full();
        if view.revision >= 0 && has(&view, need) {
            let stale = Stale { age: self.unconfirmed(), source: MEMORY };
            return Ok(Current { view, stale: Some(stale) });
        }
        let standby = app.standby().ok_or_else(StoreError::away)?;
        standby.current(&self.workspace, need, app.clock.now()).await?.ok_or_else(StoreError::away)
    }

    /// The view, brought up to date when something newer is known, or when nobody would have heard of it.
    pub(super) async fn up_to_date(
        &self,
        db: &Db,
        is_following: bool,
        need: Need<'_>,
    ) -> Result<Arc<WorkspaceView>, StoreError> {
        let _alone = self.reading.lock().await;
        // Somebody may have read it while we waited.
        if is_following && let Some(view) = self.at_hand().filter(|view| has(view, need)) {
            return Ok(view);
        }
        let before = self.view.load_full();
        let mut tx = db.begin_read(&self.workspace).await?;
        let revision = audit::head(&mut tx, &self.workspace).await?.revision;
        let mut after = WorkspaceView::clone(&before);
        if before.revision < 0 {
            self.read_names(&mut tx, &mut after).await?;
        } else if revision > before.revision {
            self.catch_up(&mut tx, &mut after, before.revision).await?;
        }
        if let Need::Project(id) = need
            && !after.projects.contains_key(id)
            && let Some((name, id)) = after.names.iter().find(|(_, known)| *known == id)
        {
            let mut project = ProjectView::empty(id.clone(), name.clone());
            project.replace(snapshot::load(&mut tx, id).await?);
            after.projects.insert(id.clone(), Arc::new(project));
        }
        drop(tx);
        after.revision = revision;
        let after = Arc::new(after);
        self.view.store(Arc::clone(&after));
        self.heard_of(revision);
        self.confirm();
        Ok(after)
    }

    async fn read_names(&self, tx: &mut ReadTx, view: &mut WorkspaceView) -> Result<(), StoreError> {
        let names = projects::names(tx, &self.workspace).await?;
        view.names = names.into_iter().map(|(id, name)| (name, id)).collect();
        view.projects.retain(|id, _| view.names.values().any(|known| known == id));
        Ok(())
    }

    /// Reads again what the audit log says has changed.
    async fn catch_up(
        &self,
        tx: &mut ReadTx,
        view: &mut WorkspaceView,
        after: Revision,
    ) -> Result<(), StoreError> {
        let entries = audit::since(tx, &self.workspace, after, ENTRIES).await?;
        let mut changes = Changes { everything: entries.len() == ENTRIES as usize, ..Changes::default() };
        for entry in &entries {
            changes.add(entry);
        }
        if changes.projects || changes.everything {
            self.read_names(tx, view).await?;
        }
        for (id, project) in &mut view.projects {
            let within = changes.within.get(project.name.as_str());
            if changes.everything {
                let mut fresh = ProjectView::empty(id.clone(), project.name.clone());
                fresh.replace(snapshot::load(tx, id).await?);
                *project = Arc::new(fresh);
            } else if let Some(within) = within {
                let mut fresh = ProjectView::clone(project);
                read_again(tx, &mut fresh, within).await?;
                *project = Arc::new(fresh);
            }
        }
        Ok(())
    }
}

async fn read_again(tx: &mut ReadTx, project: &mut ProjectView, within: &Within) -> Result<(), StoreError> {
    let id = project.id.clone();
    if within.all {
        project.replace(snapshot::load(tx, &id).await?);
        return Ok(());
    }
    for name in &within.prompts {
        project.replace_prompt(name, snapshot::load_prompt(tx, &id, name).await?);
    }
    for alias in &within.aliases {
        project.replace_alias(alias, snapshot::load_alias(tx, &id, alias).await?);
    }
    Ok(())
}

/// Whether a view has what is needed.
pub(super) fn has(view: &WorkspaceView, need: Need<'_>) -> bool {
    match need {
        Need::Names => view.revision >= 0,
        Need::Project(id) => view.projects.contains_key(id),
    }
}
