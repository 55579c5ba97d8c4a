//! Wrong passwords, counted by account and address: whoever guesses from one place waits ever longer, and the owner
//! still gets in from another.

use std::{collections::HashMap, net::IpAddr, sync::Mutex, time::Duration};

use tokio::time::Instant;

use crate::http::addresses::network;

/// Wrong passwords without a wait.
const FREE: u32 = 5;
/// The first wait; each further wrong password doubles it.
const FIRST: Duration = Duration::from_secs(2);
/// The longest wait.
const LONGEST: Duration = Duration::from_mins(15);
/// Without a try for so long, the count begins anew.
const FORGOTTEN: Duration = Duration::from_mins(30);
/// Pairs remembered; beyond it the forgotten ones go, then all.
const PAIRS: usize = 50_000;

/// Wrong passwords by a digest of the account's name and the address they came from.
#[derive(Debug, Default)]
pub(crate) struct Guesses(Mutex<HashMap<([u8; 32], IpAddr), Count>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    wrong: u32,
    last: Instant,
}

impl Count {
    fn wait(self) -> Duration {
        match self.wrong.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(over) => FIRST.saturating_mul(1_u32.checked_shl(over).unwrap_or(u32::MAX)).min(LONGEST),
        }
    }
}

impl Guesses {
    /// Seconds until this account may be tried again from there; nothing when it may now. `account` is a digest of its
    /// name in the form in which two spellings are equal.
    pub(crate) fn blocked(&self, account: [u8; 32], address: IpAddr) -> Option<u64> {
        let counts = self.lock();
        let count = counts.get(&(account, network(address)))?;
        let left = count.wait().checked_sub(count.last.elapsed())?;
        (!left.is_zero()).then(|| left.as_secs().max(1))
    }

    /// Notes a wrong password.
    pub(crate) fn note(&self, account: [u8; 32], address: IpAddr) {
        let mut counts = self.lock();
        if counts.len() >= PAIRS {
            counts.retain(|_, count| count.last.elapsed() < FORGOTTEN);
        }
        if counts.len() >= PAIRS {
            counts.clear();
        }
        let new = Count { wrong: 0, last: Instant::now() };
        let count = counts.entry((account, network(address))).or_insert(new);
        let wrong = if count.last.elapsed() >= FORGOTTEN { 0 } else { count.wrong };
        *count = Count { wrong: wrong.saturating_add(1), last: Instant::now() };
    }

    /// Forgets them: the right password came.
    pub(crate) fn forget(&self, account: [u8; 32], address: IpAddr) {
        self.lock().remove(&(account, network(address)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<([u8; 32], IpAddr), Count>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_wrong_password_after_the_fifth_doubles_the_wait_there_and_only_there() {
        let guesses = Guesses::default();
        let (ann, bob) = ([1; 32], [2; 32]);
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut waits = Vec::new();
        for _ in 0..8 {
            guesses.note(ann, here);
            waits.push(guesses.blocked(ann, here));
        }
        assert_eq!(waits, [None, None, None, None, Some(2), Some(4), Some(8), Some(16)]);
        assert_eq!((guesses.blocked(ann, there), guesses.blocked(bob, here)), (None, None));
        tokio::time::advance(Duration::from_secs(17)).await;
        assert_eq!(guesses.blocked(ann, here), None);
        for _ in 0..1000 {
            guesses.note(ann, here);
        }
        assert_eq!(guesses.blocked(ann, here), Some(900));
        guesses.forget(ann, here);
        assert_eq!(guesses.blocked(ann, here), None);
    }
}
