//! A log as a file: one JSON object a line, in an order and a form that leave nothing open.
//!
//! ```text
//! {"kind":"header","format":"promptsync-audit/1","workspace":"…","after":0,"parent":"sha256:…","keys":[…]}
//! {"kind":"entry","hash":"sha256:…","body":{"entry":{…},"parent":"sha256:…","revision":1,"workspace":"…"}}
//! {"kind":"access","record":{…}}
//! {"kind":"checkpoint","signed":{"statement":{…},"key":"…","bytes":"…"}}
//! {"kind":"trailer","signed":{"statement":{…},"key":"…","bytes":"…"}}
//! ```
//!
//! `body` and `record` stand in the file byte for byte as they are hashed, so that a reader needs no JSON library to
//! hash them. Every other byte of a line is fixed: a line that says the same in other bytes is refused.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, value::Map};

use super::{
    ChainedEntry, Revision, canonical,
    statements::{Checkpoint, ExportStatement},
};
use crate::{
    access_records::{self, AccessRecord},
    digest::Digest,
    merkle::{self, Hash},
    signing::{KeyLink, Signed},
};

/// The form of file written here.
pub const FORMAT: &str = "promptsync-audit/1";

const ENTRY: &[u8] = b"{\"kind\":\"entry\",\"hash\":\"";
const BODY: &[u8] = b"\",\"body\":";
const ACCESS: &[u8] = b"{\"kind\":\"access\",\"record\":";
/// `sha256:` and 64 digits.
const DIGEST: usize = 71;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// The workspace's id.
    pub workspace: String,
    /// The revision the log begins after; 0 when it has everything.
    pub after: Revision,
    /// The hash of the entry before the first.
    pub parent: Digest,
    /// The keys that signed its checkpoints, oldest first.
    pub keys: Vec<KeyLink>,
}

/// A line as a verifier needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// The first line.
    Header(Box<Header>),
    /// An entry of the chain.
    Entry(Entry),
    /// The leaf of an access record; belongs to the entry before it.
    Access(Hash),
    /// A checkpoint; belongs to the entry before it.
    Checkpoint(Box<Checkpoint>),
    /// The last line.
    Trailer(Box<Signed<ExportStatement>>),
}

/// What a verifier needs of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its workspace.
    pub workspace: String,
    /// Its number.
    pub revision: Revision,
    /// The hash of the entry before, as it says.
    pub parent: Digest,
    /// Its hash, as it says.
    pub hash: Digest,
    /// Its hash, computed.
    pub computed: Digest,
    /// The access records it stands for.
    pub batch: Option<Batch>,
}

/// A batch of access records, as its entry promises it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many rows.
    pub count: u64,
    /// Their Merkle root.
    pub root: Digest,
}

/// Which kind of line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first.
    Header,
    /// An entry.
    Entry,
    /// An access record.
    Access,
    /// A checkpoint.
    Checkpoint,
    /// The last.
    Trailer,
    /// None of them.
    Unknown,
}

/// A line that is not in the form it has to be in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Malformed {
    /// What it looks like.
    pub kind: Kind,
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Rare {
    Header(Header),
    Checkpoint { signed: Checkpoint },
    Trailer { signed: Signed<ExportStatement> },
}

/// Writes the first line.
pub fn header(header: Header) -> Vec<u8> {
    rare(&Rare::Header(header))
}

/// Writes an entry.
pub fn entry(workspace: &str, chained: &ChainedEntry) -> Vec<u8> {
    let body = canonical::body(workspace, chained.revision, &chained.parent, &chained.entry);
    [ENTRY, chained.hash.as_str().as_bytes(), BODY, &body, b"}\n"].concat()
}

/// Writes an access record.
pub fn access(record: &AccessRecord) -> Vec<u8> {
    [ACCESS, &access_records::canonical(record), b"}\n"].concat()
}

/// Writes a checkpoint.
pub fn checkpoint(signed: Checkpoint) -> Vec<u8> {
    rare(&Rare::Checkpoint { signed })
}

/// Writes the last line.
pub fn trailer(signed: Signed<ExportStatement>) -> Vec<u8> {
    rare(&Rare::Trailer { signed })
}

fn rare(line: &Rare) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).expect("texts, numbers and lists have a JSON form");
    bytes.push(b'\n');
    bytes
}

/// Reads a line with its line end. Independent of all other lines, so that many can be read at the same time.
pub fn parse(line: &[u8]) -> Result<Line, Malformed> {
    let kind = kind(line);
    let malformed = |reason: String| Malformed { kind, reason };
    if !line.ends_with(b"\n") {
        return Err(malformed("the line does not end".to_owned()));
    }
    match kind {
        Kind::Entry => parse_entry(line).map(Line::Entry).map_err(malformed),
        Kind::Access => {
            let record = &line[ACCESS.len()..];
            let record =
                record.strip_suffix(b"}\n").ok_or_else(|| malformed("the line does not end".to_owned()))?;
            let _: AccessRecord = json(record).map_err(malformed)?;
            Ok(Line::Access(merkle::leaf(record)))
        }
        _ => parse_rare(line).map_err(malformed),
    }
}

