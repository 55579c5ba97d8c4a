//! Whatever is done to a log of 10,000 entries is found, at the right entry; a log nobody touched is never blamed.

#[path = "audit/log.rs"]
mod log;

use std::{collections::BTreeMap, ops::RangeInclusive};

use log::{Dice, Group, Log, WORKSPACE, judge, key, moment};
use promptsync_core::audit::{
    ChainedEntry, Revision, chain,
    lines::{self, Line},
    statements::Checkpoint,
    verify::{Class, Finding, Known, Verifier},
};

const ENTRIES: Revision = 10_000;
const APART: Revision = 1_000;
/// Of each of the 12 classes.
const MUTANTS: usize = 420;
/// Lines between two states of the verifier that are kept, so that a mutant is judged from just before it.
const KEPT: usize = 250;

/// The log of 10,000 entries, read once.
struct Original {
    log: Log,
    lines: Vec<Vec<u8>>,
    read: Vec<Line>,
    /// The entry each line is about.
    about: Vec<Revision>,
    /// The first line of each entry, by revision.
    first: Vec<usize>,
    states: Vec<Verifier>,
    /// For each checkpoint: the verifier that remembers it, just behind the checkpoint before.
    witnesses: Vec<Verifier>,
}

/// The log up to a line, then these lines, then the log from another line on.
struct Mutant {
    at: usize,
    put: Vec<Vec<u8>>,
    resume: usize,
    /// What was done, for the message of a failure.
    what: String,
    /// The entry that was touched; the next one too where only a line behind it was.
    truth: RangeInclusive<Revision>,
    /// The entry whose checkpoint the verifier remembers from before.
    remembered: Option<Revision>,
}

impl Original {
    fn new() -> Self {
        let log = Log::new(ENTRIES, 97, APART, 5_000);
        let lines = log.export(0, ENTRIES);
        let (mut about, mut first, mut read, mut states) = (Vec::new(), vec![0], Vec::new(), Vec::new());
        let mut verifier = Verifier::new(Known { pin: log.pin(), witness: Vec::new() });
        let mut last = 0;
        for (number, bytes) in lines.iter().enumerate() {
            if number % KEPT == 0 {
                states.push(verifier.clone());
            }
            let line = lines::parse(bytes).expect("the test made it so");
            match &line {
                Line::Entry(entry) => {
                    last = entry.revision;
                    first.push(number);
                }
                Line::Trailer(_) => last += 1,
                _ => {}
            }
            about.push(last);
            verifier.line(Ok(line.clone()));
            read.push(line);
        }
        let verdict = verifier.finish();
        assert_eq!(verdict.finding, None);
        assert_eq!((verdict.entries, verdict.checkpoints, verdict.signed), (10_000, 10, ENTRIES));
        let witness = |signed: &Checkpoint| {
            let known = Known { pin: log.pin(), witness: vec![signed.clone()] };
            let mut verifier = Verifier::new(known);
            let behind = usize::try_from(signed.statement.revision - APART).expect("the test made it so") + 1;
            read[..first[behind]].iter().for_each(|line| verifier.line(Ok(line.clone())));
            verifier
        };
        let witnesses = log.checkpoints().map(witness).collect();
        Self { log, lines, read, about, first, states, witnesses }
    }

    fn group(&self, revision: Revision) -> &Group {
        &self.log.groups[usize::try_from(revision).expect("the test made it so") - 1]
    }

    fn first(&self, revision: Revision) -> usize {
        self.first
            .get(usize::try_from(revision).expect("the test made it so"))
            .copied()
            .unwrap_or(self.lines.len() - 1)
    }

    /// Replaces the lines of one entry.
    fn instead(&self, revision: Revision, put: Vec<Vec<u8>>, what: &str) -> Mutant {
        Mutant {
            at: self.first(revision),
            put,
            resume: self.first(revision + 1),
            what: format!("{what} {revision}"),
            truth: revision..=revision,
            remembered: None,
        }
    }

    fn judge(&self, mutant: &Mutant) -> Option<Finding> {
        let (mut verifier, from) = match mutant.remembered {
            Some(end) => {
                let place = usize::try_from(end / APART).expect("the test made it so") - 1;
                (self.witnesses[place].clone(), self.first(end - APART + 1))
            }
            None => (self.states[mutant.at / KEPT].clone(), mutant.at / KEPT * KEPT),
        };
        for line in &self.read[from..mutant.at] {
            verifier.line(Ok(line.clone()));
        }
        let mut put = mutant.put.concat();
        let mut resume = mutant.resume;
        // Without its line end a line runs into the next one.
        while !put.is_empty() && !put.ends_with(b"\n") && resume < self.lines.len() {
            put.extend_from_slice(&self.lines[resume]);
            resume += 1;
        }
        for line in put.split_inclusive(|byte| *byte == b'\n') {
            verifier.line(lines::parse(line));
        }
        for line in &self.read[resume..] {
            if verifier.has_finding() {
                break;
            }
            verifier.line(Ok(line.clone()));
        }
        verifier.finish().finding
    }
}

