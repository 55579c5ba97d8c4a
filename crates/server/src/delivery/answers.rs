//! Answers that are ready to be sent, as long as there is room.

use std::{hash::Hash, sync::Arc};

use bytes::Bytes;
use hyper::header::HeaderValue;
use promptsync_core::versions::VersionNumber;
use quick_cache::{Equivalent, Weighter, sync::Cache};

/// What an answer needs besides its body.
const OVERHEAD: u64 = 300;

/// Which answer it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AnswerKey {
    /// The number of the prompt's view: a prompt that changed has another.
    pub(crate) view: u64,
    /// The version.
    pub(crate) version: VersionNumber,
    /// How it was asked for: the reference, and all of the query but who it is for.
    pub(crate) asked: Box<str>,
    /// Whether the same caller would get it again, where an alias divides its traffic.
    pub(crate) sticky: bool,
}

/// The same, not yet owned.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Asked<'a> {
    /// The number of the prompt's view.
    pub(crate) view: u64,
    /// The version.
    pub(crate) version: &'a VersionNumber,
    /// The reference and the query.
    pub(crate) asked: &'a str,
    /// Whether the draw is sticky.
    pub(crate) sticky: bool,
}

/// An answer in its final form.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// The body.
    pub(crate) body: Bytes,
    /// Its tag, in quotes.
    pub(crate) etag: HeaderValue,
    /// What access records say was read.
    pub(crate) target: Arc<str>,
}

/// A cache bounded in bytes.
pub(crate) struct Answers(Cache<AnswerKey, Arc<Prepared>, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<AnswerKey, Arc<Prepared>> for Weight {
    fn weight(&self, key: &AnswerKey, answer: &Arc<Prepared>) -> u64 {
        OVERHEAD + (key.asked.len() + answer.body.len() + answer.target.len()) as u64
    }
}

impl Answers {
    /// Room for so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let items = bytes / 2_048;
        Self(Cache::with_weighter(items, bytes as u64, Weight))
    }

    /// The answer, when it is ready.
    pub(crate) fn get(&self, asked: &Asked<'_>) -> Option<Arc<Prepared>> {
        self.0.get(asked)
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, key: AnswerKey, answer: &Arc<Prepared>) {
        self.0.insert(key, Arc::clone(answer));
    }
}

impl Equivalent<AnswerKey> for Asked<'_> {
    fn equivalent(&self, key: &AnswerKey) -> bool {
        self.view == key.view
            && self.sticky == key.sticky
            && *self.asked == *key.asked
            && *self.version == key.version
    }
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").field("items", &self.0.len()).field("bytes", &self.0.weight()).finish()
    }
}
