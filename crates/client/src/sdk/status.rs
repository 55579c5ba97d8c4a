//! How the SDK does.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use promptsync_core::{audit::Revision, names::AliasName};

use super::{SdkError, Source, Transport, core::Core, files::Files, followed::Followed};

/// How the SDK does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// The aliases that are held, or waited for.
    pub aliases: BTreeMap<AliasName, AliasStatus>,
    /// Bytes of documents and compiled templates in memory.
    pub memory: usize,
    /// Whether the cache's folder could not be written to.
    pub cache_failed: bool,
    /// How far this machine's clock is from the server's, when the server said anything.
    pub clock_off: Option<TimeDelta>,
}

/// How an alias does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AliasStatus {
    /// The revision of what is served; none before there is anything.
    pub revision: Option<Revision>,
    /// Where it comes from.
    pub source: Option<Source>,
    /// How long ago it was known to be right.
    pub age: Option<Duration>,
    /// Whether what the workspace signed ran out.
    pub expired: bool,
    /// Whether every document it needs was there, for the time when the server is not.
    pub complete: bool,
    /// How changes arrive.
    pub transport: Transport,
    /// Why the last try gave nothing; none when it gave something.
    pub failure: Option<SdkError>,
    /// What was last said in the workspace's name and not believed, since the program started: somebody may be between
    /// it and the server.
    pub refused: Option<SdkError>,
}

impl Core {
    pub(super) fn status(&self) -> Status {
        let now = Instant::now();
        let one = |followed: Arc<Followed>| {
            let (held, state) = (followed.held(), followed.state());
            let source = held.as_ref().map(|held| if held.is_fresh() { Source::Memory } else { held.source });
            let status = AliasStatus {
                revision: held.as_ref().map(|held| held.revision()),
                source,
                age: held.as_ref().map(|held| held.age(now)),
                expired: held.as_ref().is_some_and(|held| held.is_expired(now)),
                complete: followed.is_complete(),
                transport: state.transport,
                failure: state.failure,
                refused: state.refused,
            };
            (followed.alias.clone(), status)
        };
        Status {
            aliases: self.followed().into_iter().map(one).collect(),
            memory: self.memory.bytes(),
            cache_failed: self.files.as_ref().is_some_and(Files::failed),
            clock_off: self.time.clock_off(),
        }
    }
}
