//! What `promptsync login` keeps: one sign-in for each server, in the system's keyring, else in a file of the user's.
//!
//! A sign-in belongs to one origin (scheme, host and port) and is never sent to another.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use promptsync_client::Client;
use serde::{Deserialize, Serialize};

use crate::{
    error::{CliError, Result},
    printer::Printer,
};

/// The name under which a keyring keeps them.
const SERVICE: &str = "promptsync";
/// The file, and the one that is locked while a sign-in is renewed.
const FILE: &str = "sign-ins.json";
const LOCK: &str = "sign-ins.lock";

/// What is kept for one server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum SignIn {
    /// An API key that was given with `--with-token`.
    Key {
        /// The key.
        key: String,
    },
    /// A person's session.
    Session {
        /// What renews it.
        refresh_token: String,
        /// What opens the server now.
        access_token: String,
        /// Until when, in seconds since 1970.
        good_until: i64,
    },
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn(…)")
    }
}

/// Where a sign-in was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the system's keyring.
    Keyring,
    /// In a file that only its owner can read.
    File(PathBuf),
}

/// The sign-ins of a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Credentials {
    folder: Option<PathBuf>,
    keyring: bool,
}

impl Credentials {
    /// The sign-ins in a folder, and in the keyring where one can be reached.
    pub(crate) fn new(folder: Option<PathBuf>, keyring: bool) -> Self {
        Self { folder, keyring }
    }

    /// The sign-in for a server.
    pub(crate) fn load(&self, client: &Client) -> Result<Option<SignIn>> {
        let origin = client.origin();
        if let Some(text) = self.entry(&origin).and_then(|entry| entry.get_password().ok())
            && let Ok(kept) = serde_json::from_str(&text)
        {
            return Ok(Some(kept));
        }
        Ok(self.read()?.remove(&origin))
    }

    /// Keeps a sign-in for a server; says where.
    pub(crate) fn save(&self, client: &Client, sign_in: &SignIn) -> Result<Place> {
        let origin = client.origin();
        let text = serde_json::to_string(sign_in).unwrap_or_default();
        if self.entry(&origin).is_some_and(|entry| entry.set_password(&text).is_ok()) {
            // An older one in the file would come back when the keyring is away.
            let mut all = self.read()?;
            if all.remove(&origin).is_some() {
                self.write(&all)?;
            }
            return Ok(Place::Keyring);
        }
        let mut all = self.read()?;
        all.insert(origin, sign_in.clone());
        self.write(&all).map(Place::File)
    }

    /// Forgets the sign-in for a server; says whether there was one.
    pub(crate) fn remove(&self, client: &Client) -> Result<bool> {
        let origin = client.origin();
        let in_keyring = self.entry(&origin).is_some_and(|entry| entry.delete_credential().is_ok());
        let mut all = self.read()?;
        if all.remove(&origin).is_none() {
            return Ok(in_keyring);
        }
        self.write(&all).map(|_| true)
    }

    /// Waits until no other process renews a sign-in; until the answer is dropped, none does.
    pub(crate) fn lock(&self) -> Result<Option<fs::File>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let path = folder.join(LOCK);
        let locked = private_folder(folder).and_then(|()| {
            let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        });
        locked.map(Some).map_err(|error| CliError::file("lock", &path, &error))
    }

    fn entry(&self, origin: &str) -> Option<keyring::Entry> {
        if self.keyring { keyring::Entry::new(SERVICE, origin).ok() } else { None }
    }

    fn path(&self) -> Result<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(FILE)).ok_or_else(|| {
            CliError::usage("no_home", "there is no place to keep a sign-in")
                .hint("set HOME or XDG_CONFIG_HOME, or use PROMPTSYNC_API_KEY")
        })
    }

    fn read(&self) -> Result<BTreeMap<String, SignIn>> {
        let Some(path) = self.folder.as_ref().map(|folder| folder.join(FILE)) else {
            return Ok(BTreeMap::new());
        };
        match fs::read_to_string(&path) {
            // What cannot be read is of no use to anybody; the next sign-in writes it anew.
            Ok(text) => Ok(serde_json::from_str(&text).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(CliError::file("read", &path, &error)),
        }
    }

    /// Writes the file as a whole: a reader sees the old one or the new one.
    fn write(&self, all: &BTreeMap<String, SignIn>) -> Result<PathBuf> {
        let path = self.path()?;
        let text = serde_json::to_string_pretty(all).unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new("."));
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        private_folder(folder)
            .and_then(|()| write_private(&draft, &text))
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(|error| CliError::file("write", &path, &error))?;
        Ok(path)
    }
}

/// Says where a sign-in was put, when that is a file: others who can read the user's files can use it.
pub(crate) fn tell(place: &Place, printer: &Printer) {
    if let Place::File(path) = place {
        printer.warn(format!("no keyring can be reached: the sign-in is in {}, unencrypted", path.display()));
    }
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let _ = fs::remove_file(path);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(not(unix))]
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)
}
