//! Sealing inside transactions: `tx.seal` before a value is bound, `tx.open` after it was read.
//!
//! A column that holds sealed values is called `sealed` or ends in `_sealed`, and has a line in
//! [`crate::reseal::COLUMNS`]: a test compares the two.

use std::{collections::HashMap, sync::Arc};

use promptsync_core::{
    ids::WorkspaceId,
    seal::{self, DataKey, Place},
};

use crate::{
    conn::{ReadTx, Tx},
    data_keys::{self, SealedKey},
    error::{Result, StoreError},
    keyring::Keyring,
};

/// The keys of one transaction.
#[derive(Debug)]
pub(crate) struct TxKeys {
    pub(crate) ring: Arc<Keyring>,
    /// Keys that a writing transaction met. They stay in it: one that it made itself is nobody's when it fails.
    own: Option<HashMap<(String, u32), Arc<DataKey>>>,
}

/// Seals values of one workspace under its active key.
#[derive(Clone, Debug)]
pub(crate) struct Sealer {
    workspace: WorkspaceId,
    key: Arc<DataKey>,
    ring: Arc<Keyring>,
}

impl TxKeys {
    pub(crate) fn reading(ring: &Arc<Keyring>) -> Self {
        Self { ring: Arc::clone(ring), own: None }
    }

    pub(crate) fn writing(ring: &Arc<Keyring>) -> Self {
        Self { ring: Arc::clone(ring), own: Some(HashMap::new()) }
    }

    fn find(&self, workspace: &str, version: u32) -> Option<Arc<DataKey>> {
        let own = self.own.as_ref().and_then(|own| own.get(&(workspace.to_owned(), version)).cloned());
        own.or_else(|| self.ring.opened(workspace, version))
    }

    fn keep(&mut self, workspace: &str, key: &Arc<DataKey>) {
        match &mut self.own {
            Some(own) => {
                own.insert((workspace.to_owned(), key.version()), Arc::clone(key));
            }
            None => self.ring.keep(workspace, key),
        }
    }
}

impl ReadTx {
    /// Opens a value at the place it was sealed for. A value that was altered, or that stands elsewhere, is an error
    /// that names the place.
    pub async fn open(&mut self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = |source| StoreError::Sealed {
            table: place.table,
            column: place.column,
            row: place.row.to_owned(),
            source,
        };
        let version = seal::key_version(sealed).map_err(broken)?;
        let key = self.data_key(place.workspace, version).await?;
        seal::open(&key, place, sealed).map_err(broken)
    }

    /// A key of a workspace: from memory, or opened now.
    pub(crate) async fn data_key(&mut self, workspace: &str, version: u32) -> Result<Arc<DataKey>> {
        if let Some(key) = self.keys.find(workspace, version) {
            return Ok(key);
        }
        let row = data_keys::get(self, workspace, version).await?;
        let row = row.ok_or_else(|| StoreError::NoDataKey { workspace: workspace.to_owned(), version })?;
        let key = Arc::new(self.keys.ring.unwrap(workspace, &row)?);
        self.keys.keep(workspace, &key);
        Ok(key)
    }
}

impl Tx {
    /// Seals a value for a place under the workspace's active key, which is made when there is none.
    pub async fn seal(&mut self, place: &Place<'_>, plaintext: &[u8]) -> Result<Vec<u8>> {
        let sealer = self.sealer(&WorkspaceId::new(place.workspace)).await?;
        Ok(sealer.seal(place.table, place.column, place.row, plaintext))
    }

    /// What seals values of this workspace until the transaction ends.
    ///
    /// It reserves the revision first, as a change of keys does: so no value is sealed under a key that another
    /// transaction is just replacing.
    pub(crate) async fn sealer(&mut self, workspace: &WorkspaceId) -> Result<Sealer> {
        if let Some(sealer) = self.sealer.as_ref().filter(|sealer| sealer.workspace == *workspace) {
            return Ok(sealer.clone());
        }
        self.revision(workspace).await?;
        let active = match self.known.data_key {
            Some(version) => Some(version),
            None => data_keys::active(self, workspace).await?.map(|row| row.version),
        };
        let key = match active {
            Some(version) => self.data_key(workspace.as_str(), version).await?,
            None => self.new_data_key(workspace, 1).await?,
        };
        self.known.data_key = active;
        let sealer = Sealer { workspace: workspace.clone(), key, ring: Arc::clone(&self.keys.ring) };
        self.sealer = Some(sealer.clone());
        Ok(sealer)
    }

    /// Makes a key under the current master key, from now on the workspace's active one.
    pub(crate) async fn new_data_key(
        &mut self,
        workspace: &WorkspaceId,
        version: u32,
    ) -> Result<Arc<DataKey>> {
        let ring = Arc::clone(&self.keys.ring);
        let key = Arc::new(DataKey::new(&ring.secret(), version));
        let master = ring.current()?;
        let sealed = master.wrap(ring.nonce(), workspace.as_str(), &key);
        data_keys::activate(self, workspace, &SealedKey { version, master: master.id(), sealed }).await?;
        self.keys.keep(workspace.as_str(), &key);
        self.sealer = None;
        Ok(key)
    }
}

impl Sealer {
    /// Seals a value for a place of the workspace.
    pub(crate) fn seal(
        &self,
        table: &'static str,
        column: &'static str,
        row: &str,
        plaintext: &[u8],
    ) -> Vec<u8> {
        let place = Place { workspace: self.workspace.as_str(), table, column, row };
        seal::seal(&self.key, self.ring.nonce(), &place, plaintext)
    }

    /// The version of the key it seals under.
    pub(crate) fn version(&self) -> u32 {
        self.key.version()
    }
}
