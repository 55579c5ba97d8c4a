//! The last events of an alias: enough for whoever comes back soon, bounded in number and bytes.

use std::collections::VecDeque;

use bytes::Bytes;
use promptsync_core::audit::Revision;

/// Events that are kept.
const COUNT: usize = 512;
/// Bytes that they take together. The newest is kept, whatever its size.
const BYTES: usize = 2 << 20;

/// Events of one alias in the order of their revisions.
#[derive(Debug)]
pub(super) struct Ring {
    events: VecDeque<(Revision, Bytes)>,
    bytes: usize,
    /// The revision after which no event is missing.
    floor: Revision,
    newest: Revision,
}

/// What comes next for a reader.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing happened since.
    Nothing,
    /// This event.
    Event(Revision, Bytes),
    /// Something that is not known any more.
    Lost,
}

impl Ring {
    /// The ring of an alias that was moved last by this revision.
    pub(super) fn new(revision: Revision) -> Self {
        Self { events: VecDeque::new(), bytes: 0, floor: revision, newest: revision }
    }

    /// The revision of the last event.
    pub(super) fn newest(&self) -> Revision {
        self.newest
    }

    /// Adds an event.
    pub(super) fn push(&mut self, revision: Revision, event: Bytes) {
        self.bytes += event.len();
        self.newest = revision;
        self.events.push_back((revision, event));
        while self.events.len() > COUNT || (self.bytes > BYTES && self.events.len() > 1) {
            if let Some((dropped, event)) = self.events.pop_front() {
                self.bytes -= event.len();
                self.floor = dropped;
            }
        }
    }

    /// What comes after a revision.
    pub(super) fn after(&self, revision: Revision) -> Next {
        if revision >= self.newest {
            return Next::Nothing;
        }
        if revision < self.floor {
            return Next::Lost;
        }
        let place = self.events.partition_point(|(known, _)| *known <= revision);
        self.events.get(place).map_or(Next::Lost, |(known, event)| Next::Event(*known, event.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(revision: Revision, bytes: usize) -> Bytes {
        Bytes::from(vec![u8::try_from(revision % 200).expect("below 200"); bytes])
    }

    #[test]
    fn a_reader_gets_each_event_after_its_own_in_order() {
        let mut ring = Ring::new(10);
        assert_eq!(
            (ring.after(10), ring.after(9), ring.after(99)),
            (Next::Nothing, Next::Lost, Next::Nothing)
        );
        for revision in [12, 15, 16] {
            ring.push(revision, event(revision, 10));
        }
        let (mut position, mut seen) = (11, Vec::new());
        while let Next::Event(revision, bytes) = ring.after(position) {
            assert_eq!(bytes, event(revision, 10));
            seen.push(revision);
            position = revision;
        }
        assert_eq!(seen, [12, 15, 16]);
        assert_eq!((ring.after(16), ring.after(9)), (Next::Nothing, Next::Lost));
    }

    #[test]
    fn what_does_not_fit_any_more_is_lost_to_those_before_it() {
        let mut ring = Ring::new(0);
        for revision in 1..=i64::try_from(COUNT).expect("small") + 5 {
            ring.push(revision, event(revision, 1));
        }
        assert_eq!((ring.events.len(), ring.floor), (COUNT, 5));
        assert_eq!(ring.after(4), Next::Lost);
        assert_eq!(ring.after(5), Next::Event(6, event(6, 1)));

        ring.push(1_000, event(1_000, BYTES + 1));
        assert_eq!((ring.events.len(), ring.bytes), (1, BYTES + 1));
        assert!(matches!(ring.after(517), Next::Event(1_000, _)));
        ring.push(1_001, event(1_001, 10));
        assert_eq!((ring.events.len(), ring.bytes), (1, 10));
    }
}
