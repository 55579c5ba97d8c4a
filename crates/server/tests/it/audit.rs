//! The audit log: listed, signed, exported with its proofs, judged in the database.

use promptsync_core::audit::{
    lines::{self, Line},
    verify::{Known, Verdict, Verifier},
};
use promptsync_server::{audit, jobs};
use promptsync_store::{audit as audit_log, workspaces};
use promptsync_testing::{Caller, TestApp, db_test};
use serde_json::{Value, json};

/// Judges an export as the pages come.
async fn exported(caller: &Caller, after: i64) -> (Verdict, usize) {
    let mut verifier = Verifier::new(Known::default());
    let (mut reached, mut pages) = (None, 0);
    loop {
        let page = match reached {
            None => caller.get(&format!("/api/audit/export?after={after}")).await,
            Some(last) => caller.get(&format!("/api/audit/export?after={after}&reached={last}")).await,
        };
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, "application/x-ndjson"),
            "{}",
            page.text()
        );
        pages += 1;
        let mut is_signed = false;
        for line in page.body.split_inclusive(|byte| *byte == b'\n') {
            let line = lines::parse(line);
            match &line {
                Ok(Line::Trailer(_)) => is_signed = true,
                Ok(Line::Entry(entry)) => reached = Some(entry.revision),
                _ => {}
            }
            verifier.line(line);
        }
        if is_signed {
            return (verifier.finish(), pages);
        }
    }
}

async fn admin(app: &TestApp) -> Caller {
    app.nobody().with_key(&app.key(promptsync_core::access::Role::Admin, None).await)
}

fn shown(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().expect("a list");
    items.iter().map(|item| format!("{} {}", item["action"], item["target"]).replace('"', "")).collect()
}

