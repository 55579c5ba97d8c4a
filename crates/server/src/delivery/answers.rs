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
    /// Where an alias divides its traffic: the version drawn, and whether the same unit would draw it again.
    pub(crate) divided: Option<(VersionNumber, bool)>,
    /// How it was asked for: the reference, and all of the query but who it is for.
    pub(crate) how: Box<str>,
}

/// The same, not yet owned.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Asked<'a> {
    /// The number of the prompt's view.
    pub(crate) view: u64,
    /// What was drawn.
    pub(crate) divided: Option<(&'a VersionNumber, bool)>,
    /// The reference and the query.
    pub(crate) how: &'a str,
}

/// How a prompt was asked for, without who asks and in which project.
pub(crate) fn asked_for(reference: &str, query: &str) -> String {
    let mut asked = String::with_capacity(reference.len() + query.len() + 2);
    asked.push_str(reference);
    let kept = query.split('&').filter(|pair| !pair.starts_with("unit=") && !pair.starts_with("project="));
    for pair in kept.filter(|pair| !pair.is_empty()) {
        asked.push('&');
        asked.push_str(pair);
    }
    asked
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
        OVERHEAD + (key.how.len() + answer.body.len() + answer.target.len()) as u64
    }
}

impl Answers {
    /// Room for so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
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
        let same = match (&self.divided, &key.divided) {
            (None, None) => true,
            (Some((version, sticky)), Some((known, known_sticky))) => {
                *version == known && sticky == known_sticky
            }
            _ => false,
        };
        same && self.view == key.view && *self.how == *key.how
    }
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").field("items", &self.0.len()).field("bytes", &self.0.weight()).finish()
    }
}
