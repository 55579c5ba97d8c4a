//! The wall between workspaces in PostgreSQL: what a statement meets that forgot its workspace.

use promptsync_core::{
    ids::{Ids as _, ProjectId, WorkspaceId},
    time::Clock as _,
};
use promptsync_store::{
    Db, PageRequest, Pools, StoreError,
    aliases::Expected,
    projects, prompts,
    search::{self, Question},
    workspaces,
};
use promptsync_testing::{
    Sample,
    database::{maintenance_url, url_of},
    db_test,
    sample::workspace_name,
};
use sqlx::QueryBuilder;

use crate::raw;

/// Tables that belong to the server and not to a workspace: its own facts, and people, who exist once for all of them.
/// A refresh token, or an attempt
/// to sign in elsewhere, is found by its hash alone.
const WITHOUT_WALL: [&str; 6] =
    ["_sqlx_migrations", "identities", "meta", "oidc_attempts", "refresh_tokens", "users"];

/// Counts with a connection that says nothing about where it works.
async fn count(db: &promptsync_store::Db, table: &str) -> i64 {
    let Pools::Postgres(pool) = db.pools() else { unreachable!("only PostgreSQL has walls") };
    let sql = format!("SELECT COUNT(*) FROM {table}");
    QueryBuilder::new(sql).build_query_scalar().fetch_one(pool).await.unwrap()
}

async fn another_workspace(db: &promptsync_store::Db, sample: &Sample) -> WorkspaceId {
    let row = workspaces::Workspace {
        id: WorkspaceId::new(sample.ids.next()),
        name: workspace_name("other"),
        created_at: sample.clock.now(),
    };
    let mut tx = db.begin_system_write().await.unwrap();
    workspaces::insert(&mut tx, &row).await.unwrap();
    tx.commit(&row.id, sample.entry("workspace.create")).await.unwrap();
    row.id
}

db_test! {
    async fn every_table_has_a_wall_or_is_known_to_need_none(db: &Db) {
        let Pools::Postgres(_) = db.pools() else { return };
        let walled = "SELECT relname::TEXT FROM pg_class
                      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                        AND relrowsecurity AND relforcerowsecurity
                        AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid) ORDER BY 1";
        let all = "SELECT relname::TEXT FROM pg_class
                   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1";
        let walled = raw::strings(db, walled).await;
        let open: Vec<String> = raw::strings(db, all).await.into_iter().filter(|name| !walled.contains(name)).collect();
        assert_eq!(open, WITHOUT_WALL);
        assert!(walled.len() > 20, "{walled:?}");
    }

    async fn a_statement_that_forgot_its_workspace_finds_nothing(db: &Db) {
        let Pools::Postgres(pool) = db.pools() else { return };
        assert!(!db.passes_walls().await.unwrap(), "tests connect as the server should");
        if matches!(db.pools(), Pools::Postgres(_)) {
            assert!(!Db::role_passes_walls(&url_of(db)).await.unwrap());
            assert!(Db::role_passes_walls(&maintenance_url().unwrap()).await.unwrap(), "a superuser");
        }
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "production", Expected::Absent, &[("greeting", "1.0.0")]).await.unwrap();
        let filled = [
            "workspaces", "projects", "prompts", "documents", "versions", "aliases", "alias_entries", "alias_history",
            "audit_heads", "audit_log", "search_index",
        ];
        for table in filled {
            let there = raw::strings(db, &format!("SELECT COUNT(*)::TEXT FROM {table}")).await;
            assert_ne!(there, ["0"], "{table} is empty, so this proves nothing");
            assert_eq!(count(db, table).await, 0, "{table}");
        }
        let project = sample.project.as_str();
        let statement = format!("INSERT INTO modules (project_id, path) VALUES ('{project}', 'support')");
        let answer = QueryBuilder::new(&statement).build().execute(pool).await;
        assert!(answer.is_err(), "{statement}");
        for statement in ["UPDATE prompts SET owner = 'x'", "DELETE FROM alias_entries", "UPDATE audit_heads SET revision = 0"] {
            let done = QueryBuilder::new(statement).build().execute(pool).await.unwrap();
            assert_eq!(done.rows_affected(), 0, "{statement}");
        }
    }

    async fn a_transaction_of_one_workspace_meets_nothing_of_another(db: &Db) {
        let Pools::Postgres(_) = db.pools() else { return };
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        let other = another_workspace(db, &sample).await;
        let mut tx = db.begin_read(&other).await.unwrap();
        assert_eq!(workspaces::list(&mut tx).await.unwrap().len(), 1);
        assert_eq!(prompts::names(&mut tx, &sample.project).await.unwrap(), []);
        let question = Question { text: "greeting".into(), tags: Vec::new() };
        let page = PageRequest::first(5);
        assert_eq!(search::find(&mut tx, &sample.workspace, &sample.project, &question, &page).await.unwrap().items, []);
        assert!(projects::by_id(&mut tx, &sample.workspace, &sample.project).await.unwrap().is_none());
        drop(tx);
        let mut tx = db.begin_write(&other).await.unwrap();
        let foreign = sample.a_project(ProjectId::new(sample.ids.next()), "planted");
        let answer = projects::insert(&mut tx, &foreign).await;
        assert!(matches!(answer, Err(StoreError::Other(_))), "{answer:?}");
        let tx = db.begin_write(&other).await.unwrap();
        let answer = sample.commit(tx, "test.change").await;
        assert!(matches!(answer, Err(StoreError::NotFound { what: "workspace" })), "{answer:?}");
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        assert_eq!(search::find(&mut tx, &sample.workspace, &sample.project, &question, &page).await.unwrap().items.len(), 1);
    }
}
