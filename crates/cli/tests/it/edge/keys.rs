//! Who may ask an edge: whom the server knows.

use super::{Edge, ask, client, reader, shop, spawn};
use crate::served::Served;

const PATH: &str = "/api/prompts/greeting/production";

fn seen(edge: &Edge, key: &str, path: &str) -> (u16, String) {
    let (status, body) = ask(&edge.url, "GET", path, key, &[]).seen();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn revoke(shop: &Served, name: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = client(&shop.url, &shop.key);
        let keys = client.keys().await.expect("the list");
        let key = keys.into_iter().find(|key| key.name == name).expect("it is listed");
        client.revoke_key(key.id.as_str()).await.expect("it is revoked");
    });
}

#[test]
fn only_keys_that_the_server_knows_open_an_edge() {
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    let good = reader(&shop, "good", &[]);
    assert_eq!(seen(&edge, &good, PATH), refused(200, ""));
    assert_eq!(seen(&edge, &key, PATH), refused(200, ""), "its own");
    assert_eq!(seen(&edge, "", PATH), refused(401, "unauthenticated"), "none");
    assert_eq!(seen(&edge, "ps_x", PATH), refused(401, "unauthenticated"), "no key at all");
    // Another server's key is one in every way, and not this server's.
    let (_stranger, strange) = super::shop();
    assert_eq!(seen(&edge, &strange, PATH), refused(401, "unauthenticated"), "a stranger's");
    assert_eq!(seen(&edge, &good, &format!("{PATH}?key={good}")), refused(400, "key_in_query"));
    let module = reader(&shop, "module", &["--module", "support"]);
    assert_eq!(seen(&edge, &module, PATH), refused(403, "insufficient_scope"), "a module's");
}

#[test]
fn a_key_of_another_project_or_workspace_finds_nothing() {
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    let other = ["keys", "create", "--data-dir", "data", "--role", "admin", "--name", "other"];
    let foreign = shop.stdout(&[&other[..], &["--project", "elsewhere"]].concat()).trim().to_owned();
    assert_eq!(seen(&edge, &foreign, PATH), refused(404, "project_not_found"), "another project's");
    shop.stdout(&["workspace", "create", "rivals", "--data-dir", "data"]);
    let rival = shop.stdout(&[&other[..], &["--workspace", "rivals"]].concat()).trim().to_owned();
    assert_eq!(seen(&edge, &rival, PATH), refused(404, "project_not_found"), "another workspace's");
}

#[test]
fn a_revoked_key_opens_nothing_after_the_interval_and_never_again() {
    let (mut shop, key) = shop();
    let mut edge = Edge::of(&shop, &key);
    let doomed = reader(&shop, "doomed", &[]);
    assert_eq!(seen(&edge, &doomed, PATH), refused(200, ""));
    revoke(&shop, "doomed");
    let since = std::time::Instant::now();
    while seen(&edge, &doomed, PATH).0 == 200 {
        // One second is the edge's interval here; the server itself takes up to another.
        assert!(since.elapsed() < std::time::Duration::from_secs(10), "{:?}", since.elapsed());
        std::thread::yield_now();
    }
    println!("refused {:?} after it was revoked", since.elapsed());
    shop.stop();
    edge.restart(&shop.sandbox);
    assert_eq!(seen(&edge, &key, PATH), refused(200, ""), "the control");
    assert_eq!(seen(&edge, &doomed, PATH), refused(503, "unavailable"));
}

#[test]
fn a_stream_ends_when_its_key_is_revoked() {
    use std::io::{Read, Write};
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    let doomed = reader(&shop, "doomed", &[]);
    let mut stream =
        std::net::TcpStream::connect(edge.url.trim_start_matches("http://")).expect("a connection");
    let head = format!(
        "GET /api/projects/shop/stream?alias=production HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {doomed}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it is sent");
    let mut first = [0; 15];
    stream.read_exact(&mut first).expect("it begins");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    revoke(&shop, "doomed");
    stream.set_read_timeout(Some(super::LONG)).expect("a limit");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("it ends");
}

#[test]
fn an_edge_whose_own_key_is_revoked_gives_nothing() {
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    let good = reader(&shop, "good", &[]);
    assert_eq!(seen(&edge, &good, PATH), refused(200, ""));
    revoke(&shop, "edge");
    let since = std::time::Instant::now();
    while seen(&edge, &good, PATH).0 == 200 {
        assert!(since.elapsed() < super::LONG);
        std::thread::yield_now();
    }
    assert_eq!(seen(&edge, &good, PATH), refused(503, "unavailable"));
}

#[test]
fn an_edge_starts_only_with_a_key_that_the_server_knows_or_once_knew() {
    let (mut shop, key) = shop();
    let start = |upstream: &str, key: &str, folder: &str| {
        let args = ["edge", "--upstream", upstream, "--data-dir", folder, "--listen", "127.0.0.1:0"];
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        spawn(&shop.sandbox, &args, key).map(|(mut edge, _)| {
            let _ = edge.kill();
            let _ = edge.wait();
        })
    };
    assert!(start(&shop.url, "ps_wrong", "fresh").is_err(), "a wrong key");
    let module = reader(&shop, "module", &["--module", "support"]);
    assert!(start(&shop.url, &module, "fresh").is_err(), "a key for a module");
    assert!(start(&shop.url, &key, "fresh").is_ok(), "the control");
    let url = shop.url.clone();
    shop.server.kill().and_then(|()| shop.server.wait()).expect("it is gone");
    assert!(start(&url, &key, "fresh").is_ok(), "known from before");
    assert!(start(&url, &key, "nowhere").is_err(), "never heard of it");
    let file = shop.sandbox.path().join("fresh/edge/readers.json");
    let text = std::fs::read_to_string(&file).expect("it was written");
    assert!(!text.contains(&key[16..40]), "no key is in it");
    std::fs::write(&file, text.replace("viewer", "editor")).expect("it is written");
    assert!(start(&url, &key, "fresh").is_err(), "somebody else wrote it");
}
