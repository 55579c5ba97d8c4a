//! The cache in a folder: keys, snapshots with their deltas, documents by digest.
//!
//! Nothing in it is believed: whoever reads it verifies it again. A folder that cannot be written to is read, and what
//! would be written is not.

use std::{
    fs, io,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use promptsync_core::{
    audit::Revision,
    digest::Digest,
    names::AliasName,
    signing::{KeyLink, Signed, SnapshotDelta, SnapshotStatement},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Bytes of a file that are read.
const LARGEST: u64 = 256 << 20;

/// A folder of one server and project.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    writes: AtomicU64,
    failed: AtomicBool,
}

/// The first line of the file of an alias. Nothing rests on it: it only keeps a process that is behind from writing
/// over what another one knows.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    revision: Revision,
}

impl Files {
    /// The place in `folder` for what this server says about this project.
    pub(super) fn new(folder: &Path, server: &str, project: &str) -> Self {
        let place = Digest::of(format!("{server}\n{project}").as_bytes());
        Self { folder: folder.join(place.short()), writes: AtomicU64::new(0), failed: AtomicBool::new(false) }
    }

    /// Whether something could not be written.
    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub(super) fn keys(&self) -> Option<Vec<KeyLink>> {
        serde_json::from_slice(&read(&self.folder.join("keys.json"))?).ok()
    }

    pub(super) fn keep_keys(&self, keys: &[KeyLink]) {
        self.write(&self.folder.join("keys.json"), &json(&keys), true);
    }

    /// The snapshot of an alias as it was kept, and the deltas since.
    pub(super) fn snapshot(
        &self,
        alias: &AliasName,
    ) -> Option<(Signed<SnapshotStatement>, Vec<Signed<SnapshotDelta>>)> {
        let bytes = read(&self.alias(alias))?;
        let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).skip(1);
        let base = line(lines.next()?)?;
        let deltas = lines.map(line).collect::<Option<Vec<_>>>()?;
        Some((base, deltas))
    }

    /// Keeps a snapshot, unless the file has a later one.
    pub(super) fn keep_snapshot(
        &self,
        revision: Revision,
        base: &Signed<SnapshotStatement>,
        deltas: &[Signed<SnapshotDelta>],
    ) {
        let path = self.alias(&base.statement.alias);
        if head(&path).is_some_and(|kept| kept > revision) && self.snapshot(&base.statement.alias).is_some() {
            return;
        }
        let mut text = json(&Head { revision });
        for line in std::iter::once(json(base)).chain(deltas.iter().map(json)) {
            text.push(b'\n');
            text.extend(line);
        }
        text.push(b'\n');
        self.write(&path, &text, true);
    }

    /// A document whose digest was compared.
    pub(super) fn document(&self, digest: &Digest) -> Option<String> {
        let text = String::from_utf8(read(&self.document_file(digest))?).ok()?;
        (Digest::of(text.as_bytes()) == *digest).then_some(text)
    }

    /// Whether there is a file for this document.
    pub(super) fn has_document(&self, digest: &Digest) -> bool {
        self.document_file(digest).is_file()
    }

    pub(super) fn keep_document(&self, digest: &Digest, text: &str) {
        self.write(&self.document_file(digest), text.as_bytes(), false);
    }

    /// What a reference was found to mean, under a key of the caller.
    pub(super) fn found<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_slice(&read(&self.found_file(key))?).ok()
    }

    pub(super) fn keep_found<T: Serialize>(&self, key: &str, found: &T) {
        self.write(&self.found_file(key), &json(found), false);
    }

    fn alias(&self, alias: &AliasName) -> PathBuf {
        // Two aliases that differ in case are one file on some systems.
        let place = Digest::of(alias.as_str().as_bytes());
        self.folder.join(format!("alias-{}.jsonl", place.short()))
    }

    fn document_file(&self, digest: &Digest) -> PathBuf {
        let digits = digest.as_str().trim_start_matches("sha256:");
        self.folder.join("documents").join(&digits[..2]).join(&digits[2..])
    }

    fn found_file(&self, key: &str) -> PathBuf {
        let place = Digest::of(key.as_bytes());
        self.folder.join("found").join(place.as_str().trim_start_matches("sha256:"))
    }

    /// Writes a file whole or not at all; `sync` waits until it is on the disk.
    fn write(&self, path: &Path, bytes: &[u8], sync: bool) {
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let written =
            path.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput)).and_then(|folder| {
                make_folder(folder)?;
                let new = folder.join(format!(".new-{}-{number}", std::process::id()));
                let written = write_file(&new, bytes, sync).and_then(|()| fs::rename(&new, path));
                if written.is_err() {
                    let _ = fs::remove_file(&new);
                }
                written
            });
        if written.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
    }
}

fn write_file(path: &Path, bytes: &[u8], sync: bool) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    // Without it a power cut may leave the new name with nothing in it. That would be noticed, and everything lost.
    if sync { file.sync_data() } else { Ok(()) }
}

/// Makes a folder that nobody else reads: prompts may be confidential.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn head(path: &Path) -> Option<Revision> {
    let mut first = [0; 64];
    let count = fs::File::open(path).ok()?.read(&mut first).ok()?;
    let line = first[..count].split(|byte| *byte == b'\n').next()?;
    serde_json::from_slice::<Head>(line).ok().map(|head| head.revision)
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= LARGEST).then_some(bytes)
}

fn line<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("what is kept holds only strings, whole numbers, lists and maps")
}
