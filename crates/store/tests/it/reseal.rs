use std::collections::BTreeSet;

use promptsync_core::{digest::Digest, interface::Interface, seal::MasterKey};
use promptsync_store::{
    Db, Pools, StoreError, data_keys, documents,
    reseal::{self, COLUMNS},
    search, search_pending, versions,
};
use promptsync_testing::{Sample, db_test, keyring::master, sample::a_document};

use crate::raw;

const OTHER: [u8; 32] = [0xc0; 32];

/// Publishes so many prompts, each with a document of its own.
async fn fill(db: &Db, prompts: usize) -> Sample {
    let sample = Sample::new(db).await.unwrap();
    let names: Vec<String> = (0..prompts).map(|index| format!("prompt_{index:03}")).collect();
    let versions: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1.0.0")).collect();
    sample.publish(db, &versions).await.unwrap();
    sample
}

fn digest(name: &str) -> Digest {
    Digest::of(a_document(&format!("{name} 1.0.0")).as_bytes())
}

/// Everything reads as it was written.
async fn assert_reads(db: &Db, sample: &Sample, prompts: usize) {
    let mut tx = db.begin_read(&sample.workspace).await.unwrap();
    let digests: Vec<Digest> = (0..prompts).map(|index| digest(&format!("prompt_{index:03}"))).collect();
    let found = documents::get_all(&mut tx, &sample.workspace, &digests).await.unwrap();
    assert_eq!(found.len(), prompts);
    assert!(found.iter().all(|(digest, text)| Digest::of(text.as_bytes()) == *digest));
    let name = promptsync_testing::sample::prompt_name("prompt_000");
    let past = versions::of_prompts(&mut tx, &sample.project, &[name.clone()]).await.unwrap();
    assert_eq!(past[&name][0].interface, Interface::default());
    let question = search::Question { text: "prompt_000".into(), tags: Vec::new() };
    let page = promptsync_store::PageRequest::first(10);
    let hits = search::find(&mut tx, &sample.workspace, &sample.project, &question, &page).await.unwrap();
    assert_eq!(hits.items.len(), 1);
}

/// How many values each key version seals, over the columns a publish fills.
async fn versions_in_use(db: &Db) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for table in ["documents", "versions", "search_keys"] {
        let sql = "SELECT DISTINCT CAST(length(sealed) > 5 AS TEXT) || ':' || ".to_string();
        let part = match db.pools() {
            Pools::Sqlite { .. } => "hex(substr(sealed, 2, 4))",
            Pools::Postgres(_) => "encode(substr(sealed, 2, 4), 'hex')",
        };
        found.extend(
            raw::strings(db, &format!("{sql}{part} FROM {table}"))
                .await
                .into_iter()
                .map(|text| text.rsplit(':').next().unwrap_or_default().to_owned()),
        );
    }
    found
}

