//! Signatures: on versions, on where an alias points, and the keys that make them.

use chrono::TimeDelta;
use promptsync_core::{
    access::Role,
    digest::Digest,
    names::{AliasName, PromptName},
    signing::{
        KeyLink, KeyRing, Pin, Signed, SigningError, SnapshotStatement, VersionStatement, VersionSubject,
        verify_snapshot, verify_version,
    },
    time::Clock as _,
    versions::VersionNumber,
};
use promptsync_server::jobs::old_versions;
use promptsync_testing::{Caller, Sample, TestApp, db_test};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SNAPSHOT: &str = "/api/projects/shop/snapshot";

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

async fn keys(caller: &Caller) -> Vec<KeyLink> {
    read(&caller.get("/api/signing-keys").await.json()["keys"])
}

fn check(ring: &KeyRing, body: &Value, number: &str) -> Result<(), SigningError> {
    let (prompt, number) =
        (PromptName::parse("greeting").expect("a name"), VersionNumber::parse(number).expect("a number"));
    let signed: Option<Signed<VersionStatement>> = read(&body["signature"]);
    let digest: Digest = read(&body["digest"]);
    let subject = VersionSubject { project: "shop", prompt: &prompt, version: &number };
    verify_version(ring, signed.as_ref(), subject, &digest)
}