fn any_revision(dice: &mut Dice) -> Revision {
    Revision::try_from(dice.roll(10_000)).expect("the test made it so") + 1
}

fn next_checkpoint(revision: Revision) -> Revision {
    (revision + APART - 1) / APART * APART
}

fn bit_flip(original: &Original, dice: &mut Dice) -> Mutant {
    let at = dice.roll(original.lines.len());
    let mut bytes = original.lines[at].clone();
    let (place, bit) = (dice.roll(bytes.len()), dice.roll(8));
    bytes[place] ^= 1 << bit;
    Mutant {
        at,
        put: vec![bytes],
        resume: at + 1,
        what: format!("flip of bit {bit} of byte {place} in line {at}"),
        truth: original.about[at]..=original.about[at],
        remembered: None,
    }
}

fn field_swap(original: &Original, dice: &mut Dice) -> Mutant {
    let revision = any_revision(dice);
    let mut group = original.group(revision).clone();
    let entry = &mut group.chained.entry;
    match dice.roll(5) {
        0 => std::mem::swap(&mut entry.action, &mut entry.target),
        1 => std::mem::swap(&mut entry.before, &mut entry.after),
        2 => std::mem::swap(&mut entry.project, &mut entry.reason),
        3 => std::mem::swap(&mut entry.address, &mut entry.reason),
        _ => {
            let actor = entry.on_behalf_of.replace(entry.actor.clone());
            entry.actor = actor.unwrap_or(promptsync_core::audit::Actor::System);
        }
    }
    original.instead(revision, group.lines(), "swap of fields in")
}

fn delete(original: &Original, dice: &mut Dice) -> Mutant {
    original.instead(any_revision(dice), Vec::new(), "deletion of")
}

fn insert(original: &Original, dice: &mut Dice) -> Mutant {
    let revision = any_revision(dice);
    let parent = original.log.hash_before(revision);
    let mut forged = original.group(revision).forged(parent, |entry| entry.action = "key.create".into());
    (forged.records, forged.checkpoint) = (Vec::new(), None);
    if dice.roll(2) == 0 {
        // An entry of elsewhere in the log, as it is.
        let earlier = original.group(any_revision(dice).min(revision)).chained.clone();
        let repeated = earlier.revision;
        let mut mutant =
            original.instead(revision, Group { chained: earlier, ..forged }.lines(), "copy before");
        (mutant.resume, mutant.truth) = (original.first(revision), repeated..=revision);
        if repeated == revision {
            // The copy comes first and is right; the second is the one too many.
            mutant.truth = revision..=revision;
        }
        return mutant;
    }
    let mut mutant = original.instead(revision, forged.lines(), "forged entry before");
    mutant.resume = original.first(revision);
    mutant
}

fn reorder(original: &Original, dice: &mut Dice) -> Mutant {
    let revision = any_revision(dice).min(ENTRIES - 1);
    let put = [original.group(revision + 1).lines(), original.group(revision).lines()].concat();
    let mut mutant = original.instead(revision, put, "swap with the next of");
    mutant.resume = original.first(revision + 2);
    mutant
}

fn duplicate(original: &Original, dice: &mut Dice) -> Mutant {
    let revision = any_revision(dice);
    let lines = original.group(revision).lines();
    original.instead(revision, [lines.clone(), lines].concat(), "second copy of")
}

fn truncate(original: &Original, dice: &mut Dice) -> Mutant {
    let at = 1 + dice.roll(original.lines.len() - 1);
    let bytes = &original.lines[at];
    let cut = if dice.roll(2) == 0 { Vec::new() } else { bytes[..dice.roll(bytes.len())].to_vec() };
    let with_trailer = dice.roll(2) == 0 && cut.is_empty();
    Mutant {
        at,
        put: vec![cut],
        resume: if with_trailer { original.lines.len() - 1 } else { original.lines.len() },
        what: format!("cut in line {at}, trailer kept: {with_trailer}"),
        // Cut between an entry and its checkpoint, the next entry is the first that is gone.
        truth: original.about[at]..=original.about[at] + 1,
        remembered: None,
    }
}

