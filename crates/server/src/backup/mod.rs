//! Backups of the embedded database: one encrypted file with all that a server needs, but the master key.

mod place;
mod restore;
mod stream;

use std::{
    fs,
    io::{self, Cursor, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use promptsync_core::{digest::Digest, time::Timestamp};
use promptsync_store::{StoreError, meta};
use serde::{Deserialize, Serialize};

pub(crate) use self::place::finish;
pub use self::restore::{Restore, Restored, restore};
use crate::{Config, MasterKeyError, StartError, auth::secret, start};

/// The key of `meta` that counts restores.
const EPOCH: &str = "epoch";

/// What stands before the database.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    created_at: Timestamp,
    version: String,
    epoch: u64,
    /// What the hashes of API keys were made with; none when it is configured.
    server_key: Option<String>,
}

/// A backup that cannot be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The data folder or database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The master key cannot be read.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The database refused.
    #[error("the database cannot be read or written")]
    Store(#[from] StoreError),
    /// A file cannot be read or written, or is not what it should be.
    #[error("cannot use {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// PostgreSQL has tools of its own.
    #[error("a PostgreSQL database is backed up with its own tools: see docs/operations/backup.md")]
    Postgres,
    /// A server uses the data folder.
    #[error("a server uses this data folder: stop it first")]
    InUse,
    /// Another process restores into the data folder.
    #[error("another restore uses this data folder")]
    Restoring,
    /// A document does not have the digest it is kept under.
    #[error("the document {digest} holds something else")]
    Document {
        /// The digest.
        digest: Digest,
    },
    /// The audit log was altered.
    #[error("the audit log of workspace {workspace} is broken at revision {revision}")]
    Audit {
        /// The workspace.
        workspace: String,
        /// The first bad entry.
        revision: i64,
    },
    /// Aliases would point elsewhere than they do now.
    #[error("the backup would move aliases back: {}", pointers.join("; "))]
    Rollback {
        /// Which, from where to where.
        pointers: Vec<String>,
    },
}

/// Writes a backup of a data folder into a file, beside a running server or without one. The file appears whole or not
/// at all.
pub async fn backup(config: Config, output: &Path) -> Result<(), BackupError> {
    if config.database_url.is_some() {
        return Err(BackupError::Postgres);
    }
    let server_key = match &config.server_key {
        Some(_) => None,
        None => fs::read_to_string(config.data_dir.join(secret::FILE)).ok(),
    };
    let app = start::open(config).await?;
    let mut tx = app.db.begin_system_read().await?;
    let manifest = Manifest {
        created_at: app.clock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: epoch(meta::get(&mut tx, EPOCH).await?),
        server_key,
    };
    drop(tx);
    let copy = app.config.data_dir.join(format!(".backup-{}.db", std::process::id()));
    let copied = app.db.copy_to(&copy).await;
    let written = match copied {
        Ok(()) => write(&app, &manifest, &copy, output),
        Err(failure) => Err(failure.into()),
    };
    let _ = fs::remove_file(&copy);
    app.db.close().await;
    written
}

fn write(app: &crate::App, manifest: &Manifest, copy: &Path, output: &Path) -> Result<(), BackupError> {
    let master = app.db.keyring().current()?;
    let manifest = serde_json::to_vec(manifest).map_err(|error| at(output)(error.into()))?;
    let draft = output.with_extension(format!("{}.draft", std::process::id()));
    let written = (|| {
        let database = fs::File::open(copy)?;
        let length = (manifest.len() as u64).to_be_bytes();
        let input = Cursor::new(length).chain(Cursor::new(&manifest)).chain(database);
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        stream::write(&master, io::BufReader::new(input), &mut file)?;
        file.flush()?;
        file.sync_all()?;
        fs::rename(&draft, output)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.map_err(at(output))
}

/// The epoch as it is kept; 0 before the first restore.
fn epoch(kept: Option<String>) -> u64 {
    kept.and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.display().to_string();
    move |source| BackupError::File { path, source }
}
