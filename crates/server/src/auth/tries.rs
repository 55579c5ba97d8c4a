//! Wrong keys, counted by address: guessing is stopped before it reaches the database.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Mutex,
    time::Duration,
};

use tokio::time::Instant;

/// Wrong keys an address may send in a [`WINDOW`].
const ALLOWED: u32 = 20;
const WINDOW: Duration = Duration::from_mins(1);
/// Addresses remembered; beyond it the oldest windows go first.
const ADDRESSES: usize = 50_000;

/// How many wrong keys came from each address in the last minute.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<HashMap<IpAddr, Window>>);

#[derive(Clone, Copy, Debug)]
struct Window {
    since: Instant,
    wrong: u32,
}

impl Tries {
    /// Seconds until an address may try again; nothing when it may now.
    pub(crate) fn blocked(&self, address: IpAddr) -> Option<u64> {
        let windows = self.0.lock().expect("no code panics while it holds this lock");
        let window = windows.get(&network(address))?;
        let left = WINDOW.checked_sub(window.since.elapsed())?;
        (window.wrong >= ALLOWED).then(|| left.as_secs().max(1))
    }

    /// Notes a wrong key.
    pub(crate) fn note(&self, address: IpAddr) {
        let mut windows = self.0.lock().expect("no code panics while it holds this lock");
        if windows.len() >= ADDRESSES {
            windows.retain(|_, window| window.since.elapsed() < WINDOW);
        }
        if windows.len() >= ADDRESSES {
            windows.clear();
        }
        let window = windows.entry(network(address)).or_insert(Window { since: Instant::now(), wrong: 0 });
        if window.since.elapsed() >= WINDOW {
            *window = Window { since: Instant::now(), wrong: 0 };
        }
        window.wrong += 1;
    }
}

/// Who an address stands for: with IPv6 one customer has a whole /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
