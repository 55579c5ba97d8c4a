//! A backup of a running server, and everything that may go wrong when it is restored.

use std::{fs, path::Path};

use crate::served::Served;

fn served() -> Served {
    let served = Served::with(&[("prompts/a.txt", "Hello {{ name }}"), ("prompts/b.txt", "Bye")]);
    served.stdout(&["push", "--path", "prompts", "--alias", "production"]);
    served.stdout(&["backup", "--data-dir", "data", "-o", "one.backup"]);
    served
}

fn restore(served: &Served, file: &str, folder: &str, more: &[&str]) -> (bool, String) {
    let key = served.sandbox.path().join("data/master.key");
    let mut command = served.sandbox.command(&["restore", file, "--data-dir", folder, "--verify"]);
    let out = command.args(more).env("PROMPTSYNC_MASTER_KEY_FILE", key).output().expect("it runs");
    let said = [out.stdout, out.stderr].concat();
    (out.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_backup_of_a_running_server_serves_from_another_folder() {
    let mut served = served();
    let bytes = fs::read(served.sandbox.path().join("one.backup")).expect("a file");
    assert!(!bytes.windows(6).any(|part| part == b"SQLite"), "the file is encrypted");
    let (done, said) = restore(&served, "one.backup", "restored", &[]);
    assert!(done && said.contains("epoch 1") && said.contains("2 documents"), "{said}");
    served.stop();
    fs::copy(
        served.sandbox.path().join("data/master.key"),
        served.sandbox.path().join("restored/master.key"),
    )
    .expect("a copy");
    let args = ["keys", "create", "--data-dir", "restored", "--project", "shop", "--role", "viewer"];
    assert!(served.sandbox.output(&args).status.success());
    served.restart("restored");
    assert!(served.stdout(&["get", "a@production"]).contains("Hello"));
}

#[test]
fn an_altered_or_cut_backup_is_refused_and_leaves_nothing() {
    let served = served();
    let whole = fs::read(served.sandbox.path().join("one.backup")).expect("a file");
    let mut cases: Vec<Vec<u8>> =
        vec![whole[..whole.len() - 1].to_vec(), whole[..100].to_vec(), b"text".to_vec()];
    for at in [40, 70, 75, 200, whole.len() / 2, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        cases.push(altered);
    }
    for (number, bytes) in cases.iter().enumerate() {
        served.sandbox.write("bad.backup", bytes);
        let (done, said) = restore(&served, "bad.backup", "restored", &[]);
        assert!(!done && said.contains("backup"), "case {number}: {said}");
        assert_eq!(files(&served.sandbox.path().join("restored")), [""; 0], "case {number}");
    }
    served.sandbox.write("other.key", "ab".repeat(32));
    let mut command = served.sandbox.command(&["restore", "one.backup", "--data-dir", "restored"]);
    let other = served.sandbox.path().join("other.key");
    let out = command.env("PROMPTSYNC_MASTER_KEY_FILE", other).output().expect("it runs");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && said.contains("sealed under the master key"), "{said}");
}

#[test]
fn a_restore_does_not_move_an_alias_back_unless_it_is_told_to() {
    let mut served = served();
    served.sandbox.write("prompts/a.txt", "Good day {{ name }}");
    served.stdout(&["push", "--path", "prompts", "--alias", "production"]);
    let (done, said) = restore(&served, "one.backup", "data", &[]);
    assert!(!done && said.contains("a server uses this data folder"), "{said}");
    served.stop();
    let (done, said) = restore(&served, "one.backup", "data", &[]);
    assert!(!done && said.contains("production a: from 1.0.1 back to 1.0.0"), "{said}");
    served.restart("data");
    assert!(served.stdout(&["get", "a@production"]).contains("Good day"), "nothing was changed");
    served.stop();
    let (done, said) = restore(&served, "one.backup", "data", &["--accept-rollback"]);
    assert!(done && said.contains("moved back: shop production a"), "{said}");
    served.restart("data");
    assert!(served.stdout(&["get", "a@production"]).contains("Hello"));
    let kept = files(&served.sandbox.path().join("data"));
    assert!(kept.contains(&"promptsync.db.before-restore".to_owned()), "{kept:?}");
}
