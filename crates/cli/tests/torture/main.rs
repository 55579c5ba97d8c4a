//! Tests that hurt: servers are killed, stopped and cut off while others count what they were promised.
//!
//! Each has a short form that runs with the other tests, and a long one, `cargo xtask torture NAME`.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod herd;
mod history;
mod journal;
mod kills;
mod linear;
mod loss;
mod node;
mod power;
mod stop;
mod torn;
mod wire;

/// How long a test is: the variable `PROMPTSYNC_TORTURE_` and this name says it, else it is short.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration that could read the environment")]
fn length(name: &str, short: u64) -> u64 {
    let asked = std::env::var(format!("PROMPTSYNC_TORTURE_{name}"));
    asked.ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

/// Numbers that are the same in every run of a seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below this.
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % end
    }
}
