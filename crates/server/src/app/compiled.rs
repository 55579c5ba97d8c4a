//! Compiled documents, kept as long as there is room.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use promptsync_api::error::INTERNAL;
use promptsync_core::{
    digest::Digest,
    documents::Document,
    names::PromptName,
    publish::Dependency,
    render::{CompiledDocument, includes},
};
use promptsync_store::{Db, versions::Version};

use super::{App, resolve};
use crate::{endpoint::InProject, http::error::ApiError};

/// What a compiled document needs, measured against its text: syntax trees are larger than what they were read from.
const WEIGHT: usize = 8;

/// A cache bounded in bytes; what was used longest ago goes first.
#[derive(Debug)]
pub(crate) struct CompiledDocuments {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<Digest, Entry>,
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    document: Arc<CompiledDocument>,
    bytes: usize,
    used: u64,
}

impl CompiledDocuments {
    /// An empty cache of at most so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, kept: Mutex::default() }
    }

    fn get(&self, key: &Digest) -> Option<Arc<CompiledDocument>> {
        let mut kept = self.lock();
        kept.uses += 1;
        let now = kept.uses;
        let entry = kept.entries.get_mut(key)?;
        entry.used = now;
        Some(Arc::clone(&entry.document))
    }

    fn keep(&self, key: Digest, document: &Arc<CompiledDocument>, bytes: usize) {
        let mut kept = self.lock();
        if bytes > self.most || kept.entries.contains_key(&key) {
            return;
        }
        while kept.bytes + bytes > self.most {
            let Some(oldest) =
                kept.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone())
            else {
                break;
            };
            let freed = kept.entries.remove(&oldest).map_or(0, |entry| entry.bytes);
            kept.bytes -= freed;
        }
        kept.bytes += bytes;
        let used = kept.uses;
        kept.entries.insert(key, Entry { document: Arc::clone(document), bytes, used });
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no code panics while it holds this lock")
    }
}

/// The compiled form of a version: from memory, or compiled now, away from the threads that serve connections.
pub(crate) async fn of_version(
    call: &InProject,
    found: resolve::Resolved,
) -> Result<Arc<CompiledDocument>, ApiError> {
    let key = key(&found.version.digest, &found.version.dependencies);
    if let Some(document) = call.app.compiled.get(&key) {
        return Ok(document);
    }
    let mut pieces = dependencies(&call.app.db, call, &found.version).await;
    if let (Err(error), Some(standby)) = (&pieces, call.app.standby())
        && error.is_unavailable()
    {
        pieces = dependencies(&standby.db, call, &found.version).await;
    }
    let pieces = pieces?;
    let (limits, document) = (call.app.limits.clone(), found.document);
    let compiled = App::blocking(move || {
        let partials = includes(&document, &pieces)?;
        let bytes = partials.values().map(String::len).sum::<usize>();
        CompiledDocument::new(document, &partials, &limits).map(|compiled| (Arc::new(compiled), bytes))
    })
    .await?;
    let (document, bytes) = compiled.map_err(|problems| {
        let codes: Vec<String> = problems.into_iter().map(|problem| problem.code).collect();
        ApiError::caused(INTERNAL, format!("a published version does not compile: {}", codes.join(", ")))
    })?;
    call.app.compiled.keep(key, &document, (found.bytes + bytes) * WEIGHT);
    Ok(document)
}

async fn dependencies(
    db: &Db,
    call: &InProject,
    version: &Version,
) -> Result<BTreeMap<PromptName, Document>, ApiError> {
    let mut tx = db.begin_read(&call.caller.workspace).await?;
    resolve::dependencies(&mut tx, call, version).await
}

fn key(digest: &Digest, dependencies: &BTreeMap<PromptName, Dependency>) -> Digest {
    let pins: Vec<String> =
        dependencies.iter().map(|(name, dependency)| format!("{name}={}", dependency.digest)).collect();
    Digest::of(format!("{digest}\n{}", pins.join("\n")).as_bytes())
}
