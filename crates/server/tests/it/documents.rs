//! Several documents at once.

use promptsync_api::delivery::MAX_DOCUMENTS;
use promptsync_core::{access::Role, digest::Digest};
use promptsync_testing::{Caller, TestApp, db_test};
use serde_json::{Value, json};

const TARGET: &str = "/api/projects/shop/documents";

async fn digest(caller: &Caller, prompt: &str, reference: &str) -> String {
    let answer = caller.get(&format!("/api/prompts/{prompt}/{reference}")).await.json();
    answer["digest"].as_str().expect("a digest").to_owned()
}

async fn read(caller: &Caller, digests: &[&String]) -> Vec<String> {
    let answer = caller.post(TARGET, json!({ "digests": digests })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let Value::Object(documents) = answer.json()["documents"].clone() else { panic!("{}", answer.text()) };
    for (digest, text) in &documents {
        assert_eq!(Digest::of(text.as_str().expect("a text").as_bytes()).as_str(), digest);
    }
    documents.into_iter().map(|(digest, _)| digest).collect()
}

db_test! {
    async fn everybody_gets_the_documents_they_may_read_and_no_others(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.nobody().with_key(&app.key(Role::Admin, Some("shop")).await);
        for (mail, alias) in [("Hi", "production"), ("Hello", "dev")] {
            let mail = format!("dependencies:\n  footer: '*'\ncontent: \"{mail}. {{% include 'footer' %}}\"\n");
            let files = [("footer.txt", "See you"), ("support/mail.yaml", mail.as_str()), ("sales/offer.txt", "Buy")];
            let pushed = admin.try_push(&files, json!({ "alias": alias })).await;
            assert_eq!(pushed.status, 200, "{}", pushed.text());
        }
        let other = app.nobody().with_key(&app.key(Role::Admin, None).await);
        assert_eq!(other.post("/api/projects", json!({ "name": "side" })).await.status, 201);
        let elsewhere = json!({ "files": [{ "path": "x.txt", "content": "elsewhere" }], "alias": "dev" });
        assert_eq!(other.post("/api/projects/side/push", elsewhere).await.status, 200);
        let side = other.get("/api/prompts/x/latest?project=side").await.json()["digest"].as_str().unwrap().to_owned();

        let (old, new) = (digest(&admin, "mail", "production").await, digest(&admin, "mail", "dev").await);
        let (footer, offer) = (digest(&admin, "footer", "dev").await, digest(&admin, "offer", "dev").await);
        let nothing = Digest::of(b"nothing").to_string();
        let all = [&old, &new, &footer, &offer, &side, &nothing];
        let sorted = |digests: &[&String]| {
            let mut digests: Vec<String> = digests.iter().map(|digest| (*digest).clone()).collect();
            digests.sort();
            digests
        };
        let alias = app.in_environment("viewer", "production").await;
        let module = app.in_module("viewer", "support").await;
        for (who, caller, expected) in [
            ("an admin", &admin, sorted(&[&old, &new, &footer, &offer])),
            ("a reader of production", &alias, sorted(&[&old, &footer, &offer])),
            ("a reader of support", &module, sorted(&[&old, &new, &footer])),
        ] {
            assert_eq!(read(caller, &all).await, expected, "{who}");
        }
        let many: Vec<String> = (0..=MAX_DOCUMENTS).map(|index| Digest::of(&index.to_be_bytes()).to_string()).collect();
        for (wrong, outcome) in [
            (json!({ "digests": many }), "422 invalid"),
            (json!({ "digests": ["sha256:zz"] }), "422 invalid"),
            (json!({ "digests": [], "more": 1 }), "422 unknown_field"),
        ] {
            assert_eq!(admin.post(TARGET, wrong).await.outcome(), outcome);
        }
    }

    async fn a_reader_of_an_alias_reads_the_documents_of_all_versions_it_divides_its_traffic_between(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        for (text, alias) in [("one", "production"), ("two", "dev"), ("three", "dev")] {
            editor.try_push(&[("greeting.txt", text)], json!({ "alias": alias })).await;
        }
        let (two, three) = (digest(&editor, "greeting", "1.0.1").await, digest(&editor, "greeting", "1.0.2").await);
        let canary = json!({ "alias": "production", "version": "1.0.1", "percentage": 10 });
        assert_eq!(editor.post("/api/canary", canary).await.outcome(), "200");
        let reader = app.in_environment("viewer", "production").await;
        assert_eq!(reader.get(&format!("/api/documents/{two}")).await.outcome(), "200");
        assert_eq!(reader.get(&format!("/api/documents/{three}")).await.outcome(), "404 document_not_found");
    }
}
