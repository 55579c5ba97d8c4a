use promptsync_core::{
    ids::VersionId,
    signing::{KeyLink, PrivateKey},
    time::Clock as _,
};
use promptsync_store::{
    Db, Pools, StoreError,
    aliases::Expected,
    signing_keys, version_locks,
    version_signatures::{self, VersionSignature},
};
use promptsync_testing::{Sample, db_test};

use crate::{
    proofs::{a_lock, a_signature},
    raw,
};

/// Tables whose rows never change.
const TABLES: [&str; 10] = [
    "versions",
    "documents",
    "releases",
    "release_entries",
    "release_changes",
    "alias_history",
    "audit_log",
    "access_records",
    "version_signatures",
    "version_locks",
];

/// A row in each table that never changes: the version of `greeting` is signed and locked, that of `open` is not.
async fn fill(db: &Db) -> Sample {
    let sample = Sample::new(db).await.unwrap();
    sample.publish(db, &[("greeting", "1.0.0"), ("open", "1.0.0")]).await.unwrap();
    let mut tx = db.begin_system_write().await.unwrap();
    sample.release(&mut tx, "1.0.0", &[("greeting", "1.0.0")]).await.unwrap();
    sample.release(&mut tx, "0.9.0", &[]).await.unwrap();
    sample.commit(tx, "release.create").await.unwrap();
    sample.access(db, &[sample.an_access("greeting")]).await.unwrap();
    sample.set_alias(db, "stable", Expected::Absent, &[("greeting", "1.0.0")]).await.unwrap();
    let id = "SELECT versions.id FROM versions JOIN prompts ON prompts.id = versions.prompt_id
              WHERE prompts.name = 'greeting'";
    let id = VersionId::new(raw::strings(db, id).await.remove(0));
    let mut tx = db.begin_write(&sample.workspace).await.unwrap();
    let signed = VersionSignature { signature: a_signature(&sample), record: None };
    let signatures = [(id.clone(), signed)];
    version_signatures::insert_all(&mut tx, &sample.workspace, &signatures).await.unwrap();
    version_locks::insert(&mut tx, &sample.workspace, &id, &a_lock(&sample)).await.unwrap();
    let private = PrivateKey::from_seed(&[1; 32]);
    let link = KeyLink::first(sample.workspace.as_str(), &private, sample.clock.now());
    signing_keys::insert(&mut tx, &sample.workspace, &link, &private).await.unwrap();
    sample.commit(tx, "version.lock").await.unwrap();
    sample
}

/// Every statement that would change a row that never changes: each column of each table, from the catalogue, and
/// whole rows.
async fn forbidden(db: &Db) -> Vec<String> {
    let mut statements = Vec::new();
    for table in TABLES {
        let columns = raw::columns(db, table).await;
        assert!(columns.len() >= 3, "{table}: {columns:?}");
        statements.extend(columns.iter().map(|column| format!("UPDATE {table} SET {column} = {column}")));
        statements.push(format!("DELETE FROM {table}"));
        statements.push(match db.pools() {
            Pools::Sqlite { .. } => format!("REPLACE INTO {table} SELECT * FROM {table}"),
            Pools::Postgres(_) => format!("TRUNCATE {table} CASCADE"),
        });
    }
    let keys = raw::columns(db, "signing_keys").await;
    let fixed = keys.iter().filter(|column| *column != "private_key_sealed");
    statements.extend(fixed.map(|column| format!("UPDATE signing_keys SET {column} = {column}")));
    statements.push("DELETE FROM signing_keys".into());
    statements.extend(around_a_lock());
    statements
}

/// Every statement that would archive a locked version, or let it be called something else.
fn around_a_lock() -> Vec<String> {
    let mut statements = vec![
        "INSERT INTO version_states (version_id, archived_at)
         SELECT version_id, locked_at FROM version_locks"
            .to_owned(),
        "DELETE FROM prompts WHERE name = 'greeting'".to_owned(),
        "DELETE FROM projects".to_owned(),
    ];
    for column in ["id", "project_id", "name", "folded_name"] {
        statements.push(format!("UPDATE prompts SET {column} = {column} || 'x' WHERE name = 'greeting'"));
    }
    for column in ["id", "workspace_id", "name", "folded_name"] {
        statements.push(format!("UPDATE projects SET {column} = {column} || 'x'"));
    }
    statements
}

async fn assert_refused(db: &Db, sql: &str) {
    let answer = raw::execute(db, sql).await;
    assert!(matches!(answer, Err(StoreError::Immutable(_))), "{sql}: {answer:?}");
}

db_test! {
    async fn nothing_that_was_published_logged_signed_or_locked_can_be_changed(db: &Db) {
        fill(db).await;
        let statements = forbidden(db).await;
        assert!(statements.len() > 90, "{}", statements.len());
        for sql in statements {
            assert_refused(db, &sql).await;
        }
    }

    async fn the_role_of_an_application_cannot_change_it_either(db: &Db) {
        fill(db).await;
        let statements = forbidden(db).await;
        let Pools::Postgres(_) = db.pools() else { return };
        let role = raw::application_role(db).await;
        for sql in statements {
            let answer = raw::execute_as(db, role, &sql).await;
            assert!(matches!(answer, Err(StoreError::Immutable(_))), "{sql}: {answer:?}");
        }
        // Nor can it take the triggers away.
        for table in TABLES {
            for sql in [
                format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
                format!("DROP TRIGGER {table}_refuse_truncate ON {table}"),
                format!("DROP TABLE {table} CASCADE"),
                "SET session_replication_role = replica".to_owned(),
            ] {
                let answer = raw::execute_as(db, role, &sql).await;
                let refused = format!("{answer:?}");
                assert!(refused.contains("42501"), "{sql}: {refused}");
            }
        }
        // The control: the role may do what the application does.
        assert_eq!(raw::execute_as(db, role, "UPDATE prompts SET owner = owner").await.unwrap(), 2);
    }

    async fn what_is_not_published_can_be_changed(db: &Db) {
        // The control: the statements above fail because of the triggers, not because of their form.
        fill(db).await;
        assert_eq!(raw::execute(db, "UPDATE prompts SET owner = owner").await.unwrap(), 2);
        assert_eq!(raw::execute(db, "DELETE FROM alias_entries").await.unwrap(), 1);
        assert_eq!(raw::execute(db, "UPDATE signing_keys SET private_key_sealed = NULL").await.unwrap(), 1);
        let archive = "INSERT INTO version_states (version_id, archived_at)
                       SELECT versions.id, versions.created_at FROM versions
                       JOIN prompts ON prompts.id = versions.prompt_id WHERE prompts.name = 'open'";
        assert_eq!(raw::execute(db, archive).await.unwrap(), 1);
        let becomes_locked = "UPDATE version_states SET version_id = (SELECT version_id FROM version_locks)";
        assert_refused(db, becomes_locked).await;
        let rename = "UPDATE prompts SET name = name || 'x', folded_name = folded_name || 'x' WHERE name = 'open'";
        assert_eq!(raw::execute(db, rename).await.unwrap(), 1);
    }
}
