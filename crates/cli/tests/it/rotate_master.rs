//! The master key is replaced while the server serves, and while whoever replaces it is killed.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::{Sandbox, served::Served};

/// Prompts: with two values each, and 100 values a batch, a change of keys takes 14 batches.
const PROMPTS: usize = 700;
/// How often the change is killed. The first time nothing is done yet, later as many batches as the number says.
const KILLS: usize = 12;
const ROTATE: [&str; 4] = ["keys", "rotate-master", "--data-dir", "data"];

/// The files of the data folder that hold master keys.
fn keys(served: &Served) -> Vec<String> {
    let folder = fs::read_dir(served.sandbox.path().join("data")).expect("a folder");
    let names = folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("master.key")).collect();
    names.sort();
    names
}

/// Starts the change, and kills it when it has said so many lines.
fn kill_after(served: &Served, lines: usize) {
    let mut child = served
        .sandbox
        .command(&ROTATE)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    for _ in 0..lines {
        if said.next().is_none() {
            break;
        }
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

#[test]
fn the_master_key_changes_under_a_running_server_and_past_every_kill() {
    let sandbox = Sandbox::new();
    for index in 0..PROMPTS {
        sandbox.write(&format!("prompts/p{index}.txt"), format!("Prompt {index} for {{{{ name }}}}"));
    }
    let mut served = Served::start(sandbox, Stdio::inherit());
    served.stdout(&["push", "--path", "prompts", "--alias", "dev"]);
    let before = served.sandbox.read("data/master.key");
    let reads = |served: &Served, index: usize| {
        let text = served.stdout(&["get", &format!("p{index}@dev")]);
        assert!(text.contains(&format!("Prompt {index} for")), "{text}");
    };
    for kill in 0..KILLS {
        kill_after(&served, kill.min(2));
        reads(&served, kill * 50);
        served.sandbox.write(&format!("prompts/new_{kill}.txt"), format!("New {kill}"));
        if kill % 4 == 0 {
            served.stdout(&["push", "--path", "prompts", "--alias", "dev"]);
        }
    }
    let done = served.stdout(&ROTATE);
    assert!(done.contains("The master key was replaced"), "{done}");
    assert_ne!(served.sandbox.read("data/master.key"), before);
    let names = keys(&served);
    assert!(
        names.len() >= 2
            && names[1..].iter().all(|name| name.rsplit_once('.').is_some_and(|(_, end)| end == "old")),
        "{names:?}"
    );
    for old in &names[1..] {
        fs::remove_file(served.sandbox.path().join("data").join(old)).expect("a file");
    }
    reads(&served, 1);

    served.restart("data");
    for index in (0..PROMPTS).step_by(97) {
        reads(&served, index);
    }
    served.stdout(&["push", "--path", "prompts", "--alias", "dev"]);
}

#[test]
fn another_master_key_is_refused_at_the_start_and_nothing_is_written() {
    let mut served = Served::with(&[("prompts/a.txt", "Hello")]);
    served.stdout(&["push", "--path", "prompts"]);
    served.stop();
    let database = served.sandbox.path().join("data/promptsync.db");
    // A killed server leaves a log behind, which the next one to open the file folds into it.
    served.sandbox.output(&["keys", "create", "--data-dir", "data", "--role", "viewer"]);
    let before = fs::read(&database).expect("a database");
    let right = served.sandbox.read("data/master.key");
    let start =
        |served: &Served| served.sandbox.run(&["serve", "--data-dir", "data", "--listen", "127.0.0.1:0"]);
    served.sandbox.write("data/master.key", "ab".repeat(32));
    let said = start(&served);
    assert!(said.starts_with("exit: 5") && said.contains("sealed under the master key"), "{said}");
    fs::remove_file(served.sandbox.path().join("data/master.key")).expect("a file");
    let said = start(&served);
    assert!(said.contains("sealed under the master key") && said.contains("given: none"), "{said}");
    assert!(!served.sandbox.path().join("data/master.key").exists(), "no key is made for a sealed database");
    served.sandbox.write("data/master.key", "not a key");
    let said = start(&served);
    assert!(said.contains("64 hexadecimal digits"), "{said}");
    assert!(fs::read(&database).expect("a database") == before, "nothing was written");
    served.sandbox.write("data/master.key", right);
    assert!(
        served.sandbox.output(&["keys", "create", "--data-dir", "data", "--role", "viewer"]).status.success()
    );
}
