//! The main job, end to end: push a folder, read it, render it, look around.

use promptsync_testing::{TestApp, db_test};
use serde_json::{Value, json};

const SUPPORT: &str = "\
description: Answers a customer
tags: [support]
variables:
  customer_name: {type: string}
content: |
  Hello {{ customer_name }}, about {{ issue }}.
variants:
  - tags: {locale: de}
    content: Hallo {{ customer_name }}, zu {{ issue }}.
";
const FILES: [(&str, &str); 2] =
    [("support/customer_support.yaml", SUPPORT), ("greeting.txt", "Hi {{ name }}")];

/// The fields of the objects in a list, to compare what matters of it.
fn column(list: &Value, field: &str) -> Vec<String> {
    let items = list["items"].as_array().expect("a list has items");
    items.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// An answer without the signature, which differs from run to run.
fn without_signature(mut body: serde_json::Value) -> serde_json::Value {
    assert_eq!(body["signature"]["statement"]["digest"], body["digest"]);
    body.as_object_mut().expect("an object").remove("signature");
    body
}

db_test! {
    async fn a_pushed_folder_is_read_and_rendered(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let pushed = editor.try_push(&FILES, json!({ "alias": "dev", "changelog": "first" })).await;
        let body = pushed.json();
        assert_eq!(pushed.status, 200, "{body}");
        assert_eq!((&body["release"], &body["release_created"]), (&json!("1.0.0"), &json!(true)));
        assert_eq!(body["alias"], json!({ "name": "dev", "revision": 4, "created": true }));

        let read = editor.get("/api/prompts/customer_support/dev?tag=locale:de").await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(without_signature(read.json()), @r#"
        {
          "id": "01J00000000000000000000004",
          "name": "customer_support",
          "project": "shop",
          "module": "support",
          "version": "1.0.0",
          "alias": "dev",
          "digest": "sha256:e8527070f9d097e3ffd13787843e1802353856e77b2eeff56f547b443fdffc6c",
          "variant": {
            "locale": "de"
          },
          "content": "Hallo {{ customer_name }}, zu {{ issue }}.",
          "interface": {
            "kind": "text",
            "variables": {
              "customer_name": {
                "type": "string",
                "required": true,
                "default": null,
                "description": null
              },
              "issue": {
                "type": null,
                "required": true,
                "default": null,
                "description": null
              }
            },
            "roles": [],
            "placeholders": {},
            "variants": [
              {
                "locale": "de"
              }
            ],
            "models": [],
            "output_schema": null
          },
          "metadata": {
            "description": "Answers a customer",
            "tags": [
              "support"
            ]
          },
          "git_commit": null,
          "created_at": "2026-11-01T12:00:00Z",
          "revision": 4
        }
        "#); }
        let both = editor.get("/api/prompts/customer_support/dev?tags=locale=de").await;
        assert_eq!(both.json()["content"], read.json()["content"]);

        let values = json!({ "variables": { "customer_name": "Ada", "issue": "a refund" }, "tags": { "locale": "de" } });
        let rendered = editor.post("/api/prompts/customer_support/v1/render", values).await;
        assert_eq!(rendered.json()["text"], "Hallo Ada, zu a refund.");
        let document = editor.get(&format!("/api/documents/{}", read.json()["digest"].as_str().expect("a digest"))).await;
        assert_eq!(document.json()["body"], "Hello {{ customer_name }}, about {{ issue }}.\n");
    }

    async fn the_lists_of_a_project_show_what_was_pushed(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&FILES, json!({ "alias": "dev" })).await;
        let get = async |path: &str| {
            let reply = editor.get(&format!("/api/projects/shop{path}")).await;
            assert_eq!(reply.status, 200, "{path}: {}", reply.text());
            reply.json()
        };
        assert_eq!(get("").await["prompt_count"], 2);
        assert_eq!(column(&get("/prompts").await, "name"), ["customer_support", "greeting"]);
        assert_eq!(column(&get("/prompts?module=support").await, "name"), ["customer_support"]);
        assert_eq!(column(&get("/prompts?tag=support&alias=dev").await, "name"), ["customer_support"]);
        assert_eq!(column(&get("/prompts?tag=other").await, "name"), [""; 0]);
        assert_eq!(column(&get("/search?q=refund%20custom").await, "name"), [""; 0]);
        assert_eq!(column(&get("/search?q=hello%20custom").await, "name"), ["customer_support"]);
        assert_eq!(column(&get("/modules").await, "path"), ["support"]);
        assert_eq!(column(&get("/aliases").await, "name"), ["dev"]);
        assert_eq!(column(&get("/releases").await, "version"), ["1.0.0"]);
        assert_eq!(get("/releases/dev").await["manifest"], json!({ "customer_support": "1.0.0", "greeting": "1.0.0" }));
        assert_eq!(column(&get("/history").await, "action"), ["push", "key.create", "project.create"]);
        assert_eq!(column(&get("/history?prompt=greeting").await, "action"), ["push"]);
    }

    async fn pushing_the_same_content_again_changes_nothing(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&FILES, json!({ "alias": "dev" })).await;
        let again = editor.try_push(&FILES, json!({ "alias": "dev" })).await.json();
        assert_eq!((&again["release"], &again["release_created"], &again["alias"]), (&json!("1.0.0"), &json!(false), &Value::Null));
        assert_eq!((&again["revision"], &again["prompts"][0]["created"]), (&json!(4), &json!(false)));
    }

    async fn a_dry_run_says_what_would_happen_and_writes_nothing(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let would = editor.try_push(&FILES, json!({ "dry_run": true })).await.json();
        assert_eq!((&would["dry_run"], &would["prompts"][0]["version"]), (&json!(true), &json!("1.0.0")));
        assert_eq!(editor.get("/api/prompts/greeting/latest").await.outcome(), "404 prompt_not_found");
        assert_eq!(editor.get("/api/projects/shop/releases").await.json()["items"], json!([]));
    }

    async fn a_push_with_broken_files_lands_nothing_and_names_them_all(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let mut files: Vec<(String, String)> = (0..50).map(|n| (format!("p{n}.txt"), "Hi".to_owned())).collect();
        files[48].1 = "line\n{{ open".to_owned();
        files[3].1 = "{% if %}".to_owned();
        files.push(("unreadable.yaml".to_owned(), "content: x\ntags: [".to_owned()));
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let refused = editor.try_push(&files, json!({})).await;
        assert_eq!(refused.outcome(), "422 push_refused");
        let errors = refused.json()["errors"].clone();
        let places: Vec<_> = errors.as_array().expect("a list").iter().map(|e| (e["file"].as_str(), e["line"].as_u64())).collect();
        assert_eq!(places, [(Some("unreadable.yaml"), Some(2)), (Some("p3.txt"), Some(1)), (Some("p48.txt"), Some(2))]);
        assert_eq!(editor.get("/api/projects/shop/prompts").await.json()["items"], json!([]));
    }

    async fn one_prompt_is_published_by_its_fields(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let body = json!({
            "name": "chat", "module": "support/email", "alias": "dev",
            "messages": [{ "role": "system", "content": "Be {{ mood }}." }, { "placeholder": "history" }],
            "variables": { "mood": { "type": "string", "default": "kind" } },
        });
        let published = editor.post("/api/prompts", body.clone()).await;
        assert_eq!(published.status, 201, "{}", published.text());
        assert_eq!(editor.post("/api/prompts", body).await.status, 200);
        let values = json!({ "variables": { "history": [{ "role": "user", "content": "{{ x }}" }] } });
        let rendered = editor.post("/api/prompts/chat/dev/render", values).await;
        assert_eq!(rendered.json()["messages"], json!([
            { "role": "system", "content": "Be kind." },
            { "role": "user", "content": "{{ x }}" },
        ]));
        assert_eq!(editor.get("/api/prompts/chat/latest").await.json()["module"], "support/email");
    }

    async fn a_dependency_is_rendered_as_it_was_when_the_version_was_published(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let letter = "dependencies: {sign_off: \"*\"}\ncontent: \"Dear {{ name }}. {% include 'sign_off' %}\"\n";
        editor.push(&[("letter.yaml", letter), ("sign_off.txt", "Yours")]).await;
        editor.push(&[("sign_off.txt", "Regards")]).await;
        let values = json!({ "variables": { "name": "Ada" } });
        let rendered = editor.post("/api/prompts/letter/latest/render", values).await;
        assert_eq!(rendered.json()["text"], "Dear Ada. Yours");
    }

    async fn what_an_alias_served_at_a_moment_can_be_asked_later(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "old")], json!({ "alias": "production" })).await;
        app.clock.advance(chrono::TimeDelta::hours(2));
        editor.try_push(&[("greeting.txt", "new")], json!({ "alias": "production" })).await;
        let content = async |reference: &str| editor.get(&format!("/api/prompts/greeting/{reference}")).await.json()["content"].clone();
        assert_eq!(content("production").await, "new");
        assert_eq!(content("production@2026-11-01T13:00:00Z").await, "old");
    }

    async fn two_versions_are_compared_as_data_and_as_a_page(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "Hello {{ name }}")]).await;
        editor.push(&[("greeting.txt", "Hello {{ name }} <b>from {{ place }}</b>")]).await;
        let diff = editor.get("/api/projects/shop/prompts/greeting/diff?from=1.0.0&to=latest").await.json();
        assert_eq!((&diff["old"], &diff["new"], &diff["bump"]), (&json!("greeting 1.0.0"), &json!("greeting 2.0.0"), &json!("major")));
        let page = editor.get("/api/projects/shop/prompts/greeting/diff?from=v1&format=html").await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.text().contains("&lt;b&gt;") && !page.text().contains("<b>from"), "{}", page.text());
    }
}
