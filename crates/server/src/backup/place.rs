//! A data folder while a backup is put into it. Several files change, and a process can end between any two of them.
//!
//! All is prepared in a folder inside. Renaming that folder is the moment at which the restore has happened: from then on
//! whoever opens the data folder first moves the files to their places.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{BackupError, at};
use crate::{
    auth::secret::{self, write_private},
    start,
};

/// What the names of folders begin with in which a restore is prepared.
const STAGING: &str = ".restore-";
/// The folder with what was restored, until it is in its place.
const RESTORED: &str = ".restored";
/// What the names of files end with that were there before.
const BEFORE: &str = ".before-restore";

/// A data folder in which nobody else restores.
pub(super) struct Place<'a> {
    folder: &'a Path,
    _lock: fs::File,
}

impl<'a> Place<'a> {
    /// Takes a folder, and finishes what an earlier restore left in it.
    pub(super) fn hold(folder: &'a Path) -> Result<Self, BackupError> {
        let lock = fs::File::open(folder).map_err(at(folder))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(BackupError::Restoring),
            Err(fs::TryLockError::Error(error)) => return Err(at(folder)(error)),
        }
        move_in(folder).and_then(|()| remove_drafts(folder)).map_err(at(folder))?;
        Ok(Self { folder, _lock: lock })
    }

    /// A folder to prepare a restore in.
    pub(super) fn staging(&self) -> Result<TempDir, BackupError> {
        tempfile::Builder::new().prefix(STAGING).tempdir_in(self.folder).map_err(at(self.folder))
    }

    /// Puts what was prepared in place, with the server key that belongs to it.
    pub(super) fn put(&self, staging: TempDir, server_key: Option<&str>) -> Result<(), BackupError> {
        let put = || {
            if let Some(key) = server_key.map(str::trim_end) {
                let there = fs::read_to_string(self.folder.join(secret::FILE)).ok();
                if there.as_deref().map(str::trim_end) != Some(key) {
                    write_private(&staging.path().join(secret::FILE), key)?;
                }
            }
            fs::File::open(staging.path())?.sync_all()?;
            fs::rename(staging.path(), self.folder.join(RESTORED))?;
            // The folder has another name now: there is nothing left to remove.
            let _ = staging.keep();
            sync(self.folder)?;
            move_in(self.folder)
        };
        put().map_err(at(self.folder))
    }
}

/// Finishes a restore that was interrupted after it had happened.
pub(crate) fn finish(folder: &Path) -> io::Result<()> {
    if !folder.join(RESTORED).exists() {
        return Ok(());
    }
    let lock = fs::File::open(folder)?;
    lock.lock()?;
    move_in(folder)
}

/// Moves what was restored to its place; what was there is kept beside it. It can be interrupted and called again.
fn move_in(folder: &Path) -> io::Result<()> {
    let restored = folder.join(RESTORED);
    if !restored.exists() {
        return Ok(());
    }
    for name in [secret::FILE, start::DATABASE] {
        let (from, to) = (restored.join(name), folder.join(name));
        if from.exists() {
            if to.exists() {
                keep(&to)?;
            }
            fs::rename(from, to)?;
        }
    }
    sync(folder)?;
    fs::remove_dir_all(restored)?;
    sync(folder)
}

/// Removes what restores prepared that did not come to their end.
fn remove_drafts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Gives a file a second name, that of the state before the restore.
fn keep(file: &Path) -> io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(BEFORE);
    let name = PathBuf::from(name);
    if name.exists() {
        fs::remove_file(&name)?;
    }
    fs::hard_link(file, name)
}

fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = [secret::FILE, start::DATABASE];

    fn folder(names: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    fn texts(folder: &TempDir) -> Vec<String> {
        let read = |name: &&str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        NAMES.iter().map(read).collect()
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let names = fs::read_dir(folder.path()).expect("a folder");
        let mut names: Vec<_> =
            names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_restore_that_happened_is_finished_wherever_it_was_interrupted() {
        let before = [("server.key", "old"), ("promptsync.db", "old")];
        for (case, more) in [
            ("nothing was moved", &[(".restored/server.key", "new"), (".restored/promptsync.db", "new")][..]),
            (
                "the old key has its second name",
                &[
                    ("server.key.before-restore", "old"),
                    (".restored/server.key", "new"),
                    (".restored/promptsync.db", "new"),
                ],
            ),
            (
                "the key was moved",
                &[
                    ("server.key.before-restore", "old"),
                    ("server.key", "new"),
                    (".restored/promptsync.db", "new"),
                ],
            ),
            (
                "both were moved",
                &[("server.key", "new"), ("promptsync.db", "new"), (".restored/promptsync.db-shm", "")],
            ),
        ] {
            let folder = folder(&[&before[..], more].concat());
            finish(folder.path()).expect(case);
            assert_eq!(texts(&folder), ["new", "new"], "{case}");
            assert!(!names(&folder).contains(&RESTORED.to_owned()), "{case}");
            finish(folder.path()).expect("it is done");
        }
    }

    #[test]
    fn a_restore_that_did_not_happen_leaves_nothing() {
        let folder =
            folder(&[("server.key", "old"), ("promptsync.db", "old"), (".restore-x/promptsync.db", "new")]);
        finish(folder.path()).expect("there is nothing to finish");
        assert_eq!(texts(&folder), ["old", "old"]);
        drop(Place::hold(folder.path()).expect("nobody else restores"));
        assert_eq!(names(&folder), ["promptsync.db", "server.key"]);
    }

    #[test]
    fn one_restore_at_a_time_and_the_same_key_is_left_alone() {
        let folder = folder(&[("server.key", "same\n"), ("promptsync.db", "old")]);
        let place = Place::hold(folder.path()).expect("nobody else restores");
        assert!(matches!(Place::hold(folder.path()), Err(BackupError::Restoring)));
        let staging = place.staging().expect("a folder");
        fs::write(staging.path().join(start::DATABASE), "new").expect("a file");
        place.put(staging, Some("same")).expect("it is put");
        assert_eq!(texts(&folder), ["same\n", "new"]);
        assert_eq!(names(&folder), ["promptsync.db", "promptsync.db.before-restore", "server.key"]);
    }
}
