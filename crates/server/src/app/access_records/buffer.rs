//! The rows in memory: alike accesses are one row, and there are never more rows than fit.

use std::collections::HashSet;

use indexmap::IndexMap;
use promptsync_core::{access_records::AccessRecord, audit::Actor, ids::WorkspaceId, time::Timestamp};

use super::Record;

/// Rows that say exactly what happened. Beyond it, accesses are counted by actor and outcome alone.
pub(super) const EXACT: usize = 10_000;
/// Rows altogether. Beyond it, accesses are counted by workspace alone.
const ROWS: usize = 20_000;

/// The action of a row that stands for accesses of one actor that were too many to tell apart.
pub(super) const MORE: &str = "more";
/// The action of a row that stands for accesses of anybody that were too many to tell apart.
pub(super) const DROPPED: &str = "dropped";

/// Rows in the order in which they were first noted.
#[derive(Debug, Default)]
pub(super) struct Buffer(IndexMap<Key, Sum>);

/// What makes accesses alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    workspace: Option<WorkspaceId>,
    actor: Option<Actor>,
    action: &'static str,
    project: Option<String>,
    target: String,
    outcome: &'static str,
    address: Option<std::net::IpAddr>,
}

/// How often and when something happened.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    request_id: Option<String>,
}

impl Buffer {
    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Counts an access.
    pub(super) fn note(&mut self, record: Record, now: Timestamp) {
        let sum = Sum::one(now, record.request_id.clone());
        self.add_record(record, sum);
    }

    /// Counts accesses that were counted together already.
    pub(super) fn add_record(&mut self, record: Record, sum: Sum) {
        let Record { workspace, actor, action, project, target, outcome, address, request_id: _ } = record;
        self.add(Key { workspace, actor, action, project, target, outcome, address }, sum);
    }

    /// Takes everything out.
    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Puts back what could not be written, before what was noted in the meantime.
    pub(super) fn put_back(&mut self, earlier: Self) {
        let later = std::mem::replace(self, earlier);
        for (key, sum) in later.0 {
            self.add(key, sum);
        }
    }

    /// The first so many rows of a workspace that is not one of these; rows of nobody have none.
    pub(super) fn first(
        &self,
        count: usize,
        but: &HashSet<Option<WorkspaceId>>,
    ) -> Option<(Option<WorkspaceId>, Vec<AccessRecord>)> {
        let mut rows = self.0.iter().filter(|(key, _)| !but.contains(&key.workspace)).peekable();
        let workspace = rows.peek()?.0.workspace.clone();
        let of_it = rows.filter(|(key, _)| key.workspace == workspace).take(count);
        let records = of_it.map(|(key, sum)| key.record(sum)).collect();
        Some((workspace, records))
    }

    /// Takes out the first so many rows of a workspace.
    pub(super) fn remove(&mut self, workspace: Option<&WorkspaceId>, count: usize) {
        let mut left = count;
        self.0.retain(|key, _| {
            let is_first = left > 0 && key.workspace.as_ref() == workspace;
            left -= usize::from(is_first);
            !is_first
        });
    }

    fn add(&mut self, key: Key, sum: Sum) {
        let rows = self.0.len();
        let key = if rows < EXACT || self.0.contains_key(&key) {
            key
        } else {
            let of_actor = key.of_actor();
            if rows < ROWS || self.0.contains_key(&of_actor) { of_actor } else { of_actor.of_workspace() }
        };
        match self.0.get_mut(&key) {
            Some(known) => known.add(sum),
            None => drop(self.0.insert(key, sum)),
        }
    }
}

impl Sum {
    /// Once.
    pub(super) fn one(now: Timestamp, request_id: Option<String>) -> Self {
        Self { count: 1, first_at: now, last_at: now, request_id }
    }

    /// Not yet.
    pub(super) fn none(now: Timestamp) -> Self {
        Self { count: 0, first_at: now, last_at: now, request_id: None }
    }

