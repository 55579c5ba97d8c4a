//! Streams of changes: everybody hears of each move, once and in order, for as long as they may.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::TimeDelta;
use hyper::Method;
use promptsync_api::delivery::{ChangeEvent, EVENT_DOCUMENTS};
use promptsync_core::{
    digest::Digest,
    names::PromptName,
    signing::{KeyLink, KeyRing, Signed, SnapshotDelta, SnapshotEntry, SnapshotStatement, entries_digest},
};
use promptsync_server::listen::ListenLimits;
use promptsync_testing::{Caller, EventReader, Listening, TestApp, a_key, db_test};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

const STREAM: &str = "/api/projects/shop/stream";
const SNAPSHOT: &str = "/api/projects/shop/snapshot?alias=production";
/// Longer than anything here takes.
const NEVER: Duration = Duration::from_secs(30);

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// Publishes a greeting and points `production` at it; gives the alias's revision.
async fn publish(editor: &Caller, text: &str) -> i64 {
    let pushed = editor.try_push(&[("greeting.txt", text)], json!({ "alias": "production" })).await;
    assert_eq!(pushed.status, 200, "{}", pushed.text());
    editor.get("/api/aliases/production").await.json()["revision"].as_i64().expect("a revision")
}

/// Points `production` at a release; gives the alias's revision.
async fn move_to(editor: &Caller, release: &str) -> i64 {
    let now = editor.get("/api/aliases/production").await;
    let moved = editor
        .clone()
        .header("if-match", now.header("etag"))
        .put("/api/aliases/production", json!({ "version": release }))
        .await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    moved.json()["revision"].as_i64().expect("a revision")
}

async fn listen(caller: &Caller, after: i64) -> Listening {
    let stream = caller.listen(&format!("{STREAM}?alias=production&after={after}")).await;
    assert_eq!(stream.status, 200, "{}", stream.refusal());
    stream
}

type Entries = BTreeMap<PromptName, SnapshotEntry>;

fn apply(entries: &mut Entries, delta: &SnapshotDelta) {
    for (name, entry) in &delta.changed {
        match entry {
            Some(entry) => drop(entries.insert(name.clone(), entry.clone())),
            None => drop(entries.remove(name)),
        }
    }
}

