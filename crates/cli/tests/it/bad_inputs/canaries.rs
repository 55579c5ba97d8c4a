//! L01, L02, L03, L07: forty made-up secrets go through everything that takes one, and turn up nowhere: not in the log at
//! its finest level, not in the audit log, not in the files of the database, not on a page, not in what the command line
//! prints. What is encrypted at rest is tested beside the store.

use std::{fs, path::Path};

use promptsync_testing::{Canaries, canaries::OF_EACH_KIND};
use serde_json::json;

use super::{
    http::{NO_KEY, Request, get, post, post_bytes, push},
    process::Process,
};

const KINDS: [&str; 10] = [
    "value",
    "mistyped value",
    "unknown variable",
    "cut body",
    "bearer",
    "basic password",
    "cookie",
    "key in query",
    "password in url",
    "key of the command line",
];

const RENDER: &str = "/api/prompts/typed/latest/render";

/// A request that carries a secret of this kind, when it goes over HTTP.
fn request(kind: &str, secret: &str) -> Option<Request> {
    let list = "/api/projects/shop/prompts";
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let rendered = |variables| post(RENDER, &json!({ "variables": variables }));
    Some(match kind {
        "value" => rendered(json!({ "name": secret, "count": 1 })),
        "mistyped value" => rendered(json!({ "name": "x", "count": secret })),
        "unknown variable" => rendered(json!({ "name": { "deep": [secret] }, "cuont": secret })),
        "cut body" => post_bytes(RENDER, format!("{{\"variables\": {{\"name\": {}", json!(secret))),
        "bearer" => get(list).header(format!("Authorization: Bearer {secret}")),
        "basic password" => get(list).header(format!("Authorization: Basic admin:{secret}")),
        "cookie" => {
            get(list).header(NO_KEY).header(format!("Cookie: __Host-refresh={secret}; session={secret}"))
        }
        "key in query" => get(format!("{list}?api_key={percent}")).header(NO_KEY),
        "password in url" => get(format!("http://admin:{percent}@127.0.0.1{list}")),
        _ => return None,
    })
}

/// Every file below a folder but those that hold keys by purpose.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.extension().is_none_or(|ending| ending != "key") {
            all.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
    all
}

#[test]
fn forty_secrets_of_ten_kinds_turn_up_in_no_log_audit_database_page_or_output() {
    let canaries = Canaries::new(&KINDS);
    let process = Process::start();
    let file = "content: '{{ name }} {{ count }}'\nvariables:\n  name: {}\n  count: {type: integer}\n";
    assert_eq!(process.send(&push(&[("typed.yaml", file)])).status, 200);
    let mut artefacts: Vec<(String, Vec<u8>)> = Vec::new();
    for (kind, secret) in canaries.all() {
        if let Some(request) = request(kind, secret) {
            let answer = process.send(&request);
            let whole = format!("{}\r\n\r\n{}", answer.head, answer.text);
            if kind == "value" {
                assert!(answer.status == 200 && answer.json().to_string().contains("Cnry"), "{whole}");
            } else {
                // An address with a user name before the host is answered like any other.
                let expected = if kind == "password in url" { 200..300 } else { 400..500 };
                assert!(expected.contains(&answer.status), "{kind}: {whole}");
                artefacts.push((format!("answer to {kind}"), whole.into_bytes()));
            }
        } else {
            artefacts.push(process.command_with_key(secret, &["list"]));
        }
    }
    for target in [
        "/",
        "/api/keys",
        "/api/projects/shop/history",
        "/api/projects/shop/prompts/typed/diff?from=v1&format=html",
    ] {
        let answer = process.send(&get(target));
        assert_eq!(answer.status, 200, "{target}: {}", answer.text);
        artefacts.push((target.to_owned(), answer.text.into_bytes()));
    }
    for args in [
        &["list"][..],
        &["history"],
        &["keys", "list"],
        &["get", "typed"],
        &["diff", "typed", "v1", "v1", "--format", "html"],
        &["status"],
        &["doctor"],
        &["config", "show"],
        &["config", "show", "--server"],
    ] {
        artefacts.push(process.command(args));
    }
    let stored = files(&process.folder().join("data"));
    assert!(stored.iter().any(|(path, bytes)| path.ends_with("promptsync.db") && !bytes.is_empty()));
    artefacts.extend(stored);
    let log = fs::read(process.folder().join("server.log")).expect("a log");
    let answered = String::from_utf8_lossy(&log).matches("answered").count();
    assert!(
        answered > 9 * OF_EACH_KIND && String::from_utf8_lossy(&log).contains("DEBUG"),
        "{answered} lines"
    );
    artefacts.push(("log".to_owned(), log));
    let mut leaks = Vec::new();
    for (name, bytes) in &artefacts {
        leaks.extend(canaries.found_in(bytes).into_iter().map(|canary| format!("{name} holds {canary}")));
        for key in process.all_keys() {
            if bytes.windows(key.len()).any(|window| window == key.as_bytes()) {
                leaks.push(format!("{name} holds a key that opens something"));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}
