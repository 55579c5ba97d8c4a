//! PostgreSQL goes away, in every way it can: what was known is still served, and nothing else is done.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use promptsync_store::Db;
use promptsync_testing::{Authority, Caller, Outage, Postgres, Redis, TestApp, keyring};
use serde_json::json;

const PROMPTS: usize = 20;
/// Reads of each batch, unless `PROMPTSYNC_OUTAGE_READS` says how many.
const READS: usize = 300;
/// As a server has it.
const EVERY: Duration = Duration::from_millis(500);
/// Longer than anything that is waited for takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// What no answer may take: shorter than the ten seconds somebody may wait for a connection.
const AT_MOST: Duration = Duration::from_secs(4);

fn name(number: usize) -> String {
    format!("prompt_{}", number % PROMPTS)
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration that could read the environment")]
fn reads() -> usize {
    let asked = std::env::var("PROMPTSYNC_OUTAGE_READS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(READS)
}

/// A server as a process starts it, in this folder.
async fn server(postgres: &Postgres, redis: Option<&Redis>, folder: &Path) -> TestApp {
    let key = "5a".repeat(32);
    TestApp::opened(&[
        ("PROMPTSYNC_DATABASE_URL", &postgres.url()),
        ("PROMPTSYNC_REDIS_URL", &redis.map(Redis::url).unwrap_or_default()),
        ("PROMPTSYNC_DATA_DIR", &folder.display().to_string()),
        ("PROMPTSYNC_SERVER_KEY", &key),
        ("PROMPTSYNC_MASTER_KEY", &key),
    ])
    .await
}

/// Publishes the prompts, asks for half of them, and waits until there is a copy. Of the other half only the copy knows
/// the content while the database is away.
async fn publish(app: &TestApp, with_redis: bool) -> (Caller, Caller) {
    let (editor, viewer) = (app.editor().await, app.viewer().await);
    let files: Vec<_> =
        (0..PROMPTS).map(|n| (format!("{}.txt", name(n)), format!("content of {}", name(n)))).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let pushed = editor.try_push(&files, json!({ "alias": "production" })).await;
    assert_eq!(pushed.status, 200, "{}", pushed.text());
    for number in 0..PROMPTS / 2 {
        assert_eq!(viewer.get(&format!("/api/prompts/{}/production", name(number))).await.status, 200);
    }
    let reply = viewer.get("/api/prompts/prompt_0/production").await;
    let revision = reply.header("promptsync-revision").parse().expect("a revision");
    let copied = async {
        app.app().copied(revision).await;
        if with_redis {
            app.app().copied_to_redis(revision).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, copied).await.is_ok(), "no copy was made");
    (editor, viewer)
}

/// Reads every prompt again and again; gives how often each source answered.
#[expect(clippy::print_stderr, reason = "the figures of an outage are worth more than that it passed")]
async fn read_all(reader: &Caller, label: &str) -> BTreeMap<String, usize> {
    let all = reads();
    let mut sources = BTreeMap::new();
    let mut times = Vec::with_capacity(all);
    let mut failures = Vec::new();
    for number in 0..all {
        let began = Instant::now();
        let reply = reader.get(&format!("/api/prompts/{}/production", name(number))).await;
        times.push(began.elapsed());
        let is_right =
            reply.status == 200 && reply.json()["content"] == json!(format!("content of {}", name(number)));
        if !is_right {
            failures.push(reply.text());
            continue;
        }
        let source = reply.json()["source"].as_str().unwrap_or("current").to_owned();
        assert_eq!(source == "current", reply.json()["stale_seconds"].is_null(), "{}", reply.text());
        *sources.entry(source).or_default() += 1;
    }
    times.sort();
    let (p50, p99, most) = (times[all / 2], times[all * 99 / 100], times[all - 1]);
    eprintln!(
        "{label}: {all} reads, {} failed, p50 {p50:?}, p99 {p99:?}, max {most:?}, {sources:?}",
        failures.len()
    );
    assert!(failures.is_empty(), "{label}: {} of {all} failed: {}", failures.len(), failures[0]);
    assert!(most < AT_MOST, "{label}: {most:?}");
    sources
}

/// Control operations fail at once and say when to try again.
async fn is_closed(editor: &Caller, label: &str) {
    let began = Instant::now();
    let reply = editor.try_push(&[("other.txt", "x")], json!({})).await;
    assert_eq!((reply.outcome().as_str(), reply.header("retry-after")), ("503 unavailable", "1"), "{label}");
    assert!(began.elapsed() < AT_MOST, "{label}: {:?}", began.elapsed());
}

/// Waits until a change is possible; gives how long that took.
async fn writes_again(editor: &Caller, text: &str) -> Duration {
    let began = Instant::now();
    loop {
        let reply = editor.try_push(&[("other.txt", text)], json!({})).await;
        if reply.status == 200 {
            return began.elapsed();
        }
        assert_eq!(reply.outcome(), "503 unavailable");
        assert!(began.elapsed() < Duration::from_secs(20), "no change is possible any more");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_prompts_are_served_while_the_database_is_away() {
    let Some(mut postgres) = Postgres::start() else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let warm = server(&postgres, None, folder.path()).await;
    let _following = warm.follow(EVERY);
    let (editor, viewer) = publish(&warm, false).await;
    for outage in Outage::ALL {
        postgres.take_away(outage);
        read_all(&viewer, &format!("{outage:?}, warm")).await;
        is_closed(&editor, &format!("{outage:?}, warm")).await;
        let stale = viewer.get("/api/prompts/prompt_0/production").await.json();
        assert_eq!((&stale["source"], stale["stale_seconds"].is_u64()), (&json!("memory"), true), "{stale}");

        let cold = server(&postgres, None, folder.path()).await;
        let _cold_following = cold.follow(EVERY);
        let reader = cold.nobody().with_key(viewer.key());
        let sources = read_all(&reader, &format!("{outage:?}, cold")).await;
        assert_eq!(sources, BTreeMap::from([("file".to_owned(), reads())]), "{outage:?}");
        is_closed(&cold.nobody().with_key(editor.key()), &format!("{outage:?}, cold")).await;
        assert_eq!(reader.get("/api/prompts/unheard/production").await.outcome(), "503 unavailable");
        let snapshot = reader.get("/api/projects/shop/snapshot?alias=production").await;
        assert_eq!(snapshot.status, 200, "{}", snapshot.text());
        let digest = &snapshot.json()["statement"]["entries"]["prompt_0"]["digest"];
        let document = reader.get(&format!("/api/documents/{}", digest.as_str().unwrap_or_default())).await;
        assert_eq!(document.status, 200, "{} of {}", document.text(), snapshot.text());
        let forged = format!("{}x", &viewer.key()[..viewer.key().len() - 1]);
        let stranger = cold.nobody().with_key(&forged);
        assert_eq!(stranger.get("/api/prompts/prompt_0/production").await.status, 401);

        postgres.bring_back();
        for (who, app) in [("warm", &warm), ("cold", &cold)] {
            let editor = app.nobody().with_key(editor.key());
            let took = writes_again(&editor, &format!("after {outage:?} {who}")).await;
            eprintln!("{outage:?}, {who}: changes are possible after {took:?}");
            assert!(took < Duration::from_secs(2), "{outage:?}, {who}: {took:?}");
            let reader = app.nobody().with_key(viewer.key());
            let fresh = reader.get("/api/prompts/prompt_0/production").await.json();
            assert!(fresh["source"].is_null(), "{outage:?}, {who}: {fresh}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_copy_of_its_own_starts_with_the_one_in_redis() {
    let (Some(mut postgres), Some(mut redis)) = (Postgres::start(), Redis::start()) else {
        eprintln!("SKIPPED: PostgreSQL or Redis is not installed");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let warm = server(&postgres, Some(&redis), folder.path()).await;
    let _following = warm.follow(EVERY);
    let (editor, viewer) = publish(&warm, true).await;
    let dump = redis.dump();
    assert!(dump.len() > 10_000, "a copy is in the dump: {}", dump.len());
    assert!(!contains(&dump, b"content of prompt_"), "Redis keeps content in clear");
    let mut file = fs::read(folder.path().join("last-good.db")).expect("a file");
    file.extend(fs::read(folder.path().join("last-good.db-wal")).unwrap_or_default());
    assert!(file.len() > 10_000, "a copy is in the file: {}", file.len());
    assert!(!contains(&file, b"content of prompt_"), "the file keeps content in clear");

    for outage in Outage::ALL {
        // Redis alone is away: nothing but the copy in it is missed.
        redis.take_away(outage);
        let sources = read_all(&viewer, &format!("Redis {outage:?}, warm")).await;
        assert_eq!(sources, BTreeMap::from([("current".to_owned(), reads())]), "{outage:?}");
        assert_eq!(editor.try_push(&[("more.txt", &format!("{outage:?}"))], json!({})).await.status, 200);
        // Both are away.
        postgres.take_away(outage);
        read_all(&viewer, &format!("both {outage:?}, warm")).await;
        let cold = server(&postgres, Some(&redis), folder.path()).await;
        let reader = cold.nobody().with_key(viewer.key());
        let sources = read_all(&reader, &format!("both {outage:?}, cold")).await;
        assert_eq!(sources, BTreeMap::from([("file".to_owned(), reads())]), "{outage:?}");
        // PostgreSQL alone is away, and the server has never run before.
        redis.bring_back();
        let empty = tempfile::tempdir().expect("a folder");
        let cold = server(&postgres, Some(&redis), empty.path()).await;
        let reader = cold.nobody().with_key(viewer.key());
        let sources = read_all(&reader, &format!("PostgreSQL {outage:?}, cold without a file")).await;
        assert_eq!(sources, BTreeMap::from([("redis".to_owned(), reads())]), "{outage:?}");
        postgres.bring_back();
        writes_again(&editor, &format!("after {outage:?}")).await;
    }

    // What somebody else wrote into Redis is never served.
    let keys = redis.ask(&[b"KEYS", b"promptsync:*:parts:*"]);
    let keys = String::from_utf8_lossy(&keys).into_owned();
    let parts = keys.lines().find(|line| line.starts_with("promptsync:")).expect("parts").to_owned();
    let ids = redis.ask(&[b"HKEYS", parts.as_bytes()]);
    for id in String::from_utf8_lossy(&ids).lines().filter(|line| !line.starts_with(['$', '*'])) {
        redis.ask(&[b"HSET", parts.as_bytes(), id.as_bytes(), b"poison"]);
    }
    postgres.take_away(Outage::Killed);
    let empty = tempfile::tempdir().expect("a folder");
    let cold = server(&postgres, Some(&redis), empty.path()).await;
    let reader = cold.nobody().with_key(viewer.key());
    assert_eq!(reader.get("/api/prompts/prompt_0/production").await.outcome(), "503 unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_changed_another_hears_from_redis() {
    let Some(redis) = Redis::start() else { return };
    another_hears(&[("PROMPTSYNC_REDIS_URL", &redis.url())]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_reached_over_tls_when_its_certificate_comes_from_the_authority_that_is_named() {
    let authority = Authority::new();
    let Some(redis) = Redis::start_with_tls(&authority) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("ca.pem");
    fs::write(&root, authority.root()).expect("a file");
    let root = root.to_str().expect("a path that is text");
    another_hears(&[("PROMPTSYNC_REDIS_URL", &redis.url()), ("PROMPTSYNC_REDIS_CA", root)]).await;
}

async fn another_hears(settings: &[(&str, &str)]) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open_sqlite(&folder.path().join("a.db"), keyring()).await.expect("a file");
    let (here, there) = (TestApp::with(&db, settings).await, TestApp::beside(&db, settings).await);
    let _following = (here.follow(Duration::from_hours(1)), there.follow(Duration::from_hours(1)));
    let editor = here.editor().await;
    let reader = there.nobody().with_key(editor.key());
    let told = async {
        here.app().talks().await;
        there.app().talks().await;
        for text in ["one", "two", "three"] {
            editor.try_push(&[("greeting.txt", text)], json!({ "alias": "dev" })).await;
            let reply = editor.get("/api/prompts/greeting/dev").await;
            there.app().knows(reply.header("promptsync-revision").parse().expect("a revision")).await;
            assert_eq!(reader.get("/api/prompts/greeting/dev").await.json()["content"], text);
        }
    };
    assert!(tokio::time::timeout(PATIENCE, told).await.is_ok(), "it was not told");
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
