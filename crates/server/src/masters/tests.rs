use std::fs;

use promptsync_testing::{
    VaultDouble,
    vault::{Mood, TOKEN},
};

use super::*;

fn folder() -> (tempfile::TempDir, Masters) {
    let folder = tempfile::tempdir().expect("a folder");
    let masters = Masters::at(Place::Folder(folder.path().to_owned()), None);
    (folder, masters)
}

fn ids(masters: &Masters) -> Vec<String> {
    masters.read().expect("keys that can be read").iter().map(MasterKey::id).collect()
}

/// The masters of a folder, as a process has them that is told of this Vault.
fn wrapped_by(vault: &VaultDouble, folder: &std::path::Path) -> Masters {
    let port = vault.port().to_string();
    let settings = [
        ("data_dir", folder.to_str().expect("text")),
        ("master_key_transit", "transit/promptsync"),
        ("vault_url", &vault.url()),
        ("vault_credential", TOKEN),
        ("outbound_allow", "127.0.0.1"),
        ("outbound_ports", &port),
        ("secret_timeout_seconds", "1"),
    ];
    let flags = settings.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    Masters::of(&Config::merge(&flags, &[].into(), folder).expect("settings that fit"))
}

async fn vault() -> VaultDouble {
    let vault = VaultDouble::start().await;
    vault.make_transit_key("promptsync");
    vault
}

#[tokio::test]
async fn a_key_is_made_once_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, masters) = folder();
    assert!(masters.read().expect("no file is no error").is_empty());
    masters.create().await.expect("the folder can be written");
    let first = ids(&masters);
    masters.create().await.expect("the file is left alone");
    assert_eq!(ids(&masters), first);
    let mode = fs::metadata(folder.path().join(FILE)).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_change_that_was_begun_goes_on_with_the_same_key() {
    let (folder, masters) = folder();
    masters.create().await.expect("the folder can be written");
    let old = ids(&masters).remove(0);
    masters.begin_next().await.expect("the folder can be written");
    let next = ids(&masters).remove(0);
    assert_eq!(ids(&masters), [next.clone(), old.clone()], "the next seals, the one before opens");
    masters.begin_next().await.expect("it was begun");
    assert_eq!(ids(&masters)[0], next);
    for _ in 0..2 {
        masters.promote().expect("the folder can be written");
        assert_eq!(ids(&masters), [next.clone()]);
    }
    let kept = files::read(&folder.path().join(format!("{FILE}.{old}.old"))).expect("a file").expect("a key");
    assert_eq!(MasterKey::parse(&kept.text).expect("a key").id(), old);
}

