//! Applications that run: what they hold, who is behind, whose code does not fit.

use chrono::TimeDelta;
use promptsync_testing::{Caller, TestApp, db_test};
use serde_json::{Value, json};

const CLIENTS: &str = "/api/projects/shop/clients";
const STATUS: &str = "/api/compatibility/status?alias=production";

async fn publish(editor: &Caller, text: &str) -> i64 {
    let pushed = editor
        .try_push(&[("greeting.txt", text)], json!({ "alias": "production", "allow_breaking": true }))
        .await;
    assert_eq!(pushed.status, 200, "{}", pushed.text());
    editor.get("/api/aliases/production").await.json()["revision"].as_i64().expect("a revision")
}

fn report(instance: &str, revision: i64) -> Value {
    json!({
        "instance": instance, "service": "shop-front", "host": "web-1", "sdk": "rust", "sdk_version": "0.1.0",
        "git_commit": "0123abc", "transport": "stream", "holds": { "production": revision },
    })
}

async fn say(caller: &Caller, report: Value) {
    let reply = caller.post(CLIENTS, report).await;
    assert_eq!(reply.outcome(), "200", "{}", reply.text());
    assert_eq!(reply.json(), json!({ "every_seconds": 60 }));
}

async fn items(caller: &Caller, target: &str) -> Vec<Value> {
    let reply = caller.get(target).await;
    assert_eq!(reply.outcome(), "200", "{}", reply.text());
    reply.json()["items"].as_array().expect("items").clone()
}

db_test! {
    async fn the_status_says_who_runs_what_and_who_is_behind(db: &Db) {
        let (app, other) = (TestApp::on(db).await, TestApp::beside(db, &[]).await);
        let editor = app.approver().await;
        let first = publish(&editor, "Hello {{ name }}").await;
        let second = publish(&editor, "Good day {{ name }}").await;
        say(&editor, report("a", second)).await;
        // The other server heard of this one.
        let there = other.nobody().with_key(editor.key());
        say(&there, report("b", first)).await;
        other.app().write_clients().await.expect("facts can be written");
        let found = items(&editor, STATUS).await;
        let held = |item: &Value| item["aliases"]["production"].clone();
        assert_eq!(found.len(), 2);
        assert_eq!(held(&found[0]), json!({ "revision": second, "release": "1.0.1", "behind": false }));
        assert_eq!(held(&found[1]), json!({ "revision": first, "release": "1.0.0", "behind": true }));
        assert_eq!((&found[1]["instance"], &found[1]["compatible"]), (&json!("b"), &Value::Null));
        let unaudited = editor.get("/api/audit?limit=200").await.text();
        assert!(!unaudited.contains("shop-front"), "reports are no changes");

        app.clock.advance(TimeDelta::minutes(16));
        assert_eq!(items(&editor, STATUS).await.len(), 0);
        say(&editor, report("c", second)).await;
        app.app().write_clients().await.expect("facts can be written");
        let found = items(&editor, "/api/compatibility/status").await;
        assert_eq!(found.iter().map(|item| &item["instance"]).collect::<Vec<_>>(), ["c"]);
    }

    async fn whoever_waits_hears_as_soon_as_nobody_is_behind(db: &Db) {
        let (app, other) = (TestApp::on(db).await, TestApp::beside(db, &[]).await);
        let editor = app.approver().await;
        let first = publish(&editor, "one").await;
        for instance in ["a", "b"] {
            say(&editor, report(instance, first)).await;
        }
        let second = publish(&editor, "two").await;
        let behind = items(&editor, &format!("{STATUS}&wait_ms=1")).await;
        assert!(behind.iter().all(|item| item["aliases"]["production"]["behind"] == true));
        let waiting = format!("{STATUS}&wait_ms=25000");
        let waited = async { items(&editor, &waiting).await };
        let reported = async {
            say(&editor, report("a", second)).await;
            say(&other.nobody().with_key(editor.key()), report("b", second)).await;
            other.app().write_clients().await.expect("facts can be written");
        };
        // The second server's clock is as old as its report.
        let (found, ()) = tokio::join!(waited, reported);
        assert!(found.iter().all(|item| item["aliases"]["production"]["behind"] == false), "{found:?}");
    }

    async fn code_that_does_not_pass_what_is_needed_is_found(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.approver().await;
        let first = publish(&editor, "Hello {{ name }}").await;
        let using = |instance: &str, variables: &[&str]| {
            let mut report = report(instance, first);
            report["uses"] = json!({ "greeting": variables });
            report
        };
        say(&editor, using("good", &["name", "company"])).await;
        say(&editor, using("late", &["name"])).await;
        say(&editor, report("silent", first)).await;
        let check = async |query: &str| editor.get(&format!("/api/compatibility/check?{query}")).await.json();
        let now = check("alias=production").await;
        assert_eq!((&now["compatible"], &now["checked"], &now["unknown"]), (&json!(true), &json!(2), &json!(1)));
        editor
            .try_push(
                &[("greeting.txt", "Hello {{ name }} of {{ company }}")],
                json!({ "alias": "dev", "allow_breaking": true }),
            )
            .await;
        for query in ["alias=production&version=2.0.0", "version=dev", "version=v2"] {
            let next = check(query).await;
            assert_eq!(next["compatible"], false, "{query}: {next}");
            let said = "greeting 2.0.0 needs `company`, which the code does not pass";
            assert_eq!(next["problems"][0]["message"], said);
            assert_eq!((&next["problems"][0]["instance"], next["problems"].as_array().map(Vec::len)), (&json!("late"), Some(1)));
        }
        publish(&editor, "Hello {{ name }} of {{ company }}").await;
        let found = items(&editor, STATUS).await;
        let fits: Vec<_> = found.iter().map(|item| item["compatible"].clone()).collect();
        assert_eq!(fits, [json!(true), json!(false), Value::Null]);
    }
}

