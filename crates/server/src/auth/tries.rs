//! Wrong keys, counted by address: guessing is stopped before it reaches the database.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::Instant;

use crate::http::addresses::network;

/// Wrong keys an address may send in a [`WINDOW`].
const ALLOWED: u32 = 20;
const WINDOW: Duration = Duration::from_mins(1);
/// Addresses remembered. Beyond it those that may still try are forgotten first; when all are blocked, everybody else
/// shares one window.
const ADDRESSES: usize = 50_000;
/// How often they are looked through for what can be forgotten.
const SWEEP: Duration = Duration::from_secs(1);

/// How many wrong keys came from each address in the last minute.
#[derive(Debug)]
pub(crate) struct Tries(Mutex<State>);

#[derive(Debug)]
struct State {
    windows: HashMap<IpAddr, Window>,
    crowd: Window,
    swept: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    since: Instant,
    wrong: u32,
}

impl Default for Tries {
    fn default() -> Self {
        Self(Mutex::new(State { windows: HashMap::new(), crowd: Window::new(), swept: None }))
    }
}

impl Tries {
    /// Seconds until an address may try again; nothing when it may now.
    pub(crate) fn blocked(&self, address: IpAddr) -> Option<u64> {
        let state = self.lock();
        let own = state.windows.get(&network(address));
        let full = state.windows.len() >= ADDRESSES;
        own.or(full.then_some(&state.crowd))?.blocked()
    }

    /// Notes a wrong key.
    pub(crate) fn note(&self, address: IpAddr) {
        let state = &mut *self.lock();
        let network = network(address);
        let is_new = !state.windows.contains_key(&network);
        if is_new && state.windows.len() >= ADDRESSES && state.swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            state.swept = Some(Instant::now());
            state.windows.retain(|_, window| window.blocked().is_some());
        }
        let window = if is_new && state.windows.len() >= ADDRESSES {
            &mut state.crowd
        } else {
            state.windows.entry(network).or_insert_with(Window::new)
        };
        if window.since.elapsed() >= WINDOW {
            *window = Window::new();
        }
        window.wrong += 1;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

impl Window {
    fn new() -> Self {
        Self { since: Instant::now(), wrong: 0 }
    }

    fn blocked(&self) -> Option<u64> {
        let left = WINDOW.checked_sub(self.since.elapsed())?;
        (self.wrong >= ALLOWED).then(|| left.as_secs().max(1))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn guess(tries: &Tries, address: IpAddr) {
        for _ in 0..ALLOWED {
            tries.note(address);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_is_blocked_after_20_wrong_keys_until_its_minute_is_over() {
        let (tries, bad, good) = (Tries::default(), IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..19 {
            tries.note(bad);
        }
        assert_eq!(tries.blocked(bad), None);
        tries.note(bad);
        assert_eq!(tries.blocked(bad), Some(60));
        assert_eq!(tries.blocked(good), None);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(tries.blocked(bad), None);
    }

    #[tokio::test(start_paused = true)]
    async fn another_address_of_the_same_ipv6_customer_or_another_spelling_is_no_way_out() {
        let tries = Tries::default();
        guess(&tries, "2001:db8:1:2::1".parse().expect("an address"));
        guess(&tries, "::ffff:10.0.0.1".parse().expect("an address"));
        for same in ["2001:db8:1:2:ffff::9", "10.0.0.1"] {
            assert_eq!(tries.blocked(same.parse().expect(same)), Some(60), "{same}");
        }
        assert_eq!(tries.blocked("2001:db8:1:3::1".parse().expect("an address")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_addresses_frees_no_blocked_one_and_takes_bounded_memory() {
        let (tries, bad) = (Tries::default(), IpAddr::from([10, 0, 0, 1]));
        guess(&tries, bad);
        let flood =
            |from: u32| (from..).map(|n| IpAddr::from(Ipv4Addr::from_bits(n))).take(ADDRESSES + 1_000);
        for address in flood(0x2000_0000) {
            tries.note(address);
        }
        assert_eq!(tries.blocked(bad), Some(60));
        assert!(tries.lock().windows.len() <= ADDRESSES);
        tokio::time::advance(SWEEP).await;
        for address in flood(0x3000_0000) {
            guess(&tries, address);
        }
        assert_eq!(tries.lock().windows.len(), ADDRESSES);
        assert!(tries.blocked(IpAddr::from([192, 0, 2, 1])).is_some(), "nobody gets more tries in the crowd");
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(tries.blocked(IpAddr::from([192, 0, 2, 1])), None);
    }
}