fn renumber(original: &Original, dice: &mut Dice) -> Mutant {
    let revision = any_revision(dice);
    let group = original.group(revision);
    let number = revision + 1 + Revision::try_from(dice.roll(50)).expect("the test made it so");
    let chained = if dice.roll(2) == 0 {
        ChainedEntry { revision: number, ..group.chained.clone() }
    } else {
        chain(WORKSPACE, number, group.chained.parent.clone(), group.chained.entry.clone())
    };
    original.instead(revision, Group { chained, ..group.clone() }.lines(), "other number for")
}

fn time_change(original: &Original, dice: &mut Dice) -> Mutant {
    let revision = any_revision(dice);
    let by = chrono::TimeDelta::microseconds(
        1 + i64::try_from(dice.roll(1_000_000_000)).expect("the test made it so"),
    );
    let mut group = original.group(revision).clone();
    if dice.roll(2) == 0 {
        group.chained.entry.at -= by;
    } else {
        group = group.forged(original.log.hash_before(revision), |entry| entry.at -= by);
    }
    original.instead(revision, group.lines(), "other time for")
}

/// The entries from one on, computed anew after a change in the first, up to the next checkpoint.
fn rebuilt(original: &Original, revision: Revision) -> Vec<Group> {
    let mut parent = original.log.hash_before(revision);
    let mut groups = Vec::new();
    for number in revision..=next_checkpoint(revision) {
        let group = original.group(number).forged(parent, |entry| {
            if number == revision {
                entry.reason = Some("I was never here".into());
            }
        });
        parent = group.chained.hash.clone();
        groups.push(group);
    }
    groups
}

fn rebuild(original: &Original, dice: &mut Dice) -> Mutant {
    let revision = any_revision(dice);
    let mut groups = rebuilt(original, revision);
    let last = groups.last_mut().expect("the test made it so");
    let genuine = last.checkpoint.clone().expect("the test made it so");
    if dice.roll(2) == 0 {
        let statement = promptsync_core::audit::statements::CheckpointStatement {
            hash: last.chained.hash.clone(),
            ..genuine.statement
        };
        last.checkpoint = Some(key(66).sign(statement));
    }
    let mut mutant =
        original.instead(revision, groups.iter().flat_map(Group::lines).collect(), "chain anew from");
    mutant.resume = original.first(next_checkpoint(revision) + 1);
    mutant
}

fn checkpoint_swap(original: &Original, dice: &mut Dice) -> Mutant {
    let all: Vec<&Checkpoint> = original.log.checkpoints().collect();
    let (place, other) = (dice.roll(all.len()), dice.roll(all.len()));
    let revision = all[place].statement.revision;
    let mut group = original.group(revision).clone();
    let mut statement = all[place].statement.clone();
    group.checkpoint = match dice.roll(3) {
        0 if other != place => Some(all[other].clone()),
        1 => {
            statement.at = moment(0);
            Some(promptsync_core::signing::Signed { statement, signature: all[place].signature.clone() })
        }
        _ => None,
    };
    original.instead(revision, group.lines(), "other checkpoint behind")
}

/// The server itself shows another history, well signed: only somebody who remembers the first can tell.
fn fork(original: &Original, dice: &mut Dice) -> Mutant {
    let revision = any_revision(dice);
    let end = next_checkpoint(revision);
    let mut groups = rebuilt(original, revision);
    let last = groups.last_mut().expect("the test made it so");
    let genuine = last.checkpoint.clone().expect("the test made it so");
    let mut statement = genuine.statement.clone();
    statement.hash = last.chained.hash.clone();
    let signs = usize::from(end >= 5_000).min(original.log.private.len() - 1);
    last.checkpoint = Some(original.log.private[signs].sign(statement));
    let mut mutant = original.instead(revision, groups.iter().flat_map(Group::lines).collect(), "fork from");
    mutant.resume = original.first(end + 1);
    mutant.remembered = Some(end);
    mutant
}

type Mutate = fn(&Original, &mut Dice) -> Mutant;

const CLASSES: [(&str, Mutate); 12] = [
    ("bit flip", bit_flip),
    ("field swap", field_swap),
    ("delete", delete),
    ("insert", insert),
    ("reorder", reorder),
    ("duplicate", duplicate),
    ("truncate", truncate),
    ("renumber", renumber),
    ("time change", time_change),
    ("chain rebuild without key", rebuild),
    ("checkpoint swap", checkpoint_swap),
    ("fork", fork),
];

