//! Finds the first entry of a log that is not as it was written. Pure and streaming: lines in, verdict out.
//!
//! Hash and chain find what was changed without recomputing the rest; checkpoints find a chain that was recomputed;
//! the signed trailer finds what was cut off; a witness finds a server that shows two histories.

mod findings;

use std::collections::BTreeMap;

pub use findings::{Class, Finding};

use super::{
    Revision, genesis,
    lines::{Batch, Entry, Header, Kind, Line, Malformed},
    statements::{Checkpoint, ExportStatement},
};
use crate::{
    digest::Digest,
    merkle::{self, Hash},
    signing::{KeyRing, Pin, Signed, SigningKeyId},
};

/// What a reader knows from elsewhere than the log.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// A key of the workspace. Without one, the keys in the log itself are believed.
    pub pin: Option<Pin>,
    /// Checkpoints that were kept elsewhere.
    pub witness: Vec<Checkpoint>,
}

/// What a log turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The workspace.
    pub workspace: String,
    /// The key that signs now.
    pub key: Option<SigningKeyId>,
    /// Good entries.
    pub entries: u64,
    /// Good access records.
    pub records: u64,
    /// Good checkpoints.
    pub checkpoints: u64,
    /// The last good entry.
    pub revision: Revision,
    /// Up to where a signature vouches for the chain.
    pub signed: Revision,
    /// What is wrong; nothing when the log is as it was written.
    pub finding: Option<Finding>,
}

/// Reads a log line by line.
#[derive(Clone, Debug)]
pub struct Verifier {
    known: Known,
    witness: BTreeMap<Revision, Digest>,
    ring: Option<KeyRing>,
    header: Option<Header>,
    last: Last,
    batch: Option<(Batch, Vec<Hash>)>,
    /// An entry that is whole but does not follow the one before: the next line tells which of the two was replaced.
    doubt: Option<Entry>,
    checkpoint: Option<(Revision, Digest)>,
    /// The last entry the witness agreed with.
    agreed: Revision,
    ended: bool,
    verdict: Verdict,
}

#[derive(Clone, Debug)]
struct Last {
    revision: Revision,
    hash: Digest,
}

type Checked = Result<(), Finding>;

impl Verifier {
    /// A verifier that has read nothing yet.
    pub fn new(known: Known) -> Self {
        Self {
            known,
            witness: BTreeMap::new(),
            ring: None,
            header: None,
            last: Last { revision: 0, hash: genesis() },
            batch: None,
            doubt: None,
            checkpoint: None,
            agreed: 0,
            ended: false,
            verdict: Verdict::default(),
        }
    }

    /// Reads the next line. After the first finding nothing more is looked at.
    pub fn line(&mut self, line: Result<Line, Malformed>) {
        if self.verdict.finding.is_none()
            && let Err(finding) = self.check(line)
        {
            self.verdict.finding = Some(finding);
        }
    }

    /// Whether something was found, so that reading on is of no use.
    pub fn has_finding(&self) -> bool {
        self.verdict.finding.is_some()
    }

    /// The end of an export, which must have had its trailer.
    pub fn finish(mut self) -> Verdict {
        if self.verdict.finding.is_none() {
            let checked = if self.header.is_none() {
                Err(Finding::at(Class::Malformed, 0, "the log is empty".to_owned()))
            } else if self.ended {
                self.end()
            } else {
                let whole = self.batch_ended().and_then(|()| self.settle(None));
                whole.and_then(|()| Err(self.truncated("it has no signed end")))
            };
            self.verdict.finding = checked.err();
        }
        self.verdict
    }

    /// The end of a database, which says itself where its log ends.
    pub fn finish_at(mut self, revision: Revision, hash: &Digest) -> Verdict {
        if self.verdict.finding.is_none() {
            let checked = self.settle(None).and_then(|()| {
                if revision > self.last.revision {
                    Err(self.truncated(&format!("the log should end at entry {revision}")))
                } else if revision < self.last.revision || *hash != self.last.hash {
                    Err(self.rewritten("the end of the log is not the one the database names".to_owned()))
                } else {
                    self.end()
                }
            });
            self.verdict.finding = checked.err();
        }
        self.verdict
    }

    fn check(&mut self, line: Result<Line, Malformed>) -> Checked {
        let line = line.map_err(|malformed| self.malformed(&malformed))?;
        if self.ended {
            return Err(Finding::at(
                Class::Malformed,
                self.next(),
                "something follows the signed end".to_owned(),
            ));
        }
        match (line, self.header.is_some()) {
            (Line::Header(header), false) => self.header(*header),
            (_, false) => {
                Err(Finding::at(Class::Malformed, 0, "the log does not begin with its header".to_owned()))
            }
            (Line::Header(_), true) => {
                Err(Finding::at(Class::Malformed, self.next(), "a second header".to_owned()))
            }
            (Line::Access(leaf), true) => self.access(leaf),
            (Line::Entry(entry), true) => self.entry(entry),
            (Line::Checkpoint(signed), true) => self.checkpoint(&signed),
            (Line::Trailer(signed), true) => self.trailer(&signed),
        }
    }