db_test! {
    async fn the_log_is_listed_newest_first_and_by_what_is_asked_for(db: &Db) {
        let app = TestApp::on(db).await;
        let (admin, editor) = (admin(&app).await, app.editor().await);
        editor.push(&[("greeting.txt", "Hello")]).await;
        editor.put("/api/aliases/dev", json!({"version": "1.0.0", "reason": "first"})).await;
        let of = async |query: &str| shown(&admin.get(&format!("/api/audit?{query}")).await.json());
        assert_eq!(of("action=alias").await, ["alias.move alias:dev"]);
        assert_eq!(of("action=alia").await, [""; 0]);
        assert_eq!(of("target=alias:dev&project=shop").await, ["alias.move alias:dev"]);
        assert_eq!(of("actor=editor&action=push").await.len(), 1);
        assert_eq!(of("until=2026-01-01T00:00:00Z").await, [""; 0]);
        assert_eq!(of("since=2026-01-01T00:00:00Z&limit=1").await, ["alias.move alias:dev"]);
        let page = admin.get("/api/audit?limit=2").await.json();
        let cursor = page["next_cursor"].as_str().expect("more pages").to_owned();
        let next = admin.get(&format!("/api/audit?limit=2&cursor={cursor}")).await.json();
        assert_eq!(next["items"][0]["revision"], json!(page["items"][1]["revision"].as_i64().expect("a number") - 1));
        assert_eq!(admin.get("/api/audit?since=yesterday").await.outcome(), "422 invalid");
        for target in ["/api/audit", "/api/audit/export", "/api/audit/checkpoint"] {
            assert_eq!(editor.get(target).await.outcome(), "403 insufficient_scope", "{target}");
        }
    }

    async fn an_entry_says_where_its_request_came_from_and_on_whose_behalf(db: &Db) {
        let app = TestApp::on(db).await;
        let olga = app.set_up().await;
        let address = [10, 0, 0, 7].into();
        let person = olga.caller.clone().from_address(address).header("x-forwarded-for", "1.2.3.4");
        let made = person.post("/api/keys", json!({ "name": "ci", "role": "editor" })).await;
        assert_eq!(made.outcome(), "201", "{}", made.text());
        let key = app.nobody().with_key(made.json()["secret"].as_str().expect("a secret"));
        let mapped = "::ffff:10.0.0.8".parse().expect("an address");
        let project = key.from_address(mapped).post("/api/projects", json!({ "name": "blog" })).await;
        assert_eq!(project.outcome(), "403 insufficient_scope", "{}", project.text());
        let admin = person.post("/api/keys", json!({ "name": "ops", "role": "admin" })).await.json();
        let ops = app.nobody().with_key(admin["secret"].as_str().expect("a secret")).from_address(mapped);
        assert_eq!(ops.post("/api/projects", json!({ "name": "blog" })).await.outcome(), "201");
        let login = app.nobody().from_address(address);
        let request = json!({ "email": "olga@example.com", "password": "correct horse battery" });
        assert_eq!(login.post("/api/auth/login", request).await.status, 200);

        let list = person.get("/api/audit?limit=100").await.json();
        let of = |action: &str| {
            let items = list["items"].as_array().expect("a list");
            let entry = items.iter().find(|item| item["action"] == action).unwrap_or_else(|| panic!("{action}: {list}"));
            (entry["address"].clone(), entry["on_behalf_of"]["name"].clone(), entry["actor"]["name"].clone())
        };
        assert_eq!(of("key.create"), (json!("10.0.0.7"), json!("Olga"), json!("Olga")));
        assert_eq!(of("project.create"), (json!("10.0.0.8"), json!("Olga"), json!("ops")));
        assert_eq!(of("session.open").0, json!("10.0.0.7"));
        assert_eq!(of("session.open").1, json!("Olga"));
        jobs::checkpoints::run_once(app.app()).await.expect("a checkpoint");
        assert_eq!(exported(&person, 0).await.0.finding, None);
        let offline = audit::verify(app.app(), &Known::default()).await.expect("the database is read");
        assert_eq!(offline[0].finding, None);
    }

    async fn an_export_proves_itself_with_its_access_records_and_checkpoints(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = admin(&app).await;
        assert_eq!(admin.get("/api/audit/checkpoint").await.outcome(), "404 checkpoint_not_found");
        app.editor().await.push(&[("greeting.txt", "Hello")]).await;
        jobs::access_records::run_once(app.app()).await.expect("a batch");
        jobs::checkpoints::run_once(app.app()).await.expect("a checkpoint");
        admin.post("/api/signing-keys/rotate", json!({})).await;
        jobs::checkpoints::run_once(app.app()).await.expect("a checkpoint");
        jobs::checkpoints::run_once(app.app()).await.expect("nothing to do");
        let (verdict, pages) = exported(&admin, 0).await;
        assert_eq!(verdict.finding, None);
        assert_eq!((verdict.records, verdict.checkpoints, pages), (1, 2, 1));
        assert_eq!(verdict.revision, verdict.signed);
        let (part, _) = exported(&admin, 3).await;
        assert_eq!((part.finding, part.entries), (None, verdict.entries - 3));
        let newest = admin.get("/api/audit/checkpoint").await.json();
        assert_eq!(newest["statement"]["revision"], json!(verdict.revision));
        assert_eq!(admin.get("/api/audit/export?after=99").await.outcome(), "404 entry_not_found");
        assert_eq!(admin.get("/api/audit/export?after=-1").await.outcome(), "422 invalid");

        let offline = audit::verify(app.app(), &Known::default()).await.expect("the database is read");
        assert_eq!(offline, [verdict]);
    }

    async fn a_long_log_comes_in_pages_and_is_signed_every_thousand_entries(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = admin(&app).await;
        let mut tx = db.begin_system_read().await.expect("the database answers");
        let workspace = workspaces::list(&mut tx).await.expect("workspaces").remove(0).id;
        let template = audit_log::since(&mut tx, &workspace, 0, 1).await.expect("entries").remove(0).entry;
        drop(tx);
        for _ in 0..1_050 {
            let tx = db.begin_write(&workspace).await.expect("the database answers");
            tx.commit(&workspace, template.clone()).await.expect("an entry");
        }
        jobs::checkpoints::run_once(app.app()).await.expect("checkpoints");
        let (verdict, pages) = exported(&admin, 0).await;
        assert_eq!(verdict.finding, None);
        assert_eq!((verdict.checkpoints, pages), (2, 2));
    }
}
