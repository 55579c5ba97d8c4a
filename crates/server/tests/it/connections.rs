//! Over TCP: slow, silent and ambiguous clients.

use std::{net::SocketAddr, time::Duration};

use promptsync_server::listen::ListenLimits;
use promptsync_testing::TestApp;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Longer than any limit of these tests, shorter than patience: what takes so long is a failure.
const NEVER: Duration = Duration::from_secs(20);

/// Every limit so short that a test need not wait, but only the named one can be what closes a connection.
fn short(set: impl FnOnce(&mut ListenLimits)) -> ListenLimits {
    let mut limits = ListenLimits {
        first_byte: NEVER * 2,
        header: NEVER * 2,
        body_idle: NEVER * 2,
        body_total: NEVER * 2,
        keep_alive: NEVER * 2,
        ..ListenLimits::default()
    };
    set(&mut limits);
    limits
}

const SOON: Duration = Duration::from_millis(60);

async fn connect(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(bytes).await.expect("the server reads");
    stream
}

/// Everything the server sends until it closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let closed = tokio::time::timeout(NEVER, stream.read_to_end(&mut bytes)).await;
    assert!(closed.is_ok(), "the connection is still open");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One answer of a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count =
            tokio::time::timeout(NEVER, stream.read(&mut chunk)).await.expect("in time").expect("readable");
        assert!(count > 0, "closed after {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |n| n.parse().expect("a number"));
        if body.len() >= length {
            return text.into_owned();
        }
    }
}

async fn works(address: SocketAddr) {
    let text =
        rest(connect(address, b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await).await;
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
}

fn problem(text: &str) -> String {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    format!("{} {}", head.split(' ').nth(1).unwrap_or("?"), body["code"].as_str().unwrap_or("?"))
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let app = TestApp::new().await;
    let address = app.listen(short(|limits| limits.first_byte = SOON)).await;
    assert_eq!(rest(connect(address, b"").await).await, "", "P01");
    works(address).await;
}

#[tokio::test]
async fn a_head_that_does_not_end_is_closed() {
    let app = TestApp::new().await;
    let address = app.listen(short(|limits| limits.header = SOON)).await;
    for part in ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
        assert_eq!(rest(connect(address, part.as_bytes()).await).await, "", "P02 {part:?}");
    }
    works(address).await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_does_not_prolong_its_time() {
    let app = TestApp::new().await;
    let address = app.listen(short(|limits| limits.header = SOON * 3)).await;
    let mut stream = connect(address, b"GET / HTTP/1.1\r\nX: ").await;
    let dripped = async {
        let mut tick = tokio::time::interval(SOON / 4);
        while stream.write_all(b"x").await.is_ok() {
            tick.tick().await;
        }
    };
    assert!(tokio::time::timeout(NEVER, dripped).await.is_ok(), "P02: still open");
}

#[tokio::test]
async fn a_body_that_stops_is_answered_and_closed() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let head = format!(
        "POST /api/prompts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
        editor.key()
    );
    let address = app.listen(short(|limits| limits.body_idle = SOON)).await;
    let text =
        rest(connect(address, format!("{head}Content-Length: 100\r\n\r\n{{\"n").as_bytes()).await).await;
    assert_eq!(problem(&text), "408 timeout", "P03 {text}");
    let text = rest(
        connect(address, format!("{head}Transfer-Encoding: chunked\r\n\r\n3\r\n{{\"n\r\n").as_bytes()).await,
    )
    .await;
    assert_eq!(problem(&text), "408 timeout", "P10 {text}");
    works(address).await;
}

#[tokio::test]
async fn a_body_that_drips_is_limited_as_a_whole() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let address = app.listen(short(|limits| limits.body_total = SOON * 3)).await;
    let head = format!(
        "POST /api/prompts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
        editor.key()
    );
    let (mut read, mut write) = connect(address, head.as_bytes()).await.into_split();
    let drip = async {
        let mut tick = tokio::time::interval(SOON / 4);
        while write.write_all(b" ").await.is_ok() {
            tick.tick().await;
        }
    };
    let mut text = String::new();
    let answered = async {
        let _ = read.read_to_string(&mut text).await;
    };
    let both = async {
        tokio::join!(drip, answered);
    };
    assert!(tokio::time::timeout(NEVER, both).await.is_ok(), "P03: still open");
    assert_eq!(problem(&text), "408 timeout", "{text}");
}

