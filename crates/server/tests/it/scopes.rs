//! Callers who were given less than a project: one alias, or one module.

use promptsync_core::access::Role;
use promptsync_testing::{Caller, TestApp, db_test};
use serde_json::json;

const FOOTER: &str = "See you";
const MAIL: &str = "dependencies:\n  footer: '*'\ncontent: \"Hi. {% include 'footer' %}\"\n";

/// Two modules; `production` stands one version behind `dev`.
async fn shop(app: &TestApp) -> Caller {
    let admin = app.nobody().with_key(&app.key(Role::Admin, Some("shop")).await);
    let push = async |mail: &str, sale: &str, alias: &str| {
        let files = [
            ("footer.txt", FOOTER),
            ("support/mail.yaml", mail),
            ("support/deep/note.txt", "n"),
            ("sales/offer.txt", sale),
        ];
        let reply = admin.try_push(&files, json!({ "alias": alias })).await;
        assert_eq!(reply.outcome(), "200", "{}", reply.text());
    };
    push(MAIL, "Buy", "production").await;
    push(&MAIL.replace("Hi", "Hello"), "Buy now", "dev").await;
    admin
}

async fn digest(caller: &Caller, prompt: &str, reference: &str) -> String {
    let answer = caller.get(&format!("/api/prompts/{prompt}/{reference}")).await.json();
    answer["digest"].as_str().expect("a digest").to_owned()
}

