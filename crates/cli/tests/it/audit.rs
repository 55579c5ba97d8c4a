//! The audit log from the command line: exported, judged offline, remembered; one changed byte is named.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::{Sandbox, served::Served};

/// A server with some history, and the key it signs with.
fn served() -> (Served, String) {
    let served = Served::with(&[("prompts/greeting.txt", "Hello {{ name }}")]);
    served.stdout(&["push"]);
    served.stdout(&["alias", "set", "dev", "v1.0.0", "--reason", "first"]);
    let keys = served.stdout(&["keys", "list-signing"]);
    let key = keys.split_whitespace().find(|word| word.starts_with("ed25519:")).expect("a key").to_owned();
    (as_auditor(served), key)
}

/// The same with a key that opens every project: the log belongs to the workspace.
fn as_auditor(mut served: Served) -> Served {
    let mut create = served.sandbox.command(&["keys", "create", "--data-dir", "data", "--role", "admin"]);
    let made = create.env_remove("PROMPTSYNC_PROJECT").output().expect("the command runs");
    let key = String::from_utf8(made.stdout).expect("a key is text").trim().to_owned();
    let sandbox = std::mem::replace(&mut served.sandbox, Sandbox::new());
    served.sandbox = sandbox.env("PROMPTSYNC_API_KEY", &key);
    served
}

/// Stops the server as an operator does, so that it signs its log, and starts it again.
fn restarted(mut served: Served) -> Served {
    let process = served.server.id().to_string();
    let told = Command::new("kill").args(["-TERM", &process]).status().expect("kill runs");
    assert!(told.success() && served.server.wait().expect("the server ends").success());
    let sandbox = std::mem::replace(&mut served.sandbox, Sandbox::new());
    as_auditor(Served::start(sandbox, Stdio::inherit()))
}

#[test]
fn an_export_is_judged_offline_and_one_changed_byte_is_named() {
    let (mut served, key) = served();
    served.stdout(&["audit", "export", "-o", "log.ndjson"]);
    served.stop();
    let verify = ["audit", "verify", "log.ndjson", "--public-key", &key];
    let said = served.stdout(&verify);
    assert!(said.starts_with("ok  workspace "), "{said}");
    let log = served.sandbox.read("log.ndjson");
    let place = log.find("\"reason\":\"first\"").expect("the move of the alias");
    let revision: usize = log[..place].matches("\"kind\":\"entry\"").count();
    served.sandbox.write("log.ndjson", log.replacen("\"reason\":\"first\"", "\"reason\":\"firzt\"", 1));
    let out = served.sandbox.output(&verify);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("entry {revision} was changed")) && said.contains("[changed]"), "{said}");
    let other = "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let out = served.sandbox.output(&["audit", "verify", "log.ndjson", "--public-key", other, "--json"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stdout).contains("\"class\": \"keys\""));
}

#[test]
fn one_byte_changed_in_the_database_file_is_found_at_its_entry() {
    let (mut served, _) = served();
    let listed = served.stdout(&["audit", "list", "--action", "alias.move", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let revision = listed[0]["revision"].as_i64().expect("a number");
    served.stop();
    let verify = ["audit", "verify", "--data-dir", "data"];
    let said = served.stdout(&verify);
    assert!(said.starts_with("ok  workspace "), "{said}");
    // Verifying closed the database, which folds its write-ahead log into the file.
    let path = served.sandbox.path().join("data/promptsync.db");
    let mut bytes = fs::read(&path).expect("the database");
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"alias.move")).collect();
    let mut named = 0;
    for at in places {
        bytes[at] ^= 1;
        fs::write(&path, &bytes).expect("the database can be written");
        let out = served.sandbox.output(&verify);
        let said =
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        if out.status.code() == Some(1) {
            assert!(said.contains(&format!("entry {revision} was changed")), "{said}");
            named += 1;
        } else {
            // An old copy of the row in a page that is free again.
            assert!(out.status.success(), "{said}");
        }
        bytes[at] ^= 1;
    }
    assert_eq!(named, 1);
}

