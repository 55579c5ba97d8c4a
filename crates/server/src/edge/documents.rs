//! Documents: those that an alias takes which the reader may read; any of the project for whoever may read all of it.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_api::{
    delivery::{Documents, MAX_DOCUMENTS, WantDocuments},
    error::{DOCUMENT_NOT_FOUND, INVALID},
};
use promptsync_core::digest::Digest;

use super::{Relay, readers::Reader};
use crate::http::error::ApiError;

/// Bytes of documents after which an answer is full; what is missing then is asked for again.
const FULL: usize = 16 << 20;

impl Relay {
    /// Those of these documents that the reader may read, as far as they fit.
    pub(super) async fn documents(
        &self,
        reader: &Reader,
        wanted: WantDocuments,
    ) -> Result<Documents, ApiError> {
        if wanted.digests.len() > MAX_DOCUMENTS {
            let detail =
                format!("at most {MAX_DOCUMENTS} documents are given at once, not {}", wanted.digests.len());
            return Err(ApiError::new(INVALID, detail).hint("ask for the rest in another request"));
        }
        let found = self.readable(reader, wanted.digests).await?;
        let (mut documents, mut bytes) = (BTreeMap::new(), 0);
        for (digest, text) in found {
            bytes += text.len();
            documents.insert(digest, text.to_string());
            if bytes >= FULL {
                break;
            }
        }
        Ok(Documents { documents })
    }

    /// One document.
    pub(super) async fn document(&self, reader: &Reader, digest: &str) -> Result<String, ApiError> {
        let unknown =
            || ApiError::new(DOCUMENT_NOT_FOUND, "no document that this edge delivers has this digest");
        let digest = Digest::parse(digest).map_err(|_| unknown())?;
        let found = self.readable(reader, BTreeSet::from([digest])).await?;
        found.into_values().next().map(|text| text.to_string()).ok_or_else(unknown)
    }

    async fn readable(
        &self,
        reader: &Reader,
        wanted: BTreeSet<Digest>,
    ) -> Result<BTreeMap<Digest, std::sync::Arc<str>>, ApiError> {
        if self.check(reader, None).await.is_ok() {
            return self.sdk.documents(wanted).await.map_err(|error| self.refused(error));
        }
        let mut open = BTreeSet::new();
        let (mut may_any, mut refused) = (false, None);
        for (alias, copy) in self.sdk.copies() {
            match self.check(reader, Some(&alias)).await {
                Ok(()) => {
                    may_any = true;
                    let named = copy.statement().digests();
                    open.extend(wanted.iter().filter(|digest| named.contains(digest)).cloned());
                }
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if !may_any => Err(error),
            _ => self.sdk.documents(open).await.map_err(|error| self.refused(error)),
        }
    }
}
