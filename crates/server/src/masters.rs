//! The master key, under which the keys of every workspace are sealed: configured, or a file in the data folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use promptsync_core::seal::{KeyError, MasterKey};
use promptsync_store::Keyring;

use crate::{Config, auth::secret::write_private, system_random};

/// The file in the data folder that holds the master key when none is configured.
const FILE: &str = "master.key";
/// Beside it, while the keys are being changed: the next one. It seals already, and the other still opens.
const NEXT: &str = "master.key.next";

/// Where master keys come from.
#[derive(Clone, Debug)]
pub(crate) enum Masters {
    /// From the configuration: the first seals, all open.
    Configured(Vec<MasterKey>),
    /// From files in this folder.
    Folder(PathBuf),
}

/// A master key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// A text is not a key.
    #[error("{place} holds no master key")]
    Form {
        /// The setting or the file.
        place: String,
        /// What a key looks like.
        #[source]
        source: KeyError,
    },
    /// A file cannot be read or written.
    #[error("cannot use {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Masters {
    /// Where this configuration says that they are.
    pub(crate) fn of(config: &Config) -> Result<Self, MasterKeyError> {
        let parse = |name: &str, text: &str| {
            let form = |source| MasterKeyError::Form { place: format!("the setting {name}"), source };
            MasterKey::parse(text).map_err(form)
        };
        let Some(current) = &config.master_key else { return Ok(Self::Folder(config.data_dir.clone())) };
        let mut keys = vec![parse("master_key", &current.0)?];
        for text in config.old_master_keys.iter().flat_map(|keys| keys.0.split(',')) {
            keys.push(parse("old_master_keys", text)?);
        }
        Ok(Self::Configured(keys))
    }

    /// The keys as they are now; none when there is no file yet.
    pub(crate) fn read(&self) -> Result<Vec<MasterKey>, MasterKeyError> {
        match self {
            Self::Configured(keys) => Ok(keys.clone()),
            Self::Folder(folder) => {
                let files = [read(&folder.join(NEXT))?, read(&folder.join(FILE))?];
                Ok(files.into_iter().flatten().collect())
            }
        }
    }

    /// A keyring with these keys, which follows the files.
    pub(crate) fn keyring(&self) -> Result<Keyring, MasterKeyError> {
        let keyring = Keyring::new(self.read()?, Arc::new(system_random));
        let masters = self.clone();
        Ok(match self {
            Self::Configured(_) => keyring,
            // A file that cannot be read now leaves the keys that are known.
            Self::Folder(_) => keyring.reloading(move || masters.read().unwrap_or_default()),
        })
    }

    /// Makes the first key of a data folder. Only for a database in which nothing is sealed.
    pub(crate) fn create(&self) -> Result<(), MasterKeyError> {
        match self {
            Self::Configured(_) => Ok(()),
            Self::Folder(folder) => write(&folder.join(FILE)),
        }
    }

    /// Makes the next key of a data folder, unless one was made that is not in force everywhere yet.
    pub(crate) fn begin_next(&self) -> Result<(), MasterKeyError> {
        match self {
            Self::Configured(_) => Ok(()),
            Self::Folder(folder) => write(&folder.join(NEXT)),
        }
    }

    /// Whether a change of the key was begun and is not done.
    pub(crate) fn has_next(&self) -> bool {
        matches!(self, Self::Folder(folder) if folder.join(NEXT).exists())
    }

    /// Lets the next key take the place of the one before, which is kept beside it under its id: backups need it, the
    /// server does not. Nothing happens when there is no next key.
    pub(crate) fn promote(&self) -> Result<(), MasterKeyError> {
        let Self::Folder(folder) = self else { return Ok(()) };
        let (now, next) = (folder.join(FILE), folder.join(NEXT));
        let failed = |source| MasterKeyError::File { path: next.display().to_string(), source };
        if !next.exists() {
            return Ok(());
        }
        // Two processes may have finished at the same moment: one renames, the other finds it done.
        let lock = fs::File::open(folder).map_err(failed)?;
        lock.lock().map_err(failed)?;
        if !next.exists() {
            return Ok(());
        }
        if let Some(old) = read(&now)? {
            fs::rename(&now, folder.join(format!("{FILE}.{}.old", old.id()))).map_err(failed)?;
        }
        fs::rename(&next, &now).and_then(|()| sync_folder(&now)).map_err(failed)
    }
}

fn read(path: &Path) -> Result<Option<MasterKey>, MasterKeyError> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let form = |source| MasterKeyError::Form { place: path.display().to_string(), source };
            MasterKey::parse(&text).map(Some).map_err(form)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MasterKeyError::File { path: path.display().to_string(), source }),
    }
}

/// Writes a new key, readable by its owner alone. It appears whole or not at all, and one that another process wrote
/// meanwhile stays.
fn write(path: &Path) -> Result<(), MasterKeyError> {
    let failed = |source| MasterKeyError::File { path: path.display().to_string(), source };
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    system_random(bytes.as_mut_slice());
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let written = write_private(&draft, &MasterKey::from_bytes(&bytes).to_hex())
        .and_then(|()| fs::hard_link(&draft, path))
        .or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) });
    let _ = fs::remove_file(&draft);
    written.and_then(|()| sync_folder(path)).map_err(failed)
}

/// Makes the names in a file's folder durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Masters) {
        let folder = tempfile::tempdir().expect("a folder");
        let masters = Masters::Folder(folder.path().to_owned());
        (folder, masters)
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, masters) = folder();
        assert!(masters.read().expect("no file is no error").is_empty());
        masters.create().expect("the folder can be written");
        let first = masters.read().expect("a key")[0].id();
        masters.create().expect("the file is left alone");
        assert_eq!(masters.read().expect("a key")[0].id(), first);
        let mode = fs::metadata(folder.path().join(FILE)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_next_key_seals_and_the_one_before_opens() {
        let (folder, masters) = folder();
        masters.create().expect("the folder can be written");
        write(&folder.path().join(NEXT)).expect("the folder can be written");
        let ids: Vec<_> = masters.read().expect("two keys").iter().map(MasterKey::id).collect();
        let next = read(&folder.path().join(NEXT)).expect("a file").expect("a key").id();
        assert_eq!((ids.len(), &ids[0]), (2, &next));
    }

    #[test]
    fn a_change_that_was_begun_goes_on_with_the_same_key() {
        let (folder, masters) = folder();
        masters.create().expect("the folder can be written");
        let old = masters.read().expect("a key")[0].id();
        masters.begin_next().expect("the folder can be written");
        let next = masters.read().expect("two keys")[0].id();
        masters.begin_next().expect("it was begun");
        assert_eq!(masters.read().expect("two keys")[0].id(), next);
        for _ in 0..2 {
            masters.promote().expect("the folder can be written");
            let ids: Vec<_> = masters.read().expect("a key").iter().map(MasterKey::id).collect();
            assert_eq!(ids, [next.clone()]);
        }
        let kept = read(&folder.path().join(format!("{FILE}.{old}.old"))).expect("a file").expect("a key");
        assert_eq!(kept.id(), old);
    }

    #[test]
    fn a_file_without_a_key_is_named() {
        let (folder, masters) = folder();
        fs::write(folder.path().join(FILE), "hunter2").expect("a file");
        let error = masters.read().expect_err("no key").to_string();
        assert!(error.contains(FILE) && !error.contains("hunter2"), "{error}");
    }
}
