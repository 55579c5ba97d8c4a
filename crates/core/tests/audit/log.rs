//! Logs as a server writes them, and as an attacker rewrites them.

use promptsync_core::{
    access_records::{AccessRecord, BATCH},
    audit::{
        Actor, AuditEntry, ChainedEntry, Revision, chain, genesis,
        lines::{self, FORMAT, Header, batch_details},
        statements::{Checkpoint, CheckpointStatement, ExportStatement},
        verify::{Known, Verdict, Verifier},
    },
    digest::Digest,
    signing::{KeyLink, Pin, PrivateKey},
    time::Timestamp,
};
use serde_json::json;

pub(crate) const WORKSPACE: &str = "01JD4X2V8Q6T0B3E5R7Y9ZKMNP";

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or_default() % below.max(1)
    }
}

/// An entry with everything that stands behind it.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) chained: ChainedEntry,
    pub(crate) records: Vec<AccessRecord>,
    pub(crate) checkpoint: Option<Checkpoint>,
}

/// A log that is being written.
pub(crate) struct Log {
    pub(crate) keys: Vec<KeyLink>,
    pub(crate) private: Vec<PrivateKey>,
    pub(crate) groups: Vec<Group>,
}

pub(crate) fn moment(second: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + second, 123_456_000).expect("the test made it so")
}

pub(crate) fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

fn record(number: i64) -> AccessRecord {
    AccessRecord {
        action: "prompt.read".into(),
        actor: (number % 2 == 0)
            .then(|| Actor::Service { id: format!("k{number}"), name: "checkout".into() }),
        address: Some("10.0.0.1".into()),
        count: 3,
        first_at: moment(number),
        last_at: moment(number + 1),
        outcome: "ok".into(),
        project: Some("shop".into()),
        request_id: None,
        target: format!("prompt:p{number}@1.0.0"),
    }
}

fn entry(revision: Revision, records: &[AccessRecord]) -> AuditEntry {
    let is_batch = !records.is_empty();
    AuditEntry {
        action: if is_batch { BATCH } else { "alias.move" }.into(),
        actor: Actor::User { id: format!("u{}", revision % 7), name: "Ann \u{1b}[31m“é”".into() },
        // As older servers wrote them, and as they are written now.
        address: (revision % 3 != 0).then(|| format!("10.0.0.{}", revision % 5)),
        on_behalf_of: (revision % 3 == 2).then(|| Actor::User { id: "u9".into(), name: "Eva".into() }),
        project: Some("shop".into()),
        target: format!("alias:a{}", revision % 13),
        before: Some(Digest::of(b"before")),
        after: Some(Digest::of(&revision.to_be_bytes())),
        reason: Some(format!("reason {revision}")),
        request_id: None,
        details: if is_batch {
            batch_details(records)
        } else {
            json!({"z": [1, null], "a": revision}).as_object().cloned().unwrap_or_default()
        },
        at: moment(revision),
    }
}

impl Log {
    /// A log of so many entries; every `batches` of them has access records, every `apart` a checkpoint, as the last.
    pub(crate) fn new(entries: Revision, batches: Revision, apart: Revision, rotated_at: Revision) -> Self {
        let mut log = Self {
            keys: vec![KeyLink::first(WORKSPACE, &key(1), moment(0))],
            private: vec![key(1)],
            groups: Vec::new(),
        };
        for revision in 1..=entries {
            if revision == rotated_at {
                let next = log.keys[0].next(&key(1), &key(2), moment(revision));
                log.keys.push(next);
                log.private.push(key(2));
            }
            let records: Vec<_> = if revision % batches == 0 {
                (0..3).map(|place| record(revision + place)).collect()
            } else {
                vec![]
            };
            log.push(entry(revision, &records), records);
            if revision % apart == 0 || revision == entries {
                log.sign();
            }
        }
        log
    }

    pub(crate) fn hash_before(&self, revision: Revision) -> Digest {
        match usize::try_from(revision).expect("the test made it so") {
            1 => genesis(),
            place => self.groups[place - 2].chained.hash.clone(),
        }
    }

    fn push(&mut self, entry: AuditEntry, records: Vec<AccessRecord>) {
        let revision = Revision::try_from(self.groups.len()).expect("the test made it so") + 1;
        let chained = chain(WORKSPACE, revision, self.hash_before(revision), entry);
        self.groups.push(Group { chained, records, checkpoint: None });
    }

    fn sign(&mut self) {
        let previous = self.checkpoints().last().map_or_else(genesis, |last| last.statement.id());
        let last = self.groups.last_mut().expect("the test made it so");
        let statement = CheckpointStatement {
            at: last.chained.entry.at,
            hash: last.chained.hash.clone(),
            previous,
            revision: last.chained.revision,
            workspace: WORKSPACE.into(),
        };
        last.checkpoint = Some(self.private.last().expect("the test made it so").sign(statement));
    }

    pub(crate) fn checkpoints(&self) -> impl DoubleEndedIterator<Item = &Checkpoint> {
        self.groups.iter().filter_map(|group| group.checkpoint.as_ref())
    }

    pub(crate) fn header(&self, after: Revision) -> Vec<u8> {
        lines::header(Header {
            format: FORMAT.into(),
            workspace: WORKSPACE.into(),
            after,
            parent: self.hash_before(after + 1),
            keys: self.keys.clone(),
        })
    }

    /// The signed end of an export up to an entry.
    pub(crate) fn trailer(&self, after: Revision, through: Revision) -> Vec<u8> {
        let within = |signed: &&Checkpoint| (after + 1..=through).contains(&signed.statement.revision);
        let statement = ExportStatement {
            after,
            at: moment(through + 1),
            checkpoint: self.checkpoints().rfind(within).map(|signed| signed.statement.id()),
            hash: self.hash_before(through + 1),
            parent: self.hash_before(after + 1),
            revision: through,
            workspace: WORKSPACE.into(),
        };
        lines::trailer(self.private.last().expect("the test made it so").sign(statement))
    }

    /// The lines of an export.
    pub(crate) fn export(&self, after: Revision, through: Revision) -> Vec<Vec<u8>> {
        let range = usize::try_from(after).expect("the test made it so")
            ..usize::try_from(through).expect("the test made it so");
        let groups = self.groups[range].iter().flat_map(Group::lines);
        [self.header(after)].into_iter().chain(groups).chain([self.trailer(after, through)]).collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "what the verifier takes")]
    pub(crate) fn pin(&self) -> Option<Pin> {
        Some(Pin { key: self.private.last().expect("the test made it so").public(), sequence: None })
    }
}

impl Group {
    pub(crate) fn lines(&self) -> Vec<Vec<u8>> {
        let mut lines = vec![lines::entry(WORKSPACE, &self.chained)];
        lines.extend(self.records.iter().map(lines::access));
        lines.extend(self.checkpoint.clone().map(lines::checkpoint));
        lines
    }

    /// The same entry with other content and a hash that fits it: what anybody can compute.
    pub(crate) fn forged(&self, parent: Digest, change: impl FnOnce(&mut AuditEntry)) -> Self {
        let mut entry = self.chained.entry.clone();
        change(&mut entry);
        Self { chained: chain(WORKSPACE, self.chained.revision, parent, entry), ..self.clone() }
    }
}

/// Judges a whole log.
pub(crate) fn judge(log: &[u8], known: Known) -> Verdict {
    let mut verifier = Verifier::new(known);
    for line in lines::parse_all(log, 2) {
        verifier.line(line);
    }
    verifier.finish()
}