db_test! {
    async fn a_move_reaches_a_listener_signed_and_with_its_document(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let first = publish(&editor, "Hello {{ name }}").await;
        let snapshot: Signed<SnapshotStatement> = read(&editor.get(SNAPSHOT).await.json());
        assert_eq!(snapshot.statement.revision, first);
        let mut stream = listen(&app.viewer().await, first).await;
        assert_eq!(stream.headers["content-type"], "text/event-stream");
        assert_eq!(stream.headers["cache-control"], "no-store");

        let second = publish(&editor, "Good day {{ name }}").await;
        let event = stream.news().await.expect("an event");
        assert_eq!((event.kind.as_str(), event.id), ("change", Some(second)));
        let event: ChangeEvent = read(&event.data);
        let links: Vec<KeyLink> = read(&editor.get("/api/signing-keys").await.json()["keys"]);
        assert_eq!(KeyRing::unpinned(&links).unwrap().verify(&event.delta), Ok(()));
        let delta = event.delta.statement;
        assert_eq!((delta.from, delta.revision, delta.project.as_str()), (first, second, "shop"));
        let mut entries = snapshot.statement.entries;
        apply(&mut entries, &delta);
        assert_eq!(delta.entries, entries_digest(&entries));
        let renewed: Signed<SnapshotStatement> = read(&editor.get(SNAPSHOT).await.json());
        assert_eq!((renewed.statement.revision, &renewed.statement.entries), (second, &entries));
        let (digest, text) = event.documents.first_key_value().expect("the document comes along");
        assert_eq!(*digest, Digest::of(text.as_bytes()));
        assert!(entries.values().any(|entry| entry.content.digest == *digest));
    }

    async fn whoever_comes_back_gets_what_they_missed_or_is_told_to_read_all(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let zero = publish(&editor, "zero").await;
        let one = publish(&editor, "one").await;
        // The line is made now: what was before is not known.
        let mut stream = listen(&editor, zero).await;
        let lost = stream.news().await.expect("an event");
        assert_eq!((lost.kind.as_str(), lost.id, &lost.data), ("resync", None, &json!({ "revision": one })));
        let two = publish(&editor, "two").await;
        let three = publish(&editor, "three").await;
        assert_eq!(stream.news().await.expect("an event").id, Some(two));
        assert_eq!(stream.news().await.expect("an event").id, Some(three));
        drop(stream);

        let mut back = editor.clone().header("last-event-id", &one.to_string()).listen(&format!("{STREAM}?alias=production&after=0")).await;
        assert_eq!(back.news().await.expect("an event").id, Some(two));
        assert_eq!(back.news().await.expect("an event").id, Some(three));
        // Somebody who has everything gets nothing but the next move; somebody who was elsewhere, the news of that.
        let mut present = listen(&editor, three).await;
        let mut between = listen(&editor, three + 1_000_000).await;
        let mut from_now_on = editor.listen(&format!("{STREAM}?alias=production")).await;
        assert_eq!(between.news().await.expect("an event").kind, "resync");
        let four = publish(&editor, "four").await;
        for stream in [&mut back, &mut present, &mut between, &mut from_now_on] {
            assert_eq!(stream.news().await.expect("an event").id, Some(four));
        }
    }

    async fn a_move_on_one_server_reaches_a_listener_on_another(db: &Db) {
        let app = TestApp::on(db).await;
        let other = TestApp::beside(db, &[]).await;
        let editor = app.editor().await;
        let first = publish(&editor, "one").await;
        let mut stream = listen(&other.nobody().with_key(editor.key()), first).await;
        let mut expected = Vec::new();
        for text in ["two", "three", "four"] {
            expected.push(publish(&editor, text).await);
        }
        other.app().hear_of_changes().await.expect("the database answers");
        for revision in expected {
            assert_eq!(stream.news().await.expect("an event").id, Some(revision));
        }
    }

    async fn a_revoked_key_and_an_expired_one_end_their_streams(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        let revision = publish(&admin, "one").await;
        let key = admin.post("/api/keys", json!({ "name": "k", "role": "viewer", "project": "shop" })).await.json();
        let secret = key["key"].as_str().or(key["secret"].as_str()).expect("the secret is shown once").to_owned();
        let mut revoked = listen(&app.nobody().with_key(&secret), revision).await;
        let mut kept = listen(&admin, revision).await;
        let id = key["id"].as_str().expect("an id");
        let begun = Instant::now();
        let gone = admin.delete(&format!("/api/keys/{id}")).await;
        assert!(gone.status < 300, "{}", gone.text());
        assert_eq!(revoked.news().await, None);
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());

        let ends = promptsync_core::time::Clock::now(&*app.clock) + TimeDelta::hours(1);
        let wanted = promptsync_api::keys::CreateKey {
            project: Some("shop".into()),
            expires_at: Some(ends),
            ..a_key("viewer")
        };
        let mut expired = listen(&app.nobody().with_key(&app.key_in(None, wanted).await), revision).await;
        app.clock.advance(TimeDelta::hours(2));
        assert_eq!(expired.news().await, None);
        let next = publish(&admin, "two").await;
        assert_eq!(kept.news().await.expect("an event").id, Some(next));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_listeners_get_every_one_of_300_moves_once_and_in_order() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let first = publish(&editor, "one").await;
    let second = publish(&editor, "two").await;
    let mut listeners = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let mut stream = listen(&editor, second).await;
        listeners.spawn(async move {
            let mut seen = Vec::with_capacity(300);
            while seen.len() < 300 {
                let event = stream.news().await.expect("an event");
                assert_eq!(event.kind, "change");
                seen.push(event.id.expect("a revision"));
            }
            seen
        });
    }
    let mut made = Vec::with_capacity(300);
    for turn in 0..300 {
        made.push(move_to(&editor, if turn % 2 == 0 { "1.0.0" } else { "1.0.1" }).await);
    }
    assert!(made[0] > second && second > first && made.is_sorted());
    for seen in listeners.join_all().await {
        assert_eq!(seen, made);
    }
}

#[tokio::test]
async fn a_listener_that_does_not_read_holds_nobody_up_and_reads_all_afterwards() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let first = publish(&editor, "one").await;
    let (mut slow, mut quick) = (listen(&editor, first).await, listen(&editor, first).await);
    // Events with their documents fill the ring long before it has its number of them.
    let large = "x".repeat(EVENT_DOCUMENTS - 1_000);
    let mut last = first;
    for turn in 0..150 {
        last = publish(&editor, &format!("{turn} {large}")).await;
        assert_eq!(quick.news().await.expect("an event").id, Some(last));
    }
    let lost = slow.news().await.expect("an event");
    assert_eq!((lost.kind.as_str(), &lost.data), ("resync", &json!({ "revision": last })));
    let next = publish(&editor, "small").await;
    assert_eq!(slow.news().await.expect("an event").id, Some(next));
}

#[tokio::test]
async fn documents_that_do_not_fit_are_left_out() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let first = publish(&editor, "one").await;
    let mut stream = listen(&editor, first).await;
    publish(&editor, &"x".repeat(EVENT_DOCUMENTS + 1)).await;
    let event: ChangeEvent = read(&stream.news().await.expect("an event").data);
    assert!(event.documents.is_empty() && event.delta.statement.changed.len() == 1);
}

