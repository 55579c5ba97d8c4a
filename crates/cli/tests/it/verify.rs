//! `verify`, `lock-version`, `environment`, `version export`, `keys rotate-signing`.

use std::{path::Path, process::Command};

use insta::assert_snapshot;
use serde_json::Value;

use crate::{Sandbox, served::Served};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify_version.py");

/// A shop whose prompts are pushed, on `production`, and locked in promptsync.lock.
fn shop() -> Served {
    let shop = Served::with(&[("prompts/greeting.txt", "Hello"), ("prompts/other.txt", "Other")]);
    shop.stdout(&["push", "--alias", "production"]);
    shop.stdout(&["lock"]);
    shop
}

fn json(shop: &Served, args: &[&str]) -> Value {
    let out = shop.sandbox.output(args);
    serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|_| panic!("{args:?}: {}", String::from_utf8_lossy(&out.stderr)))
}

/// The workspace's newest key, as `keys list-signing` prints it.
fn key(shop: &Served) -> String {
    let keys = json(shop, &["--json", "keys", "list-signing"])["keys"].clone();
    keys.as_array().and_then(|keys| keys.last()).expect("a key")["statement"]["key"]
        .as_str()
        .expect("a key")
        .to_owned()
}

/// Replaces the key as somebody does who may change the workspace, not the project alone.
fn rotate(shop: &Served) {
    let mut create = shop.sandbox.command(&["keys", "create", "--data-dir", "data", "--role", "admin"]);
    let made = create.env_remove("PROMPTSYNC_PROJECT").output().expect("the command runs");
    let admin = String::from_utf8(made.stdout).expect("a key is text").trim().to_owned();
    let mut rotate = shop.sandbox.command(&["keys", "rotate-signing", "--reason", "yearly"]);
    let out = rotate.env("PROMPTSYNC_API_KEY", admin).output().expect("the command runs");
    let (said, failed) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(
        out.status.success() && said.contains("\treplaced\n") && said.contains("\tsigns\n"),
        "{said}{failed}"
    );
}

