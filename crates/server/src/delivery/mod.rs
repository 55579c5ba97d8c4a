//! What applications get is answered from memory.
//!
//! Each workspace has a [`Feed`]: a view of its prompts at one revision, and the newest revision that is known to be
//! committed. A reader that finds the view older than that brings it up to date first; the audit log says what has to be
//! read again. So a change is seen by whoever reads after it was answered, and in between nobody touches SQL.
//!
//! Changes made by this server are known at once. Those of others are known by [`follow`]: until it runs, each reader
//! asks the database how far the workspace is. While the database is away the view stays what it is, and says how old.

mod answers;
mod changes;
mod feed;
mod follow;
mod hot;
mod streams;
mod view;

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

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

use crate::{app::App, http::error::ApiError};

pub(crate) use answers::{AnswerKey, Answers, Asked, Prepared, asked_for};
pub(crate) use feed::{Feed, Need};
pub(crate) use follow::follow;
pub(crate) use hot::answer as at_once;
pub use streams::StreamLimits;
pub(crate) use streams::{LineId, Listener, Streams};
pub(crate) use view::{ProjectView, PromptView, WorkspaceView};

/// How a prompt may be cached: kept, and asked about each time.
pub(crate) const CACHING: &str = "private, no-cache";

/// The views of every workspace somebody asked for.
#[derive(Debug)]
pub(crate) struct Delivery {
    feeds: RwLock<HashMap<WorkspaceId, Arc<Feed>>>,
    is_following: AtomicBool,
    /// Answers that are ready to be sent.
    pub(crate) answers: Answers,
}

/// A prompt on its way to a caller.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    /// The answer.
    pub(crate) answer: Arc<Prepared>,
    /// The workspace's revision it was found at.
    pub(crate) revision: Revision,
    /// For how long nobody could say whether it is still right.
    pub(crate) stale: Option<Duration>,
}

/// What a reader gets.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    /// The view.
    pub(crate) view: Arc<WorkspaceView>,
    /// For how long nobody could say whether it is still so; none while the database answers.
    pub(crate) stale: Option<Duration>,
}

impl Delivered {
    /// The body; an old one says how old it is, and where it comes from.
    pub(crate) fn body(&self) -> Bytes {
        let Some(age) = self.stale else { return self.answer.body.clone() };
        let whole = self.answer.body.strip_suffix(b"}").unwrap_or(&self.answer.body);
        let mut body = whole.to_vec();
        body.extend_from_slice(
            format!(r#","stale_seconds":{},"source":"memory"}}"#, age.as_secs()).as_bytes(),
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
            answers: Answers::new(answer_bytes),
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
    }

    /// Whether changes of other servers become known without asking.
    fn is_following(&self) -> bool {
        self.is_following.load(Ordering::Acquire)
    }

    fn feeds(&self) -> Vec<Arc<Feed>> {
        self.feeds.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
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
        let current = self.delivery.feed(workspace).current(&self.db, false, need).await?;
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
        feed.current(&self.db, self.delivery.is_following(), need).await
    }
}
