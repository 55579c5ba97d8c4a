//! The master key, under which the keys of every workspace are sealed: configured, or a file in the data folder; in
//! clear, or wrapped by the transit engine of a Vault.
//!
//! A wrapped key is unwrapped once, when the process starts. From then on nothing waits for the Vault but the next change
//! of keys.

mod error;
mod files;
mod transit;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use promptsync_core::seal::{MasterKey, Nonce};
use promptsync_store::Keyring;
use zeroize::Zeroizing;

pub use self::error::MasterKeyError;
use self::{
    files::{FILE, Kept, NEXT},
    transit::Transit,
};
use crate::{Config, system_random};

/// Where master keys come from. Copies share what was unwrapped.
#[derive(Clone)]
pub(crate) struct Masters(Arc<Inner>);

struct Inner {
    place: Place,
    transit: Option<Transit>,
    /// Keys by the text that wraps them.
    unwrapped: RwLock<HashMap<String, MasterKey>>,
}

/// Where texts that are master keys, or wrap them, are kept.
enum Place {
    /// In the configuration: the first seals, all open.
    Configured(Vec<Kept>),
    /// In files of this folder.
    Folder(PathBuf),
}

impl Masters {
    /// Where this configuration says that they are. Nothing is read yet.
    pub(crate) fn of(config: &Config) -> Self {
        let kept = |name: &str, text: &str| Kept::new(format!("the setting {name}"), text);
        let place = match &config.master_key {
            None => Place::Folder(config.data_dir.clone()),
            Some(current) => {
                let old = config.old_master_keys.iter().flat_map(|keys| keys.0.split(','));
                let old = old.map(|text| kept("old_master_keys", text));
                Place::Configured(std::iter::once(kept("master_key", &current.0)).chain(old).collect())
            }
        };
        Self::at(place, Transit::configured(config))
    }

    fn at(place: Place, transit: Option<Transit>) -> Self {
        Self(Arc::new(Inner { place, transit, unwrapped: RwLock::default() }))
    }

