//! What applications get is answered from memory.
//!
//! Each workspace has a [`Feed`]: a view of its prompts at one revision, and the newest revision that is known to be
//! committed. A reader that finds the view older than that brings it up to date first; the audit log says what has to be
//! read again. So a change is seen by whoever reads after it was answered, and in between nobody touches SQL.
//!
//! Changes made by this server are known at once. Those of others are known by [`follow`]: until it runs, each reader
//! asks the database how far the workspace is. While the database is away the view stays what it is, and says how old;
//! what is not in memory comes from the last-good copy ([`Standby`]), which a server can also start with.

mod answers;
mod changes;
mod copy;
mod feed;
mod follow;
mod hot;
mod redis;
mod standby;
mod streams;
mod view;

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use hyper::HeaderMap;
use promptsync_api::{
    delivery::REVISION_HEADER,
    error::{BAD_REQUEST, UNAVAILABLE},
};
use promptsync_core::{
    audit::Revision,
    ids::{ProjectId, WorkspaceId},
};
use promptsync_store::StoreError;
use tokio::sync::{Notify, mpsc, watch};

use crate::{app::App, http::error::ApiError};

pub(crate) use answers::{Answers, Asked, Prepared, asked_for};
pub(crate) use feed::{Feed, MEMORY, Need};
pub use follow::Following;
pub(crate) use hot::Memory;
pub(crate) use hot::{Asking, PREFIX as PROMPTS, answer as at_once, write as write_at_once};
pub(crate) use standby::{Standby, not_in_copy};
pub use streams::StreamLimits;
pub(crate) use streams::{Fed, LineId, Listener, Streams};
pub(crate) use view::{ProjectView, PromptView, WorkspaceView};

/// How a prompt may be cached: kept, and asked about each time.
pub(crate) const CACHING: &str = "private, no-cache";

/// The views of every workspace somebody asked for.
#[derive(Debug)]
pub(crate) struct Delivery {
    feeds: RwLock<HashMap<WorkspaceId, Arc<Feed>>>,
    is_following: AtomicBool,
    /// Asks for a look at the database before its time.
    nudged: Notify,
    /// How far every workspace was at the last look.
    heads: watch::Sender<copy::Heads>,
    /// How often listening began.
    listens: watch::Sender<u64>,
    /// How far every workspace was in the last-good copy.
    copied: watch::Sender<copy::Heads>,
    /// The same of the copy in Redis.
    copied_to_redis: watch::Sender<copy::Heads>,
    /// How often a conversation with Redis began.
    talks: watch::Sender<u64>,
    /// Where commits of this server are told to others.
    tell: OnceLock<mpsc::Sender<(WorkspaceId, Revision)>>,
    standby: ArcSwapOption<Standby>,
    /// Answers that are ready to be sent.
    pub(crate) answers: Answers,
    /// What is the same in the head of each of them.
    fixed: OnceLock<Bytes>,
}

/// A prompt on its way to a caller.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    /// The answer.
    pub(crate) answer: Arc<Prepared>,
    /// The workspace's revision it was found at.
    pub(crate) revision: Revision,
    /// How old it may be; none while the database answers.
    pub(crate) stale: Option<Stale>,
}

/// What is said about an answer that nobody can confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stale {
    /// For how long nobody could.
    pub(crate) age: Duration,
    /// Where it comes from.
    pub(crate) source: &'static str,
}

/// What a reader gets.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    /// The view.
    pub(crate) view: Arc<WorkspaceView>,
    /// How old it may be; none while the database answers.
    pub(crate) stale: Option<Stale>,
}

impl Delivered {
    /// The body; an old one says how old it is, and where it comes from.
    pub(crate) fn body(&self) -> Bytes {
        let Some(Stale { age, source }) = self.stale else { return self.answer.shared_body() };
        let whole = self.answer.body();
        let whole = whole.strip_suffix(b"}").unwrap_or(whole);
        let mut body = whole.to_vec();
        body.extend_from_slice(
            format!(r#","stale_seconds":{},"source":"{source}"}}"#, age.as_secs()).as_bytes(),
        );
        body.into()
    }
}

impl Current {
    /// A project that was needed.
    pub(crate) fn project(&self, id: &ProjectId) -> Option<&ProjectView> {
        self.view.projects.get(id).map(|project| &**project)
    }
}

impl Delivery {
    /// No views yet; answers take at most so many bytes.
    pub(crate) fn new(answer_bytes: usize) -> Self {
        Self {
            feeds: RwLock::default(),
            is_following: AtomicBool::new(false),
            nudged: Notify::new(),
            heads: watch::Sender::default(),
            listens: watch::Sender::default(),
            copied: watch::Sender::default(),
            copied_to_redis: watch::Sender::default(),
            talks: watch::Sender::default(),
            tell: OnceLock::new(),
            standby: ArcSwapOption::empty(),
            answers: Answers::new(answer_bytes),
            fixed: OnceLock::new(),
        }
    }

