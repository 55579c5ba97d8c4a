//! From what was kept to a database that answers reads.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use promptsync_core::{
    audit::Revision,
    digest::Digest,
    ids::WorkspaceId,
    seal::{self, DataKey, Place},
    time::Timestamp,
};
use sqlx::{Sqlite, Transaction, types::Json};

use super::{
    Stored,
    seal::{BASE, FORM, place},
    tables::{TABLES, VERSIONS},
    values::{Value, take, take_values},
};
use crate::{
    conn::{Db, Pools},
    error::{Result, StoreError},
    keyring::Keyring,
};

/// A workspace that was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its revision.
    pub revision: Revision,
    /// When it was certain that nothing newer existed.
    pub confirmed_at: Timestamp,
    /// How many prompts were left out, because something about them does not verify.
    pub refused: usize,
}

/// A part as rows: the number of the table, and the values.
type Rows = Vec<(usize, Vec<Value>)>;

impl Db {
    /// A database in memory with everything that verifies, under the keys of this one.
    pub async fn restored(&self, stored: Vec<Stored>) -> Result<(Self, Vec<Restored>)> {
        let ring = self.keyring();
        let empty = Keyring::new(Vec::new(), Arc::new(|_| ()));
        let db = Self { keyring: Arc::clone(ring), ..Self::in_memory(empty).await? };
        let Pools::Sqlite { writer, .. } = db.pools() else {
            return Err(StoreError::NotFound { what: "copy" });
        };
        let mut restored = Vec::new();
        for one in stored {
            let mut tx = writer.begin().await?;
            // One that does not verify leaves the others what they are.
            if let Some(done) = workspace(&mut tx, &one, ring).await? {
                tx.commit().await?;
                restored.push(done);
            }
        }
        Ok((db, restored))
    }
}

async fn workspace(
    tx: &mut Transaction<'static, Sqlite>,
    stored: &Stored,
    ring: &Keyring,
) -> Result<Option<Restored>> {
    let id = stored.workspace.as_str();
    let keys = stored.data_keys.iter().filter_map(|key| Some((key.version, ring.unwrap(id, key).ok()?)));
    let keys: HashMap<u32, DataKey> = keys.collect();
    let open = |place: &Place<'_>, sealed: &[u8]| {
        let key = keys.get(&seal::key_version(sealed).ok()?)?;
        seal::open(key, place, sealed).ok()
    };
    let Some(base) = open(&place(id, BASE), &stored.base) else { return Ok(None) };
    let Some((revision, rows, digests)) = read_base(&base) else { return Ok(None) };
    insert(tx, &rows).await?;
    for key in &stored.data_keys {
        sqlx::query("INSERT INTO data_keys (workspace_id, version, master_id, sealed, active) VALUES ($1, $2, $3, $4, FALSE)")
            .bind(id)
            .bind(i64::from(key.version))
            .bind(&key.master)
            .bind(&key.sealed)
            .execute(&mut **tx)
            .await?;
    }
    let mut documents = BTreeSet::new();
    for (digest, sealed) in &stored.documents {
        let place = Place { workspace: id, table: "documents", column: "sealed", row: digest };
        if open(&place, sealed).is_some_and(|text| Digest::of(&text).as_str() == digest) {
            insert_document(tx, id, digest, sealed, stored.confirmed_at).await?;
            documents.insert(digest.as_str());
        }
    }
    let mut refused = 0;
    for (part, digest) in &digests {
        let rows = stored.parts.get(part).filter(|sealed| Digest::of(sealed).as_str() == digest);
        let rows = rows.and_then(|sealed| open(&place(id, part), sealed)).and_then(|rows| read_rows(&rows));
        match rows.filter(|rows| has_documents(rows, &documents)) {
            Some(rows) => insert(tx, &rows).await?,
            None => refused += 1,
        }
    }
    let (workspace, confirmed_at) = (WorkspaceId::new(id), stored.confirmed_at);
    Ok(Some(Restored { workspace, revision, confirmed_at, refused }))
}

/// The revision, the rows, and the digest of every part.
fn read_base(bytes: &[u8]) -> Option<(Revision, Rows, BTreeMap<String, String>)> {
    let rest = bytes.strip_prefix(&[FORM])?;
    let (revision, mut rest) = rest.split_first_chunk::<8>()?;
    let rows = read_rows(take(&mut rest)?)?;
    let mut digests = BTreeMap::new();
    while !rest.is_empty() {
        let (part, digest) = (take(&mut rest)?, take(&mut rest)?);
        digests.insert(String::from_utf8(part.to_vec()).ok()?, String::from_utf8(digest.to_vec()).ok()?);
    }
    Some((Revision::from_be_bytes(*revision), rows, digests))
}

fn read_rows(mut bytes: &[u8]) -> Option<Rows> {
    let mut rows = Vec::new();
    while let Some((number, rest)) = bytes.split_first() {
        bytes = rest;
        let number = usize::from(*number);
        rows.push((number, take_values(&mut bytes, TABLES.get(number)?.kinds)?));
    }
    Some(rows)
}

fn has_documents(rows: &Rows, known: &BTreeSet<&str>) -> bool {
    rows.iter().filter(|(number, _)| *number == VERSIONS.0).all(
        |(_, values)| matches!(values.get(VERSIONS.3), Some(Value::Text(digest)) if known.contains(digest.as_str())),
    )
}

async fn insert(tx: &mut Transaction<'static, Sqlite>, rows: &Rows) -> Result<()> {
    for (number, values) in rows {
        let mut query = sqlx::query(TABLES[*number].insert);
        for value in values.iter().cloned() {
            query = match value {
                Value::Null(_) => query.bind(None::<String>),
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
                Value::Json(json) => query.bind(Json(json)),
                Value::Moment(at) => query.bind(at),
            };
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

async fn insert_document(
    tx: &mut Transaction<'static, Sqlite>,
    workspace: &str,
    digest: &str,
    sealed: &[u8],
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO documents (workspace_id, digest, content, bytes, created_at, sealed)
         VALUES ($1, $2, '', $3, $4, $5)",
    )
    .bind(workspace)
    .bind(digest)
    .bind(i64::try_from(sealed.len()).unwrap_or(i64::MAX))
    .bind(at)
    .bind(sealed)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