#[test]
fn every_mutation_of_a_log_of_10000_entries_is_found_at_the_right_entry() {
    let original = Original::new();
    let mut dice = Dice(0x5eed);
    let mut found: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut exact = 0;
    for (name, mutate) in CLASSES {
        for _ in 0..MUTANTS {
            let mutant = mutate(&original, &mut dice);
            let finding = original.judge(&mutant);
            let finding = finding.unwrap_or_else(|| panic!("{name}: {} was not found", mutant.what));
            let fits = finding.since <= *mutant.truth.end() && *mutant.truth.start() <= finding.revision;
            assert!(fits, "{name}: {}: {finding}, but {:?} was touched", mutant.what, mutant.truth);
            let is_wide = matches!(
                finding.class,
                Class::Rewritten | Class::Fork | Class::Checkpoints | Class::Replaced | Class::Signature
            );
            if !is_wide {
                assert!(finding.revision - finding.since <= 1, "{name}: {}: {finding}", mutant.what);
            }
            exact += usize::from(mutant.truth.contains(&finding.revision));
            *found.entry((name, finding.class.as_str())).or_default() += 1;
        }
    }
    let total: usize = found.values().sum();
    println!("{total} of {} mutations found, {exact} named to the entry: {found:?}", CLASSES.len() * MUTANTS);
    assert_eq!(total, 5_040);
}

#[test]
fn a_log_nobody_touched_is_never_blamed() {
    let mut dice = Dice(7);
    for number in 0..100 {
        let size = 1 + Revision::try_from(dice.roll(300)).expect("the test made it so");
        let [batches, apart, rotated] =
            [2, 1, 2].map(|least| least + Revision::try_from(dice.roll(60)).expect("the test made it so"));
        let log = Log::new(size, batches, apart, rotated);
        let after = if number % 3 == 0 {
            Revision::try_from(dice.roll(usize::try_from(size).expect("the test made it so")))
                .expect("the test made it so")
        } else {
            0
        };
        let known = match number % 4 {
            0 => Known::default(),
            1 => Known { pin: log.pin(), witness: Vec::new() },
            _ => Known { pin: log.pin(), witness: log.checkpoints().cloned().collect() },
        };
        let verdict = judge(&log.export(after, size).concat(), known);
        assert_eq!(verdict.finding, None, "log {number} of {size} entries after {after}");
        assert_eq!(verdict.entries, (size - after).cast_unsigned());
        assert_eq!(verdict.signed, size);
    }
}

#[test]
fn an_older_export_is_whole_in_itself_and_given_away_by_the_witness_alone() {
    let log = Log::new(300, 7, 50, 120);
    let older = log.export(0, 150).concat();
    let known = |witness| Known { pin: log.pin(), witness };
    assert_eq!(judge(&older, known(Vec::new())).finding, None);
    let finding =
        judge(&older, known(log.checkpoints().cloned().collect())).finding.expect("the test made it so");
    assert_eq!((finding.class, finding.revision), (Class::RolledBack, 151));

    // Cut at the same checkpoint without the key to sign the end.
    let whole = log.export(0, 300);
    let cut = whole
        .iter()
        .position(|line| matches!(lines::parse(line), Ok(Line::Entry(entry)) if entry.revision == 151));
    let finding = judge(&whole[..cut.expect("the test made it so")].concat(), known(Vec::new()))
        .finding
        .expect("the test made it so");
    assert_eq!((finding.class, finding.revision), (Class::Truncated, 151));
    let with_trailer = [
        whole[..cut.expect("the test made it so")].concat(),
        whole.last().expect("the test made it so").clone(),
    ]
    .concat();
    let finding = judge(&with_trailer, known(Vec::new())).finding.expect("the test made it so");
    assert_eq!((finding.class, finding.revision), (Class::Truncated, 151));
}

#[test]
fn a_log_of_another_key_is_not_believed_by_who_knows_the_right_one() {
    let log = Log::new(20, 5, 10, 15);
    let known = Known {
        pin: Some(promptsync_core::signing::Pin { key: key(9).public(), sequence: None }),
        ..Known::default()
    };
    let finding = judge(&log.export(0, 20).concat(), known).finding.expect("the test made it so");
    assert_eq!((finding.class, finding.revision), (Class::Keys, 0));
}

#[test]
fn a_log_that_is_empty_or_begins_or_ends_elsewhere_is_no_log() {
    let log = Log::new(5, 3, 5, 9);
    let lines = log.export(0, 5);
    let cases: [(&str, Vec<u8>); 5] = [
        ("nothing", Vec::new()),
        ("no header", lines[1..].concat()),
        ("two headers", [lines[0].clone(), lines.concat()].concat()),
        ("something behind the end", [lines.concat(), b"\n".to_vec()].concat()),
        ("no line end", lines.concat()[..lines.concat().len() - 1].to_vec()),
    ];
    for (name, bytes) in cases {
        let finding = judge(&bytes, Known::default()).finding;
        assert_eq!(finding.map(|finding| finding.class), Some(Class::Malformed), "{name}");
    }
}
