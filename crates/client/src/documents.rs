//! Documents.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_api::delivery::{Documents, MAX_DOCUMENTS, WantDocuments};
use promptsync_core::{digest::Digest, documents::Document};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// The document with this digest. The caller compares the digest.
    pub async fn document(&self, digest: &Digest) -> Result<Document, ClientError> {
        self.answer(self.get(&["api", "documents", digest.as_str()])).await
    }

    /// The canonical forms of documents of a project, as far as the caller may read them. The caller compares the
    /// digests.
    pub async fn documents(
        &self,
        project: &str,
        digests: BTreeSet<Digest>,
    ) -> Result<BTreeMap<Digest, String>, ClientError> {
        let mut missing: Vec<Digest> = digests.into_iter().collect();
        let mut found = BTreeMap::new();
        while !missing.is_empty() {
            let digests = missing.iter().take(MAX_DOCUMENTS).cloned().collect();
            let request = self.request(Method::POST, &["api", "projects", project, "documents"]);
            let answer: Documents = self.answer(with_body(request, &WantDocuments { digests })).await?;
            let before = missing.len();
            let (got, rest): (Vec<_>, Vec<_>) =
                missing.into_iter().partition(|digest| answer.documents.contains_key(digest));
            missing = rest;
            found.extend(answer.documents.into_iter().filter(|(digest, _)| got.contains(digest)));
            // A whole request that gave nothing: nobody has these.
            if missing.len() == before {
                missing.drain(..before.min(MAX_DOCUMENTS));
            }
        }
        Ok(found)
    }
}