fn kind(line: &[u8]) -> Kind {
    if line.starts_with(ENTRY) {
        return Kind::Entry;
    }
    if line.starts_with(ACCESS) {
        return Kind::Access;
    }
    let rest = line.strip_prefix(b"{\"kind\":\"").unwrap_or_default();
    [("header\"", Kind::Header), ("checkpoint\"", Kind::Checkpoint), ("trailer\"", Kind::Trailer)]
        .into_iter()
        .find_map(|(name, kind)| rest.starts_with(name.as_bytes()).then_some(kind))
        .unwrap_or(Kind::Unknown)
}

fn parse_entry(line: &[u8]) -> Result<Entry, String> {
    let rest = &line[ENTRY.len()..];
    let (hash, rest) = rest.split_at_checked(DIGEST).ok_or("the line is too short")?;
    let hash = std::str::from_utf8(hash).map_err(|error| error.to_string())?;
    let hash = Digest::parse(hash).map_err(|error| error.to_string())?;
    let body = rest.strip_prefix(BODY).and_then(|rest| rest.strip_suffix(b"}\n"));
    let body = body.ok_or("an entry has the fields kind, hash and body, in this order and without spaces")?;
    entry_of(body, hash)
}

/// What a verifier needs of an entry whose hash covers these bytes.
pub fn entry_of(body: &[u8], hash: Digest) -> Result<Entry, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        entry: Facts,
        parent: Digest,
        revision: Revision,
        workspace: String,
    }
    #[derive(Deserialize)]
    struct Facts {
        action: String,
        details: Details,
    }
    #[derive(Deserialize)]
    struct Details {
        root: Option<Value>,
        count: Option<Value>,
    }
    let Body { entry, parent, revision, workspace } = json(body)?;
    let batch = (entry.action == access_records::BATCH).then(|| {
        let text = entry.details.root.as_ref().and_then(Value::as_str).unwrap_or_default();
        let root = Digest::parse(text).map_err(|error| error.to_string())?;
        let count = entry.details.count.as_ref().and_then(Value::as_u64);
        Ok::<_, String>(Batch { count: count.ok_or("a batch has no count")?, root })
    });
    let computed = Digest::of(body);
    Ok(Entry { workspace, revision, parent, hash, computed, batch: batch.transpose()? })
}

fn parse_rare(line: &[u8]) -> Result<Line, String> {
    let read: Rare = json(line)?;
    if rare(&read) != line {
        return Err("the line says something in a form it is not written in".to_owned());
    }
    Ok(match read {
        Rare::Header(header) if header.format != FORMAT => {
            return Err(format!(
                "the form `{}` is not known; update promptsync",
                header.format.escape_debug()
            ));
        }
        Rare::Header(header) => Line::Header(Box::new(header)),
        Rare::Checkpoint { signed } => Line::Checkpoint(Box::new(signed)),
        Rare::Trailer { signed } => Line::Trailer(Box::new(signed)),
    })
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// The details of the entry that stands for a batch of access records.
pub fn batch_details(records: &[AccessRecord]) -> Map<String, Value> {
    let accesses = records.iter().fold(0_u64, |sum, record| sum.saturating_add(record.count));
    let (from, to) = (
        records.iter().map(|record| record.first_at).min(),
        records.iter().map(|record| record.last_at).max(),
    );
    let facts = serde_json::json!({
        "accesses": accesses, "count": records.len(), "from": from, "root": access_records::root(records), "to": to,
    });
    facts.as_object().cloned().unwrap_or_default()
}

/// Reads many whole lines with several threads; gives them in their order.
pub fn parse_all(bytes: &[u8], threads: usize) -> Vec<Result<Line, Malformed>> {
    let parse_part = |part: &[u8]| part.split_inclusive(|byte| *byte == b'\n').map(parse).collect::<Vec<_>>();
    let mut parts = Vec::new();
    let mut rest = bytes;
    for left in (1..=threads.max(1)).rev() {
        let near = rest.len() / left;
        let end = rest[near..].iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| near + at + 1);
        let (part, after) = rest.split_at(if left == 1 { rest.len() } else { end });
        parts.push(part);
        rest = after;
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.iter().map(|part| scope.spawn(|| parse_part(part))).collect();
        running.into_iter().flat_map(|part| part.join().expect("reading a line does not panic")).collect()
    })
}
