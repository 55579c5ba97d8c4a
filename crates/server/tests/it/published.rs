//! What was published, judged in the database: whoever changes a row behind the server is found out, row and prompt named.

use promptsync_core::{
    digest::Digest,
    signing::{BadRow, Pin, PrivateKey, RowsVerdict, Wrong},
    time::Clock as _,
};
use promptsync_server::proofs;
use promptsync_store::{
    documents::{self, DocumentText},
    workspaces,
};
use promptsync_testing::{
    TestApp, db_test,
    tamper::{self, Row},
};
use serde_json::json;

/// Two prompts; the first in two versions, of which the first is locked.
async fn published(app: &TestApp) {
    let editor = app.editor().await;
    let files = [("greeting.txt", "Hello {{ name }}"), ("other.txt", "Other")];
    let first = editor.try_push(&files, json!({ "changelog": "first", "git_commit": "0123abc" })).await;
    assert_eq!(first.outcome(), "200", "{}", first.text());
    let path = "/api/projects/shop/prompts/greeting/versions/1.0.0/lock";
    let lock = app.approver().await.post(path, json!({ "reason": "audited" })).await;
    assert_eq!(lock.outcome(), "200", "{}", lock.text());
    editor.push(&[("greeting.txt", "Hello again {{ name }}")]).await;
}

async fn judged(app: &TestApp) -> RowsVerdict {
    proofs::verify(app.app(), None).await.expect("the database is read").remove(0)
}

async fn found(app: &TestApp) -> BadRow {
    judged(app).await.finding.expect("it was changed")
}

/// A part of the first version of `greeting`.
fn row(table: &str) -> Row<'_> {
    Row { table, prompt: "greeting", version: "1.0.0" }
}

const ZEROS: &str = "'sha256:0000000000000000000000000000000000000000000000000000000000000000'";

/// A change of each column, and the class of what is found. Written for both databases.
fn changes() -> Vec<(&'static str, String, &'static str)> {
    let other = format!("{{\"x\": {{\"version\": \"1.0.0\", \"digest\": {ZEROS}}}}}").replace('\'', "\"");
    let cases = [
        ("versions", "id = 'another'", "unreadable"),
        ("versions", "workspace_id = 'nobody'", "astray"),
        ("versions", "project_id = 'nobody'", "astray"),
        ("versions", "prompt_id = 'nobody'", "astray"),
        ("versions", "version = '1.0.7'", "unreadable"),
        ("versions", "sort_key = CAST('x' AS BYTEA)", "unreadable"),
        ("versions", "bump = 'patch'", "record"),
        ("versions", "reasons = '[1]'", "unreadable"),
        ("versions", "interface = '{\"a\": 1}'", "unreadable"),
        ("versions", "sealed = CAST('x' AS BYTEA)", "unreadable"),
        ("versions", "changelog = 'farst'", "record"),
        ("versions", "author = '{\"kind\": \"system\"}'", "version"),
        ("versions", "git_commit = '0123abd'", "version"),
        ("versions", "origin = '{\"path\": \"a.txt\", \"format\": \"text\"}'", "record"),
        ("versions", "created_at = '2020-01-01 00:00:00+00:00'", "version"),
        ("version_signatures", "version_id = 'another'", "version"),
        ("version_signatures", "workspace_id = 'nobody'", "astray"),
        ("version_signatures", "signing_key = '0000000000000000'", "version"),
        ("version_signatures", "signature = CAST('x' AS BYTEA)", "unreadable"),
        ("version_signatures", "record = NULL", "version"),
        ("version_locks", "version_id = 'another'", "astray"),
        ("version_locks", "workspace_id = 'nobody'", "astray"),
        ("version_locks", "locked_by = '{\"kind\": \"system\"}'", "lock"),
        ("version_locks", "locked_at = '2020-01-01 00:00:00+00:00'", "lock"),
        ("version_locks", "reason = 'audit'", "lock"),
        ("version_locks", "signing_key = '0000000000000000'", "lock"),
        ("version_locks", "signature = CAST('x' AS BYTEA)", "unreadable"),
        ("documents", "workspace_id = 'nobody'", "document_missing"),
        ("documents", "content = 'x'", "unreadable"),
        ("documents", "sealed = CAST('x' AS BYTEA)", "unreadable"),
    ];
    let long = [
        ("versions", format!("digest = {ZEROS}"), "version"),
        ("versions", format!("dependencies = '{other}'"), "record"),
        ("version_signatures", format!("record = {ZEROS}"), "version"),
        ("documents", format!("digest = {ZEROS}"), "document_missing"),
    ];
    cases.into_iter().map(|(table, set, class)| (table, set.to_owned(), class)).chain(long).collect()
}

