//! HTTP/2 inside of TLS.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use promptsync_server::listen::ListenLimits;
use promptsync_testing::{EventReader, PROJECT};
use serde_json::json;

use crate::tls::{Fixture, connect};

type Sender = http2::SendRequest<Empty<Bytes>>;

async fn open(fixture: &Fixture, limits: ListenLimits) -> (Sender, tokio::task::JoinHandle<()>) {
    let (address, _) = fixture.app.listen_tls(limits).await;
    let stream = connect(&fixture.connector(&["h2", "http/1.1"]), address).await.expect("a connection");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("a handshake");
    (sender, tokio::spawn(async move { drop(connection.await) }))
}

async fn get(sender: &Sender, path: &str, key: Option<&str>) -> (u16, Bytes) {
    let mut request = Request::get(format!("https://localhost{path}"));
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Empty::new()).expect("a request");
    let response = sender.clone().send_request(request).await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.expect("a body").to_bytes())
}

#[tokio::test]
async fn many_requests_share_one_connection() {
    let fixture = Fixture::new().await;
    let editor = fixture.app.editor().await;
    editor.push(&[("greeting.txt", "Hello")]).await;
    let (sender, _) = open(&fixture, ListenLimits::default()).await;
    let asked = (0..300).map(|_| get(&sender, "/api/prompts/greeting/latest", Some(editor.key())));
    for (status, body) in futures_util::future::join_all(asked).await {
        assert_eq!(status, 200);
        assert!(body.windows(5).any(|part| part == b"Hello"));
    }
    assert_eq!(get(&sender, "/api/prompts/greeting/latest", None).await.0, 401);
    assert_eq!(get(&sender, "/nothing", None).await.0, 404);
}

#[tokio::test]
async fn a_connection_at_rest_is_closed_and_a_stop_ends_it() {
    let fixture = Fixture::new().await;
    let limits = ListenLimits { keep_alive: Duration::from_millis(200), ..ListenLimits::default() };
    let (sender, closed) = open(&fixture, limits).await;
    assert_eq!(get(&sender, "/livez", None).await.0, 200);
    closed.await.expect("the connection ends");

    let (sender, closed) = open(&fixture, ListenLimits::default()).await;
    assert_eq!(get(&sender, "/livez", None).await.0, 200);
    fixture.app.stop();
    closed.await.expect("the connection ends");
}

#[tokio::test]
async fn a_stream_tells_of_a_move_while_other_requests_share_its_connection() {
    let fixture = Fixture::new().await;
    let editor = fixture.app.editor().await;
    let push = async |text: &str| {
        editor.try_push(&[("greeting.txt", text)], json!({ "alias": "production" })).await;
    };
    push("one").await;
    fixture.app.app().hear_of_changes().await.expect("the database answers");
    let (sender, _) = open(&fixture, ListenLimits::default()).await;
    let request = Request::get(format!("https://localhost/api/projects/{PROJECT}/stream?alias=production"))
        .header("authorization", format!("Bearer {}", editor.key()))
        .body(Empty::new())
        .expect("a request");
    let response = sender.clone().send_request(request).await.expect("an answer");
    assert_eq!(response.status(), 200);
    let (mut body, mut reader) = (response.into_body(), EventReader::default());
    let mut moved = Vec::new();
    push("two").await;
    while moved.len() < 2 {
        let frame = body.frame().await.expect("the stream goes on").expect("it is whole");
        reader.add(&frame.into_data().expect("data"));
        while let Some(event) = reader.take() {
            moved.extend((event.kind == "change").then_some(event.id));
        }
        if moved.len() == 1 {
            assert_eq!(get(&sender, "/api/prompts/greeting/production", Some(editor.key())).await.0, 200);
            push("three").await;
        }
    }
    assert!(moved[0] < moved[1], "{moved:?}");
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let fixture = Fixture::new().await;
    let (sender, _) = open(&fixture, ListenLimits::default()).await;
    let request = Request::get("https://localhost/livez").header("x-long", "x".repeat(60_000));
    let answer = sender.clone().send_request(request.body(Empty::new()).expect("a request")).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == 431));
    assert_eq!(get(&sender, "/livez", None).await.0, 200, "the connection goes on");
}
