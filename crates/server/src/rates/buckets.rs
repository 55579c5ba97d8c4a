//! Token buckets: each holds what is allowed in a second, and fills at that rate.
//!
//! Over a minute that lets through at most one second's worth more than the limit, 1.7 %. A bucket is one number, the
//! moment at which it is full again; a full bucket is not kept at all.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard},
};

/// Nanoseconds of a second: how long an empty bucket takes to fill.
const SECOND: i64 = 1_000_000_000;

/// Buckets kept. Whoever comes while so many are in use shares one bucket with all others who do.
const MAX: usize = 50_000;

/// A bucket for each name.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    rate: u32,
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    /// When each bucket that is not full will be, in nanoseconds.
    full_at: HashMap<K, i64>,
    /// The bucket of all who found no place.
    crowd: i64,
    /// When full buckets were last thrown away.
    swept: i64,
}

/// What one request found in its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Requests that are possible right now after this one.
    pub(super) left: u32,
    /// Nanoseconds until the next one is possible, when this one is not.
    pub(super) wait: Option<i64>,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Buckets that fill with so many requests a second; nothing for 0, which means no limit.
    pub(super) fn new(rate: u32) -> Option<Self> {
        let state = State { full_at: HashMap::new(), crowd: 0, swept: 0 };
        (rate > 0).then(|| Self { rate, state: Mutex::new(state) })
    }

    /// Takes one request out of the bucket of `name`; `now` in nanoseconds.
    pub(super) fn take<Q>(&self, name: &Q, now: i64) -> Found
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let mut state = self.lock();
        if let Some(full_at) = state.full_at.get_mut(name) {
            return self.take_from(full_at, now);
        }
        if state.full_at.len() >= MAX && (now - state.swept).abs() >= SECOND {
            state.swept = now;
            state.full_at.retain(|_, full_at| *full_at > now && *full_at <= now + SECOND);
        }
        if state.full_at.len() >= MAX {
            return self.take_from(&mut state.crowd, now);
        }
        self.take_from(state.full_at.entry(name.to_owned()).or_insert(now), now)
    }

    fn take_from(&self, full_at: &mut i64, now: i64) -> Found {
        // A billion a second is as good as no limit.
        let request = (SECOND / i64::from(self.rate)).max(1);
        // Requests that read the clock one after the other may come here in another order; what is further ahead than that
        // was written before the clock was set back.
        if *full_at - now > 2 * SECOND {
            *full_at = now;
        }
        let missing = (*full_at - now).clamp(0, SECOND);
        let after = missing + request;
        if after > SECOND {
            return Found { left: 0, wait: Some(after - SECOND) };
        }
        *full_at = now + after;
        let left = u32::try_from((SECOND - after) / request).unwrap_or(u32::MAX);
        Found { left, wait: None }
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(rate: u32) -> Buckets<String> {
        Buckets::new(rate).expect("a limit")
    }

    /// How many of the requests sent `every` so many nanoseconds are let through in a minute.
    fn allowed_in_a_minute(buckets: &Buckets<String>, name: &str, every: i64) -> u32 {
        let sent = (0..60 * SECOND).step_by(usize::try_from(every).expect("positive"));
        sent.map(|now| u32::from(buckets.take(name, now).wait.is_none())).sum()
    }

    #[test]
    fn over_a_minute_the_limit_is_kept_within_two_percent() {
        for rate in [1, 7, 50, 333, 1_000] {
            let limit = f64::from(rate * 60);
            let tenfold = SECOND / i64::from(rate) / 10;
            let allowed = f64::from(allowed_in_a_minute(&buckets(rate), "a", tenfold));
            assert!((allowed / limit - 1.0).abs() <= 0.02, "{rate}/s: {allowed} of {limit}");
        }
    }

    #[test]
    fn who_stays_below_the_limit_is_never_refused() {
        let buckets = buckets(100);
        let every = SECOND / 100;
        assert_eq!(allowed_in_a_minute(&buckets, "a", every), 6_000);
    }

    #[test]
    fn one_name_does_not_use_up_anothers() {
        let buckets = buckets(10);
        assert_eq!(allowed_in_a_minute(&buckets, "noisy", SECOND / 200), 609);
        assert_eq!(allowed_in_a_minute(&buckets, "quiet", SECOND / 10), 600);
    }

    #[test]
    fn a_bucket_tells_what_is_left_and_how_long_to_wait() {
        let buckets = buckets(2);
        let half = SECOND / 2;
        assert_eq!(buckets.take("a", 0), Found { left: 1, wait: None });
        assert_eq!(buckets.take("a", 0), Found { left: 0, wait: None });
        assert_eq!(buckets.take("a", 0), Found { left: 0, wait: Some(half) });
        assert_eq!(buckets.take("a", half), Found { left: 0, wait: None });
        assert_eq!(buckets.take("a", 10 * SECOND), Found { left: 1, wait: None });
    }

    #[test]
    fn a_clock_that_is_set_back_blocks_nobody_and_one_that_is_read_late_gives_nothing_away() {
        let buckets = buckets(1);
        assert_eq!(buckets.take("a", 7_200 * SECOND).wait, None);
        assert_eq!(buckets.take("a", 0).wait, None);
        assert_eq!(buckets.take("a", 0).wait, Some(SECOND));
        assert_eq!(buckets.take("a", -SECOND / 2).wait, Some(SECOND));
        assert_eq!(buckets.take("a", SECOND).wait, None);
    }

    #[test]
    fn memory_is_bounded_and_newcomers_beyond_it_share_a_bucket() {
        let buckets = buckets(1);
        for number in 0..MAX {
            assert_eq!(buckets.take(number.to_string().as_str(), 0).wait, None);
        }
        assert_eq!(buckets.take("first newcomer", 0).wait, None);
        assert_eq!(buckets.take("second newcomer", 0).wait, Some(SECOND));
        assert_eq!(buckets.lock().full_at.len(), MAX);
        assert_eq!(buckets.take("second newcomer", 2 * SECOND).wait, None);
        assert_eq!(buckets.lock().full_at.len(), 1);
    }
}
