//! Keys in memory: the master keys this process was given, and the data keys they opened.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use promptsync_core::{
    digest::Digest,
    seal::{DataKey, MasterKey, Nonce},
};

use crate::{
    data_keys::SealedKey,
    error::{Result, StoreError},
    standing::{Keys, Standing},
};

/// Fills a buffer with random bytes.
pub type Random = dyn Fn(&mut [u8]) + Send + Sync;

/// Gives the master keys as they are now.
pub type Reload = dyn Fn() -> Vec<MasterKey> + Send + Sync;

/// The keys a database is opened with.
pub struct Keyring {
    /// The first seals, all open.
    masters: RwLock<Vec<MasterKey>>,
    reload: Option<Box<Reload>>,
    random: Arc<Random>,
    /// Data keys that are committed, by workspace and version. A version is never given twice.
    opened: RwLock<HashMap<(String, u32), Arc<DataKey>>>,
    /// Workspaces whose search key is committed: it stays for ever.
    searchable: RwLock<HashSet<String>>,
    /// What the last change of each workspace left.
    standing: RwLock<HashMap<String, Standing>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("masters", &self.ids()).finish_non_exhaustive()
    }
}

impl Keyring {
    /// A keyring with these master keys: the first seals, all open. It may be empty as long as nothing is sealed.
    pub fn new(masters: Vec<MasterKey>, random: Arc<Random>) -> Self {
        Self {
            masters: RwLock::new(masters),
            reload: None,
            random,
            opened: RwLock::default(),
            searchable: RwLock::default(),
            standing: RwLock::default(),
        }
    }

    /// The same keyring, which asks for the master keys again before it makes a data key and when it meets one that it
    /// cannot open: another process may have changed them.
    #[must_use]
    pub fn reloading(mut self, reload: impl Fn() -> Vec<MasterKey> + Send + Sync + 'static) -> Self {
        self.reload = Some(Box::new(reload));
        self
    }

    /// The ids of the master keys, that of the one that seals first.
    pub fn ids(&self) -> Vec<String> {
        self.read().iter().map(MasterKey::id).collect()
    }

    /// The master key that seals, as it is now.
    pub fn current(&self) -> Result<MasterKey> {
        self.refresh();
        self.read().first().cloned().ok_or(StoreError::NoMasterKey)
    }

    /// Takes these master keys in place of those it had.
    pub fn replace(&self, masters: Vec<MasterKey>) {
        *self.masters.write().unwrap_or_else(PoisonError::into_inner) = masters;
    }

    /// A nonce that was never used.
    pub(crate) fn nonce(&self) -> Nonce {
        let mut nonce = Nonce::default();
        (self.random)(&mut nonce);
        nonce
    }

    /// 256 random bits.
    pub(crate) fn secret(&self) -> zeroize::Zeroizing<[u8; 32]> {
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        (self.random)(bytes.as_mut_slice());
        bytes
    }

    /// A data key that was opened before.
    pub(crate) fn opened(&self, workspace: &str, version: u32) -> Option<Arc<DataKey>> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        opened.get(&(workspace.to_owned(), version)).cloned()
    }

    /// Keeps a data key that is committed.
    pub(crate) fn keep(&self, workspace: &str, key: &Arc<DataKey>) {
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        opened.insert((workspace.to_owned(), key.version()), Arc::clone(key));
    }

    /// The keys of a workspace as a change left them, if no other has followed.
    pub(crate) fn standing(&self, workspace: &str, head: &Digest) -> Option<Keys> {
        let standing = self.standing.read().unwrap_or_else(PoisonError::into_inner);
        standing
            .get(workspace)
            .filter(|standing| standing.head == *head)
            .map(|standing| standing.keys.clone())
    }

    /// Keeps what a change leaves. One that is not committed in the end leaves a hash that no chain has.
    pub(crate) fn leave(&self, workspace: &str, standing: Standing) {
        let mut all = self.standing.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(workspace.to_owned(), standing);
    }

    /// Whether the workspace is known to have a search key.
    pub(crate) fn is_searchable(&self, workspace: &str) -> bool {
        self.searchable.read().unwrap_or_else(PoisonError::into_inner).contains(workspace)
    }

    /// Remembers that the workspace has a search key, which is committed.
    pub(crate) fn set_searchable(&self, workspace: &str) {
        self.searchable.write().unwrap_or_else(PoisonError::into_inner).insert(workspace.to_owned());
    }

    /// Opens a data key with the master key it was sealed under.
    pub(crate) fn unwrap(&self, workspace: &str, row: &SealedKey) -> Result<DataKey> {
        let master = if let Some(master) = self.master(&row.master) {
            master
        } else {
            self.refresh();
            self.master(&row.master).ok_or_else(|| self.unknown(&row.master))?
        };
        master.unwrap(workspace, row.version, &row.sealed).map_err(|source| StoreError::Sealed {
            table: "data_keys",
            column: "sealed",
            row: format!("{workspace} {}", row.version),
            source,
        })
    }

    /// Refuses a database that holds keys sealed under a master key that is not here.
    pub(crate) fn check(&self, needed: &[String]) -> Result<()> {
        match needed.iter().find(|id| self.master(id).is_none()) {
            Some(id) => Err(self.unknown(id)),
            None => Ok(()),
        }
    }

    /// Asks for the master keys again; keeps those it has when they cannot be had now.
    fn refresh(&self) {
        if let Some(reload) = &self.reload {
            let masters = reload();
            if !masters.is_empty() {
                self.replace(masters);
            }
        }
    }

    fn master(&self, id: &str) -> Option<MasterKey> {
        self.read().iter().find(|master| master.id() == id).cloned()
    }

    fn unknown(&self, id: &str) -> StoreError {
        let given = self.ids();
        StoreError::UnknownMasterKey {
            needed: id.to_owned(),
            given: if given.is_empty() { "none".to_owned() } else { given.join(", ") },
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<MasterKey>> {
        self.masters.read().unwrap_or_else(PoisonError::into_inner)
    }
}
