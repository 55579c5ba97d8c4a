//! Requests nobody should send. Each gets its answer, and the next good request works.
//!
//! The ids name rows of the project's table of bad inputs, so that a row without a test is found by searching.

use bytes::Bytes;
use hyper::Method;
use promptsync_testing::{Caller, Reply, TestApp, db_test};
use serde_json::{Value, json};

const JSON: &str = "application/json";

/// A row: id, method, address, body, expected outcome.
type Row = (&'static str, Method, String, Bytes, &'static str);

fn get(id: &'static str, target: impl Into<String>, outcome: &'static str) -> Row {
    (id, Method::GET, target.into(), Bytes::new(), outcome)
}

fn post(id: &'static str, target: &str, body: impl Into<Bytes>, outcome: &'static str) -> Row {
    (id, Method::POST, target.into(), body.into(), outcome)
}

fn publish(id: &'static str, with: &Value, outcome: &'static str) -> Row {
    let mut body = json!({ "name": "fresh", "content": "Hi" });
    for (key, value) in with.as_object().expect("fields") {
        body[key] = value.clone();
    }
    post(id, "/api/prompts", body.to_string(), outcome)
}

fn json_rows() -> Vec<Row> {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let render = "/api/prompts/greeting/latest/render";
    vec![
        post("Y18", "/api/prompts", r#"{"name":"a","name":"b","content":"x"}"#, "400 json_duplicate_key"),
        post("Y19", "/api/prompts", r#"{"name":"a","role\u0000admin":"x"}"#, "400 json_control_character"),
        publish(
            "Y23",
            &json!({ "locked": false, "workspace_id": "ws2", "approved_by": "me" }),
            "422 unknown_field",
        ),
        post("json", render, "{", "400 json_syntax"),
        post("json", render, "", "415 unsupported_media_type"),
        post("json", render, "[]", "422 wrong_type"),
        post("json", render, "{\"variables\": \u{feff}{}}", "400 json_syntax"),
        post("json", render, Bytes::from_static(b"{\"variables\": {\"a\": \"\xff\"}}"), "400 json_syntax"),
        post("json", render, r#"{"variables": {"a": NaN}}"#, "400 json_syntax"),
        post("json", render, format!(r#"{{"variables": {{"name": {deep}}}}}"#), "400 json_depth"),
        post("json", render, r#"{"variables": {"name": 1e999}}"#, "422 number_out_of_range"),
        post("P10", render, vec![b' '; (2 << 20) + 1], "413 too_large"),
        post("json", render, r#"{"variables": {}}"#, "422 missing_variable"),
    ]
}

fn name_rows() -> Vec<Row> {
    let long = "x".repeat(129);
    let names = |id, all: &[&str]| -> Vec<Row> {
        all.iter().map(|name| publish(id, &json!({ "name": name }), "422 name")).collect()
    };
    let mut rows = names("V11", &["../x", "a/b", "a%2Fb", "a\\b"]);
    rows.extend(names("V12", &["CON", "aux.yaml", "nul", ".", "..", ".git", "x.", "x "]));
    rows.extend(names("V13", &[long.as_str(), "", "   "]));
    rows.extend(names("V15", &["\u{e9}", "e\u{301}"]));
    rows.extend([
        publish("V11", &json!({ "module": "../x" }), "422 name"),
        publish("V20", &json!({ "alias": "1.0.0" }), "422 name"),
        publish("V01", &json!({ "version": "1.2" }), "422 semver"),
        publish("V05", &json!({ "version": "18446744073709551616.0.0" }), "422 semver"),
        publish("V08", &json!({ "version": "1.2.3/../.." }), "422 semver"),
        publish("Y32", &json!({ "git_commit": "abc123; rm -rf /" }), "422 bad_commit"),
        publish("Y32", &json!({ "git_commit": "--upload-pack=x" }), "422 bad_commit"),
        publish("Y25", &json!({ "content": "" }), "422 empty_prompt"),
        publish("J", &json!({ "content": "{{ x" }), "422 template_syntax"),
        publish("Y28", &json!({ "content": "x".repeat((64 << 10) + 1) }), "413 template_too_large"),
        publish("Y17", &json!({ "content": "a\u{7}b" }), "400 json_control_character"),
    ]);
    rows
}

fn address_rows() -> Vec<Row> {
    let list = "/api/projects/shop/prompts";
    let diff = "/api/projects/shop/prompts/greeting/diff";
    vec![
        get("V26", "/api/prompts/greeting/%5E7", "404 no_match"),
        get("V26", "/api/prompts/greeting/%3E%3D7%20%3C8", "404 no_match"),
        get("V27", format!("/api/prompts/greeting/{}", "x".repeat(201)), "404 version_not_found"),
        get("V27", format!("/api/prompts/greeting/{}", "9".repeat(10_000)), "414 uri_too_long"),
        get("V28", format!("{diff}?from=v1&to=v1"), "200"),
        get("V28", format!("{diff}?from=9.9.9"), "404 version_not_found"),
        get("V28", "/api/projects/other/prompts/greeting/diff?from=v1", "404 project_not_found"),
        get("P18", format!("{list}?page=-1"), "422 unknown_field"),
        get("P18", format!("{list}?limit=1000000000"), "200"),
        get("P18", format!("{list}?limit=abc"), "422 bad_limit"),
        get("P18", format!("{list}?limit=0"), "422 bad_limit"),
        get("P18", format!("{list}?limit=-1"), "422 bad_limit"),
        get("P18", format!("{list}?cursor=forged"), "400 bad_cursor"),
        get("P19", format!("{list}?module=a&module=b"), "400 duplicate_parameter"),
        get("P20", "/api/prompts/a%00b/latest", "400 bad_path"),
        get("P20", "/api/prompts/%C0%AE/latest", "400 bad_path"),
        get("P20", "/api/prompts/a%2Fb/latest", "400 bad_path"),
        get("P20", "/api/prompts/a%5Cb/latest", "400 bad_path"),
        get("Z11", "/metrics", "404 not_found"),
        get("C", "/api/prompts/greeting/1.0.0%0A", "400 bad_path"),
        get("ref", "/api/prompts/greeting/sha256:abc", "422 reference"),
        get("ref", "/api/prompts/greeting/git:zz", "422 bad_commit"),
        get("tag", "/api/prompts/greeting/latest?tag=locale", "422 invalid"),
        get("flag", "/api/prompts/greeting/latest?document=1", "422 invalid"),
        ("405", Method::DELETE, list.into(), Bytes::new(), "405 method_not_allowed"),
        ("405", Method::PATCH, list.into(), Bytes::new(), "405 method_not_allowed"),
        ("405", Method::TRACE, list.into(), Bytes::new(), "405 method_not_allowed"),
    ]
}

async fn send(caller: &Caller, row: &Row) -> Reply {
    let caller = caller.clone().header("content-type", if row.3.is_empty() { "" } else { JSON });
    caller.send(row.1.clone(), &row.2, row.3.clone()).await
}

db_test! {
    async fn each_bad_request_gets_its_answer_and_the_next_good_one_works(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        admin.push(&[("greeting.txt", "Hi {{ name }}")]).await;
        for row in json_rows().into_iter().chain(name_rows()).chain(address_rows()) {
            let reply = send(&admin, &row).await;
            let shown: String = String::from_utf8_lossy(&row.3).chars().take(100).collect();
            assert_eq!(reply.outcome(), row.4, "{} {} {} {shown}\n{}", row.0, row.1, row.2, reply.text());
            if reply.status >= 400 {
                let body = reply.json();
                assert_eq!(reply.header("content-type"), "application/problem+json", "{} {}", row.0, row.2);
                assert_eq!(body["trace_id"], reply.header("x-request-id"), "{body}");
                assert_eq!((body["status"].as_u64(), body["type"].as_str().map(|link| link.starts_with("https://"))), (Some(reply.status.into()), Some(true)));
            }
            assert_eq!(admin.get("/api/prompts/greeting/latest").await.status, 200, "after {}", row.0);
        }
        let names = admin.get("/api/projects/shop/prompts").await.json();
        assert_eq!(names["items"].as_array().map(Vec::len), Some(1), "{names}");
    }

    async fn versions_of_unusual_form_are_taken_exactly(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        for (id, given, stored) in [("V03", "v1.2.3", "1.2.3"), ("V09", "9007199254740993.0.0", "9007199254740993.0.0")] {
            let name = format!("prompt_{}", id.to_lowercase());
            let reply = editor.post("/api/prompts", json!({ "name": name, "content": "x", "version": given })).await;
            assert_eq!(reply.status, 201, "{id}: {}", reply.text());
            assert_eq!(editor.get(&format!("/api/prompts/{name}/latest")).await.json()["version"], stored, "{id}");
        }
    }

    async fn bodies_are_json_and_not_compressed(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let push = "/api/projects/shop/push";
        for (name, value) in [
            ("content-type", "text/plain"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-encoding", "gzip"),
            ("content-encoding", "br"),
        ] {
            let reply = editor.clone().header(name, value).post(push, json!({ "files": [] })).await;
            assert_eq!(reply.outcome(), "415 unsupported_media_type", "P11 {name}: {value}");
        }
        let reply = editor.header("content-type", "Application/JSON; charset=utf-8").post(push, json!({ "files": [] })).await;
        assert_eq!(reply.status, 200);
    }

    async fn a_compressed_answer_is_never_given(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await.header("accept-encoding", "br, gzip");
        let reply = admin.post("/api/keys", json!({ "name": "P23", "role": "viewer", "project": "shop" })).await;
        assert_eq!((reply.status, reply.header("content-encoding")), (201, ""));
    }

    async fn a_request_id_is_taken_when_it_is_harmless(db: &Db) {
        let app = TestApp::on(db).await;
        let viewer = app.viewer().await;
        for (given, taken) in [("build-42", true), ("a b", false), ("<script>", false), (&*"x".repeat(65), false)] {
            let reply = viewer.clone().header("x-request-id", given).get("/nowhere").await;
            assert_eq!(reply.header("x-request-id") == given, taken, "{given}");
            assert_eq!(reply.json()["trace_id"], reply.header("x-request-id"));
        }
    }

    async fn a_render_names_every_wrong_value_at_once(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.yaml", "variables: {age: {type: integer}}\ncontent: \"{{ age }} {{ name }}\"\n")]).await;
        let reply = editor.post("/api/prompts/greeting/latest/render", json!({ "variables": { "age": "x" } })).await;
        assert_eq!(reply.outcome(), "422 missing_variable");
        let errors = reply.json()["errors"].clone();
        let codes: Vec<_> = errors.as_array().expect("a list").iter().map(|e| e["code"].as_str()).collect();
        assert_eq!(codes, [Some("missing_variable"), Some("type_mismatch")], "{errors}");
    }

    async fn values_do_not_come_back_in_errors(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.yaml", "variables: {age: {type: integer}}\ncontent: \"{{ age }} {{ name.first }}\"\n")]).await;
        for variables in [
            json!({ "age": "hunter2", "name": {} }),
            json!({ "age": 1, "name": "hunter2" }),
            json!({ "age": 1, "nam": "hunter2" }),
        ] {
            let reply = editor.post("/api/prompts/greeting/latest/render", json!({ "variables": variables })).await;
            assert_eq!(reply.status, 422, "{}", reply.text());
            assert!(!reply.text().contains("hunter2"), "{}", reply.text());
        }
    }
}
