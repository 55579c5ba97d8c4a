//! Restoring: everything is checked beside the data folder's database before it takes its place.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    path::Path,
};

use promptsync_core::{
    audit::{AuditEntry, first_bad},
    digest::Digest,
    ids::WorkspaceId,
    seal::MasterKey,
    time::Clock as _,
};
use promptsync_store::{
    Db, StoreError, audit,
    backup::{self, Pointer},
    documents, meta, workspaces,
};
use serde_json::json;

use super::{BackupError, EPOCH, Manifest, at, epoch, place::Place, stream};
use crate::{Config, SystemClock, masters::Masters, start};

/// Documents or audit entries that are checked at once.
const CHECKED: u32 = 1_000;

/// What to restore, and how.
#[derive(Clone, Copy, Debug)]
pub struct Restore<'a> {
    /// The backup.
    pub file: &'a Path,
    /// Whether every document, audit entry and alias is checked.
    pub verify: bool,
    /// Whether aliases may point elsewhere afterwards than they do now.
    pub accept_rollback: bool,
}

/// What was restored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub created_at: String,
    /// The epoch from now on.
    pub epoch: u64,
    /// Documents that were checked.
    pub documents: u64,
    /// Audit entries that were checked.
    pub entries: u64,
    /// Aliases that point elsewhere than before.
    pub rolled_back: Vec<String>,
}

/// Puts a backup into a data folder. Nothing of the folder changes before everything was checked; a server must not use
/// it.
pub async fn restore(config: Config, wanted: Restore<'_>) -> Result<Restored, BackupError> {
    if config.database_url.is_some() {
        return Err(BackupError::Postgres);
    }
    start::make_private(&config.data_dir).map_err(at(&config.data_dir))?;
    let folder = Place::hold(&config.data_dir)?;
    let staging = folder.staging()?;
    let draft = staging.path().join(start::DATABASE);
    let masters = Masters::of(&config);
    let keyring = masters.keyring().await?;
    let manifest = decrypt(&masters.read()?, wanted.file, &draft)?;
    let mut done = Restored { created_at: manifest.created_at.to_rfc3339(), ..Restored::default() };

    let db = Db::open_sqlite(&draft, keyring).await?;
    if wanted.verify {
        verify(&db, &mut done).await?;
    }
    let place = config.data_dir.join(start::DATABASE);
    let before = current(&masters, &place).await?;
    done.rolled_back = moved(&before.1, &pointers(&db).await?);
    if !done.rolled_back.is_empty() && !wanted.accept_rollback {
        return Err(BackupError::Rollback { pointers: done.rolled_back });
    }
    done.epoch = manifest.epoch.max(before.0) + 1;
    record(&db, &manifest, &done).await?;
    db.close().await;
    if place.exists() && backup::is_in_use(&place).await? {
        return Err(BackupError::InUse);
    }
    folder.put(staging, manifest.server_key.as_deref())?;
    Ok(done)
}

/// Decrypts a backup; gives what stands before its database.
fn decrypt(keys: &[MasterKey], file: &Path, draft: &Path) -> Result<Manifest, BackupError> {
    let mut input = io::BufReader::new(fs::File::open(file).map_err(at(file))?);
    let (id, header) = stream::header(&mut input).map_err(at(file))?;
    let master = keys.iter().find(|key| key.id() == id).ok_or_else(|| {
        let given: Vec<String> = keys.iter().map(MasterKey::id).collect();
        let given = if given.is_empty() { "none".to_owned() } else { given.join(", ") };
        StoreError::UnknownMasterKey { needed: id, given }
    })?;
    let read = || {
        let mut content = stream::Reader::new(master, header, input)?;
        let mut length = [0; 8];
        content.read_exact(&mut length)?;
        let mut manifest = Vec::new();
        (&mut content).take(u64::from_be_bytes(length)).read_to_end(&mut manifest)?;
        let manifest = serde_json::from_slice(&manifest)?;
        let mut database = fs::OpenOptions::new().write(true).create_new(true).open(draft)?;
        io::copy(&mut content, &mut database)?;
        database.sync_all()?;
        Ok(manifest)
    };
    read().map_err(at(file))
}

