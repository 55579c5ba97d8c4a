//! Prompts over a connection of their own: what is written there by hand says what every other way says.

use promptsync_server::listen::ListenLimits;
use promptsync_testing::{Caller, PROJECT, Reply, TestApp, db_test};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A connection that asks and is answered in turn.
struct Talk {
    stream: TcpStream,
    read: Vec<u8>,
}

/// Status, fields and body, without what differs from one request to the next.
type Said = (u16, Vec<(String, String)>, String);

impl Talk {
    async fn with(app: &TestApp) -> Self {
        let address = app.listen(ListenLimits::default()).await;
        Self { stream: TcpStream::connect(address).await.expect("the server listens"), read: Vec::new() }
    }

    async fn send(&mut self, key: &str, method: &str, target: &str, more: &str) {
        let text =
            format!("{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n{more}\r\n");
        self.stream.write_all(text.as_bytes()).await.expect("the server reads");
    }

    async fn answer(&mut self, has_body: bool) -> Said {
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8(self.read[..end].to_vec()).expect("text");
                let mut lines = head.lines();
                let status = lines.next().expect("a first line")[9..12].parse().expect("a status");
                let mut fields: Vec<(String, String)> = lines
                    .map(|line| line.split_once(": ").expect("a field"))
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                let length = fields.iter().find(|(name, _)| name == "content-length");
                let length: usize = length.map_or(0, |(_, length)| length.parse().expect("a number"));
                let whole = end + 4 + if has_body { length } else { 0 };
                if self.read.len() >= whole {
                    let body = String::from_utf8(self.read[end + 4..whole].to_vec()).expect("text");
                    self.read.drain(..whole);
                    assert_eq!(fields.iter().filter(|(name, _)| name == "date").count(), 1);
                    assert_eq!(fields.iter().filter(|(name, _)| name == "x-request-id").count(), 1);
                    fields.retain(|(name, _)| !VARYING.contains(&name.as_str()));
                    fields.sort();
                    return (status, fields, without_trace(&body));
                }
            }
            let count = self.stream.read_buf(&mut self.read).await.expect("the server answers");
            assert!(count > 0, "closed after {}", String::from_utf8_lossy(&self.read));
        }
    }

    async fn ask(&mut self, caller: &Caller, target: &str) -> Said {
        self.send(caller.key(), "GET", target, "").await;
        self.answer(true).await
    }
}

const VARYING: [&str; 4] = ["date", "x-request-id", "ratelimit", "content-length"];

fn without_trace(body: &str) -> String {
    body.split(r#","trace_id""#).next().unwrap_or_default().to_owned()
}

fn said(reply: &Reply) -> Said {
    let fields = reply.headers.iter();
    let mut fields: Vec<(String, String)> =
        fields.map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned())).collect();
    fields.retain(|(name, _)| !VARYING.contains(&name.as_str()));
    fields.sort();
    (reply.status, fields, without_trace(std::str::from_utf8(&reply.body).expect("text")))
}

const GREETING: &str = "/api/prompts/greeting/production";

async fn scene(app: &TestApp) -> Caller {
    let editor = app.editor().await;
    let long = "x".repeat(40_000);
    editor.try_push(&[("greeting.txt", "Hi"), ("long.txt", &long)], json!({ "alias": "production" })).await;
    app.app().hear_of_changes().await.expect("the database answers");
    editor
}

db_test! {
    async fn a_connection_says_what_every_other_way_says(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = scene(&app).await;
        let mut talk = Talk::with(&app).await;
        for target in [
            GREETING,
            "/api/prompts/long/production",
            "/api/prompts/greeting/latest?unit=ada",
            "/api/prompts/greeting/9.9.9",
            "/api/prompts/nobody/production",
            "/api/prompts/greeting/%70roduction",
            "/api/prompts/greeting/production?unknown=1",
            "/api/prompts/greeting",
            "/api/prompts/",
            // From here on the connection is served as any other is.
            "/livez",
            GREETING,
        ] {
            let expected = said(&editor.get(target).await);
            for _ in 0..2 {
                assert_eq!(talk.ask(&editor, target).await, expected, "{target}");
            }
        }
    }

    async fn what_a_client_has_is_not_sent_again_and_requests_sent_at_once_are_answered_in_turn(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = scene(&app).await;
        let tag = editor.get(GREETING).await.header("etag").to_owned();
        let mut talk = Talk::with(&app).await;
        let key = editor.key();
        talk.send(key, "GET", GREETING, &format!("If-None-Match: {tag}\r\n")).await;
        talk.send(key, "GET", "/api/prompts/long/production", "").await;
        talk.send(key, "GET", GREETING, "If-None-Match: \"other\"\r\n").await;
        talk.send(key, "GET", "/api/prompts/nobody/production", "").await;
        let known = editor.clone().header("if-none-match", &tag).get(GREETING).await;
        assert_eq!(talk.answer(true).await, said(&known));
        assert_eq!((known.status, known.body.len()), (304, 0));
        let (_, _, body) = talk.answer(true).await;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body["content"].as_str().map(str::len), Some(40_000));
        assert_eq!(talk.answer(true).await, said(&editor.get(GREETING).await));
        assert_eq!(talk.answer(true).await.0, 404);
        talk.send(key, "HEAD", GREETING, "").await;
        assert_eq!(talk.answer(false).await.0, 200);
        talk.send(key, "GET", GREETING, "Connection: close\r\n").await;
        let (status, fields, _) = talk.answer(true).await;
        assert_eq!(status, 200);
        assert!(fields.contains(&("connection".into(), "close".into())), "{fields:?}");
        assert_eq!(talk.stream.read_buf(&mut talk.read).await.expect("closed"), 0);
    }

    async fn the_first_answer_that_is_the_last_says_so_and_ends_the_connection(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = scene(&app).await;
        for target in [GREETING, "/api/prompts/nobody/production"] {
            editor.get(target).await;
            let mut talk = Talk::with(&app).await;
            talk.send(editor.key(), "GET", target, "Connection: close\r\n").await;
            let (_, fields, _) = talk.answer(true).await;
            assert!(fields.contains(&("connection".into(), "close".into())), "{fields:?}");
            assert_eq!(talk.stream.read_buf(&mut talk.read).await.expect("closed"), 0);
        }
    }

    async fn a_key_that_was_right_on_this_connection_is_refused_once_it_is_revoked(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = scene(&app).await;
        let admin = app.admin().await;
        let mut talk = Talk::with(&app).await;
        let made = admin.post("/api/keys", json!({ "name": "app", "project": PROJECT, "role": "viewer" })).await.json();
        let [id, key] = ["id", "secret"].map(|field| made[field].as_str().expect(field).to_owned());
        let holder = app.nobody().with_key(&key);
        for _ in 0..3 {
            assert_eq!(talk.ask(&holder, GREETING).await.0, 200);
            assert_eq!(talk.ask(&editor, GREETING).await.0, 200);
        }
        let last = &key[key.len() - 1..];
        let other = if last == "a" { "b" } else { "a" };
        let wrong = app.nobody().with_key(&format!("{}{other}", &key[..key.len() - 1]));
        assert_eq!(talk.ask(&holder, GREETING).await.0, 200);
        assert_eq!(talk.ask(&wrong, GREETING).await.0, 401);
        let revoked = admin.delete(&format!("/api/keys/{id}")).await;
        assert!(revoked.status < 300, "{}", revoked.outcome());
        assert_eq!(talk.ask(&holder, GREETING).await.0, 401);
        assert_eq!(talk.ask(&editor, GREETING).await.0, 200);
    }
}