#[test]
fn a_file_without_a_key_is_named() {
    let (folder, masters) = folder();
    fs::write(folder.path().join(FILE), "hunter2").expect("a file");
    let error = masters.read().expect_err("no key").to_string();
    assert!(error.contains(FILE) && !error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_wrapped_key_is_unwrapped_once_and_never_stands_in_the_file() {
    let (vault, folder) = (vault().await, tempfile::tempdir().expect("a folder"));
    let first = wrapped_by(&vault, folder.path());
    first.create().await.expect("the Vault wraps");
    let text = fs::read_to_string(folder.path().join(FILE)).expect("a file");
    assert!(text.starts_with("vault:v1:") && text.lines().count() == 1, "{text}");
    assert!(!text.contains(first.read().expect("a key")[0].to_hex().as_str()));
    let later = wrapped_by(&vault, folder.path());
    assert!(matches!(later.read(), Err(MasterKeyError::Wrapped { .. })), "nothing was unwrapped yet");
    let asked = vault.count("POST /v1/transit/decrypt/");
    later.keyring().await.expect("the Vault unwraps");
    vault.mood(Mood::Fails);
    for _ in 0..3 {
        later.keyring().await.expect("it is in memory");
    }
    assert_eq!((ids(&later), vault.count("POST /v1/transit/decrypt/")), (ids(&first), asked + 1));
}

#[tokio::test]
async fn a_vault_that_is_away_or_refuses_is_a_clear_error_and_nothing_is_written() {
    let (vault, folder) = (vault().await, tempfile::tempdir().expect("a folder"));
    wrapped_by(&vault, folder.path()).create().await.expect("the Vault wraps");
    let empty = tempfile::tempdir().expect("a folder");
    for mood in [Mood::Fails, Mood::Silent, Mood::Floods] {
        vault.mood(mood);
        let failed = wrapped_by(&vault, folder.path()).keyring().await;
        assert!(matches!(failed, Err(MasterKeyError::Unwrap { .. })), "{mood:?}: {failed:?}");
        let failed = wrapped_by(&vault, empty.path()).create().await;
        assert!(matches!(failed, Err(MasterKeyError::Wrap { .. })), "{mood:?}: {failed:?}");
        assert_eq!(fs::read_dir(empty.path()).expect("a folder").count(), 0);
    }
    vault.mood(Mood::Works);
    vault.accept(&["another"]);
    let failed = wrapped_by(&vault, folder.path()).keyring().await.expect_err("it may not").to_string();
    assert!(failed.contains("transit/promptsync") && !failed.contains(TOKEN), "{failed}");
    let without = Masters::at(Place::Folder(folder.path().to_owned()), None);
    assert!(matches!(without.keyring().await, Err(MasterKeyError::Wrapped { .. })));
}

#[tokio::test]
async fn who_has_the_key_takes_up_the_next_without_the_vault_and_nobody_later() {
    let (vault, folder) = (vault().await, tempfile::tempdir().expect("a folder"));
    wrapped_by(&vault, folder.path()).create().await.expect("the Vault wraps");
    let (server, idle) = (wrapped_by(&vault, folder.path()), wrapped_by(&vault, folder.path()));
    server.keyring().await.expect("the Vault unwraps");
    idle.keyring().await.expect("the Vault unwraps");
    let command = wrapped_by(&vault, folder.path());
    command.keyring().await.expect("the Vault unwraps");
    command.begin_next().await.expect("the Vault wraps");
    vault.mood(Mood::Fails);
    assert_eq!(ids(&server), ids(&command));
    command.promote().expect("the folder can be written");
    assert_eq!((ids(&server).len(), ids(&server)), (1, ids(&command)));
    assert_eq!(ids(&idle), ids(&command), "it missed the time in between");
    idle.settle().await.expect("the folder can be written");
    let text = fs::read_to_string(folder.path().join(FILE)).expect("a file");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(ids(&server), ids(&command));
    assert!(wrapped_by(&vault, folder.path()).keyring().await.is_err(), "only the Vault opens it");
    vault.mood(Mood::Works);
    let fresh = wrapped_by(&vault, folder.path());
    fresh.keyring().await.expect("the Vault unwraps");
    assert_eq!(ids(&fresh), ids(&command));
}

#[tokio::test]
async fn a_server_that_missed_two_changes_asks_the_vault() {
    let (vault, folder) = (vault().await, tempfile::tempdir().expect("a folder"));
    let (command, server) = (wrapped_by(&vault, folder.path()), wrapped_by(&vault, folder.path()));
    command.create().await.expect("the Vault wraps");
    server.keyring().await.expect("the Vault unwraps");
    for _ in 0..2 {
        command.begin_next().await.expect("the Vault wraps");
        command.promote().expect("the folder can be written");
    }
    assert!(server.read().is_err());
    server.settle().await.expect("the Vault unwraps");
    assert_eq!(ids(&server), ids(&command));
}

#[tokio::test]
async fn a_key_in_clear_gives_way_to_a_wrapped_one() {
    let (folder, clear) = folder();
    clear.create().await.expect("the folder can be written");
    let before = ids(&clear);
    let vault = vault().await;
    let masters = wrapped_by(&vault, folder.path());
    masters.keyring().await.expect("a key in clear opens too");
    masters.begin_next().await.expect("the Vault wraps");
    assert_eq!(ids(&masters)[1..], before);
    masters.promote().expect("the folder can be written");
    assert!(fs::read_to_string(folder.path().join(FILE)).expect("a file").starts_with("vault:v1:"));
}