    /// Once more.
    pub(super) fn count_one(&mut self, now: Timestamp) {
        self.count = self.count.saturating_add(1);
        self.first_at = self.first_at.min(now);
        self.last_at = self.last_at.max(now);
    }

    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
        if self.request_id.is_none() {
            self.request_id = other.request_id;
        }
    }
}

impl Key {
    /// The same without what it was about.
    fn of_actor(&self) -> Self {
        Self { action: MORE, project: None, target: "*".to_owned(), address: None, ..self.clone() }
    }

    /// The same without who it was.
    fn of_workspace(self) -> Self {
        Self { action: DROPPED, actor: None, outcome: "*", ..self }
    }

    fn record(&self, sum: &Sum) -> AccessRecord {
        AccessRecord {
            action: self.action.to_owned(),
            actor: self.actor.clone(),
            address: self.address.map(|address| address.to_string()),
            count: sum.count,
            first_at: sum.first_at,
            last_at: sum.last_at,
            outcome: self.outcome.to_owned(),
            project: self.project.clone(),
            request_id: sum.request_id.clone(),
            target: self.target.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use promptsync_core::access_records::OK;

    use super::*;

    fn record(target: &str) -> Record {
        Record {
            workspace: Some(WorkspaceId::new("w1")),
            actor: Some(Actor::Service { id: "k1".into(), name: "checkout".into() }),
            action: "read",
            project: None,
            target: target.into(),
            outcome: OK,
            address: Some([10, 0, 0, 1].into()),
            request_id: Some(format!("r-{target}")),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(second, 0).expect("a moment")
    }

    fn rows(buffer: &Buffer) -> Vec<AccessRecord> {
        buffer.first(usize::MAX, &HashSet::new()).map_or_else(Vec::new, |(_, rows)| rows)
    }

    #[test]
    fn alike_accesses_are_one_row_with_a_count_and_both_ends() {
        let mut buffer = Buffer::default();
        buffer.note(record("a"), at(5));
        buffer.note(Record { request_id: Some("later".into()), ..record("a") }, at(9));
        buffer.note(Record { outcome: "unauthenticated", ..record("a") }, at(9));
        let rows = rows(&buffer);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].count, rows[0].first_at, rows[0].last_at), (2, at(5), at(9)));
        assert_eq!(rows[0].request_id.as_deref(), Some("r-a"));
    }

    #[test]
    fn however_many_there_are_memory_is_bounded_and_every_access_is_counted() {
        let mut buffer = Buffer::default();
        let (strangers, each) = (ROWS + 5_000, 2);
        for number in 0..strangers {
            let actor = Some(Actor::User { id: format!("u{number}"), name: String::new() });
            for _ in 0..each {
                buffer.note(Record { actor: actor.clone(), ..record(&number.to_string()) }, at(1));
            }
        }
        let rows = rows(&buffer);
        assert_eq!(rows.len(), ROWS + 1);
        let total: u64 = rows.iter().map(|row| row.count).sum();
        assert_eq!(total, (strangers * each) as u64);
        let count = |action: &str| rows.iter().filter(|row| row.action == action).count();
        assert_eq!((count("read"), count(MORE), count(DROPPED)), (EXACT, ROWS - EXACT, 1));
        assert_eq!(rows[ROWS].count, 5_000 * each as u64);
    }

    #[test]
    fn what_could_not_be_written_is_counted_together_with_what_came_later() {
        let mut buffer = Buffer::default();
        buffer.note(record("a"), at(1));
        let taken = buffer.take();
        buffer.note(record("a"), at(2));
        buffer.note(record("b"), at(3));
        buffer.put_back(taken);
        let rows = rows(&buffer);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].count, rows[0].first_at, rows[0].last_at), (2, at(1), at(2)));
        buffer.remove(Some(&WorkspaceId::new("w1")), 1);
        assert_eq!(self::rows(&buffer)[0].target, "b");
        buffer.remove(Some(&WorkspaceId::new("w1")), 1);
        assert_eq!(buffer.len(), 0);
    }
}