db_test! {
    async fn what_was_published_is_as_it_was_signed(db: &Db) {
        let app = TestApp::on(db).await;
        published(&app).await;
        let verdict = judged(&app).await;
        assert_eq!((verdict.finding, verdict.versions, verdict.documents, verdict.locks), (None, 3, 3, 1));
        let stranger = Pin { key: PrivateKey::from_seed(&[9; 32]).public(), sequence: None };
        let verdicts = proofs::verify(app.app(), Some(&stranger)).await.expect("the database is read");
        let finding = verdicts[0].finding.clone().expect("the key is nobody's");
        assert!(matches!(finding.wrong, Wrong::Keys(_)), "{finding}");
    }

    async fn a_change_of_any_column_is_found_and_its_prompt_named(db: &Db) {
        let app = TestApp::on(db).await;
        published(&app).await;
        for (table, set, class) in changes() {
            row(table).set(db, &set).await;
            let finding = found(&app).await;
            assert_eq!(finding.wrong.as_str(), class, "{table} {set}: {finding}");
            let is_named = finding.prompt.as_deref() == Some("greeting") || class == "astray";
            assert!(is_named, "{table} {set}: {finding}");
            tamper::put_back(db, table).await;
            assert_eq!(judged(&app).await.finding, None, "{table} {set} taken back");
        }
    }

    async fn a_row_that_is_gone_is_missed(db: &Db) {
        let app = TestApp::on(db).await;
        published(&app).await;
        for (table, class) in [
            ("version_locks", "unlocked"),
            ("version_signatures", "version"),
            ("versions", "astray"),
            ("documents", "document_missing"),
        ] {
            row(table).remove(db).await;
            let finding = found(&app).await;
            assert_eq!(finding.wrong.as_str(), class, "{table}: {finding}");
            tamper::put_back(db, table).await;
        }
    }

    async fn content_that_was_sealed_anew_with_the_right_key_has_another_digest(db: &Db) {
        let app = TestApp::on(db).await;
        published(&app).await;
        let mut tx = db.begin_system_read().await.expect("the database answers");
        let workspace = workspaces::list(&mut tx).await.expect("workspaces").remove(0).id;
        let digests = documents::digests(&mut tx, &workspace, "", 10).await.expect("digests");
        drop(tx);
        let digest = Digest::parse(&digests[0]).expect("a digest");
        tamper::remove_where(db, "documents", "digest", digest.as_str()).await;
        let mut tx = db.begin_write(&workspace).await.expect("the database answers");
        let forged = DocumentText { digest: &digest, canonical: "{\"body\":\"Evil\"}" };
        documents::insert_all(&mut tx, &workspace, &[forged], app.clock.now()).await.expect("a row");
        let entry = promptsync_core::audit::AuditEntry::of_system("test", "test", serde_json::Map::new(), app.clock.now());
        tx.commit(&workspace, entry).await.expect("a change");
        let finding = found(&app).await;
        assert!(matches!(&finding.wrong, Wrong::Document { digest: named, .. } if *named == digest), "{finding}");
        assert!(finding.prompt.is_some() && finding.version.is_some(), "{finding}");
    }

    async fn keys_that_do_not_sign_each_other_are_not_believed(db: &Db) {
        let app = TestApp::on(db).await;
        published(&app).await;
        tamper::set_all(db, "signing_keys", "created_at = '2020-01-01 00:00:00+00:00'").await;
        let finding = found(&app).await;
        assert!(matches!(finding.wrong, Wrong::Keys(_)), "{finding}");
    }
}
