//! Canaries over HTTP: who gets what, what ends a split, what a split may not do.

use std::collections::BTreeMap;

use promptsync_testing::{Caller, Reply, TestApp, db_test};
use serde_json::{Value, json};

const PRODUCTION: &str = "/api/projects/shop/aliases/production";

/// Release 1.0.0 with `production` on it, and release 1.0.1 in which `greeting` differs and `news` is new.
async fn two_releases(app: &TestApp) -> Caller {
    let editor = app.editor().await;
    editor.push(&[("greeting.txt", "one"), ("farewell.txt", "bye")]).await;
    let set = editor.put(PRODUCTION, json!({ "version": "1.0.0" })).await;
    assert_eq!(set.outcome(), "201", "{}", set.text());
    editor.push(&[("greeting.txt", "two"), ("news.txt", "new")]).await;
    editor
}

fn ten() -> Value {
    json!({ "alias": "production", "version": "v1.1.0", "percentage": 10 })
}

async fn canary(caller: &Caller, body: Value) -> Reply {
    let reply = caller.post(&format!("{PRODUCTION}/canary"), body.clone()).await;
    assert_eq!(reply.outcome(), "200", "{body}: {}", reply.text());
    reply
}

/// Calls an address of the alias with the tag it has now.
async fn seen(caller: &Caller, path: &str, body: Value) -> Reply {
    let tag = caller.get(PRODUCTION).await.header("etag").to_owned();
    caller.clone().header("if-match", &tag).post(&format!("{PRODUCTION}{path}"), body).await
}

async fn moved(caller: &Caller, body: Value) -> Value {
    let tag = caller.get(PRODUCTION).await.header("etag").to_owned();
    let reply = caller.clone().header("if-match", &tag).put(PRODUCTION, body).await;
    assert_eq!(reply.outcome(), "200", "{}", reply.text());
    reply.json()
}

