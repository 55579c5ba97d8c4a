//! Reads that are answered from memory: counted by what is in memory anyway, and made into rows when a batch is due.
//!
//! A row has seven texts. To copy them for each of a hundred thousand reads a second would be most of the work.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use promptsync_core::{access_records::OK, audit::Actor, time::Timestamp};

use super::{
    Record,
    buffer::{Buffer, Sum},
};
use crate::{auth::KnownKey, delivery::Prepared};

/// Reads that are told apart before they are made into rows.
const MAX: usize = 1_000;

/// Reads since rows were last made of them.
#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<HashMap<Read, Sum>>);

/// What was read by whom from where. The same things in memory make the same read.
#[derive(Debug)]
pub(crate) struct Read {
    /// By whom.
    pub(crate) key: Arc<KnownKey>,
    /// What.
    pub(crate) answer: Arc<Prepared>,
    /// From where.
    pub(crate) address: Option<IpAddr>,
}

impl Reads {
    /// Counts a read; true when it is time to make rows of what was counted.
    pub(super) fn note(&self, read: Read, now: Timestamp, request_id: &str) -> bool {
        let mut reads = self.lock();
        match reads.get_mut(&read) {
            Some(known) => known.count_one(now),
            None => drop(reads.insert(read, Sum::one(now, Some(request_id.to_owned())))),
        }
        reads.len() >= MAX
    }

    /// Makes rows of everything that was counted.
    pub(super) fn pour(&self, into: &mut Buffer) {
        for (read, sum) in std::mem::take(&mut *self.lock()) {
            into.add_record(read.record(), sum);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Read, Sum>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

impl Read {
    fn record(&self) -> Record {
        let key = &self.key.key;
        Record {
            workspace: Some(key.workspace.clone()),
            actor: Some(Actor::Service { id: key.id.as_str().to_owned(), name: key.name.clone() }),
            action: "prompt.read",
            project: key.project_name.as_ref().map(ToString::to_string),
            target: self.answer.target.to_string(),
            outcome: OK,
            address: self.address,
            request_id: None,
        }
    }

    fn place(&self) -> (*const KnownKey, *const Prepared, Option<IpAddr>) {
        (Arc::as_ptr(&self.key), Arc::as_ptr(&self.answer), self.address)
    }
}

impl PartialEq for Read {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Read {}

impl Hash for Read {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place().hash(state);
    }
}