    /// The keys as they are now, the one that seals first; none when there is no file yet. It asks no Vault: a key that
    /// it cannot open with what is in memory is an error.
    pub(crate) fn read(&self) -> Result<Vec<MasterKey>, MasterKeyError> {
        let kept = self.kept()?;
        let known = kept.iter().map(|kept| self.known(kept)).collect::<Result<Vec<_>, _>>()?;
        let mut keys: Vec<MasterKey> = Vec::with_capacity(kept.len());
        for (kept, key) in kept.iter().zip(&known) {
            let key = match key {
                Some(key) => key.clone(),
                None => self.handed_over(kept, known.iter().flatten())?,
            };
            if keys.iter().all(|other| other.id() != key.id()) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// A keyring with these keys, which follows the files. What is wrapped is unwrapped now.
    pub(crate) async fn keyring(&self) -> Result<Keyring, MasterKeyError> {
        self.unwrap().await?;
        let keyring = Keyring::new(self.read()?, Arc::new(system_random));
        let masters = self.clone();
        Ok(match self.0.place {
            Place::Configured(_) => keyring,
            // A file that cannot be read now leaves the keys that are known.
            Place::Folder(_) => keyring.reloading(move || masters.read().unwrap_or_default()),
        })
    }

    /// Makes the first key of a data folder. Only for a database in which nothing is sealed.
    pub(crate) async fn create(&self) -> Result<(), MasterKeyError> {
        match &self.0.place {
            Place::Configured(_) => Ok(()),
            Place::Folder(folder) => files::write(&folder.join(FILE), &self.make(None).await?),
        }
    }

    /// Makes the next key of a data folder, unless one was made that is not in force everywhere yet.
    pub(crate) async fn begin_next(&self) -> Result<(), MasterKeyError> {
        match &self.0.place {
            Place::Folder(folder) if !self.has_next() => {
                let current = self.read()?.into_iter().next();
                files::write(&folder.join(NEXT), &self.make(current.as_ref()).await?)
            }
            _ => Ok(()),
        }
    }

    /// Whether a change of the key was begun and is not done.
    pub(crate) fn has_next(&self) -> bool {
        matches!(&self.0.place, Place::Folder(folder) if folder.join(NEXT).exists())
    }

    /// Lets the next key take the place of the one before, which is kept beside it under its id: backups need it, the
    /// server does not. Nothing happens when there is no next key.
    pub(crate) fn promote(&self) -> Result<(), MasterKeyError> {
        match &self.0.place {
            Place::Configured(_) => Ok(()),
            Place::Folder(folder) => files::promote(folder, |kept| Ok(self.opened(kept)?.id())),
        }
    }

    /// Takes up a key that another process put in place, and then removes from the file what let this one do so without
    /// asking the Vault.
    pub(crate) async fn settle(&self) -> Result<(), MasterKeyError> {
        let Place::Folder(folder) = &self.0.place else { return Ok(()) };
        if self.read().is_err() {
            self.unwrap().await?;
        }
        files::settle(folder, |kept| self.known(kept).is_ok_and(|key| key.is_some()))
    }

    /// Has the Vault unwrap what is not known yet.
    async fn unwrap(&self) -> Result<(), MasterKeyError> {
        for kept in self.kept()? {
            if self.known(&kept)?.is_none() {
                let transit = self.0.transit.as_ref().ok_or_else(|| kept.not_unwrapped())?;
                self.remember(&kept.text, transit.unwrap(&kept).await?);
            } else if self.0.transit.is_some() && !kept.is_wrapped() {
                tracing::warn!(
                    place = kept.place,
                    "the master key stands in clear; `promptsync keys rotate-master` replaces it by a wrapped one"
                );
            }
        }
        Ok(())
    }

    /// A new key as the text of its file. Where a Vault wraps it, the text also holds it sealed under the one before.
    async fn make(&self, before: Option<&MasterKey>) -> Result<Zeroizing<String>, MasterKeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        system_random(bytes.as_mut_slice());
        let key = MasterKey::from_bytes(&bytes);
        let Some(transit) = &self.0.transit else { return Ok(key.to_hex()) };
        let wrapped = transit.wrap(&bytes).await?;
        let mut nonce = Nonce::default();
        system_random(&mut nonce);
        let text = files::text(&wrapped, before.map(|before| before.hand_over(nonce, &wrapped, &key)));
        self.remember(&wrapped, key);
        Ok(text)
    }

    /// The texts as they are now.
    fn kept(&self) -> Result<Vec<Kept>, MasterKeyError> {
        match &self.0.place {
            Place::Configured(kept) => Ok(kept.clone()),
            Place::Folder(folder) => {
                let files = [files::read(&folder.join(NEXT))?, files::read(&folder.join(FILE))?];
                Ok(files.into_iter().flatten().collect())
            }
        }
    }

    /// The key of a text; nothing when it is wrapped and was not unwrapped by this process.
    fn known(&self, kept: &Kept) -> Result<Option<MasterKey>, MasterKeyError> {
        if !kept.is_wrapped() {
            let form = |source| MasterKeyError::Form { place: kept.place.clone(), source };
            return MasterKey::parse(&kept.text).map(Some).map_err(form);
        }
        let unwrapped = self.0.unwrapped.read().unwrap_or_else(PoisonError::into_inner);
        Ok(unwrapped.get(kept.text.as_str()).cloned())
    }

    fn opened(&self, kept: &Kept) -> Result<MasterKey, MasterKeyError> {
        self.known(kept)?.ok_or_else(|| kept.not_unwrapped())
    }

    /// The key of a text, sealed there under one of these for whoever has them.
    fn handed_over<'a>(
        &self,
        kept: &Kept,
        mut to: impl Iterator<Item = &'a MasterKey>,
    ) -> Result<MasterKey, MasterKeyError> {
        let earlier = self.0.unwrapped.read().unwrap_or_else(PoisonError::into_inner);
        let found = to.find_map(|key| kept.taken_over(key));
        let found = found.or_else(|| earlier.values().find_map(|key| kept.taken_over(key)));
        drop(earlier);
        let key = found.ok_or_else(|| kept.not_unwrapped())?;
        self.remember(&kept.text, key.clone());
        Ok(key)
    }

    fn remember(&self, text: &str, key: MasterKey) {
        let mut unwrapped = self.0.unwrapped.write().unwrap_or_else(PoisonError::into_inner);
        unwrapped.insert(text.to_owned(), key);
    }
}

#[cfg(test)]
mod tests;
