//! Documents: from this machine, or from the server after their digest was compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use promptsync_api::delivery::MAX_DOCUMENTS;
use promptsync_core::{digest::Digest, signing::SigningError};

use super::{SdkError, Source, core::Core, memory::Item};

impl Core {
    /// A document that this machine has. It may read a file.
    pub(super) fn local_text(&self, digest: &Digest) -> Option<(Arc<str>, Source)> {
        if let Some(text) = self.memory.text(digest) {
            return Some((text, Source::Memory));
        }
        if let Some(text) = self.files.as_ref().and_then(|files| files.document(digest)) {
            return Some((text.into(), Source::File));
        }
        if let Some(text) = self.bundle.as_ref().and_then(|bundle| bundle.documents.get(digest)) {
            return Some((text.as_str().into(), Source::Bundle));
        }
        self.folder.as_ref()?.document(digest).map(|text| (text, Source::Folder))
    }

    /// Those of these documents that this machine does not have.
    pub(super) fn missing(&self, mut digests: BTreeSet<Digest>) -> BTreeSet<Digest> {
        digests.retain(|digest| {
            let in_files = || self.files.as_ref().is_some_and(|files| files.has_document(digest));
            let in_bundle =
                || self.bundle.as_ref().is_some_and(|bundle| bundle.documents.contains_key(digest));
            !self.memory.has(digest) && !in_bundle() && !in_files()
        });
        digests
    }

    /// Asks the server for documents, and keeps them: all of them, or an error.
    pub(super) async fn fetch(
        self: &Arc<Self>,
        mut wanted: BTreeSet<Digest>,
    ) -> Result<BTreeMap<Digest, Arc<str>>, SdkError> {
        let Some(wire) = &self.wire else { return Err(SdkError::setting("no server was named")) };
        let mut found = BTreeMap::new();
        while !wanted.is_empty() {
            let asked: BTreeSet<Digest> = wanted.iter().take(MAX_DOCUMENTS).cloned().collect();
            let answer = wire.documents(asked).await?;
            let kept = self.keep(answer.documents).await?;
            let before = wanted.len();
            wanted.retain(|digest| !kept.contains_key(digest));
            if wanted.len() == before {
                return Err(wire.unreadable("it gives none of the documents that an alias names"));
            }
            found.extend(kept);
        }
        Ok(found)
    }

    /// Keeps documents after their digests were compared: none when one of them is another.
    pub(super) async fn keep(
        self: &Arc<Self>,
        documents: BTreeMap<Digest, String>,
    ) -> Result<BTreeMap<Digest, Arc<str>>, SdkError> {
        let core = Arc::clone(self);
        self.away(move || {
            for (expected, text) in &documents {
                let found = Digest::of(text.as_bytes());
                if found != *expected {
                    return Err(SigningError::OtherContent { expected: expected.clone(), found }.into());
                }
            }
            let keep = |(digest, text): (Digest, String)| {
                let text: Arc<str> = text.into();
                core.keep_text(&digest, &text);
                (digest, text)
            };
            Ok(documents.into_iter().map(keep).collect())
        })
        .await
    }

    /// In the cache when there is one that works, else in memory.
    fn keep_text(&self, digest: &Digest, text: &Arc<str>) {
        if let Some(files) = &self.files {
            files.keep_document(digest, text);
            if !files.failed() {
                return;
            }
        }
        self.memory.put(digest.clone(), Item::Text(Arc::clone(text)), text.len());
    }
}