#[tokio::test]
async fn what_is_no_report_is_refused() {
    let app = TestApp::new().await;
    let editor = app.editor().await;
    let first = publish_plain(&editor).await;
    let with = |field: &str, value: Value| {
        let mut report = report("a", first);
        report[field] = value;
        report
    };
    let long = "x".repeat(300);
    let many: serde_json::Map<_, _> = (0..101).map(|n| (format!("a{n}"), json!(1))).collect();
    for (body, outcome) in [
        (with("instance", json!("")), "422 invalid"),
        (with("service", json!(long)), "422 invalid"),
        (with("host", json!(long)), "422 invalid"),
        (with("transport", json!("pigeon")), "422 invalid"),
        (with("holds", Value::Object(many)), "422 invalid"),
        (with("uses", json!({ "greeting": [long] })), "422 invalid"),
        (with("more", json!(1)), "422 unknown_field"),
    ] {
        assert_eq!(editor.post(CLIENTS, body).await.outcome(), outcome);
    }
    for (query, outcome) in [
        ("status?wait_ms=5", "422 invalid"),
        ("status?alias=production&wait_ms=soon", "422 invalid"),
        ("status?alias=gone", "404 alias_not_found"),
        ("check", "422 invalid"),
        ("check?version=9.9.9", "404 version_not_found"),
        ("check?alias=gone", "404 alias_not_found"),
    ] {
        assert_eq!(editor.get(&format!("/api/compatibility/{query}")).await.outcome(), outcome, "{query}");
    }
    let reader = app.in_environment("viewer", "production").await;
    assert_eq!(reader.post(CLIENTS, report("a", first)).await.outcome(), "200");
    assert_eq!(reader.get(STATUS).await.outcome(), "200");
    assert_eq!(reader.get("/api/compatibility/status").await.outcome(), "403 insufficient_scope");
}

async fn publish_plain(editor: &Caller) -> i64 {
    editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "production" })).await;
    editor.get("/api/aliases/production").await.json()["revision"].as_i64().expect("a revision")
}
