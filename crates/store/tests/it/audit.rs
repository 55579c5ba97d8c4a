use std::collections::BTreeSet;

use promptsync_core::{
    audit::{Actor, first_bad, genesis},
    ids::{Ids as _, WorkspaceId},
    time::Clock as _,
};
use promptsync_store::{StoreError, audit, projects, workspaces, workspaces::Workspace};
use promptsync_testing::{Sample, db_test, sample::workspace_name};
use serde_json::json;

use crate::raw;

db_test! {
    async fn entries_are_numbered_without_gaps_and_chained(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        for expected in 2..=20 {
            let tx = db.begin_system_write().await.unwrap();
            assert_eq!(sample.commit(tx, "test.change").await.unwrap(), expected);
        }
        let mut tx = db.begin_system_read().await.unwrap();
        let entries = audit::since(&mut tx, &sample.workspace, 0, 100).await.unwrap();
        assert_eq!(entries.len(), 20);
        assert_eq!(entries[0].parent, genesis());
        assert_eq!(first_bad(sample.workspace.as_str(), &entries), None);
        let head = audit::head(&mut tx, &sample.workspace).await.unwrap();
        assert_eq!((head.revision, &head.hash), (20, &entries[19].hash));
        let page = audit::since(&mut tx, &sample.workspace, 5, 3).await.unwrap();
        assert_eq!(page.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [6, 7, 8]);
        let newest = audit::before(&mut tx, &sample.workspace, None, 2).await.unwrap();
        assert_eq!(newest, [entries[19].clone(), entries[18].clone()]);
        let earlier = audit::before(&mut tx, &sample.workspace, Some(3), 5).await.unwrap();
        assert_eq!(earlier.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [2, 1]);
    }

    async fn an_entry_reads_back_as_it_was_hashed(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut entry = sample.entry("test.odd");
        entry.reason = Some("“quoted”, \u{1F600} and \\ back-slash".into());
        entry.before = entry.after.clone();
        entry.request_id = Some("r-1".into());
        entry.address = Some("2001:db8::1".into());
        entry.on_behalf_of = Some(Actor::User { id: "u1".into(), name: "Ann \u{1F600}".into() });
        entry.at += chrono::TimeDelta::nanoseconds(123_456_789);
        entry.details = json!({
            "z": 1, "a": {"b": [1.5, 1e20, 1e-7, 0.1, -3, u64::MAX, true, null], "é": "e\u{301}\n\t"}, "empty": {},
        })
        .as_object()
        .unwrap()
        .clone();
        let tx = db.begin_system_write().await.unwrap();
        let revision = tx.commit(&sample.workspace, entry.clone()).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let entries = audit::since(&mut tx, &sample.workspace, 0, 100).await.unwrap();
        assert_eq!(first_bad(sample.workspace.as_str(), &entries), None);
        entry.at = promptsync_core::time::to_microseconds(entry.at);
        assert_eq!(entries.last().unwrap().revision, revision);
        assert_eq!(entries.last().unwrap().entry, entry);
    }

    async fn eight_writers_at_once_leave_no_gap_and_one_chain(db: &Db) {
        let sample = std::sync::Arc::new(Sample::new(db).await.unwrap());
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let (db, sample) = (db.clone(), sample.clone());
            writers.spawn(async move {
                let mut revisions = Vec::new();
                for round in 0..10 {
                    let mut tx = db.begin_system_write().await.unwrap();
                    if (writer + round) % 3 == 0 {
                        // Reserved and given back: the number goes to somebody else.
                        tx.revision(&sample.workspace).await.unwrap();
                        drop(tx);
                    } else {
                        revisions.push(sample.commit(tx, "test.change").await.unwrap());
                    }
                }
                revisions
            });
        }
        let given: BTreeSet<i64> = writers.join_all().await.into_iter().flatten().collect();
        let last = i64::try_from(given.len()).unwrap() + 1;
        assert_eq!(given, (2..=last).collect());
        let mut tx = db.begin_system_read().await.unwrap();
        let entries = audit::since(&mut tx, &sample.workspace, 0, 1000).await.unwrap();
        assert_eq!(entries.len(), given.len() + 1);
        assert_eq!(first_bad(sample.workspace.as_str(), &entries), None);
    }

    async fn a_change_that_is_not_committed_leaves_nothing(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        sample.write(&mut tx, &[("greeting", "1.0.0")]).await.unwrap();
        tx.revision(&sample.workspace).await.unwrap();
        drop(tx);
        for table in ["prompts", "versions", "documents"] {
            assert!(raw::strings(db, &format!("SELECT '1' FROM {table}")).await.is_empty(), "{table}");
        }
        let mut tx = db.begin_system_read().await.unwrap();
        assert_eq!(audit::head(&mut tx, &sample.workspace).await.unwrap().revision, 1);
    }

    async fn the_revision_reserved_early_is_the_one_committed(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let reserved = tx.revision(&sample.workspace).await.unwrap();
        assert_eq!(tx.revision(&sample.workspace).await.unwrap(), reserved);
        assert_eq!(sample.commit(tx, "test.change").await.unwrap(), reserved);
    }

    async fn a_change_belongs_to_one_workspace(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let other = Workspace {
            id: WorkspaceId::new(sample.ids.next()),
            name: workspace_name("other"),
            created_at: sample.clock.now(),
        };
        let mut tx = db.begin_system_write().await.unwrap();
        workspaces::insert(&mut tx, &other).await.unwrap();
        assert_eq!(tx.commit(&other.id, sample.entry("workspace.create")).await.unwrap(), 1);

        let mut tx = db.begin_system_write().await.unwrap();
        tx.revision(&other.id).await.unwrap();
        let answer = tx.commit(&sample.workspace, sample.entry("test.change")).await;
        assert!(matches!(answer, Err(StoreError::OtherWorkspace)), "{answer:?}");

        let mut tx = db.begin_system_read().await.unwrap();
        let names: Vec<_> =
            workspaces::list(&mut tx).await.unwrap().into_iter().map(|workspace| workspace.name).collect();
        assert_eq!(names, ["acme", "other"].map(workspace_name));
        assert!(projects::by_id(&mut tx, &other.id, &sample.project).await.unwrap().is_none());
    }

    async fn a_workspace_that_does_not_exist_is_named(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let nobody = WorkspaceId::new("nobody");
        let tx = db.begin_system_write().await.unwrap();
        let answer = tx.commit(&nobody, sample.entry("test.change")).await;
        assert!(matches!(answer, Err(StoreError::NotFound { what: "workspace" })), "{answer:?}");
    }

    async fn an_entry_changed_behind_the_triggers_is_found(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        for _ in 0..4 {
            let tx = db.begin_system_write().await.unwrap();
            sample.commit(tx, "test.change").await.unwrap();
        }
        let drop_trigger = match db.pools() {
            promptsync_store::Pools::Sqlite { .. } => "DROP TRIGGER audit_log_refuse_update",
            promptsync_store::Pools::Postgres(_) => "ALTER TABLE audit_log DISABLE TRIGGER USER",
        };
        raw::execute(db, drop_trigger).await.unwrap();
        raw::execute(db, "UPDATE audit_log SET target = 'project:other' WHERE revision = 3").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let entries = audit::since(&mut tx, &sample.workspace, 0, 100).await.unwrap();
        assert_eq!(first_bad(sample.workspace.as_str(), &entries), Some(3));
    }
}