#[tokio::test]
async fn a_connection_at_rest_is_closed() {
    let app = TestApp::new().await;
    let address = app.listen(short(|limits| limits.keep_alive = SOON)).await;
    let mut stream = connect(address, b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(rest(stream).await, "", "P04");
}

#[tokio::test]
async fn silent_connections_make_room_for_a_new_client() {
    let app = TestApp::new().await;
    let address = app.listen(short(|limits| limits.connections = 20)).await;
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(TcpStream::connect(address).await.expect("a connection"));
    }
    works(address).await;
}

#[tokio::test]
async fn a_request_that_two_programs_could_read_differently_is_refused() {
    let app = TestApp::new().await;
    let address = app.listen(short(|_| {})).await;
    let post = "POST /api/prompts HTTP/1.1\r\nHost: a\r\n";
    for (id, request, outcome) in [
        (
            "P06",
            format!("{post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "400 bad_request",
        ),
        (
            "P06",
            format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
            "400 bad_request",
        ),
        ("P07", format!("{post}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), "400 bad_request"),
        ("host", "GET / HTTP/1.1\r\n\r\n".to_owned(), "400 bad_request"),
        ("lf", "GET / HTTP/1.1\nHost: a\n\n".to_owned(), "400 bad_request"),
        ("P13", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "400 bad_request"),
        ("tls", "\u{16}\u{3}\u{1}\n".to_owned(), "400 bad_request"),
        (
            "431",
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(40_000)),
            "431 headers_too_large",
        ),
        (
            "431",
            format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(101)),
            "431 headers_too_large",
        ),
    ] {
        let text = rest(connect(address, request.as_bytes()).await).await;
        assert_eq!(problem(&text), outcome, "{id} {text}");
        assert!(text.contains("x-content-type-options"), "{id} {text}");
        works(address).await;
    }
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_turn() {
    let app = TestApp::new().await;
    let address = app.listen(short(|_| {})).await;
    let two = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let text = rest(connect(address, two).await).await;
    assert_eq!(text.matches("HTTP/1.1 200 ").count(), 2, "{text}");
    assert!(text.find("\"ok\"") < text.find("\"promptsync\""), "{text}");
    let smuggled = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n";
    let text = rest(connect(address, smuggled).await).await;
    assert!(text.contains("HTTP/1.1 200 ") && text.contains("HTTP/1.1 400 "), "{text}");
}

#[tokio::test]
async fn a_large_body_is_refused_with_an_answer() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let address = app.listen(short(|_| {})).await;
    let head = format!(
        "POST /api/prompts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        editor.key(),
        3 << 20,
    );
    let mut stream = connect(address, head.as_bytes()).await;
    stream.write_all(&vec![b' '; 3 << 20]).await.expect("the server reads on");
    assert_eq!(problem(&rest(stream).await), "413 too_large", "P10");
}

#[tokio::test]
async fn a_request_under_way_is_finished_when_the_server_stops() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let address = app.listen(short(|_| {})).await;
    let body = r#"{"name": "late", "content": "Hi"}"#;
    let head = format!(
        "POST /api/prompts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        editor.key(),
        body.len(),
    );
    let mut stream = connect(address, head.as_bytes()).await;
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.expect("the server waits for the body");
    let idle = connect(address, b"").await;
    app.stop();
    assert_eq!(rest(idle).await, "", "a connection at rest is closed");
    stream.write_all(body.as_bytes()).await.expect("the server still reads");
    let text = rest(stream).await;
    assert!(text.starts_with("HTTP/1.1 201 "), "{text}");
    assert!(TcpStream::connect(address).await.is_err(), "a stopped server accepts nobody");
}
