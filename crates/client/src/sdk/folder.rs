//! Prompt files of this machine, for when there is nothing else.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    io::Read as _,
    path::Path,
    sync::Arc,
};

use promptsync_core::{
    digest::Digest,
    documents::{Document, canonical},
    files,
    limits::Limits,
    names::PromptName,
    publish,
    signing::SnapshotContent,
};

use super::{SdkError, held::Slot};

/// The prompts of a folder.
#[derive(Debug)]
pub(super) struct Folder {
    slots: HashMap<PromptName, Arc<Slot>>,
    documents: HashMap<Digest, Arc<str>>,
}

impl Folder {
    /// Reads every prompt file below a folder. A folder with a file that cannot be used cannot be used.
    pub(super) fn read(folder: &Path, limits: &Limits) -> Result<Self, SdkError> {
        let failed = |error: io::Error| SdkError::file(folder.display().to_string(), &error);
        let files = prompt_files(folder, limits).map_err(failed)?;
        let drafts = files::parse_owned(files.into_iter(), limits).map_err(|unreadable| {
            SdkError::Unusable { problems: publish::problems(unreadable, limits).into() }
        })?;
        let texts: BTreeMap<PromptName, (Document, Digest)> = drafts
            .into_iter()
            .map(|draft| {
                let digest = Digest::of(canonical(&draft.document).as_bytes());
                (draft.name, (draft.document, digest))
            })
            .collect();
        let slot = |(name, (document, digest)): (&PromptName, &(Document, Digest))| {
            let includes = closure(document, &texts);
            let content = SnapshotContent { digest: digest.clone(), includes };
            (name.clone(), Arc::new(Slot::new(name.clone(), None, None, content)))
        };
        let slots = texts.iter().map(slot).collect();
        let documents =
            texts.into_values().map(|(document, digest)| (digest, canonical(&document).into())).collect();
        Ok(Self { slots, documents })
    }

    pub(super) fn find(&self, name: &PromptName) -> Option<&Arc<Slot>> {
        self.slots.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &PromptName> {
        self.slots.keys()
    }

    pub(super) fn document(&self, digest: &Digest) -> Option<Arc<str>> {
        self.documents.get(digest).map(Arc::clone)
    }
}

/// What the templates of a document may include: its dependencies and what those depend on.
fn closure(
    document: &Document,
    all: &BTreeMap<PromptName, (Document, Digest)>,
) -> BTreeMap<PromptName, Digest> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<&PromptName> = document.dependencies.keys().collect();
    while let Some(name) = waiting.pop() {
        if let Some((document, digest)) = all.get(name)
            && found.insert(name.clone(), digest.clone()).is_none()
        {
            waiting.extend(document.dependencies.keys());
        }
    }
    found
}

/// Prompt files with their paths. Hidden ones and `README.md` are none, and links are not followed.
fn prompt_files(folder: &Path, limits: &Limits) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((here, prefix)) = waiting.pop() {
        for entry in fs::read_dir(&here)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name.eq_ignore_ascii_case("readme.md") {
                continue;
            }
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                waiting.push((entry.path(), path));
            } else if kind.is_file() && files::is_prompt_file(&path) {
                let mut bytes = Vec::new();
                fs::File::open(entry.path())?.take(limits.file_bytes as u64 + 1).read_to_end(&mut bytes)?;
                found.push((path, bytes));
            }
            if found.len() > limits.files {
                return Err(io::Error::other(format!("there are more than {} prompt files", limits.files)));
            }
        }
    }
    found.sort();
    Ok(found)
}
