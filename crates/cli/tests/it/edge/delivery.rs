//! What clients get from an edge is what the server gives, as it was signed.

use promptsync_client::sdk::Transport;
use promptsync_core::render::Rendered;
use serde_json::{Map, Value};

use super::{Edge, LONG, ask, behind, pin, push, reader, shop};

#[test]
fn an_edge_answers_as_its_server_does() {
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    for path in [
        "/api/prompts/greeting/production",
        "/api/prompts/greeting/production?tags=tone=formal&document=true",
        "/api/prompts/greeting/1.0.0",
        "/api/prompts/greeting/latest",
        "/api/prompts/greeting/v1",
        "/api/prompts/greeting/production?unit=ann",
        "/api/projects/shop/snapshot?alias=production",
        "/api/signing-keys",
    ] {
        let (mut there, mut here) = (ask(&shop.url, "GET", path, &key, &[]).seen(), edge.get(path));
        for answer in [&mut there.1, &mut here.1] {
            // The server names the workspace's revision here, the edge the alias's.
            if path.contains("/prompts/") {
                answer["revision"].take();
            }
        }
        assert_eq!(here, there, "{path}");
        assert_eq!(here.0, 200, "{path}");
    }
    for path in [
        "/api/prompts/nothing/production",
        "/api/prompts/greeting/9.9.9",
        "/api/prompts/greeting/%5E7",
        "/api/prompts/greeting/1.x.y",
        "/api/prompts/greeting/nowhere?tag=x",
        "/api/prompts/greeting/production?wrong=x",
        "/api/prompts/greeting/production?project=other",
        "/api/prompts/greeting/production?unit=",
        "/api/projects/shop/snapshot",
        "/api/projects/other/snapshot?alias=production",
        "/api/documents/sha256:00",
    ] {
        let (there, here) = (ask(&shop.url, "GET", path, &key, &[]).seen(), edge.get(path));
        let seen = |(status, body): &(u16, Value)| (*status, body["code"].as_str().unwrap_or("").to_owned());
        assert_eq!(seen(&here), seen(&there), "{path}");
        assert!(there.0 >= 400, "{path}");
    }
}

#[test]
fn a_tag_that_is_known_is_answered_with_304() {
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    for path in ["/api/prompts/greeting/production", "/api/projects/shop/snapshot?alias=production"] {
        let first = ask(&edge.url, "GET", path, &key, &[]);
        let tag = first.etag.expect("a tag");
        let again = ask(&edge.url, "GET", path, &key, &[("If-None-Match", &tag)]);
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
    }
    let path = "/api/prompts/greeting/production";
    let tag = ask(&edge.url, "GET", path, &key, &[]).etag.expect("a tag");
    push(&shop, "Welcome");
    edge.until(path, |body| body["content"] == "Welcome");
    let moved = ask(&edge.url, "GET", path, &key, &[("If-None-Match", &tag)]);
    assert_eq!(moved.status, 200);
}