db_test! {
    async fn a_key_for_one_alias_reads_what_it_points_at_and_nothing_else(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = shop(&app).await;
        let reader = app.in_environment("viewer", "production").await;
        let (served, newer) = (digest(&admin, "mail", "production").await, digest(&admin, "mail", "dev").await);
        let footer = digest(&admin, "footer", "production").await;
        assert_ne!(served, newer);
        let document = |digest: &str| format!("/api/documents/{digest}");
        for (target, outcome) in [
            ("/api/whoami".to_owned(), "200"),
            ("/api/prompts/mail/production".into(), "200"),
            ("/api/prompts/mail/production?document=true".into(), "200"),
            ("/api/aliases/production".into(), "200"),
            ("/api/projects/shop/aliases/production".into(), "200"),
            (document(&served), "200"),
            (document(&footer), "200"),
            (document(&newer), "404 document_not_found"),
            ("/api/prompts/mail/dev".into(), "403 insufficient_scope"),
            ("/api/prompts/mail/latest".into(), "403 insufficient_scope"),
            ("/api/prompts/mail/1.0.0".into(), "403 insufficient_scope"),
            (format!("/api/prompts/mail/{served}"), "403 insufficient_scope"),
            ("/api/prompts/mail/production@2026-11-01T12:00:00Z".into(), "403 insufficient_scope"),
            ("/api/prompts/mail/Production".into(), "403 insufficient_scope"),
            ("/api/aliases/dev".into(), "403 insufficient_scope"),
            ("/api/projects".into(), "403 insufficient_scope"),
            ("/api/projects/shop".into(), "403 insufficient_scope"),
            ("/api/projects/shop/modules".into(), "403 insufficient_scope"),
            ("/api/projects/shop/history".into(), "403 insufficient_scope"),
            ("/api/projects/shop/history?prompt=mail".into(), "403 insufficient_scope"),
            ("/api/projects/shop/search?q=mail".into(), "403 insufficient_scope"),
            ("/api/projects/shop/prompts".into(), "403 insufficient_scope"),
            ("/api/projects/shop/prompts?alias=production".into(), "403 insufficient_scope"),
            ("/api/projects/shop/prompts/mail".into(), "403 insufficient_scope"),
            ("/api/projects/shop/prompts/mail/diff?from=production".into(), "403 insufficient_scope"),
            ("/api/projects/shop/prompts/mail/versions".into(), "403 insufficient_scope"),
            ("/api/projects/shop/prompts/mail/versions/production".into(), "403 insufficient_scope"),
            ("/api/projects/shop/aliases".into(), "403 insufficient_scope"),
            ("/api/projects/shop/aliases/production/history".into(), "403 insufficient_scope"),
            ("/api/projects/shop/releases".into(), "403 insufficient_scope"),
            ("/api/projects/shop/releases/production".into(), "403 insufficient_scope"),
            ("/api/keys".into(), "403 insufficient_scope"),
        ] {
            assert_eq!(reader.get(&target).await.outcome(), outcome, "{target}");
        }
        let render = reader.post("/api/prompts/mail/production/render", json!({ "variables": {} })).await;
        assert_eq!(render.json()["text"], json!("Hi. See you"), "{}", render.text());
        assert_eq!(reader.post("/api/prompts/mail/dev/render", json!({})).await.outcome(), "403 insufficient_scope");
        let mistyped = reader.get("/api/prompts/mai1/production").await;
        assert!(mistyped.outcome() == "404 prompt_not_found" && !mistyped.text().contains("mail"), "{}", mistyped.text());
        for (target, body) in [
            ("/api/aliases/production", json!({ "version": "1.0.0" })),
            ("/api/projects/shop/aliases/production/rollback", json!({})),
        ] {
            let reply = if target.ends_with("rollback") { reader.post(target, body).await } else { reader.put(target, body).await };
            assert_eq!(reply.outcome(), "403 insufficient_scope", "{target}");
        }
    }

    async fn whoever_moves_one_alias_points_it_at_nothing_they_cannot_read(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = shop(&app).await;
        let mover = app.in_environment("editor", "production").await;
        let etag = admin.get("/api/aliases/production").await.header("etag").to_owned();
        let mover = mover.header("if-match", &etag);
        for body in [json!({ "version": "latest" }), json!({ "version": "dev" }), json!({ "version": "dev", "prompt": "mail" })] {
            assert_eq!(mover.put("/api/aliases/production", body.clone()).await.outcome(), "403 insufficient_scope", "{body}");
        }
        assert_eq!(mover.put("/api/aliases/dev", json!({ "version": "latest" })).await.outcome(), "403 insufficient_scope");
        let push = mover.try_push(&[("footer.txt", "x")], json!({ "alias": "production" })).await;
        assert_eq!(push.outcome(), "403 insufficient_scope");
    }

    async fn a_module_is_read_and_pushed_without_the_rest_of_the_project(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = shop(&app).await;
        let editor = app.in_module("editor", "support").await;
        let names = async |target: &str| {
            let reply = editor.get(target).await;
            assert_eq!(reply.outcome(), "200", "{target}: {}", reply.text());
            let items = reply.json()["items"].as_array().expect("a list").clone();
            let name = |item: &serde_json::Value| item.get("name").or(item.get("path")).and_then(|name| name.as_str().map(str::to_owned));
            items.iter().filter_map(name).collect::<Vec<_>>()
        };
        assert_eq!(names("/api/projects").await, ["shop"]);
        assert_eq!(names("/api/projects/shop/prompts").await, ["mail", "note"]);
        assert_eq!(names("/api/projects/shop/prompts?module=support").await, ["mail"]);
        assert_eq!(names("/api/projects/shop/modules").await, ["support", "support/deep"]);
        assert_eq!(names("/api/projects/shop/search?q=n").await, ["note"]);
        assert_eq!(names("/api/projects/shop/search?q=buy").await, [""; 0]);
        let included = digest(&admin, "footer", "dev").await;
        let foreign = digest(&admin, "offer", "dev").await;
        for (target, outcome) in [
            ("/api/projects/shop/prompts?module=sales".to_owned(), "403 insufficient_scope"),
            ("/api/projects/shop/prompts/mail".into(), "200"),
            ("/api/projects/shop/prompts/offer".into(), "403 insufficient_scope"),
            ("/api/projects/shop/prompts/none".into(), "403 insufficient_scope"),
            ("/api/prompts/mail/dev".into(), "200"),
            ("/api/prompts/offer/dev".into(), "403 insufficient_scope"),
            ("/api/projects/shop/history".into(), "403 insufficient_scope"),
            ("/api/projects/shop/history?prompt=mail".into(), "200"),
            ("/api/projects/shop/history?prompt=offer".into(), "403 insufficient_scope"),
            ("/api/projects/shop/releases".into(), "403 insufficient_scope"),
            ("/api/aliases/dev".into(), "403 insufficient_scope"),
            (format!("/api/documents/{included}"), "200"),
            (format!("/api/documents/{foreign}"), "404 document_not_found"),
        ] {
            assert_eq!(editor.get(&target).await.outcome(), outcome, "{target}");
        }

        let offer = "dependencies:\n  offer: '*'\ncontent: \"{% include 'offer' %}\"\n";
        for (name, files, with) in [
            ("another module", vec![("sales/offer.txt", "x")], json!({})),
            ("the root", vec![("new.txt", "x")], json!({})),
            ("a prompt taken out of another module", vec![("support/offer.txt", "x")], json!({})),
            ("a prompt of one's own put elsewhere", vec![("sales/mail.txt", "x")], json!({})),
            ("one good and one bad", vec![("support/new.txt", "x"), ("sales/offer.txt", "x")], json!({})),
            ("what another module holds", vec![("support/spy.yaml", offer)], json!({})),
            ("an alias", vec![("support/new.txt", "x")], json!({ "alias": "dev" })),
            ("a smaller number", vec![("support/new.txt", "x")], json!({ "allow_breaking": true })),
        ] {
            for dry_run in [true, false] {
                let mut with = with.clone();
                with["dry_run"] = json!(dry_run);
                let reply = editor.try_push(&files, with).await;
                assert_eq!(reply.outcome(), "403 insufficient_scope", "{name}: {}", reply.text());
            }
        }
        let one = json!({ "name": "offer", "content": "x", "module": "sales" });
        assert_eq!(editor.post("/api/prompts", one).await.outcome(), "403 insufficient_scope");
        let good = editor.try_push(&[("support/new.txt", "x"), ("support/deep/note.txt", "y")], json!({})).await;
        assert_eq!(good.outcome(), "200", "{}", good.text());
        let archive = "/api/projects/shop/prompts/note/versions/1.0.0/archive";
        assert_eq!(editor.post(archive, json!({})).await.outcome(), "409 in_use");
        let archive = archive.replace("note", "offer");
        assert_eq!(editor.post(&archive, json!({})).await.outcome(), "403 insufficient_scope");

        let approver = app.in_module("approver", "support").await;
        let understated = [("support/new.yaml", "version: 1.0.1\ncontent: '{{ needed }}'\n")];
        assert_eq!(approver.try_push(&understated, json!({})).await.outcome(), "422 push_refused");
        let reply = approver.try_push(&understated, json!({ "allow_breaking": true })).await;
        assert_eq!(reply.outcome(), "200", "{}", reply.text());
    }

    async fn a_key_manager_of_a_project_finds_its_keys_behind_those_of_others(db: &Db) {
        let app = TestApp::on(db).await;
        for _ in 0..5 {
            app.key(Role::Viewer, Some("other")).await;
        }
        let admin = app.admin().await;
        let page = admin.get("/api/keys?limit=1").await.json();
        assert_eq!((page["items"][0]["name"].as_str(), &page["next_cursor"]), (Some("admin"), &serde_json::Value::Null));
    }
}
