use promptsync_store::{Db, Pools, StoreError, aliases::Expected};
use promptsync_testing::{Sample, db_test};

use crate::raw;

/// Tables whose rows never change.
const TABLES: [&str; 7] =
    ["versions", "documents", "releases", "release_entries", "alias_history", "audit_log", "access_records"];

/// A row in each table that never changes.
async fn fill(db: &Db) -> Sample {
    let sample = Sample::new(db).await.unwrap();
    sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
    let mut tx = db.begin_system_write().await.unwrap();
    sample.release(&mut tx, "1.0.0", &[("greeting", "1.0.0")]).await.unwrap();
    sample.commit(tx, "release.create").await.unwrap();
    sample.access(db, &[sample.an_access("greeting")]).await.unwrap();
    sample.set_alias(db, "stable", Expected::Absent, &[("greeting", "1.0.0")]).await.unwrap();
    sample
}

async fn assert_refused(db: &Db, sql: &str) {
    let answer = raw::execute(db, sql).await;
    assert!(matches!(answer, Err(StoreError::Immutable(_))), "{sql}: {answer:?}");
}

db_test! {
    async fn no_column_of_what_was_published_or_logged_can_be_updated(db: &Db) {
        fill(db).await;
        for table in TABLES {
            let columns = raw::columns(db, table).await;
            assert!(columns.len() >= 3, "{table}: {columns:?}");
            for column in columns {
                assert_refused(db, &format!("UPDATE {table} SET {column} = {column}")).await;
            }
        }
    }

    async fn no_row_that_was_published_or_logged_can_be_deleted(db: &Db) {
        fill(db).await;
        for table in TABLES {
            assert_refused(db, &format!("DELETE FROM {table}")).await;
        }
    }

    async fn no_row_that_was_published_or_logged_can_be_replaced_or_truncated(db: &Db) {
        fill(db).await;
        for table in TABLES {
            let sql = match db.pools() {
                Pools::Sqlite { .. } => format!("REPLACE INTO {table} SELECT * FROM {table}"),
                Pools::Postgres(_) => format!("TRUNCATE {table} CASCADE"),
            };
            assert_refused(db, &sql).await;
        }
    }

    async fn what_is_not_published_can_be_changed(db: &Db) {
        // The control: the statements above fail because of the triggers, not because of their form.
        fill(db).await;
        assert_eq!(raw::execute(db, "UPDATE prompts SET owner = owner").await.unwrap(), 1);
        assert_eq!(raw::execute(db, "DELETE FROM alias_entries").await.unwrap(), 1);
    }
}
