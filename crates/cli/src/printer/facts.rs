//! Moments, actors and other small facts in words.

use promptsync_core::{audit::Actor, time::Timestamp};

/// A moment as it is shown in tables: to the second, in UTC.
pub(crate) fn moment(at: &Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Who acted, in one word.
pub(crate) fn actor(actor: &Actor) -> String {
    match actor {
        Actor::User { name, .. } | Actor::Service { name, .. } => name.clone(),
        Actor::System => "system".to_owned(),
    }
}

/// A number of things, in words.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