db_test! {
    async fn every_sealed_column_is_sealed_again_when_keys_change(db: &Db) {
        let sql = match db.pools() {
            Pools::Sqlite { .. } => {
                "SELECT sqlite_master.name || '.' || column_info.name
                 FROM sqlite_master JOIN pragma_table_info(sqlite_master.name) AS column_info
                 WHERE sqlite_master.type = 'table' AND column_info.type = 'BYTEA'"
            }
            Pools::Postgres(_) => {
                "SELECT table_name || '.' || column_name FROM information_schema.columns
                 WHERE table_schema = 'public' AND data_type = 'bytea'"
            }
        };
        let sealed = |name: &String| name.ends_with("sealed") || name.ends_with("private_key");
        let found: BTreeSet<String> = raw::strings(db, sql).await.into_iter().filter(sealed).collect();
        let mut known: BTreeSet<String> =
            COLUMNS.iter().map(|column| format!("{}.{}", column.table, column.column)).collect();
        known.insert("data_keys.sealed".into());
        assert_eq!(found, known);
    }

    async fn values_move_to_the_new_key_batch_by_batch_and_read_all_the_while(db: &Db) {
        let sample = fill(db, 250).await;
        let new = MasterKey::from_bytes(&OTHER);
        db.keyring().replace(vec![new.clone(), master()]);

        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        assert!(reseal::rotate(&mut tx, &sample.workspace).await.unwrap());
        sample.commit(tx, "keys.rotate").await.unwrap();
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        assert!(!reseal::rotate(&mut tx, &sample.workspace).await.unwrap(), "once is enough");
        assert!(reseal::is_pending(&mut tx, &sample.workspace).await.unwrap());
        assert_eq!(reseal::retire(&mut tx, &sample.workspace).await.unwrap(), 0, "the old key is still needed");
        drop(tx);

        let mut values = 0;
        for column in COLUMNS {
            let mut after = String::new();
            loop {
                let mut tx = db.begin_write(&sample.workspace).await.unwrap();
                let batch = reseal::batch(&mut tx, &sample.workspace, column, &after).await.unwrap();
                let Some(batch) = batch else { break };
                sample.commit(tx, "keys.reseal").await.unwrap();
                values += batch.values;
                after = batch.last;
                assert_reads(db, &sample, 250).await;
            }
        }
        assert_eq!(values, 250 + 250 + 1, "documents, versions and the search key");
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        assert_eq!(reseal::retire(&mut tx, &sample.workspace).await.unwrap(), 1);
        assert_eq!(data_keys::masters(&mut tx).await.unwrap(), [new.id()]);
        assert!(!reseal::is_pending(&mut tx, &sample.workspace).await.unwrap());
        sample.commit(tx, "keys.retire").await.unwrap();
        assert_eq!(versions_in_use(db).await, BTreeSet::from(["00000002".to_owned()]));
        db.keyring().replace(vec![new]);
        assert_reads(db, &sample, 250).await;
    }

    async fn a_batch_that_did_not_commit_is_done_again(db: &Db) {
        let sample = fill(db, 3).await;
        db.keyring().replace(vec![MasterKey::from_bytes(&OTHER), master()]);
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        reseal::rotate(&mut tx, &sample.workspace).await.unwrap();
        sample.commit(tx, "keys.rotate").await.unwrap();
        for commits in [false, true] {
            let mut tx = db.begin_write(&sample.workspace).await.unwrap();
            let batch = reseal::batch(&mut tx, &sample.workspace, &COLUMNS[0], "").await.unwrap();
            assert_eq!(batch.map(|batch| batch.values), Some(3));
            if commits {
                sample.commit(tx, "keys.reseal").await.unwrap();
            }
        }
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        assert_eq!(reseal::batch(&mut tx, &sample.workspace, &COLUMNS[0], "").await.unwrap(), None);
    }

    async fn what_was_written_in_clear_reads_and_is_sealed(db: &Db) {
        let sample = fill(db, 2).await;
        // As a version of the program without sealing left it.
        unlock(db).await;
        let canonical = a_document("prompt_000 1.0.0");
        let interface = serde_json::to_string(&Interface::default()).unwrap();
        raw::execute(db, &format!("UPDATE documents SET sealed = NULL, content = '{canonical}' WHERE digest = '{}'", digest("prompt_000"))).await.unwrap();
        raw::execute(db, &format!("UPDATE versions SET sealed = NULL, interface = '{interface}' WHERE digest = '{}'", digest("prompt_000"))).await.unwrap();
        lock(db).await;
        let forget = match db.pools() {
            Pools::Sqlite { .. } => "DELETE FROM search_rows",
            Pools::Postgres(_) => "DELETE FROM search_index",
        };
        raw::execute(db, forget).await.unwrap();

        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let unindexed = search::unindexed(&mut tx, &sample.workspace, 10).await.unwrap();
        assert_eq!(unindexed.len(), 2);
        assert_eq!(search::unindexed(&mut tx, &sample.workspace, 1).await.unwrap().len(), 1);
        search_pending::index(&mut tx, &sample.workspace, &unindexed).await.unwrap();
        assert!(search::unindexed(&mut tx, &sample.workspace, 10).await.unwrap().is_empty());
        let read = documents::get(&mut tx, &sample.workspace, &digest("prompt_000")).await.unwrap();
        assert_eq!(read.as_deref(), Some(canonical.as_str()));
        assert!(reseal::is_in_clear(&mut tx, &sample.workspace).await.unwrap());
        assert_eq!(reseal::seal_clear(&mut tx, &sample.workspace).await.unwrap(), 1, "the document");
        assert_eq!(reseal::seal_clear(&mut tx, &sample.workspace).await.unwrap(), 1, "the version");
        assert_eq!(reseal::seal_clear(&mut tx, &sample.workspace).await.unwrap(), 0);
        assert!(!reseal::is_in_clear(&mut tx, &sample.workspace).await.unwrap());
        assert_eq!(documents::seal_clear(&mut tx, &sample.workspace, 10).await.unwrap(), 0);
        assert_eq!(versions::seal_clear(&mut tx, &sample.workspace, 10).await.unwrap(), 0);
        let read = documents::get(&mut tx, &sample.workspace, &digest("prompt_000")).await.unwrap();
        assert_eq!(read.as_deref(), Some(canonical.as_str()));
        sample.commit(tx, "keys.seal").await.unwrap();
        assert_eq!(raw::strings(db, "SELECT DISTINCT content FROM documents").await, [""]);
    }

    async fn a_published_row_changes_only_by_being_sealed_under_a_newer_key(db: &Db) {
        fill(db, 2).await;
        let same = "UPDATE documents SET sealed = sealed";
        let older = match db.pools() {
            Pools::Sqlite { .. } => "UPDATE documents SET sealed = x'0100000000' || substr(sealed, 6)",
            Pools::Postgres(_) => "UPDATE documents SET sealed = '\\x0100000000'::bytea || substr(sealed, 6)",
        };
        let with_more = match db.pools() {
            Pools::Sqlite { .. } => "UPDATE documents SET sealed = x'0100000009' || substr(sealed, 6), bytes = 1",
            Pools::Postgres(_) => "UPDATE documents SET sealed = '\\x0100000009'::bytea || substr(sealed, 6), bytes = 1",
        };
        for sql in [same, older, with_more, "UPDATE documents SET sealed = NULL, content = 'x'",
            "UPDATE documents SET content = ''", "UPDATE versions SET sealed = NULL"] {
            let answer = raw::execute(db, sql).await;
            assert!(matches!(answer, Err(StoreError::Immutable(_))), "{sql}: {answer:?}");
        }
    }

    async fn a_value_that_was_moved_or_altered_is_refused_with_its_place(db: &Db) {
        let sample = fill(db, 2).await;
        unlock(db).await;
        let (first, second) = (digest("prompt_000"), digest("prompt_001"));
        raw::execute(db, &format!(
            "UPDATE documents SET sealed = (SELECT other.sealed FROM documents AS other WHERE other.digest = '{second}')
             WHERE digest = '{first}'")).await.unwrap();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let answer = documents::get(&mut tx, &sample.workspace, &first).await;
        let Err(StoreError::Sealed { table: "documents", column: "sealed", row, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!(row, first.as_str());
        drop(tx);

        // From another column: a version's value in a document's place.
        raw::execute(db, &format!(
            "UPDATE documents SET sealed = (SELECT versions.sealed FROM versions WHERE versions.digest = '{first}')
             WHERE digest = '{first}'")).await.unwrap();
        // A flipped bit at the end of the other.
        let flip = match db.pools() {
            Pools::Sqlite { .. } => "substr(sealed, 1, length(sealed) - 1) || CASE hex(substr(sealed, -1)) WHEN '00' THEN x'01' ELSE x'00' END",
            Pools::Postgres(_) => "set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)",
        };
        raw::execute(db, &format!("UPDATE documents SET sealed = {flip} WHERE digest = '{second}'")).await.unwrap();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        for digest in [first, second] {
            let answer = documents::get(&mut tx, &sample.workspace, &digest).await;
            assert!(matches!(answer, Err(StoreError::Sealed { .. })), "{answer:?}");
        }
    }
}

/// Lets rows be changed that never change.
async fn unlock(db: &Db) {
    for table in ["documents", "versions"] {
        let sql = match db.pools() {
            Pools::Sqlite { .. } => format!("DROP TRIGGER {table}_refuse_update"),
            Pools::Postgres(_) => format!("ALTER TABLE {table} DISABLE TRIGGER USER"),
        };
        raw::execute(db, &sql).await.unwrap();
    }
}

/// Puts the triggers back, as far as the database remembers them.
async fn lock(db: &Db) {
    if let Pools::Postgres(_) = db.pools() {
        for table in ["documents", "versions"] {
            raw::execute(db, &format!("ALTER TABLE {table} ENABLE TRIGGER USER")).await.unwrap();
        }
    }
}