/// Checks every document against its digest, and the audit log of every workspace.
async fn verify(db: &Db, done: &mut Restored) -> Result<(), BackupError> {
    let mut tx = db.begin_system_read().await?;
    for workspace in workspaces::list(&mut tx).await? {
        let mut after = String::new();
        loop {
            let digests = backup::digests(&mut tx, &workspace.id, &after, CHECKED).await?;
            let Some(last) = digests.last() else { break };
            after = last.to_string();
            for (digest, text) in documents::get_all(&mut tx, &workspace.id, &digests).await? {
                if Digest::of(text.as_bytes()) != digest {
                    return Err(BackupError::Document { digest });
                }
                done.documents += 1;
            }
        }
        let broken = |revision| BackupError::Audit { workspace: workspace.id.to_string(), revision };
        let mut last = None;
        loop {
            let from = last.as_ref().map_or(0, |(revision, _)| *revision);
            let entries = audit::since(&mut tx, &workspace.id, from, CHECKED).await?;
            let (Some(first), Some(end)) = (entries.first(), entries.last()) else { break };
            let follows = match &last {
                Some((revision, hash)) => first.revision == revision + 1 && first.parent == *hash,
                None => first.revision == 1,
            };
            if !follows {
                return Err(broken(first.revision));
            }
            if let Some(revision) = first_bad(workspace.id.as_str(), &entries) {
                return Err(broken(revision));
            }
            done.entries += entries.len() as u64;
            last = Some((end.revision, end.hash.clone()));
        }
        let head = audit::head(&mut tx, &workspace.id).await?;
        if last.is_some_and(|(revision, hash)| (revision, hash) != (head.revision, head.hash)) {
            return Err(broken(head.revision));
        }
    }
    Ok(())
}

/// The epoch and the aliases of the database that is there now.
async fn current(masters: &Masters, place: &Path) -> Result<(u64, Vec<Pointer>), BackupError> {
    if !place.exists() {
        return Ok((0, Vec::new()));
    }
    if backup::is_in_use(place).await? {
        return Err(BackupError::InUse);
    }
    let db = Db::open_sqlite(place, masters.keyring().await?).await?;
    let mut tx = db.begin_system_read().await?;
    let found = (epoch(meta::get(&mut tx, EPOCH).await?), backup::pointers(&mut tx).await?);
    drop(tx);
    db.close().await;
    Ok(found)
}

async fn pointers(db: &Db) -> Result<Vec<Pointer>, StoreError> {
    backup::pointers(&mut db.begin_system_read().await?).await
}

/// Aliases that point elsewhere in the backup than now, or that it does not have.
fn moved(now: &[Pointer], then: &[Pointer]) -> Vec<String> {
    let key = |pointer: &Pointer| {
        let Pointer { workspace, project, alias, prompt, .. } = pointer.clone();
        (workspace, project, alias, prompt)
    };
    let then: BTreeMap<_, _> = then.iter().map(|pointer| (key(pointer), &pointer.version)).collect();
    now.iter()
        .filter_map(|pointer| {
            let back = then.get(&key(pointer));
            let words = match back {
                Some(version) if **version == pointer.version => return None,
                Some(version) => format!("back to {version}"),
                None => "gone".to_owned(),
            };
            let Pointer { project, alias, prompt, version, .. } = pointer;
            Some(format!("{project} {alias} {prompt}: from {version} {words}"))
        })
        .collect()
}

/// Raises the epoch and writes into every audit log that there was a restore.
async fn record(db: &Db, manifest: &Manifest, done: &Restored) -> Result<(), StoreError> {
    let known = workspaces::list(&mut db.begin_system_read().await?).await?;
    for workspace in known {
        let mut tx = db.begin_system_write().await?;
        meta::set(&mut tx, EPOCH, &done.epoch.to_string()).await?;
        tx.commit(&workspace.id, entry(&workspace.id, manifest, done)).await?;
    }
    Ok(())
}

fn entry(workspace: &WorkspaceId, manifest: &Manifest, done: &Restored) -> AuditEntry {
    let details = json!({
        "backup_created_at": manifest.created_at, "epoch": done.epoch, "rolled_back": done.rolled_back,
    });
    let (details, target) = (details.as_object().cloned(), format!("workspace:{workspace}"));
    AuditEntry::of_system("backup.restore", target, details.unwrap_or_default(), SystemClock.now())
}