async fn got(caller: &Caller, prompt: &str, unit: &str) -> String {
    let reply = caller.get(&format!("/api/prompts/{prompt}/production?unit={unit}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["version"].as_str().expect("a version").to_owned()
}

/// The units of these that get each version.
async fn drawn(caller: &Caller, units: std::ops::Range<usize>) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for unit in units {
        found.entry(got(caller, "greeting", &format!("user-{unit}")).await).or_default().push(unit);
    }
    found
}

async fn last_entry(app: &TestApp) -> Value {
    let approver = app.nobody().with_key(&app.key(promptsync_core::access::Role::Admin, None).await);
    approver.get("/api/audit?limit=2").await.json()["items"][1].clone()
}

db_test! {
    async fn part_of_the_traffic_of_a_release_goes_to_another(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let before = editor.get(PRODUCTION).await;
        let set = editor.post("/api/canary", ten()).await;
        assert_eq!(set.outcome(), "200", "{}", set.text());
        insta::allow_duplicates! { insta::assert_json_snapshot!(set.json()["canaries"], @r#"
        [
          {
            "alias": "production",
            "prompt": null,
            "own": "1.0.0",
            "own_percentage": 90.0,
            "arms": [
              {
                "version": "1.1.0",
                "percentage": 10.0
              }
            ],
            "overrides": 0,
            "prompts": [
              "greeting"
            ]
          }
        ]
        "#); }
        // It points where it pointed, and yet it is another state.
        assert_eq!((&set.json()["entries"], &set.json()["release"]), (&before.json()["entries"], &json!("1.0.0")));
        assert_ne!(set.header("etag"), before.header("etag"));
        assert_eq!(editor.get(&format!("{PRODUCTION}/canary")).await.json()["items"], set.json()["canaries"]);

        let units = drawn(&editor, 0..200).await;
        let counts: Vec<_> = units.iter().map(|(version, units)| (version.as_str(), units.len())).collect();
        assert!(matches!(counts[..], [("1.0.0", 160..200), ("1.0.1", 1..40)]), "{counts:?}");
        let reply = editor.get(&format!("/api/prompts/greeting/production?unit=user-{}", units["1.0.1"][0])).await.json();
        assert_eq!((&reply["content"], &reply["split"]), (&json!("two"), &json!({ "percentage": 10.0, "sticky": true })));
        assert_eq!(editor.get("/api/prompts/farewell/production").await.json()["split"], Value::Null);
        let rendered = json!({ "variables": {}, "unit": format!("user-{}", units["1.0.1"][0]) });
        let rendered = editor.post("/api/prompts/greeting/production/render", rendered).await.json();
        assert_eq!((&rendered["text"], &rendered["version"]), (&json!("two"), &json!("1.0.1")), "{rendered}");
        let nobody = editor.get("/api/prompts/greeting/production").await.json();
        assert_eq!(nobody["split"]["sticky"], false);
    }

    async fn every_step_is_a_move_with_an_entry_of_its_own(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        canary(&editor, json!({ "version": "1.1.0", "percentage": 12.5, "reason": "careful" })).await;
        let entry = last_entry(&app).await;
        assert_eq!((&entry["action"], &entry["target"], &entry["reason"]),
            (&json!("canary.set"), &json!("alias:production"), &json!("careful")));
        assert_eq!(entry["details"],
            json!({ "prompt": null, "own": "1.0.0", "percentages": { "1.1.0": "12.5" }, "overrides": 0, "prompts": 1 }));
        assert_ne!(entry["before"], entry["after"]);
        canary(&editor, json!({ "version": "1.1.0", "percentage": 25 })).await;
        assert_eq!(last_entry(&app).await["before"], entry["after"]);
        assert_eq!(seen(&editor, "/canary/abort", json!({})).await.outcome(), "200");
        let aborted = last_entry(&app).await;
        assert_eq!((&aborted["action"], &aborted["after"]), (&json!("canary.abort"), &entry["before"]));
        assert_eq!(aborted["details"]["divided_before"][0]["percentages"], json!({ "1.1.0": "25" }));
        canary(&editor, json!({ "version": "1.1.0", "percentage": 50 })).await;
        assert_eq!(seen(&editor, "/canary/promote", json!({})).await.outcome(), "200");
        let promoted = last_entry(&app).await;
        assert_eq!((&promoted["action"], &promoted["details"]["version"], &promoted["details"]["percentages"]),
            (&json!("canary.promote"), &json!("1.1.0"), &json!({ "1.1.0": "50" })));

        let history = editor.get(&format!("{PRODUCTION}/history")).await.json();
        let steps: Vec<_> = history["items"].as_array().unwrap().iter()
            .map(|past| (past["action"].as_str().unwrap(), past["splits"]["greeting"][0]["percentage"].as_f64())).collect();
        assert_eq!(steps, [("promote", None), ("canary", Some(50.0)), ("abort", None), ("canary", Some(25.0)),
            ("canary", Some(12.5)), ("set", None)]);
    }

    async fn a_canary_of_a_release_is_promoted_whole(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        canary(&editor, ten()).await;
        assert_eq!(editor.post(&format!("{PRODUCTION}/canary/promote"), json!({})).await.outcome(), "428 precondition_required");
        let stale = editor.clone().header("if-match", "\"1\"");
        for path in ["canary", "canary/promote", "canary/abort"] {
            let body = if path == "canary" { ten() } else { json!({}) };
            assert_eq!(stale.post(&format!("{PRODUCTION}/{path}"), body).await.outcome(), "412 stale", "{path}");
        }
        let promoted = seen(&editor, "/canary/promote", json!({ "reason": "good" })).await;
        assert_eq!(promoted.outcome(), "200", "{}", promoted.text());
        let alias = promoted.json();
        assert_eq!((&alias["release"], &alias["canaries"]), (&json!("1.1.0"), &Value::Null));
        assert_eq!(alias["entries"], json!({ "farewell": "1.0.0", "greeting": "1.0.1", "news": "1.0.0" }));
        assert_eq!(drawn(&editor, 0..20).await.len(), 1);
        assert_eq!(seen(&editor, "/canary/promote", json!({})).await.outcome(), "404 canary_not_found");
        assert_eq!(seen(&editor, "/canary/abort", json!({})).await.outcome(), "404 canary_not_found");
    }

    async fn one_prompt_has_a_canary_of_its_own(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let set = canary(&editor, json!({ "prompt": "greeting", "version": "^1", "percentage": 100 })).await.json();
        assert_eq!((&set["canaries"][0]["prompt"], &set["canaries"][0]["own"]), (&json!("greeting"), &json!("1.0.0")));
        assert_eq!(drawn(&editor, 0..20).await.keys().collect::<Vec<_>>(), ["1.0.1"]);
        // Both at once nobody could follow.
        assert_eq!(editor.post("/api/canary", ten()).await.outcome(), "409 conflict");
        let alias = seen(&editor, "/canary/promote", json!({})).await.json();
        assert_eq!((&alias["release"], &alias["canaries"]), (&Value::Null, &Value::Null));
        assert_eq!(alias["entries"], json!({ "farewell": "1.0.0", "greeting": "1.0.1" }));
        moved(&editor, json!({ "version": "1.0.0" })).await;
        canary(&editor, ten()).await;
        let alone = json!({ "prompt": "greeting", "version": "1.0.1", "percentage": 5 });
        assert_eq!(editor.post(&format!("{PRODUCTION}/canary"), alone).await.outcome(), "409 conflict");
    }

    async fn a_push_that_moves_a_divided_alias_says_what_it_divided(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        canary(&editor, json!({ "version": "1.1.0", "percentage": 10 })).await;
        let pushed = editor.try_push(&[("greeting.txt", "three")], json!({ "alias": "production" })).await;
        assert_eq!(pushed.outcome(), "200", "{}", pushed.text());
        let entry = last_entry(&app).await;
        assert_eq!((&entry["action"], &entry["details"]["divided_before"][0]["percentages"]),
            (&json!("push"), &json!({ "1.1.0": "10" })));
    }

    async fn a_move_of_the_whole_alias_ends_its_splits_and_one_of_a_prompt_that_prompts(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        editor.push(&[("farewell.txt", "see you")]).await;
        let both = json!({ "version": "latest", "percentage": 10 });
        let divided = |alias: &Value| alias["canaries"][0]["prompts"].clone();
        let set = canary(&editor, both.clone()).await.json();
        assert_eq!(divided(&set), json!(["farewell", "greeting"]));
        let left = moved(&editor, json!({ "prompt": "greeting", "version": "1.0.0" })).await;
        assert_eq!(divided(&left), json!(["farewell"]));
        let left = moved(&editor, json!({ "prompt": "farewell", "version": "1.0.0" })).await;
        assert_eq!(left["canaries"], Value::Null);
        canary(&editor, both.clone()).await;
        assert_eq!(moved(&editor, json!({ "version": "1.0.0" })).await["canaries"], Value::Null);
        assert_eq!(last_entry(&app).await["details"]["divided_before"][0]["percentages"], json!({ "1.1.1": "10" }));
        canary(&editor, both.clone()).await;
        let back = seen(&editor, "/rollback", json!({})).await.json();
        assert_eq!((&back["canaries"], &back["release"]), (&Value::Null, &json!("1.0.0")));
        canary(&editor, both).await;
        editor.try_push(&[("greeting.txt", "three")], json!({ "alias": "production" })).await;
        assert_eq!(editor.get(PRODUCTION).await.json()["canaries"], Value::Null);
    }

    async fn several_versions_share_and_the_own_one_gets_the_rest(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        editor.push(&[("greeting.txt", "three")]).await;
        let arms = json!([
            { "version": "1.0.0", "percentage": 40 },
            { "version": "1.0.1", "percentage": 30 },
            { "version": "1.0.2", "percentage": 30 },
        ]);
        let set = canary(&editor, json!({ "prompt": "greeting", "arms": arms })).await.json();
        assert_eq!(set["canaries"][0]["own_percentage"], 40.0);
        assert_eq!(drawn(&editor, 0..60).await.keys().collect::<Vec<_>>(), ["1.0.0", "1.0.1", "1.0.2"]);
        assert_eq!(seen(&editor, "/canary/promote", json!({})).await.outcome(), "422 invalid");
        assert_eq!(seen(&editor, "/canary/promote", json!({ "version": "3.0.0" })).await.outcome(), "422 split");
        let alias = seen(&editor, "/canary/promote", json!({ "version": "1.0.2" })).await.json();
        assert_eq!(alias["entries"]["greeting"], "1.0.2");
    }

    async fn units_fixed_by_hand_get_their_version_and_are_kept_without_their_names(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let by_hand = json!({ "version": "1.1.0", "percentage": 0, "units": { "include": ["ann@example.com", "Ünï"] } });
        let set = canary(&editor, by_hand).await;
        assert_eq!(set.json()["canaries"][0]["overrides"], 2);
        assert_eq!(got(&editor, "greeting", "ann%40example.com").await, "1.0.1");
        assert_eq!(got(&editor, "greeting", "%C3%9Cn%C3%AF").await, "1.0.1");
        assert_eq!(got(&editor, "greeting", "bob").await, "1.0.0");
        for path in ["", "/canary", "/history"] {
            assert!(!editor.get(&format!("{PRODUCTION}{path}")).await.text().contains("ann@example"), "{path}");
        }
        assert!(!last_entry(&app).await.to_string().contains("ann@example"));
        // They stay while nothing is said of them, and end when something is.
        assert_eq!(canary(&editor, ten()).await.json()["canaries"][0]["overrides"], 2);
        let others = json!({ "version": "1.1.0", "percentage": 100, "overrides": { "bob": "1.0.0" } });
        assert_eq!(canary(&editor, others).await.json()["canaries"][0]["overrides"], 1);
        assert_eq!(got(&editor, "greeting", "bob").await, "1.0.0");
        assert_eq!(got(&editor, "greeting", "ann%40example.com").await, "1.0.1");
    }

    async fn what_makes_no_split_is_refused_and_changes_nothing(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let tag = editor.get(PRODUCTION).await.header("etag").to_owned();
        let arms = |list: &[(&str, f64)]| {
            list.iter().map(|(version, percentage)| json!({ "version": version, "percentage": percentage })).collect::<Vec<_>>()
        };
        for (body, outcome) in [
            (json!({}), "422 missing_field"),
            (json!({ "version": "1.1.0" }), "422 missing_field"),
            (json!({ "version": "1.1.0", "percentage": 10, "arms": arms(&[("1.1.0", 10.0)]) }), "422 invalid"),
            (json!({ "version": "1.1.0", "percentage": "10" }), "422 wrong_type"),
            (json!({ "version": "1.1.0", "percentage": -1 }), "422 split"),
            (json!({ "version": "1.1.0", "percentage": 100.5 }), "422 split"),
            (json!({ "version": "1.1.0", "percentage": 0.001 }), "422 split"),
            (json!({ "version": "1.1.0", "percentage": 1e30 }), "422 split"),
            (json!({ "version": "1.0.0", "percentage": 100 }), "422 split"),
            (json!({ "version": "1.0.0", "percentage": 10 }), "422 split"),
            (json!({ "arms": arms(&[("1.1.0", 60.0), ("latest", 20.0)]) }), "422 split"),
            (json!({ "prompt": "greeting", "arms": arms(&[("1.0.1", 60.0), ("1.0.0", 60.0)]) }), "422 split"),
            (json!({ "version": "9.9.9", "percentage": 10 }), "404 version_not_found"),
            (json!({ "version": "1.2.3/../", "percentage": 10 }), "422 semver"),
            (json!({ "prompt": "news", "version": "1.0.0", "percentage": 10 }), "404 version_not_found"),
            (json!({ "prompt": "gone", "version": "1.0.0", "percentage": 10 }), "404 prompt_not_found"),
            (json!({ "prompt": "", "version": "1.0.0", "percentage": 10 }), "422 name"),
            (json!({ "version": "1.1.0", "percentage": 10, "alias": "dev" }), "422 invalid"),
            (json!({ "version": "1.1.0", "percentage": 10, "overrides": { "": "1.1.0" } }), "422 split"),
            (json!({ "version": "1.1.0", "percentage": 10, "overrides": { "u": "9.9.9" } }), "404 version_not_found"),
            (json!({ "prompt": "farewell", "version": "1.0.0", "percentage": 10 }), "422 split"),
            (json!({ "version": "1.1.0", "percentage": 10, "unit": "u" }), "422 unknown_field"),
        ] {
            let reply = editor.post(&format!("{PRODUCTION}/canary"), body.clone()).await;
            assert_eq!(reply.outcome(), outcome, "{body}: {}", reply.text());
        }
        let nowhere = json!({ "alias": "nowhere", "version": "1.1.0", "percentage": 10 });
        assert_eq!(editor.post("/api/canary", nowhere).await.outcome(), "404 alias_not_found");
        let unnamed = json!({ "version": "1.1.0", "percentage": 10 });
        assert_eq!(editor.post("/api/canary", unnamed).await.outcome(), "422 missing_field");
        assert_eq!(editor.get(PRODUCTION).await.header("etag"), tag);
    }

    async fn a_split_holds_its_versions_in_use(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let version = "/api/projects/shop/prompts/greeting/versions/1.0.1";
        canary(&editor, ten()).await;
        let refused = editor.post(&format!("{version}/archive"), json!({})).await;
        assert_eq!(refused.outcome(), "409 in_use", "{}", refused.text());
        assert!(refused.text().contains("production"));
        seen(&editor, "/canary/abort", json!({})).await;
        assert_eq!(editor.post(&format!("{version}/archive"), json!({})).await.outcome(), "200");
        assert_eq!(editor.post("/api/canary", ten()).await.outcome(), "409 not_publishable");
        let alone = json!({ "prompt": "greeting", "version": "1.0.1", "percentage": 5 });
        assert_eq!(editor.post(&format!("{PRODUCTION}/canary"), alone).await.outcome(), "409 not_publishable");
    }

    async fn an_environment_that_demands_locks_demands_them_of_every_arm(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, admin) = (two_releases(&app).await, app.admin().await);
        let policy = "/api/projects/shop/environments/production";
        let lock = async |prompt: &str, version: &str| {
            let path = format!("/api/projects/shop/prompts/{prompt}/versions/{version}/lock");
            assert_eq!(admin.post(&path, json!({})).await.outcome(), "200");
        };
        lock("greeting", "1.0.0").await;
        lock("farewell", "1.0.0").await;
        canary(&editor, ten()).await;
        assert_eq!(admin.put(policy, json!({ "locked_only": true })).await.outcome(), "409 not_locked");
        seen(&editor, "/canary/abort", json!({})).await;
        assert_eq!(admin.put(policy, json!({ "locked_only": true })).await.outcome(), "201");
        let refused = editor.post("/api/canary", ten()).await;
        assert_eq!(refused.outcome(), "409 not_locked", "{}", refused.text());
        lock("greeting", "1.0.1").await;
        assert_eq!(editor.post("/api/canary", ten()).await.outcome(), "200");
    }

    async fn who_may_move_one_alias_alone_divides_that_one(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        editor.put("/api/aliases/staging", json!({ "version": "1.0.0" })).await;
        let wanted = promptsync_api::keys::CreateKey {
            project: Some("shop".into()), environment: Some("production".into()), ..promptsync_testing::a_key("editor")
        };
        let of_production = app.nobody().with_key(&app.key_in(None, wanted).await);
        let staging = json!({ "alias": "staging", "version": "1.1.0", "percentage": 10 });
        assert_eq!(of_production.post("/api/canary", staging.clone()).await.outcome(), "403 insufficient_scope");
        let secret = json!({ "alias": "secret", "version": "1.1.0", "percentage": 10 });
        assert_eq!(of_production.post("/api/canary", secret).await.outcome(), "403 insufficient_scope");
        // What it could not read it does not bring into its alias either.
        assert_eq!(of_production.post("/api/canary", ten()).await.outcome(), "403 insufficient_scope");
        canary(&editor, ten()).await;
        assert_eq!(seen(&of_production, "/canary/promote", json!({})).await.outcome(), "403 insufficient_scope", "it brings news");
        let aborted = of_production.post(&format!("{PRODUCTION}/canary/abort"), json!({})).await;
        assert_eq!(aborted.outcome(), "200", "{}", aborted.text());
        assert_eq!(app.viewer().await.post("/api/canary", staging).await.outcome(), "403 insufficient_scope");
    }

    async fn the_past_is_answered_with_the_split_of_then(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        app.clock.advance(chrono::TimeDelta::hours(1));
        let all = json!({ "version": "1.1.0", "percentage": 100 });
        canary(&editor, all).await;
        app.clock.advance(chrono::TimeDelta::hours(1));
        seen(&editor, "/canary/abort", json!({})).await;
        for (time, version) in [("12:30", "1.0.0"), ("13:00", "1.0.1"), ("13:59", "1.0.1"), ("14:00", "1.0.0")] {
            let path = format!("/api/prompts/greeting/production@2026-11-01T{time}:00Z?unit=ann");
            let reply = editor.get(&path).await;
            assert_eq!(reply.json()["version"], version, "{time}: {}", reply.text());
        }
    }

    async fn a_retry_with_the_same_key_sets_a_canary_once(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let retried = editor.clone().header("idempotency-key", "once");
        let first = retried.post("/api/canary", ten()).await;
        let second = retried.post("/api/canary", ten()).await;
        assert_eq!((second.status, second.json()["revision"].clone()), (200, first.json()["revision"].clone()));
    }
}

/// An application that does not count requests.
async fn unlimited() -> TestApp {
    TestApp::with_settings(&[("PROMPTSYNC_RATE_CALLER", "0"), ("PROMPTSYNC_RATE_WORKSPACE", "0")]).await
}

/// What each of many units gets, asked by a few callers at a time.
async fn ask(editor: &Caller, count: usize, tags: &BTreeMap<String, String>) -> Vec<String> {
    const AT_ONCE: usize = 4;
    let known: Vec<&str> = tags.keys().map(String::as_str).collect();
    let caller = if known.is_empty() {
        editor.clone()
    } else {
        editor.clone().header("if-none-match", &known.join(", "))
    };
    let mut tasks = Vec::new();
    for first in 0..AT_ONCE {
        let (caller, tags) = (caller.clone(), tags.clone());
        tasks.push(tokio::spawn(async move {
            let mut got = Vec::new();
            for unit in (first..count).step_by(AT_ONCE) {
                let reply = caller.get(&format!("/api/prompts/greeting/production?unit=user-{unit}")).await;
                let version = match reply.status {
                    304 => tags[reply.header("etag")].clone(),
                    _ => reply.json()["version"].as_str().expect("a version").to_owned(),
                };
                got.push((unit, version));
            }
            got
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("every unit is answered"));
    }
    all.sort_unstable();
    all.into_iter().map(|(_, version)| version).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_units_get_their_parts_with_caches_and_without() {
    const UNITS: usize = 10_000;
    let app = unlimited().await;
    let editor = two_releases(&app).await;
    editor.push(&[("greeting.txt", "three")]).await;
    let arms = json!([{ "version": "1.0.1", "percentage": 10 }, { "version": "1.0.2", "percentage": 33.3 }]);
    canary(&editor, json!({ "prompt": "greeting", "arms": arms })).await;
    let first = ask(&editor, 1_000, &BTreeMap::new()).await;
    // From here on answers come from memory.
    app.app().hear_of_changes().await.expect("the database answers");
    let without = ask(&editor, UNITS, &BTreeMap::new()).await;
    assert_eq!(without[..1_000], first);
    for (version, part) in [("1.0.0", 56.7), ("1.0.1", 10.0), ("1.0.2", 33.3)] {
        let count = without.iter().filter(|got| *got == version).count();
        let percent = f64::from(u32::try_from(count).unwrap()) * 100.0 / 10_000.0;
        eprintln!("splits: {version} has {percent} percent of {UNITS} units, {part} were asked for");
        assert!((percent - part).abs() < 1.5, "{version}: {percent}");
    }
    // A cache that holds an answer of each arm, and takes whichever the server says is still true.
    let mut tags = BTreeMap::new();
    for version in ["1.0.0", "1.0.1", "1.0.2"] {
        let unit = without.iter().position(|got| got == version).expect("every arm has units");
        let reply = editor.get(&format!("/api/prompts/greeting/production?unit=user-{unit}")).await;
        tags.insert(reply.header("etag").to_owned(), version.to_owned());
    }
    assert_eq!(tags.len(), 3);
    assert_eq!(ask(&editor, UNITS, &tags).await, without);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn widening_moves_no_unit_out_and_narrowing_lets_none_in() {
    const UNITS: usize = 2_000;
    let app = unlimited().await;
    let editor = two_releases(&app).await;
    app.app().hear_of_changes().await.expect("the database answers");
    let mut before: Vec<String> = vec!["1.0.0".to_owned(); UNITS];
    for (percentage, wider) in [(5, true), (10, true), (25, true), (100, true), (25, false), (5, false)] {
        canary(&editor, json!({ "version": "1.1.0", "percentage": percentage })).await;
        let now = ask(&editor, UNITS, &BTreeMap::new()).await;
        let (smaller, larger) = if wider { (&before, &now) } else { (&now, &before) };
        let strays =
            smaller.iter().zip(larger).filter(|(small, large)| *small == "1.0.1" && *large != "1.0.1");
        assert_eq!(strays.count(), 0, "{percentage}");
        let inside = now.iter().filter(|version| *version == "1.0.1").count();
        eprintln!("splits: {inside} of {UNITS} units at {percentage} percent");
        before = now;
    }
}