#[test]
fn a_witness_remembers_what_continues_and_refuses_what_was_rolled_back() {
    let (served, key) = served();
    let witness = ["audit", "witness", "--file", "seen.ndjson", "--public-key", &key];
    // The chain is signed when the server stops; a second server goes on with it.
    let served = restarted(served);
    let said = served.stdout(&witness);
    assert!(said.starts_with("remembered entry "), "{said}");
    let said = served.stdout(&witness);
    assert!(said.starts_with("nothing new") || said.contains("it continues entry"), "{said}");
    served.stdout(&["alias", "set", "stable", "v1.0.0"]);
    let served = restarted(served);
    let said = served.stdout(&witness);
    assert!(said.contains("it continues entry"), "{said}");
    served.stdout(&["audit", "export", "-o", "log.ndjson"]);
    let said =
        served.stdout(&["audit", "verify", "log.ndjson", "--public-key", &key, "--witness", "seen.ndjson"]);
    assert!(said.starts_with("ok  workspace "), "{said}");

    // The server of yesterday: what the witness saw is not in it.
    let remembered = served.sandbox.read("seen.ndjson");
    let later = remembered.lines().last().expect("a checkpoint").to_owned();
    let out = served.sandbox.output(&["audit", "export", "-o", "log.ndjson"]);
    assert!(out.status.success());
    let log = served.sandbox.read("log.ndjson");
    let cut = log.find(&later).expect("the checkpoint is in the log");
    served.sandbox.write("cut.ndjson", &log[..cut]);
    let out = served.sandbox.output(&["audit", "verify", "cut.ndjson", "--witness", "seen.ndjson"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stdout).contains("[truncated]"));
}

#[test]
fn one_byte_changed_in_a_document_or_version_is_found_at_its_prompt() {
    let mut served = Served::with(&[("prompts/greeting.txt", "Hello {{ name }}")]);
    served.stdout(&["push", "--message", "uncommonly worded"]);
    let served_said = as_auditor_says(&mut served, &["audit", "verify"]);
    assert!(served_said.contains("1 versions, 1 documents and 0 locks as they were signed"), "{served_said}");
    let digest = served.stdout(&["get", "greeting", "--json"]);
    let digest: serde_json::Value = serde_json::from_str(&digest).expect("JSON");
    let digest = digest["digest"].as_str().expect("a digest").to_owned();
    served.stop();
    let verify = ["audit", "verify", "--data-dir", "data"];
    let said = served.stdout(&verify);
    assert!(said.contains("1 versions, 1 documents and 0 locks as they were signed"), "{said}");
    let path = served.sandbox.path().join("data/promptsync.db");
    let mut bytes = fs::read(&path).expect("the database");
    // The sealed text stands behind its digest; the changelog is in the version's row as it was written.
    let sealed = (digest.as_bytes(), digest.len() + 40, "documents ");
    let changelog = (&b"uncommonly"[..], 3, "bump, changelog, dependencies or origin");
    for (text, offset, named) in [sealed, changelog] {
        let places = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(text));
        let mut found = 0;
        for at in places.collect::<Vec<_>>() {
            bytes[at + offset] ^= 1;
            fs::write(&path, &bytes).expect("the database can be written");
            let out = served.sandbox.output(&verify);
            let said = String::from_utf8_lossy(&out.stdout).into_owned();
            if said.contains("TAMPERED") && said.contains(named) {
                assert_eq!(out.status.code(), Some(1), "{said}");
                assert!(said.contains("greeting 1.0.0 of the project shop"), "{said}");
                found += 1;
            }
            bytes[at + offset] ^= 1;
        }
        assert_eq!(found, 1, "{named}");
    }
}

/// What a command says to somebody with a key for the whole workspace.
fn as_auditor_says(served: &mut Served, args: &[&str]) -> String {
    let mut create = served.sandbox.command(&["keys", "create", "--data-dir", "data", "--role", "admin"]);
    let made = create.env_remove("PROMPTSYNC_PROJECT").output().expect("the command runs");
    let key = String::from_utf8(made.stdout).expect("a key is text").trim().to_owned();
    let mut command = served.sandbox.command(args);
    let out = command.env("PROMPTSYNC_API_KEY", key).env_remove("PROMPTSYNC_PROJECT").output();
    String::from_utf8(out.expect("the command runs").stdout).expect("text")
}