    /// The feed of a workspace.
    pub(crate) fn feed(&self, workspace: &WorkspaceId) -> Arc<Feed> {
        let feeds = self.feeds.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get(workspace) {
            return Arc::clone(feed);
        }
        drop(feeds);
        let mut feeds = self.feeds.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(feeds.entry(workspace.clone()).or_insert_with(|| Arc::new(Feed::new(workspace.clone()))))
    }

    /// The view of a workspace, when it is certain that nothing newer exists.
    fn at_hand(&self, workspace: &WorkspaceId) -> Option<Arc<WorkspaceView>> {
        if !self.is_following() {
            return None;
        }
        let feed = self.feed(workspace);
        if feed.silence().is_some() { None } else { feed.at_hand() }
    }

    /// Notes that a workspace has come so far: whoever reads from now on sees it.
    pub(crate) fn committed(&self, workspace: &WorkspaceId, revision: Revision) {
        self.feed(workspace).heard_of(revision);
        if let Some(tell) = self.tell.get() {
            // When too many wait to be told, the others are found out by asking.
            let _ = tell.try_send((workspace.clone(), revision));
        }
    }

    /// Whether a commit that somebody told of is one that is not known yet.
    fn is_news(&self, workspace: &WorkspaceId, revision: Revision) -> bool {
        let feeds = self.feeds.read().unwrap_or_else(PoisonError::into_inner);
        feeds.get(workspace).is_some_and(|feed| feed.is_news(revision))
            || self.heads.borrow().iter().all(|(known, newest)| known != workspace || revision > *newest)
    }

    /// Whether changes of other servers become known without asking.
    fn is_following(&self) -> bool {
        self.is_following.load(Ordering::Acquire)
    }

    fn feeds(&self) -> Vec<Arc<Feed>> {
        self.feeds.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// What tests wait for.
impl App {
    /// Becomes ready when this server listens for changes, the how-manieth time it begins.
    pub async fn listens(&self, times: u64) {
        let _ = self.delivery.listens.subscribe().wait_for(|count| *count >= times).await;
    }

    /// Becomes ready when this server knows that a workspace has come so far.
    pub async fn knows(&self, revision: Revision) {
        let far = |heads: &copy::Heads| heads.iter().any(|(_, newest)| *newest >= revision);
        let _ = self.delivery.heads.subscribe().wait_for(far).await;
    }

    /// Becomes ready when this server can be told of changes by Redis.
    pub async fn talks(&self) {
        let _ = self.delivery.talks.subscribe().wait_for(|count| *count > 0).await;
    }

    /// Becomes ready when a workspace is in the last-good copy in Redis as it was at this revision, or later.
    pub async fn copied_to_redis(&self, revision: Revision) {
        let far = |heads: &copy::Heads| heads.iter().any(|(_, copied)| *copied >= revision);
        let _ = self.delivery.copied_to_redis.subscribe().wait_for(far).await;
    }

    /// Becomes ready when a workspace is in the last-good copy as it was at this revision, or later.
    pub async fn copied(&self, revision: Revision) {
        let far = |heads: &copy::Heads| heads.iter().any(|(_, copied)| *copied >= revision);
        let _ = self.delivery.copied.subscribe().wait_for(far).await;
    }
}

impl App {
    /// The same, at least at the revision that a request says it has seen: whoever wrote on another server reads their
    /// own write here.
    pub(crate) async fn delivered_since(
        &self,
        workspace: &WorkspaceId,
        need: Need<'_>,
        headers: &HeaderMap,
    ) -> Result<Current, ApiError> {
        let current = self.delivered(workspace, need).await?;
        let Some(asked) = headers.get(REVISION_HEADER) else { return Ok(current) };
        let seen = asked.to_str().ok().and_then(|text| text.parse::<Revision>().ok());
        let seen = seen.ok_or_else(|| {
            ApiError::new(
                BAD_REQUEST,
                format!("`{REVISION_HEADER}` is the revision that another answer gave"),
            )
        })?;
        if current.view.revision >= seen {
            return Ok(current);
        }
        let current = self.delivery.feed(workspace).current(self, false, need).await?;
        if current.view.revision >= seen {
            return Ok(current);
        }
        let detail = format!("this server knows the workspace up to revision {}", current.view.revision);
        Err(ApiError::new(UNAVAILABLE, detail).retry_after(1))
    }

    /// The present view of a workspace, with what is needed of it.
    pub(crate) async fn delivered(
        &self,
        workspace: &WorkspaceId,
        need: Need<'_>,
    ) -> Result<Current, StoreError> {
        let feed = self.delivery.feed(workspace);
        feed.current(self, self.delivery.is_following(), need).await
    }
}
