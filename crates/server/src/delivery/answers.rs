//! Answers that are ready to be sent, as long as there is room: what is asked for often as it goes out, the rest packed.

mod packed;

use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use promptsync_core::versions::VersionNumber;
use quick_cache::{Equivalent, Weighter, sync::Cache};

use packed::Packed;

/// What an answer needs besides its body.
const OVERHEAD: u64 = 200;

/// Of the room, one part of so many is for answers as they go out.
const PARTS: usize = 8;

/// One of so many readings of a packed answer takes it out for those that follow: what many ask for is soon at hand, and
/// what is asked for once pushes nothing aside.
const OFTEN: u32 = 16;

/// Which answer it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AnswerKey {
    /// The number of the prompt's view: a prompt that changed has another.
    pub(crate) view: u64,
    /// Where an alias divides its traffic: the version drawn, and whether the same unit would draw it again.
    pub(crate) divided: Option<Box<(VersionNumber, bool)>>,
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

/// An answer in its final form: its tag, what was read and its body, one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prepared {
    whole: Bytes,
    /// Where the tag ends.
    tag: usize,
    /// Where what was read ends.
    target: usize,
}

impl Prepared {
    /// An answer; `tag` is in quotes, `target` is what access records say was read.
    pub(crate) fn new(tag: &str, target: &str, body: &[u8]) -> Self {
        let whole = [tag.as_bytes(), target.as_bytes(), body].concat();
        Self { whole: whole.into(), tag: tag.len(), target: tag.len() + target.len() }
    }

    /// Its tag, in quotes.
    pub(crate) fn etag(&self) -> &str {
        std::str::from_utf8(&self.whole[..self.tag]).unwrap_or_default()
    }

    /// What access records say was read.
    pub(crate) fn target(&self) -> &str {
        std::str::from_utf8(&self.whole[self.tag..self.target]).unwrap_or_default()
    }

    /// The body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.whole[self.target..]
    }

    /// The body, shared.
    pub(crate) fn shared_body(&self) -> Bytes {
        self.whole.slice(self.target..)
    }
}

/// Caches bounded in bytes.
pub(crate) struct Answers {
    /// As they go out.
    ready: Cache<AnswerKey, Arc<Prepared>, Weight>,
    /// All of them.
    packed: Cache<AnswerKey, Arc<Packed>, Weight>,
    /// Readings of packed answers.
    readings: AtomicU32,
}

#[derive(Clone)]
struct Weight;

impl Weighter<AnswerKey, Arc<Prepared>> for Weight {
    fn weight(&self, key: &AnswerKey, answer: &Arc<Prepared>) -> u64 {
        OVERHEAD + (key.how.len() + answer.whole.len()) as u64
    }
}

impl Weighter<AnswerKey, Arc<Packed>> for Weight {
    fn weight(&self, key: &AnswerKey, answer: &Arc<Packed>) -> u64 {
        OVERHEAD + (key.how.len() + answer.len()) as u64
    }
}

impl Answers {
    /// Room for so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let ready = bytes / PARTS;
        let packed = bytes - ready;
        Self {
            ready: Cache::with_weighter(ready / 2_048, ready as u64, Weight),
            packed: Cache::with_weighter(packed / 1_024, packed as u64, Weight),
            readings: AtomicU32::new(0),
        }
    }

    /// The answer, when it is ready.
    pub(crate) fn get(&self, asked: &Asked<'_>) -> Option<Arc<Prepared>> {
        if let Some(ready) = self.ready.get(asked) {
            return Some(ready);
        }
        let answer = Arc::new(self.packed.get(asked)?.unpack()?);
        if self.readings.fetch_add(1, Ordering::Relaxed) % OFTEN == OFTEN - 1 {
            self.ready.insert(asked.key(), Arc::clone(&answer));
        }
        Some(answer)
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, asked: &Asked<'_>, answer: &Prepared) {
        if let Some(packed) = Packed::of(answer) {
            self.packed.insert(asked.key(), Arc::new(packed));
        }
    }
}

impl Asked<'_> {
    fn key(&self) -> AnswerKey {
        AnswerKey {
            view: self.view,
            divided: self.divided.map(|(version, sticky)| Box::new((version.clone(), sticky))),
            how: self.how.into(),
        }
    }
}

impl Equivalent<AnswerKey> for Asked<'_> {
    fn equivalent(&self, key: &AnswerKey) -> bool {
        let same = match (&self.divided, key.divided.as_deref()) {
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
        let bytes = self.ready.weight() + self.packed.weight();
        f.debug_struct("Answers")
            .field("items", &self.packed.len())
            .field("bytes", &bytes)
            .finish_non_exhaustive()
    }
}