#[test]
fn every_prompt_is_ok_modified_unlocked_or_missing() {
    let shop = shop();
    let run = |args: &[&str]| shop.run(args).replace(&key(&shop), "[KEY]");
    assert_snapshot!(run(&["verify"]), @r##"
    exit: 0
    --- stdout
    OK	greeting	1.0.0	-
    OK	other	1.0.0	-
    --- stderr
    The registry signs with [KEY], pinned in promptsync.lock.
    "##);
    shop.sandbox.write("prompts/greeting.txt", "Hello you");
    shop.sandbox.write("prompts/new.txt", "New");
    std::fs::remove_file(shop.sandbox.path().join("prompts/other.txt")).expect("a file");
    let changed = "\
        MODIFIED\tgreeting\t1.0.0\tthe file is not what the lock file pins\n\
        UNLOCKED\tnew\t-\tthe lock file does not pin it\n\
        MISSING\tother\t1.0.0\tthere is no such file\n";
    assert_eq!(run(&["verify", "--offline"]), format!("exit: 1\n--- stdout\n{changed}"));
    let with_server = run(&["verify"]);
    assert!(with_server.starts_with(&format!("exit: 1\n--- stdout\n{changed}")), "{with_server}");
}

#[test]
fn a_key_that_nothing_pins_is_trusted_on_first_use_and_recorded() {
    let shop = shop();
    let (key, lock) = (key(&shop), shop.sandbox.read("promptsync.lock"));
    let without = lock.split("\n[registry]").next().expect("a lock file").to_owned() + "\n";
    shop.sandbox.write("promptsync.lock", without.trim_end().to_owned() + "\n");
    let report = json(&shop, &["verify", "--format", "json"]);
    assert_eq!((&report["ok"], &report["trust"]["reason"]), (&true.into(), &"first_use".into()));
    assert_eq!(shop.sandbox.read("promptsync.lock"), lock, "recorded as `promptsync lock` would");
    assert!(lock.contains(&key), "{lock}");
    assert_eq!(json(&shop, &["verify", "--format", "json"])["trust"]["reason"], "lock_file");

    shop.sandbox.write("promptsync.toml", format!("[registry]\npublic_key = \"{key}\"\n"));
    assert_eq!(json(&shop, &["verify", "--format", "json"])["trust"]["reason"], "settings");
    assert!(shop.stdout(&["config", "show"]).contains(&key));
}

#[test]
fn another_workspaces_key_is_refused() {
    let (shop, other) = (shop(), Served::with(&[]));
    let stranger = key(&other);
    shop.sandbox.write("promptsync.toml", format!("[registry]\npublic_key = \"{stranger}\"\n"));
    let refused = shop.run(&["verify"]);
    assert!(refused.starts_with("exit: 1") && refused.contains("is none of the workspace's"), "{refused}");
    std::fs::remove_file(shop.sandbox.path().join("promptsync.toml")).expect("a file");
    let lock = shop.sandbox.read("promptsync.lock").replace(&key(&shop), &stranger);
    shop.sandbox.write("promptsync.lock", lock);
    for args in [&["verify"][..], &["lock"], &["version", "export", "greeting", "1.0.0"]] {
        let refused = shop.run(args);
        assert!(refused.contains("is none of the workspace's"), "{args:?}: {refused}");
    }
}

#[test]
fn a_registry_that_lost_keys_or_versions_is_noticed() {
    let shop = shop();
    rotate(&shop);
    // The old pin leads to the new key; the new pin is taken by `lock`.
    assert!(shop.run(&["verify"]).starts_with("exit: 0"));
    shop.stdout(&["lock"]);
    assert!(shop.sandbox.read("promptsync.lock").contains("key_sequence = 2"));
    // A registry set back to a time when it had one key, or one that never had this version.
    let older = Served::with(&[("prompts/greeting.txt", "Hello")]);
    older.stdout(&["push"]);
    older.sandbox.write("promptsync.lock", shop.sandbox.read("promptsync.lock"));
    let refused = older.run(&["verify"]);
    assert!(refused.contains("ends at key 1; key 2 is known"), "{refused}");

    let lock = shop.sandbox.read("promptsync.lock").replace("1.0.0", "1.7.0");
    shop.sandbox.write("promptsync.lock", lock);
    let report = json(&shop, &["verify", "--format", "json"]);
    assert_eq!(
        (&report["prompts"][0]["status"], &report["prompts"][0]["problem"]["code"]),
        (&"missing".into(), &"version_not_found".into())
    );
}

#[test]
fn a_locked_version_and_an_environment_from_the_command_line() {
    let shop = shop();
    assert_snapshot!(shop.run(&["environment", "set", "production", "--locked-only"]), @r##"
    exit: 1
    --- stderr
    not_locked

      × greeting: greeting 1.0.0 is not locked
    not_locked

      × other: other 1.0.0 is not locked
    error: `production` takes locked versions only; greeting 1.0.0 and 1 more are not locked
      hint: lock what shall be served: `promptsync lock-version greeting 1.0.0`
    "##);
    assert_eq!(
        shop.run(&["lock-version", "greeting", "1.0.0", "--reason", "audited"]),
        "exit: 0\n--- stdout\ngreeting 1.0.0 is locked.\n"
    );
    shop.stdout(&["lock-version", "other", "1.0.0"]);
    assert_eq!(
        shop.stdout(&["environment", "set", "production", "--locked-only"]),
        "production takes locked versions\n"
    );
    assert!(shop.stdout(&["version", "list", "greeting"]).starts_with("1.0.0 (locked)\t"));
    assert!(shop.stdout(&["environment", "list"]).starts_with("production\tlocked versions\t"));
    shop.sandbox.write("prompts/greeting.txt", "Hello you");
    shop.stdout(&["push"]);
    let refused = shop.run(&["alias", "set", "production", "latest"]);
    assert!(refused.starts_with("exit: 1") && refused.contains("greeting 1.0.1 is not locked"), "{refused}");
    assert_eq!(
        shop.stdout(&["environment", "set", "production", "--locked-only=false"]),
        "production takes every version\n"
    );
    shop.stdout(&["alias", "set", "production", "latest"]);
    shop.stdout(&["environment", "remove", "production"]);
    assert_eq!(shop.stdout(&["environment", "list"]), "");
}

fn python(file: &Path, key: &str) -> (bool, String) {
    let out = Command::new("python3").arg(SCRIPT).arg(file).arg(key).output().expect("python3 runs");
    let text = [out.stdout, out.stderr].concat();
    (out.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// A way to tamper with an exported version.
type Tamper = (&'static str, fn(&mut Value));

fn put(value: &mut Value, path: &str, new: impl Into<Value>) {
    *value.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = new.into();
}

const TAMPERED: [Tamper; 13] = [
    ("content", |export| put(export, "/document", r#"{"body":"Evil","engine":"jinja","kind":"text"}"#)),
    ("digest", |export| {
        let digest = promptsync_core::digest::Digest::of(b"Evil");
        put(export, "/version/statement/digest", digest.to_string());
        put(export, "/document", "Evil");
    }),
    ("version", |export| put(export, "/version/statement/version", "9.9.9")),
    ("prompt", |export| put(export, "/version/statement/prompt", "other")),
    ("author", |export| put(export, "/version/statement/author/name", "somebody else")),
    ("time", |export| put(export, "/version/statement/created_at", "2020-01-01T00:00:00Z")),
    ("commit", |export| put(export, "/version/statement/git_commit", "0123abc")),
    ("workspace", |export| put(export, "/version/statement/workspace", "01OTHER")),
    ("signature", |export| {
        let bytes = export["version"]["bytes"].as_str().unwrap_or_default().to_owned();
        let first = if bytes.starts_with('A') { 'B' } else { 'A' };
        put(export, "/version/bytes", format!("{first}{}", &bytes[1..]));
    }),
    ("signer", |export| put(export, "/version/key", "0000000000000000")),
    ("first key gone", |export| {
        export["keys"].as_array_mut().expect("keys").remove(0);
    }),
    ("keys swapped", |export| export["keys"].as_array_mut().expect("keys").swap(0, 1)),
    ("a link signed by another", |export| {
        let other = export["keys"][0]["signature"].clone();
        put(export, "/keys/1/signature", other);
    }),
];

#[test]
fn an_exported_version_is_verified_by_a_script_that_shares_no_code() {
    let lines = std::fs::read_to_string(SCRIPT).expect("the script").lines().count();
    assert!(lines <= 60, "{lines}");
    let shop = shop();
    let before = key(&shop);
    rotate(&shop);
    let after = key(&shop);
    shop.stdout(&["version", "export", "greeting", "1.0.0", "-o", "greeting.json"]);
    let file = shop.sandbox.path().join("greeting.json");
    for known in [&before, &after] {
        let (good, said) = python(&file, known);
        assert!(good && said.starts_with("OK shop/greeting 1.0.0 sha256:"), "{said}");
    }
    let (good, said) = python(&file, &key(&Served::with(&[])));
    assert!(!good && said.contains("none of the keys is yours"), "{said}");
    let export: Value = serde_json::from_str(&shop.sandbox.read("greeting.json")).expect("JSON");
    for (what, tamper) in TAMPERED {
        let mut tampered = export.clone();
        tamper(&mut tampered);
        assert_ne!(tampered, export, "{what}");
        let (good, said) = python(&shop.sandbox.write("tampered.json", tampered.to_string()), &after);
        assert!(!good && said.starts_with("REFUSED"), "{what}: {said}");
    }
    // The control: written anew without a change it is still good.
    let (good, said) = python(&shop.sandbox.write("same.json", export.to_string()), &after);
    assert!(good, "{said}");
}

#[test]
fn a_repository_with_a_lock_file_alone_is_checked_against_the_registry() {
    let shop = shop();
    let application = Sandbox::with(&[("promptsync.lock", &shop.sandbox.read("promptsync.lock"))])
        .env("PROMPTSYNC_URL", &shop.url)
        .env("PROMPTSYNC_API_KEY", &shop.key)
        .env("PROMPTSYNC_PROJECT", "shop");
    let out = application.run(&["--quiet", "verify"]);
    assert_eq!(out, "exit: 0\n--- stdout\nOK\tgreeting\t1.0.0\t-\nOK\tother\t1.0.0\t-\n");
}
