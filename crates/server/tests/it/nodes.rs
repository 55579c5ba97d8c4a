//! Two servers on one database.

use std::time::{Duration, Instant};

use promptsync_server::Following;
use promptsync_store::{Db, Pools};
use promptsync_testing::{
    Caller, TestApp,
    database::{again, end_connections},
    db_test,
};
use serde_json::json;

/// So long that nobody waits for the next question: what is seen was told.
const NEVER: Duration = Duration::from_hours(1);
/// Longer than anything of these tests takes; far shorter than never.
const PATIENCE: Duration = Duration::from_secs(20);

async fn content(reader: &Caller) -> String {
    let reply = reader.get("/api/prompts/greeting/production").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["content"].as_str().unwrap_or_default().to_owned()
}

/// Publishes a text and moves the alias to it; gives the revision.
async fn publish(editor: &Caller, text: &str) -> i64 {
    let reply = editor.try_push(&[("greeting.txt", text)], json!({ "alias": "production" })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let reply = editor.get("/api/prompts/greeting/production").await;
    reply.header("promptsync-revision").parse().expect("a revision")
}

async fn soon(what: impl Future<Output = ()>) {
    assert!(tokio::time::timeout(PATIENCE, what).await.is_ok(), "it was not told");
}

/// Two servers of one PostgreSQL database: what is published by one is read from the other.
struct Servers {
    _here: TestApp,
    there: TestApp,
    editor: Caller,
    reader: Caller,
    other: Db,
    _following: Following,
}

impl Servers {
    /// Both of them, the second asking the database so often, and with this text published; nothing on SQLite.
    async fn start(db: &Db, every: Duration, text: &str) -> Option<Self> {
        if !matches!(db.pools(), Pools::Postgres(_)) {
            return None;
        }
        let (here, other) = (TestApp::on(db).await, again(db).await);
        let there = TestApp::beside(&other, &[]).await;
        let following = there.follow(every);
        soon(there.app().listens(1)).await;
        let editor = here.editor().await;
        let reader = there.nobody().with_key(editor.key());
        publish(&editor, text).await;
        assert_eq!(content(&reader).await, text);
        Some(Self { _here: here, there, editor, reader, other, _following: following })
    }
}

db_test! {
    async fn what_one_server_changed_another_is_told(db: &Db) {
        let Some(servers) = Servers::start(db, NEVER, "one").await else { return };
        let Servers { there, editor, reader, .. } = &servers;
        for text in ["two", "three", "four"] {
            let revision = publish(editor, text).await;
            let told = Instant::now();
            soon(there.app().knows(revision)).await;
            assert_eq!(content(reader).await, text);
            assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
        }
        servers.other.close().await;
    }

    async fn what_was_told_to_nobody_is_seen_all_the_same(db: &Db) {
        let Some(servers) = Servers::start(db, Duration::from_millis(100), "one").await else { return };
        let Servers { there, editor, reader, .. } = &servers;
        for (times, text) in [(2, "two"), (3, "three")] {
            end_connections(db, "promptsync listener").await;
            let revision = publish(editor, text).await;
            soon(there.app().knows(revision)).await;
            assert_eq!(content(reader).await, text);
            soon(there.app().listens(times)).await;
        }
        servers.other.close().await;
    }

    async fn whoever_wrote_on_one_server_reads_it_on_another(db: &Db) {
        let Some(servers) = Servers::start(db, NEVER, "0").await else { return };
        let Servers { editor, reader, .. } = &servers;
        for number in 1..=20 {
            let revision = publish(editor, &number.to_string()).await;
            let reader = reader.clone().header("promptsync-revision", &revision.to_string());
            assert_eq!(content(&reader).await, number.to_string());
        }
        let reader = reader.clone().header("promptsync-revision", "1000000");
        let reply = reader.get("/api/prompts/greeting/production").await;
        assert_eq!((reply.outcome(), reply.header("retry-after")), ("503 unavailable".to_owned(), "1"));
        servers.other.close().await;
    }
}