#[test]
fn a_pinned_sdk_behind_an_edge_hears_of_every_move_and_verifies_it() {
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    let sdk = behind(&edge.url, &key, &pin(&shop)).start_blocking().expect("it starts");
    sdk.wait_ready(LONG).expect("it is ready");
    let text = || match sdk.get("greeting", "production").fetch().expect("it is there").render(&Map::new()) {
        Ok(Rendered::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    let production = promptsync_core::names::AliasName::parse("production").expect("a name");
    let since = std::time::Instant::now();
    while sdk.status().aliases[&production].transport != Transport::Stream {
        assert!(since.elapsed() < LONG, "{:?}", sdk.status());
        std::thread::yield_now();
    }
    let (told, changes) = std::sync::mpsc::channel();
    sdk.on_change(move |change| {
        let _ = told.send(change.revision);
    });
    for (number, word) in ["Welcome", "Good day", "Good evening"].into_iter().enumerate() {
        push(&shop, word);
        changes.recv_timeout(LONG).unwrap_or_else(|_| panic!("move {number} arrives"));
        assert_eq!(text(), word);
    }
    let status = sdk.status();
    let held = &status.aliases[&production];
    assert_eq!((held.transport, held.failure.clone(), held.refused.clone()), (Transport::Stream, None, None));
    sdk.close();

    // Whoever comes later gets a snapshot that was signed as a whole.
    edge.until("/api/projects/shop/snapshot?alias=production", |snapshot| {
        snapshot["statement"]["revision"].as_i64() == held.revision
    });
    let later = behind(&edge.url, &key, &pin(&shop)).start_blocking().expect("it starts");
    later.wait_ready(LONG).expect("it is ready");
    let greeting = later.get("greeting", "production").fetch().expect("it is there");
    assert!(!greeting.is_stale(), "{}", greeting.source());
    later.close();
}

#[test]
fn a_version_that_no_alias_serves_comes_through_an_edge_with_what_it_includes() {
    let (shop, key) = shop();
    let mail =
        |word: &str| format!("dependencies:\n  footer: '*'\ncontent: \"{word}. {{% include 'footer' %}}\"\n");
    for (word, footer) in [("Hi", "Bye"), ("Hello", "See you")] {
        shop.sandbox.write("prompts/mail.yaml", mail(word));
        shop.sandbox.write("prompts/footer.txt", footer);
        shop.stdout(&["push", "--alias", "production"]);
    }
    let mut edge = Edge::of(&shop, &key);
    let sdk = behind(&edge.url, &key, &pin(&shop)).start_blocking().expect("it starts");
    let text = |reference: &str| {
        let prompt =
            sdk.get("mail", reference).fetch().unwrap_or_else(|error| panic!("{reference}: {error}"));
        match prompt.render(&Map::new()) {
            Ok(Rendered::Text(text)) => text,
            other => panic!("{reference}: {other:?}"),
        }
    };
    assert_eq!(text("1.0.0"), "Hi. Bye");
    assert_eq!(text("production"), "Hello. See you");
    sdk.close();

    let render = |edge: &Edge| {
        let mut command = shop.sandbox.command(&["render", "mail@1.0.0"]);
        let output = command.env("PROMPTSYNC_URL", &edge.url).env("PROMPTSYNC_API_KEY", &key).output();
        let output = output.expect("the command runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(render(&edge).trim(), "Hi. Bye");
    edge.restart(&shop.sandbox);
    assert_eq!(render(&edge).trim(), "Hi. Bye");
}

#[test]
fn who_runs_behind_an_edge_is_seen_at_the_server() {
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    let sdk = behind(&edge.url, &key, &pin(&shop)).service("checkout").start_blocking().expect("it starts");
    sdk.wait_ready(LONG).expect("it is ready");
    let path = "/api/compatibility/status";
    let since = std::time::Instant::now();
    loop {
        let (_, body) = ask(&shop.url, "GET", path, &shop.key, &[]).seen();
        let all = body["items"].as_array().cloned().unwrap_or_default();
        let mut who: Vec<(&str, &str)> = all
            .iter()
            .filter_map(|client| Some((client["service"].as_str()?, client["sdk"].as_str()?)))
            .collect();
        who.sort_unstable();
        if who == [("checkout", "rust"), ("promptsync edge", "edge")] {
            break;
        }
        assert!(since.elapsed() < LONG, "{body}");
        std::thread::yield_now();
    }
    sdk.close();
}

#[test]
fn an_edge_of_one_alias_says_who_answers_the_rest() {
    let (shop, key) = shop();
    shop.stdout(&["push", "--alias", "dev"]);
    let edge = Edge::of(&shop, &key);
    let (status, body) = edge.get("/api/prompts/greeting/dev");
    assert_eq!((status, body["code"].as_str()), (421, Some("not_at_edge")), "{body}");
    assert!(body["hint"].as_str().is_some_and(|hint| hint.contains(&shop.url)), "{body}");

    let anything = Edge::start(&shop.sandbox, &shop.url, &key, "other", &[]);
    anything.until("/api/prompts/greeting/dev", |body| body["alias"] == "dev");
    let one = reader(&shop, "one alias", &["--environment", "production"]);
    let (status, body) = ask(&anything.url, "GET", "/api/prompts/greeting/dev", &one, &[]).seen();
    assert_eq!((status, body["code"].as_str()), (403, Some("insufficient_scope")), "{body}");
    let (status, _) = ask(&anything.url, "GET", "/api/prompts/greeting/production", &one, &[]).seen();
    assert_eq!(status, 200);
}

#[test]
fn what_changes_something_is_refused() {
    let (shop, key) = shop();
    let edge = Edge::of(&shop, &key);
    for (method, path, status, code) in [
        ("PUT", "/api/aliases/production", 421, "not_at_edge"),
        ("POST", "/api/prompts", 421, "not_at_edge"),
        ("POST", "/api/canary", 421, "not_at_edge"),
        ("POST", "/api/projects/shop/push", 421, "not_at_edge"),
        ("GET", "/api/keys", 421, "not_at_edge"),
        ("DELETE", "/api/keys/x", 421, "not_at_edge"),
        ("GET", "/api/audit", 421, "not_at_edge"),
        ("GET", "/openapi.json", 421, "not_at_edge"),
        ("POST", "/api/prompts/greeting/production", 405, "method_not_allowed"),
        ("DELETE", "/api/prompts/greeting/production", 405, "method_not_allowed"),
        ("PUT", "/api/projects/shop/snapshot", 405, "method_not_allowed"),
    ] {
        // With the server's own admin key.
        let (found, body) = ask(&edge.url, method, path, &shop.key, &[]).seen();
        assert_eq!((found, body["code"].as_str()), (status, Some(code)), "{method} {path}: {body}");
        if status == 421 {
            assert!(body["hint"].as_str().is_some_and(|hint| hint.contains(&shop.url)), "{body}");
        }
        let stranger = ask(&edge.url, method, path, "", &[]).seen();
        assert!(!stranger.1.to_string().contains(&shop.url), "{method} {path}: {stranger:?}");
    }
}