    fn header(&mut self, header: Header) -> Checked {
        let failed = |class, reason: String| Finding::at(class, 0, reason);
        let ring = match &self.known.pin {
            Some(pin) => KeyRing::new(&header.keys, pin),
            None => KeyRing::unpinned(&header.keys),
        };
        let ring = ring.map_err(|error| failed(Class::Keys, error.to_string()))?;
        if ring.workspace() != header.workspace {
            return Err(failed(Class::Keys, "the keys belong to another workspace".to_owned()));
        }
        if header.after < 0 || (header.after == 0) != (header.parent == genesis()) {
            return Err(failed(Class::Malformed, "the log does not begin at its beginning".to_owned()));
        }
        for signed in &self.known.witness {
            ring.verify(signed)
                .map_err(|error| failed(Class::Keys, format!("the witness cannot be used: {error}")))?;
            self.witness.insert(signed.statement.revision, signed.statement.hash.clone());
        }
        self.verdict.workspace.clone_from(&header.workspace);
        self.verdict.key = Some(ring.newest().key.id());
        (self.verdict.revision, self.verdict.signed) = (header.after, header.after);
        self.agreed = header.after;
        self.last = Last { revision: header.after, hash: header.parent.clone() };
        self.witnessed()?;
        (self.ring, self.header) = (Some(ring), Some(header));
        Ok(())
    }

    fn entry(&mut self, entry: Entry) -> Checked {
        self.batch_ended()?;
        self.settle(Some(&entry))?;
        let expected = self.next();
        if entry.computed != entry.hash {
            return Err(Finding::at(
                Class::Changed,
                expected,
                "its content does not have its hash".to_owned(),
            ));
        }
        if entry.revision != expected {
            return Err(if entry.revision > expected {
                Finding::at(Class::Missing, expected, format!("entry {} stands in its place", entry.revision))
            } else {
                let reason = format!("it stands where entry {expected} belongs");
                Finding::at(Class::Repeated, entry.revision, reason)
            });
        }
        if entry.workspace != self.verdict.workspace {
            let reason = "it belongs to another workspace".to_owned();
            return Err(Finding::at(Class::Foreign, expected, reason));
        }
        if entry.parent != self.last.hash {
            let is_first = self.header.as_ref().is_some_and(|header| header.after == self.last.revision);
            if is_first {
                return Err(Finding::at(
                    Class::Replaced,
                    expected,
                    "it does not follow the beginning".to_owned(),
                ));
            }
            self.doubt = Some(entry.clone());
        }
        self.last = Last { revision: entry.revision, hash: entry.hash };
        if self.doubt.is_none() {
            self.verdict.entries += 1;
            self.verdict.revision = entry.revision;
            self.witnessed()?;
        }
        self.batch = entry.batch.map(|batch| (batch, Vec::new()));
        Ok(())
    }

    fn access(&mut self, leaf: Hash) -> Checked {
        let last = self.last.revision;
        let too_many =
            || Finding::at(Class::Access, last, "there are more access records than it counts".to_owned());
        let (batch, leaves) = self.batch.as_mut().ok_or_else(too_many)?;
        if leaves.len() as u64 >= batch.count {
            return Err(too_many());
        }
        leaves.push(leaf);
        Ok(())
    }

    /// The access records of the last entry are complete, and those it stands for.
    fn batch_ended(&mut self) -> Checked {
        let Some((batch, leaves)) = self.batch.take() else { return Ok(()) };
        let wrong = |reason: &str| Err(Finding::at(Class::Access, self.last.revision, reason.to_owned()));
        if leaves.len() as u64 != batch.count {
            return wrong("access records are missing");
        }
        if merkle::digest(&merkle::root(&leaves)) != batch.root {
            return wrong("an access record was changed, moved or replaced");
        }
        self.verdict.records += batch.count;
        Ok(())
    }

    fn checkpoint(&mut self, signed: &Checkpoint) -> Checked {
        self.batch_ended()?;
        self.believe(signed)?;
        let statement = &signed.statement;
        let (revision, id) = (self.last.revision, statement.id());
        let misplaced = |reason: &str| Err(Finding::at(Class::Checkpoints, revision, reason.to_owned()));
        if statement.revision != revision {
            return misplaced("a checkpoint of another entry stands after it");
        }
        if statement.hash != self.last.hash {
            self.settle(None)?;
            return Err(self.rewritten("the signed checkpoint has another hash".to_owned()));
        }
        self.settle_whole()?;
        match &self.checkpoint {
            Some((before, id)) if *id != statement.previous => {
                let reason = "a checkpoint between it and the one before is missing".to_owned();
                return Err(Finding::between(Class::Checkpoints, before + 1, revision, reason));
            }
            None if self.header.as_ref().is_some_and(|header| header.after == 0)
                && statement.previous != genesis() =>
            {
                let reason = "a checkpoint before it is missing".to_owned();
                return Err(Finding::between(Class::Checkpoints, 1, revision, reason));
            }
            _ => {}
        }
        self.checkpoint = Some((revision, id));
        self.verdict.checkpoints += 1;
        self.verdict.signed = revision;
        Ok(())
    }

