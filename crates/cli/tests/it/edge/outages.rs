//! The server is killed: an edge goes on, also after it was started again.

use super::{Edge, LONG, ask, behind, pin, push, reader, shop};

const PATH: &str = "/api/prompts/greeting/production";

#[test]
fn an_edge_goes_on_without_its_server_and_starts_without_it() {
    let (mut shop, key) = shop();
    push(&shop, "Welcome");
    let (known, pin) = (reader(&shop, "known", &[]), pin(&shop));
    let mut edge = Edge::of(&shop, &key);
    let (_, good) = ask(&edge.url, "GET", PATH, &known, &[]).seen();
    assert_eq!((&good["content"], &good["source"]), (&"Welcome".into(), &serde_json::Value::Null));
    let stranger = reader(&shop, "never seen here", &[]);

    shop.stop();
    let cut_off = edge.until(PATH, |body| body["source"] == "memory");
    assert!(cut_off["stale_seconds"].is_u64() && cut_off["content"] == "Welcome", "{cut_off}");
    for _ in 0..200 {
        assert_eq!(ask(&edge.url, "GET", PATH, &known, &[]).status, 200);
    }

    edge.restart(&shop.sandbox);
    let (status, mut kept) = ask(&edge.url, "GET", PATH, &known, &[]).seen();
    assert_eq!((status, &kept["source"]), (200, &"file".into()), "{kept}");
    assert!(kept["stale_seconds"].is_u64(), "{kept}");
    let fields = kept.as_object_mut().expect("an object");
    fields.remove("source");
    fields.remove("stale_seconds");
    assert_eq!(kept, good, "but for its age it is the same");
    for path in ["/api/prompts/greeting/1.0.1", "/api/projects/shop/snapshot?alias=production", "/readyz"] {
        assert_eq!(ask(&edge.url, "GET", path, &known, &[]).status, 200, "{path}");
    }
    let (status, body) = ask(&edge.url, "GET", "/api/prompts/other/production", &known, &[]).seen();
    assert_eq!((status, body["code"].as_str()), (503, Some("unavailable")), "it may exist: {body}");
    let (status, _) = ask(&edge.url, "GET", PATH, &stranger, &[]).seen();
    assert_eq!(status, 503, "nobody can say whose key it is");

    // Somebody who pins the workspace's key, never ran before, and has nobody but the edge.
    let sdk = behind(&edge.url, &known, &pin).start_blocking().expect("it starts");
    sdk.wait_ready(LONG).expect("it is ready");
    sdk.get("greeting", "production").fetch().expect("it verifies");
    sdk.close();
}

#[test]
fn an_edge_follows_again_when_its_server_is_back() {
    let (mut shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    shop.stop();
    edge.until(PATH, |body| body["source"] == "memory");
    shop.restart("data");
    push(&shop, "Welcome back");
    // It says how old an answer may be until it listens again.
    edge.until(PATH, |body| body["content"] == "Welcome back" && body["source"].is_null());
}

#[test]
fn what_was_put_into_an_edge_s_folder_is_not_served() {
    let (mut shop, key) = shop();
    let mut edge = Edge::of(&shop, &key);
    shop.stop();
    let mut changed = 0;
    for file in files(&shop.sandbox.path().join("near/edge/copy")) {
        let text = std::fs::read_to_string(&file).expect("it is text");
        if text.contains("Hello") {
            std::fs::write(&file, text.replace("Hello", "Howdy")).expect("it is written");
            changed += 1;
        }
    }
    assert_eq!(changed, 1, "the document");
    edge.restart(&shop.sandbox);
    let (status, body) = edge.get(PATH);
    assert_eq!((status, body["code"].as_str()), (503, Some("unavailable")), "{body}");
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