db_test! {
    async fn every_version_is_signed_wherever_it_is_shown(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "one"), ("other.txt", "x")]).await;
        editor.post("/api/prompts", json!({ "name": "greeting", "content": "two", "git_commit": "0123abc" })).await;
        let ring = KeyRing::unpinned(&keys(&app.viewer().await).await).unwrap();
        let base = "/api/projects/shop/prompts/greeting/versions";
        let list = editor.get(base).await.json();
        assert_eq!(check(&ring, &list["items"][0], "1.0.1"), Ok(()));
        assert_eq!(check(&ring, &list["items"][1], "1.0.0"), Ok(()));
        assert_eq!(check(&ring, &editor.get(&format!("{base}/1.0.1")).await.json(), "1.0.1"), Ok(()));
        let resolved = editor.get("/api/prompts/greeting/latest").await.json();
        assert_eq!(check(&ring, &resolved, "1.0.1"), Ok(()));
        assert_eq!(resolved["signature"]["statement"]["git_commit"], "0123abc");
        // One version's signature is not another's.
        let swapped = check(&ring, &list["items"][1], "1.0.1");
        assert_eq!(swapped.unwrap_err().code(), "signature_subject");
    }

    async fn a_replaced_key_signs_its_successor_and_old_versions_stay_good(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, admin) = (app.editor().await, app.nobody().with_key(&app.key(Role::Admin, None).await));
        editor.push(&[("greeting.txt", "one")]).await;
        let before = keys(&editor).await;
        app.clock.advance(TimeDelta::minutes(10));
        let rotate = "/api/signing-keys/rotate";
        assert_eq!(editor.post(rotate, json!({})).await.outcome(), "403 insufficient_scope");
        let rotated = admin.post(rotate, json!({ "reason": "yearly" })).await;
        assert_eq!(rotated.outcome(), "200", "{}", rotated.text());
        editor.push(&[("greeting.txt", "two")]).await;

        let after = keys(&editor).await;
        assert_eq!((before.len(), after.len(), &after[0]), (1, 2, &before[0]));
        let pin = Pin { key: before[0].statement.key.clone(), sequence: Some(1) };
        let ring = KeyRing::new(&after, &pin).unwrap();
        for (number, key) in [("1.0.0", &after[0]), ("1.0.1", &after[1])] {
            let body = editor.get(&format!("/api/prompts/greeting/{number}")).await.json();
            assert_eq!(check(&ring, &body, number), Ok(()), "{number}");
            assert_eq!(body["signature"]["key"], json!(key.statement.key.id()), "{number}");
        }
    }

    async fn another_server_signs_with_the_new_key_at_once(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.nobody().with_key(&app.key(Role::Admin, None).await);
        let other = TestApp::beside(db, &[]).await;
        let editor = other.nobody().with_key(app.editor().await.key());
        editor.push(&[("greeting.txt", "one")]).await;
        admin.post("/api/signing-keys/rotate", json!({})).await;
        editor.push(&[("greeting.txt", "two")]).await;
        let keys = keys(&editor).await;
        let body = editor.get("/api/prompts/greeting/1.0.1").await.json();
        assert_eq!(body["signature"]["key"], json!(keys[1].statement.key.id()));
    }

    async fn a_snapshot_says_where_an_alias_points_and_for_how_long(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "production" })).await;
        let ring = KeyRing::unpinned(&keys(&editor).await).unwrap();
        let reply = editor.get(&format!("{SNAPSHOT}?alias=production")).await;
        assert_eq!(reply.outcome(), "200", "{}", reply.text());
        let signed: Signed<SnapshotStatement> = read(&reply.json());
        let now = app.clock.now();
        let believe = |known, now| {
            verify_snapshot(&ring, &signed, "shop", &AliasName::parse("production").unwrap(), known, now)
        };
        let revision = signed.statement.revision;
        assert_eq!(believe(revision, now), Ok(()));
        assert_eq!(believe(revision + 1, now).unwrap_err().code(), "snapshot_rolled_back");
        assert_eq!(believe(revision, now + TimeDelta::hours(24)).unwrap_err().code(), "snapshot_expired");
        let version = editor.get("/api/prompts/greeting/production").await.json();
        let entry = &reply.json()["statement"]["entries"]["greeting"];
        assert_eq!((&entry["version"], &entry["digest"]), (&version["version"], &version["digest"]));
        for (query, outcome) in
            [("", "422 invalid"), ("?alias=gone", "404 alias_not_found"), ("?alias=%00", "404 alias_not_found")]
        {
            assert_eq!(editor.get(&format!("{SNAPSHOT}{query}")).await.outcome(), outcome, "{query}");
        }
    }

    async fn a_key_of_one_environment_gets_its_snapshot_alone(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "production" })).await;
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "dev" })).await;
        let reader = app.in_environment("viewer", "production").await;
        for (query, outcome) in [
            ("?alias=production", "200"),
            ("?alias=dev", "403 insufficient_scope"),
            ("", "403 insufficient_scope"),
            ("?alias=production&alias=dev", "400 duplicate_parameter"),
        ] {
            assert_eq!(reader.get(&format!("{SNAPSHOT}{query}")).await.outcome(), outcome, "{query}");
        }
        assert_eq!(reader.get("/api/signing-keys").await.outcome(), "200");
    }

    async fn versions_from_before_there_were_signatures_are_signed_once(db: &Db) {
        // A workspace of old: with a version, without a key.
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0"), ("other", "1.0.0")]).await.unwrap();
        let app = TestApp::on(db).await;
        assert_eq!(old_versions::run_once(app.app()).await.unwrap(), 2);
        assert_eq!(old_versions::run_once(app.app()).await.unwrap(), 0);
        let editor = app.editor().await;
        let ring = KeyRing::unpinned(&keys(&editor).await).unwrap();
        let body = editor.get("/api/prompts/greeting/1.0.0").await.json();
        assert_eq!(check(&ring, &body, "1.0.0"), Ok(()));

        // A younger one without a signature did not come from here.
        app.clock.advance(TimeDelta::minutes(1));
        sample.clock.advance(TimeDelta::minutes(1));
        sample.publish(db, &[("smuggled", "1.0.0")]).await.unwrap();
        assert_eq!(old_versions::run_once(app.app()).await.unwrap(), 0);
        assert_eq!(editor.get("/api/prompts/smuggled/1.0.0").await.json()["signature"], Value::Null);
    }
}