#[tokio::test]
async fn a_silent_stream_says_that_the_server_is_there() {
    let app = TestApp::with_settings(&[("PROMPTSYNC_STREAM_HEARTBEAT_SECONDS", "1")]).await;
    let editor = app.editor().await;
    let first = publish(&editor, "one").await;
    let mut stream = listen(&editor, first).await;
    for _ in 0..2 {
        assert_eq!(stream.event().await.expect("a sign of life").kind, "comment");
    }
}

#[tokio::test]
async fn who_may_listen_and_to_what() {
    let app = TestApp::with_settings(&[("PROMPTSYNC_STREAMS_PER_KEY", "2")]).await;
    let editor = app.editor().await;
    publish(&editor, "one").await;
    editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "dev" })).await;
    let reader = app.in_environment("viewer", "production").await;
    for (query, outcome) in [
        ("alias=dev", "403 insufficient_scope"),
        ("", "403 insufficient_scope"),
        ("alias=production&after=x", "422 invalid"),
        ("alias=production&after=-1", "422 invalid"),
        ("alias=production&from=1", "422 unknown_field"),
    ] {
        assert_eq!(reader.listen(&format!("{STREAM}?{query}")).await.refusal(), outcome, "{query}");
    }
    for (query, outcome) in [("alias=gone", "404 alias_not_found"), ("", "422 invalid")] {
        assert_eq!(editor.listen(&format!("{STREAM}?{query}")).await.refusal(), outcome, "{query}");
    }
    let bad = reader.clone().header("last-event-id", "now");
    assert_eq!(bad.listen(&format!("{STREAM}?alias=production")).await.refusal(), "422 invalid");
    let head = reader.send(Method::HEAD, &format!("{STREAM}?alias=production"), "".into()).await;
    assert_eq!((head.status, head.header("content-length")), (200, ""));

    let first = listen(&reader, 0).await;
    let _second = listen(&reader, 0).await;
    let third = format!("{STREAM}?alias=production");
    assert_eq!(reader.listen(&third).await.refusal(), "429 rate_limited");
    assert_eq!(editor.listen(&third).await.status, 200);
    drop(first);
    assert_eq!(reader.listen(&third).await.status, 200);
}

/// A stream over TCP, after its head.
async fn over_tcp(address: std::net::SocketAddr, key: &str, after: i64) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("the server listens");
    let request = format!(
        "GET {STREAM}?alias=production&after={after} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.expect("the server reads");
    until(&mut socket, "retry: 1000").await;
    socket
}

/// Reads until this text came.
async fn until(socket: &mut TcpStream, text: &str) -> String {
    let mut seen = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = timeout(NEVER, socket.read(&mut chunk)).await.expect("in time").expect("readable");
        seen.extend_from_slice(&chunk[..count]);
        let shown = String::from_utf8_lossy(&seen).into_owned();
        if shown.contains(text) {
            return shown;
        }
        assert!(count > 0, "closed after {shown}");
    }
}

#[tokio::test]
async fn a_server_that_stops_tells_its_streams_to_come_back_and_ends() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let first = publish(&editor, "one").await;
    let address = app.listen(ListenLimits::default()).await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(over_tcp(address, editor.key(), first).await);
    }
    let second = publish(&editor, "two").await;
    for socket in &mut sockets {
        until(socket, &format!("id: {second}\nevent: change\n")).await;
    }
    app.stop();
    let mut moments = BTreeSet::new();
    for mut socket in sockets {
        let mut rest = Vec::new();
        timeout(NEVER, socket.read_to_end(&mut rest)).await.expect("it ends in time").expect("readable");
        let rest = String::from_utf8_lossy(&rest).into_owned();
        let mut reader = EventReader::default();
        let from = rest.find("event: reconnect").unwrap_or_else(|| panic!("{rest}"));
        let event = rest[from..].replace('\r', "");
        reader.add(&event.into());
        moments.insert(reader.take().expect("an event").data["after_ms"].as_u64().expect("a time"));
    }
    assert_eq!(moments.len(), 5, "each at another moment: {moments:?}");
}

#[tokio::test]
async fn streams_take_no_place_of_other_connections_and_are_not_closed_for_them() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let first = publish(&editor, "one").await;
    let soon = Duration::from_millis(60);
    let limits = ListenLimits { connections: 1, keep_alive: soon, ..ListenLimits::default() };
    let address = app.listen(limits).await;
    let mut one = over_tcp(address, editor.key(), first).await;
    let mut two = over_tcp(address, editor.key(), first).await;
    let mut plain = TcpStream::connect(address).await.expect("the server listens");
    plain.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("the server reads");
    until(&mut plain, "200 OK").await;
    // By the time an idle connection is closed, the streams are still open.
    let mut rest = Vec::new();
    timeout(NEVER, plain.read_to_end(&mut rest)).await.expect("it is closed").expect("readable");
    let second = publish(&editor, "two").await;
    for socket in [&mut one, &mut two] {
        until(socket, &format!("id: {second}\n")).await;
    }
}
