//! How much work is under way at one moment: beyond it, more is refused at once.
//!
//! Work that queues makes everybody wait, also those who have given up long ago. So what applications live on, prompts,
//! snapshots, documents and streams, is always let in, and everything else has so many places.

use promptsync_api::error::OVERLOADED;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::http::error::ApiError;

/// What is done with a request while there is too much to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// It is answered all the same: an application waits for its prompt.
    Delivery,
    /// It is refused, to be sent again later.
    Work,
}

/// The places for work.
#[derive(Debug)]
pub(crate) struct Load(Semaphore);

/// A request that is let in, until it is dropped.
#[must_use]
pub(crate) struct UnderWay<'a>(#[expect(dead_code, reason = "held, not read")] Option<SemaphorePermit<'a>>);

impl Load {
    /// So many requests may be worked on at one moment.
    pub(crate) fn new(places: usize) -> Self {
        Self(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS)))
    }

    /// Lets a request in, or refuses it without waiting.
    pub(crate) fn admit(&self, urgency: Urgency) -> Result<UnderWay<'_>, ApiError> {
        if urgency == Urgency::Delivery {
            return Ok(UnderWay(None));
        }
        let refused = |_| {
            ApiError::new(OVERLOADED, "the server works on as many requests as it can")
                .hint("send it again in a moment; prompts are delivered meanwhile")
                .retry_after(1)
        };
        self.0.try_acquire().map(|place| UnderWay(Some(place))).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_beyond_the_places_is_refused_until_one_is_free_and_delivery_never_is() {
        let load = Load::new(2);
        let first = load.admit(Urgency::Work).expect("a place");
        let _second = load.admit(Urgency::Work).expect("a place");
        assert_eq!(load.admit(Urgency::Work).err().map(|error| error.code()), Some("overloaded"));
        assert!(load.admit(Urgency::Delivery).is_ok());
        drop(first);
        assert!(load.admit(Urgency::Work).is_ok());
    }
}
