//! From a copy to what is kept of it.

use std::collections::BTreeMap;

use promptsync_core::{
    digest::Digest,
    seal::{self, DataKey, Place},
    time::Timestamp,
};

use super::{Copy, Known, Stored, values::put};
use crate::{conn::Db, error::Result, keyring::Keyring};

/// The form of a first part.
pub(super) const FORM: u8 = 1;
/// The row of the first part; no prompt has this id.
pub(super) const BASE: &str = "base";

/// Where a part stands.
pub(super) fn place<'a>(workspace: &'a str, part: &'a str) -> Place<'a> {
    Place { workspace, table: "last_good", column: "sealed", row: part }
}

impl Copy {
    /// What has to be stored so that the copy is: what `known` does not have. The documents are still missing. Afterwards
    /// `known` says what is stored.
    pub fn seal(self, db: &Db, known: &mut Known, at: Timestamp) -> Result<Stored> {
        let workspace = self.workspace.to_string();
        let is_whole = known.data_keys != self.data_keys;
        if is_whole {
            *known = Known { data_keys: self.data_keys.clone(), ..Known::default() };
        }
        let ring = db.keyring();
        let newest = self.data_keys.iter().max_by_key(|key| key.version);
        let row = newest
            .ok_or_else(|| crate::StoreError::NoDataKey { workspace: workspace.clone(), version: 0 })?;
        let key = match ring.opened(&workspace, row.version) {
            Some(key) => key,
            None => std::sync::Arc::new(ring.unwrap(&workspace, row)?),
        };
        let mut parts = BTreeMap::new();
        for (id, rows) in &self.prompts {
            let digest = Digest::of(rows);
            if known.parts.get(id).is_some_and(|(before, _)| *before == digest) {
                continue;
            }
            let sealed = sealed(ring, &key, &workspace, id, rows);
            known.parts.insert(id.clone(), (digest, Digest::of(&sealed)));
            parts.insert(id.clone(), sealed);
        }
        let gone: Vec<String> =
            known.parts.keys().filter(|id| !self.prompts.contains_key(*id)).cloned().collect();
        known.parts.retain(|id, _| self.prompts.contains_key(id));
        let mut base = vec![FORM];
        base.extend_from_slice(&self.revision.to_be_bytes());
        put(&mut base, &self.base);
        for (id, (_, digest)) in &known.parts {
            put(&mut base, id.as_bytes());
            put(&mut base, digest.as_str().as_bytes());
        }
        known.revision = self.revision;
        Ok(Stored {
            base: sealed(ring, &key, &workspace, BASE, &base),
            workspace,
            is_whole,
            confirmed_at: at,
            data_keys: self.data_keys,
            parts,
            gone,
            documents: BTreeMap::new(),
        })
    }
}

impl Known {
    /// Notes that documents are stored.
    pub fn have(&mut self, documents: &BTreeMap<String, Vec<u8>>) {
        self.documents.extend(documents.keys().cloned());
    }
}

fn sealed(ring: &Keyring, key: &DataKey, workspace: &str, part: &str, plaintext: &[u8]) -> Vec<u8> {
    seal::seal(key, ring.nonce(), &place(workspace, part), plaintext)
}
