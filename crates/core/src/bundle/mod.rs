//! Bundles: where an alias points, with everything it takes to serve it, in one file that needs no server.
//!
//! A bundle is lines of JSON: a [`Head`], the workspace's keys, the signed snapshots, and the documents they name.
//! It may come from anywhere: [`read`] believes nothing before everything was verified, and a bundle that is
//! incomplete, or holds what no snapshot names, is none. `docs/reference/bundle.md` describes the lines.

mod error;
mod read;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    names::AliasName,
    signing::{KeyLink, KeyRing, Signed, SnapshotStatement},
};

pub use error::BundleError;
pub use read::read;

/// The version of the form.
pub const BUNDLE_VERSION: u32 = 1;

/// A bundle that was verified.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The project.
    pub project: String,
    /// The workspace's keys as the bundle has them, oldest first.
    pub keys: Vec<KeyLink>,
    /// The keys that are believed.
    pub ring: KeyRing,
    /// Where each alias pointed.
    pub snapshots: BTreeMap<AliasName, Signed<SnapshotStatement>>,
    /// Canonical documents.
    pub documents: BTreeMap<Digest, String>,
}

/// Sizes beyond which a bundle is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleLimits {
    /// Bytes of the whole file.
    pub bytes: usize,
    /// Bytes of one line.
    pub line: usize,
    /// Snapshots.
    pub snapshots: usize,
    /// Documents.
    pub documents: usize,
}

impl Default for BundleLimits {
    fn default() -> Self {
        Self { bytes: 512 << 20, line: 64 << 20, snapshots: 64, documents: 200_000 }
    }
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    promptsync_bundle: u32,
    project: String,
    snapshots: usize,
    documents: usize,
}

/// The second line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    keys: Vec<KeyLink>,
}

/// The line of a document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentLine {
    digest: Digest,
    document: String,
}

/// The text of a bundle. It is as good as what it is made from: [`read`] it before it is passed on.
pub fn write(
    project: &str,
    keys: &[KeyLink],
    snapshots: &[Signed<SnapshotStatement>],
    documents: &BTreeMap<Digest, String>,
) -> String {
    let head = Head {
        promptsync_bundle: BUNDLE_VERSION,
        project: project.to_owned(),
        snapshots: snapshots.len(),
        documents: documents.len(),
    };
    let mut text = String::new();
    line(&mut text, &head);
    line(&mut text, &Keys { keys: keys.to_vec() });
    for snapshot in snapshots {
        line(&mut text, snapshot);
    }
    for (digest, document) in documents {
        line(&mut text, &DocumentLine { digest: digest.clone(), document: document.clone() });
    }
    text
}

fn line(text: &mut String, value: &impl Serialize) {
    text.push_str(
        &serde_json::to_string(value).expect("lines hold only strings, whole numbers, lists and maps"),
    );
    text.push('\n');
}

#[cfg(test)]
mod tests;
