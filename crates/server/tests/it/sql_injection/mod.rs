//! Strings that mean something in SQL, in every string of every request: never a failure of the server, never somebody
//! else's data, never a change by a request that reads.

mod requests;

use std::time::Duration;

use promptsync_core::access::Role;
use promptsync_testing::{Caller, TestApp, db_test};
use requests::Request;
use serde_json::{Value, json};

/// A query that was made to sleep takes longer, and nothing else does.
const SLEPT: Duration = Duration::from_secs(8);

/// One string a line.
const STRINGS: &str = include_str!("strings.txt");

/// What an answer holds when a database spoke to the caller.
const DATABASE_WORDS: [&str; 8] =
    ["syntax error", "unterminated", "sqlite", "SQLITE", "sqlx", "near \"", "secret_hash", "relation \""];

/// A value that is fine for a parameter or field of this name.
fn good(name: &str) -> &'static str {
    match name {
        "project" => "shop",
        "name" | "prompt" => "target",
        "path" => "target.txt",
        "content" => "Hi {{ name }}",
        "version" | "version_or_alias" | "reference" | "from" | "to" => "1.0.0",
        "alias" => "dev",
        "role" => "viewer",
        "expires_at" => "2999-01-01T00:00:00Z",
        _ => "x",
    }
}

/// Everything a caller can read of these addresses.
async fn read(caller: &Caller, targets: &[&str]) -> Vec<Value> {
    let mut all = Vec::new();
    for target in targets {
        let reply = caller.get(target).await;
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        let mut value = reply.json();
        // The workspace's counter moves with every change of anybody.
        if let Some(fields) = value.as_object_mut() {
            fields.remove("revision");
        }
        all.push(value);
    }
    all
}

/// Sends a request with each string. What is wrong with the answers.
async fn wrong(caller: &Caller, request: &Request) -> Vec<String> {
    let mut wrong = Vec::new();
    for text in STRINGS.lines() {
        let (target, body) = request.with(text);
        let sending = caller.send(request.method.clone(), &target, body.into());
        let Ok(reply) = tokio::time::timeout(SLEPT, sending).await else {
            wrong.push(format!("{}: {text:?} slept", request.shown()));
            continue;
        };
        // The refusal repeats what was sent; the words of a database are looked for in the rest.
        let answer = reply.text().replace(&json!(text).to_string().trim_matches('"').to_owned(), "");
        let spoke = DATABASE_WORDS.iter().find(|word| answer.contains(**word) && !text.contains(**word));
        if reply.status >= 500 || spoke.is_some() {
            wrong.push(format!("{}: {text:?}: {}", request.shown(), reply.text()));
        }
    }
    wrong
}

db_test! {
    async fn no_string_of_any_request_reaches_the_database_as_sql(db: &Db) {
        let app = TestApp::on(db).await;
        let control = app.nobody().with_key(&app.key(Role::Admin, Some("control")).await);
        let admin = app.nobody().with_key(&app.key(Role::Admin, None).await);
        for project in ["control", "shop"] {
            let made = admin.post("/api/projects", json!({ "name": project })).await;
            assert!(matches!(made.status, 201 | 409), "{}", made.text());
            let files = json!([{ "path": "target.txt", "content": "Hi {{ name }}" }]);
            let body = json!({ "files": files, "alias": "dev" });
            let reply = admin.post(&format!("/api/projects/{project}/push"), body).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
        }
        let of_control = [
            "/api/prompts/target/dev",
            "/api/projects/control/prompts",
            "/api/projects/control/prompts/target/versions",
            "/api/projects/control/aliases",
            "/api/projects/control/releases",
            "/api/projects/control/history",
        ];
        let of_everybody = [
            "/api/keys",
            "/api/projects",
            "/api/projects/shop/prompts",
            "/api/projects/shop/aliases",
            "/api/projects/shop/releases",
            "/api/projects/shop/history",
        ];
        let (before, all_before) = (read(&control, &of_control).await, read(&admin, &of_everybody).await);
        let (reading, writing): (Vec<_>, Vec<_>) = requests::all(&good).into_iter().partition(Request::reads);
        println!("{} places, {} strings each", reading.len() + writing.len(), STRINGS.lines().count());
        assert!(reading.len() > 50 && writing.len() > 50, "{} {}", reading.len(), writing.len());
        let mut faults = Vec::new();
        for request in &reading {
            faults.extend(wrong(&admin, request).await);
        }
        let mut all_after = read(&admin, &of_everybody).await;
        // When a key was used last is no change of it.
        for (now, then) in all_after[0]["items"].as_array_mut().expect("keys").iter_mut().zip(all_before[0]["items"].as_array().expect("keys")) {
            now["last_used_at"] = then["last_used_at"].clone();
        }
        assert_eq!(all_after, all_before, "a request that reads changed something");
        for request in &writing {
            faults.extend(wrong(&admin, request).await);
            assert_eq!(read(&control, &of_control[..1]).await, before[..1], "after {}", request.shown());
        }
        assert!(faults.is_empty(), "{} answers:\n{}", faults.len(), faults.join("\n"));
        assert_eq!(read(&control, &of_control).await, before, "somebody else's data changed");
    }
}
