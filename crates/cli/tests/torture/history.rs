//! Whether what clients saw of a register could have happened one after another, each at some moment of its request.
//!
//! Every write makes a revision nobody made before, and says which one it replaces. So the order of writes is known, and
//! a history is linearizable when no operation that ended before another one began comes after it in that order: that
//! is looked at in one pass over the operations, sorted by their beginning.

use std::{cmp::Reverse, collections::BinaryHeap};

/// An operation of a client. Times are of one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) began: u64,
    /// [`NEVER`] when no answer came.
    pub(crate) ended: u64,
    pub(crate) deed: Deed,
}

/// The end of an operation that was not answered.
pub(crate) const NEVER: u64 = u64::MAX;

/// What it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It replaced a revision by the next.
    Wrote { from: i64, to: i64 },
    /// It saw a revision.
    Read(i64),
    /// It wanted to replace this revision and was told that there is another.
    Refused(i64),
}

/// Why a history is none of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    /// A write replaced a revision that was not the newest: an update was lost, or won twice.
    Forked(Operation),
    /// Somebody saw what nobody wrote.
    Unwritten(Operation),
    /// It comes before something that had ended when it began.
    TooOld(Operation),
    /// It was refused although nobody else can have written.
    Unfounded(Operation),
}

/// Judges the operations on one register, which was at `first` before them.
pub(crate) fn check(first: i64, operations: &[Operation]) -> Result<(), Violation> {
    let mut writes: Vec<(i64, i64, &Operation)> = operations
        .iter()
        .filter_map(|operation| match operation.deed {
            Deed::Wrote { from, to } => Some((to, from, operation)),
            _ => None,
        })
        .collect();
    writes.sort_by_key(|(to, _, _)| *to);
    let mut newest = first;
    for (to, from, write) in &writes {
        if *from != newest || to <= from {
            return Err(Violation::Forked(**write));
        }
        newest = *to;
    }
    // The place of the first revision is 0, that of the first write 1.
    let place = |revision: i64| match writes.binary_search_by_key(&revision, |(to, _, _)| *to) {
        Ok(found) => Some(found + 1),
        Err(_) => (revision == first).then_some(0),
    };
    let mut sorted: Vec<&Operation> = operations.iter().collect();
    sorted.sort_by_key(|operation| operation.began);
    let mut floor = 0;
    let mut under_way: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    for operation in sorted {
        while let Some(Reverse((ended, stands))) = under_way.peek()
            && *ended < operation.began
        {
            floor = floor.max(*stands);
            under_way.pop();
        }
        let stands = match operation.deed {
            Deed::Wrote { to, .. } => {
                let stands = place(to).ok_or(Violation::Unwritten(*operation))?;
                if floor >= stands {
                    return Err(Violation::TooOld(*operation));
                }
                stands
            }
            Deed::Read(revision) => {
                let stands = place(revision).ok_or(Violation::Unwritten(*operation))?;
                if floor > stands {
                    return Err(Violation::TooOld(*operation));
                }
                stands
            }
            Deed::Refused(expected) => {
                let after = place(expected).ok_or(Violation::Unwritten(*operation))? + 1;
                if writes.get(after - 1).is_none_or(|(_, _, next)| next.began > operation.ended) {
                    return Err(Violation::Unfounded(*operation));
                }
                floor.max(after)
            }
        };
        under_way.push(Reverse((operation.ended, stands)));
    }
    Ok(())
}

fn operation(began: u64, ended: u64, deed: Deed) -> Operation {
    Operation { began, ended, deed }
}

#[test]
fn a_history_that_could_have_happened_is_believed() {
    use Deed::{Read, Refused, Wrote};
    let histories: [&[Operation]; 5] = [
        &[],
        &[operation(0, 1, Read(5)), operation(2, 3, Wrote { from: 5, to: 8 }), operation(4, 5, Read(8))],
        // Whoever reads during a write sees either, and one after the other.
        &[
            operation(0, 9, Wrote { from: 5, to: 6 }),
            operation(1, 2, Read(5)),
            operation(3, 4, Read(6)),
            operation(1, 8, Read(6)),
            operation(0, 9, Read(5)),
        ],
        // A write without an answer takes effect whenever it likes.
        &[
            operation(0, NEVER, Wrote { from: 5, to: 6 }),
            operation(1, 2, Read(5)),
            operation(90, 91, Read(6)),
            operation(92, 93, Refused(5)),
        ],
        // Of two with the same expectation one wins.
        &[operation(0, 5, Wrote { from: 5, to: 6 }), operation(0, 5, Refused(5)), operation(6, 7, Read(6))],
    ];
    for history in histories {
        assert_eq!(check(5, history), Ok(()), "{history:?}");
    }
}

#[test]
fn a_history_that_cannot_have_happened_is_refused() {
    use Deed::{Read, Refused, Wrote};
    let write = |began, ended, from, to| operation(began, ended, Wrote { from, to });
    let old = operation(4, 5, Read(5));
    let twin = write(0, 3, 5, 7);
    let early = operation(0, 1, Read(6));
    let late = write(6, 7, 5, 6);
    let lonely = operation(0, 1, Refused(5));
    let invented = operation(0, 1, Read(4));
    let overtaken = write(9, 10, 6, 7);
    let forgotten = write(4, 5, 5, 7);
    let cases: [(&[Operation], Violation); 8] = [
        // A read after a write that had ended sees what was before it.
        (&[write(0, 3, 5, 6), old], Violation::TooOld(old)),
        // Two writes with the same expectation succeed.
        (&[write(0, 3, 5, 6), twin], Violation::Forked(twin)),
        // An acknowledged write is gone when the next one comes.
        (&[write(0, 3, 5, 6), forgotten], Violation::Forked(forgotten)),
        // Somebody saw a write before it was asked for.
        (&[early, late], Violation::TooOld(late)),
        // A read goes back behind another reader's.
        (&[write(0, 9, 5, 6), operation(1, 2, Read(6)), old], Violation::TooOld(old)),
        (&[lonely], Violation::Unfounded(lonely)),
        (&[invented], Violation::Unwritten(invented)),
        // Nobody may see the second write before the first is asked for.
        (&[operation(0, 8, Read(7)), write(0, 3, 5, 6), overtaken], Violation::TooOld(overtaken)),
    ];
    for (history, violation) in cases {
        assert_eq!(check(5, history), Err(violation), "{history:?}");
    }
}
