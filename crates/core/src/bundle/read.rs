//! Reading a bundle that anybody may have written.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::{BUNDLE_VERSION, Bundle, BundleError, BundleLimits, DocumentLine, Head, Keys};
use crate::{
    digest::Digest,
    signing::{KeyRing, Pin, Signed, SigningError, SnapshotStatement, verify_kept_snapshot},
};

/// Reads a bundle and verifies all of it. Without a pin the first key is believed: then the bundle is only what one
/// workspace signed, whichever that is.
///
/// A bundle does not run out: how old it is stands in its snapshots.
///
/// # Errors
/// The first thing that does not hold.
pub fn read(bytes: &[u8], pin: Option<&Pin>, limits: &BundleLimits) -> Result<Bundle, BundleError> {
    if bytes.len() > limits.bytes {
        return Err(BundleError::TooLarge { limit: limits.bytes, unit: "bytes" });
    }
    let mut lines = Lines { rest: bytes, line: 0, longest: limits.line };
    let head: Head = lines.next("the head")?;
    if head.promptsync_bundle != BUNDLE_VERSION {
        return Err(BundleError::Version { version: head.promptsync_bundle, known: BUNDLE_VERSION });
    }
    for (count, limit, unit) in
        [(head.snapshots, limits.snapshots, "snapshots"), (head.documents, limits.documents, "documents")]
    {
        if count > limit {
            return Err(BundleError::TooLarge { limit, unit });
        }
    }
    let Keys { keys } = lines.next("the keys")?;
    let ring = match pin {
        Some(pin) => KeyRing::new(&keys, pin)?,
        None => KeyRing::unpinned(&keys)?,
    };
    let mut snapshots = BTreeMap::new();
    for _ in 0..head.snapshots {
        let signed: Signed<SnapshotStatement> = lines.next("a snapshot")?;
        let alias = signed.statement.alias.clone();
        verify_kept_snapshot(&ring, &signed, &head.project, &alias)?;
        if snapshots.insert(alias, signed).is_some() {
            return Err(lines.wrong("a snapshot", "a second snapshot of the same alias"));
        }
    }
    let documents = documents(&mut lines, head.documents, &named(snapshots.values()))?;
    lines.end()?;
    Ok(Bundle { project: head.project, keys, ring, snapshots, documents })
}

fn named<'a>(snapshots: impl Iterator<Item = &'a Signed<SnapshotStatement>>) -> BTreeSet<Digest> {
    snapshots.flat_map(|signed| signed.statement.digests()).cloned().collect()
}

fn documents(
    lines: &mut Lines<'_>,
    count: usize,
    named: &BTreeSet<Digest>,
) -> Result<BTreeMap<Digest, String>, BundleError> {
    let mut documents = BTreeMap::new();
    for _ in 0..count {
        let DocumentLine { digest, document } = lines.next("a document")?;
        let found = Digest::of(document.as_bytes());
        if found != digest {
            return Err(SigningError::OtherContent { expected: digest, found }.into());
        }
        if !named.contains(&digest) {
            return Err(BundleError::DocumentUnknown { digest });
        }
        if documents.insert(digest, document).is_some() {
            return Err(lines.wrong("a document", "a second copy of the same document"));
        }
    }
    match named.iter().find(|digest| !documents.contains_key(digest)) {
        Some(missing) => Err(BundleError::DocumentMissing { digest: missing.clone() }),
        None => Ok(documents),
    }
}

struct Lines<'a> {
    rest: &'a [u8],
    line: usize,
    longest: usize,
}

impl Lines<'_> {
    fn next<T: DeserializeOwned>(&mut self, expected: &'static str) -> Result<T, BundleError> {
        self.line += 1;
        if self.rest.is_empty() {
            return Err(BundleError::Truncated { line: self.line });
        }
        // A line without its end was cut off.
        let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') else {
            return Err(BundleError::Truncated { line: self.line + 1 });
        };
        let (line, rest) = (&self.rest[..end], &self.rest[end + 1..]);
        self.rest = rest;
        if line.len() > self.longest {
            return Err(BundleError::TooLarge { limit: self.longest, unit: "bytes in one line" });
        }
        serde_json::from_slice(line).map_err(|error| {
            // The text of the error may quote the line.
            let found = if error.is_data() { "other JSON" } else { "no JSON" };
            self.wrong(expected, found)
        })
    }

    fn wrong(&self, expected: &'static str, found: &str) -> BundleError {
        BundleError::Line { line: self.line, expected, found: found.to_owned() }
    }

    fn end(&self) -> Result<(), BundleError> {
        if self.rest.is_empty() { Ok(()) } else { Err(BundleError::Extra { line: self.line + 1 }) }
    }
}
