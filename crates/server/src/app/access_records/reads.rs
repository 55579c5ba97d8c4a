//! Reads that are answered from memory: counted by what is in memory anyway, and made into rows when a batch is due.
//!
//! A row has seven texts. To copy them for each of a hundred thousand reads a second would be most of the work.

use std::{
    hash::{Hash, Hasher},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use indexmap::{Equivalent, IndexMap};
use promptsync_core::{access_records::OK, audit::Actor, time::Timestamp};

use super::{
    Record,
    buffer::{Buffer, EXACT, MORE, Sum},
};
use crate::auth::KnownKey;

/// Reads since rows were last made of them.
#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<IndexMap<Read, Sum>>);

/// What was read by whom from where.
#[derive(Debug)]
struct Read {
    key: Arc<KnownKey>,
    /// None for reads that were too many to tell apart.
    target: Option<Box<str>>,
    address: Option<IpAddr>,
}

/// The same, not yet owned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    /// By whom.
    pub(crate) key: &'a Arc<KnownKey>,
    /// What, as its answer calls it.
    pub(crate) target: &'a str,
    /// From where.
    pub(crate) address: Option<IpAddr>,
}

/// What makes reads alike. A key that was read anew counts as another.
type Place<'a> = (*const KnownKey, Option<&'a str>, Option<IpAddr>);

impl Reads {
    /// Counts a read; says how many there are to tell apart.
    pub(super) fn note(&self, reading: &Reading<'_>, now: Timestamp, request_id: &str) -> usize {
        let Reading { key, target, address } = *reading;
        let mut reads = self.lock();
        let distinct = reads.len();
        if let Some(known) = reads.get_mut(reading) {
            known.count_one(now);
        } else if distinct < EXACT {
            let read = Read { key: Arc::clone(key), target: Some(target.into()), address };
            reads.insert(read, Sum::one(now, Some(request_id.to_owned())));
        } else {
            let more = Read { key: Arc::clone(key), target: None, address: None };
            reads.entry(more).or_insert_with(|| Sum::none(now)).count_one(now);
        }
        distinct
    }

    /// Makes rows of everything that was counted.
    pub(super) fn pour(&self, into: &mut Buffer) {
        let reads = std::mem::take(&mut *self.lock());
        for (read, sum) in reads {
            into.add_record(read.record(), sum);
        }
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<Read, Sum>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

impl Read {
    fn record(&self) -> Record {
        let key = &self.key.key;
        let project = key.project_name.as_ref().map(ToString::to_string);
        let (action, project, target) = match &self.target {
            Some(target) => ("prompt.read", project, target.to_string()),
            None => (MORE, None, "*".to_owned()),
        };
        Record {
            workspace: Some(key.workspace.clone()),
            actor: Some(Actor::Service { id: key.id.as_str().to_owned(), name: key.name.clone() }),
            action,
            project,
            target,
            outcome: OK,
            address: self.address,
            request_id: None,
        }
    }

    fn place(&self) -> Place<'_> {
        (Arc::as_ptr(&self.key), self.target.as_deref(), self.address)
    }
}

impl Reading<'_> {
    fn place(&self) -> Place<'_> {
        (Arc::as_ptr(self.key), Some(self.target), self.address)
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

impl Hash for Reading<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place().hash(state);
    }
}

impl Equivalent<Read> for Reading<'_> {
    fn equivalent(&self, read: &Read) -> bool {
        self.place() == read.place()
    }
}