    fn trailer(&mut self, signed: &Signed<ExportStatement>) -> Checked {
        self.batch_ended()?;
        let ring = self.ring.as_ref().ok_or_else(|| self.truncated("it has no header"))?;
        let after = self.next();
        ring.verify(signed)
            .map_err(|error| Finding::at(Class::Signature, after, format!("the signed end: {error}")))?;
        let ExportStatement { after: begin, checkpoint, hash, parent, revision, .. } = &signed.statement;
        let header = self.header.as_ref().map(|header| (header.after, &header.parent));
        if header != Some((*begin, parent)) {
            return Err(Finding::at(Class::Missing, begin + 1, "the signed range begins there".to_owned()));
        }
        if *revision > self.last.revision {
            self.settle(None)?;
            return Err(self.truncated(&format!("the signed end is entry {revision}")));
        }
        if *revision < self.last.revision {
            self.settle(None)?;
            let reason = format!("entries follow the signed end at {revision}");
            return Err(Finding::at(Class::Repeated, revision + 1, reason));
        }
        if *hash != self.last.hash {
            self.settle(None)?;
            return Err(self.rewritten("the signed end has another hash".to_owned()));
        }
        self.settle_whole()?;
        if *checkpoint != self.checkpoint.as_ref().map(|(_, id)| id.clone()) {
            let since = self.checkpoint.as_ref().map_or(*begin, |(revision, _)| *revision) + 1;
            let reason = "a checkpoint at the end is missing".to_owned();
            return Err(Finding::between(Class::Checkpoints, since.min(*revision), *revision, reason));
        }
        self.verdict.signed = *revision;
        self.ended = true;
        Ok(())
    }

    /// Without a signature that holds, nothing vouches for the entries since the one before.
    fn believe(&self, signed: &Checkpoint) -> Checked {
        let (since, revision) = (self.verdict.signed + 1, self.last.revision);
        let failed =
            |reason: String| Finding::between(Class::Signature, since.min(revision), revision, reason);
        let ring = self.ring.as_ref().ok_or_else(|| failed("there are no keys".to_owned()))?;
        ring.verify(signed).map_err(|error| failed(format!("its checkpoint: {error}")))
    }

    /// Decides a doubt: an entry did not follow the one before. When the entry after it does follow it, it is the
    /// right one, and the one before was replaced; else it was replaced itself.
    fn settle(&mut self, next: Option<&Entry>) -> Checked {
        let Some(doubt) = self.doubt.take() else { return Ok(()) };
        let follows = next.is_some_and(|next| next.parent == doubt.hash && next.computed == next.hash);
        Err(self.replaced(if follows { doubt.revision - 1 } else { doubt.revision }))
    }

    /// The same when a signature vouches for the entry in doubt.
    fn settle_whole(&mut self) -> Checked {
        match self.doubt.take() {
            Some(doubt) => Err(self.replaced(doubt.revision - 1)),
            None => Ok(()),
        }
    }

    /// Compares the last entry with what the witness remembers.
    fn witnessed(&mut self) -> Checked {
        match self.witness.get(&self.last.revision) {
            Some(hash) if *hash != self.last.hash => {
                let reason = "the witness remembers another hash: there are two histories".to_owned();
                Err(Finding::between(Class::Fork, self.agreed + 1, self.last.revision, reason))
            }
            Some(_) => {
                (self.verdict.signed, self.agreed) = (self.last.revision, self.last.revision);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn end(&mut self) -> Checked {
        self.batch_ended()?;
        self.settle(None)?;
        match self.witness.last_key_value() {
            Some((revision, _)) if *revision > self.last.revision => {
                let reason = format!("the witness remembers entry {revision}");
                Err(Finding::at(Class::RolledBack, self.next(), reason))
            }
            _ => Ok(()),
        }
    }

    fn next(&self) -> Revision {
        self.last.revision + 1
    }

    fn malformed(&mut self, malformed: &Malformed) -> Finding {
        let revision = match malformed.kind {
            Kind::Header => 0,
            Kind::Access | Kind::Checkpoint => self.last.revision,
            Kind::Entry | Kind::Trailer => self.next(),
            Kind::Unknown if self.header.is_none() => 0,
            // It may have been a line about the entry before, or the next entry.
            Kind::Unknown => {
                let (since, next) = (self.last.revision, self.next());
                return Finding::between(Class::Malformed, since, next, malformed.reason.clone());
            }
        };
        Finding::at(Class::Malformed, revision, malformed.reason.clone())
    }

    fn replaced(&self, revision: Revision) -> Finding {
        let reason = "the entry after it does not follow it".to_owned();
        Finding::between(Class::Replaced, (self.verdict.signed + 1).min(revision), revision, reason)
    }

    fn rewritten(&self, reason: String) -> Finding {
        let revision = self.last.revision;
        Finding::between(Class::Rewritten, (self.verdict.signed + 1).min(revision), revision, reason)
    }

    fn truncated(&self, reason: &str) -> Finding {
        Finding::at(Class::Truncated, self.next(), reason.to_owned())
    }
}
