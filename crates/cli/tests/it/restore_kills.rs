//! `restore` is killed at many moments: the data folder afterwards is what it was, or what was restored, and never between.

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
};

use crate::{Sandbox, served::Served};

/// Kills spread evenly over what a restore reads and writes.
const KILLS: u64 = 12;

/// What a process has read and written so far; nothing once it has ended.
fn moved_bytes(child: &mut Child) -> Option<u64> {
    if child.try_wait().expect("a child can be asked").is_some() {
        return None;
    }
    let text = fs::read_to_string(format!("/proc/{}/io", child.id())).ok()?;
    let number =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    Some(number("rchar:")? + number("wchar:")?)
}

/// Restores into `data`; nobody is there who asks whether aliases move back.
fn restore(sandbox: &Sandbox) -> Child {
    let args = ["restore", "one.backup", "--data-dir", "data", "--verify", "--accept-rollback"];
    let mut command = sandbox.command(&args);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

/// Kills a restore when `is_time` says so, given what it has read and written; says whether it got so far.
fn kill_when(sandbox: &Sandbox, is_time: impl Fn(u64) -> bool) -> bool {
    let mut child = restore(sandbox);
    while let Some(bytes) = moved_bytes(&mut child) {
        if is_time(bytes) {
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            return true;
        }
    }
    false
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
    }
}

/// A stopped server whose database and server key are later and other than those of the backup, each with its key.
struct Scene {
    served: Served,
    /// The key that the backup knows, and the key that came after it.
    keys: [String; 2],
}

impl Scene {
    fn new() -> Self {
        let mut served = Served::with(&[("prompts/a.txt", "In the backup")]);
        for index in 0..200 {
            served.sandbox.write(&format!("prompts/p{index}.txt"), format!("Prompt {index}"));
        }
        served.stdout(&["push", "--path", "prompts", "--alias", "production"]);
        served.stdout(&["backup", "--data-dir", "data", "-o", "one.backup"]);
        served.sandbox.write("prompts/a.txt", "After the backup");
        served.stdout(&["push", "--path", "prompts", "--alias", "production"]);
        served.stop();
        served.sandbox.write("data/server.key", "cd".repeat(32));
        let args = ["keys", "create", "--data-dir", "data", "--project", "shop", "--role", "viewer"];
        let later = String::from_utf8(served.sandbox.output(&args).stdout).expect("text").trim().to_owned();
        let path = served.sandbox.path();
        copy(&path.join("data"), &path.join("pristine"));
        let keys = [served.key.clone(), later];
        Self { served, keys }
    }

    fn reset(&self) {
        let path = self.served.sandbox.path();
        copy(&path.join("pristine"), &path.join("data"));
    }

    /// Whether the folder is the restored one, as the next server serves it. It must be wholly that, or wholly the other.
    fn is_restored(&mut self, moment: &str) -> bool {
        self.served.restart("data");
        let read = |key: &str| {
            let out =
                self.served.sandbox.command(&["get", "a@production"]).env("PROMPTSYNC_API_KEY", key).output();
            String::from_utf8(out.expect("it runs").stdout).expect("text")
        };
        let [of_backup, later] = &self.keys;
        let (then, now) = (read(of_backup), read(later));
        self.served.stop();
        let (restored, untouched) = (then.contains("In the backup"), now.contains("After the backup"));
        assert!(
            restored != untouched,
            "{moment}: with the key of the backup {then:?}, with the later one {now:?}"
        );
        assert!(then.is_empty() != now.is_empty(), "{moment}: {then:?} {now:?}");
        let left = fs::read_dir(self.served.sandbox.path().join("data")).expect("a folder");
        let left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
        assert!(!left.contains(&".restored".into()), "{moment}: {left:?}");
        restored
    }
}

#[test]
fn a_restore_that_is_killed_leaves_the_folder_untouched_or_whole() {
    let mut scene = Scene::new();
    let mut total = 0;
    let mut child = restore(&scene.served.sandbox);
    while let Some(bytes) = moved_bytes(&mut child) {
        total = bytes.max(total);
    }
    assert!(scene.is_restored("no kill") && total > 0);
    let mut killed = 0;
    for kill in 0..KILLS {
        scene.reset();
        let at = total * kill / KILLS;
        killed += u32::from(kill_when(&scene.served.sandbox, |bytes| bytes >= at));
        scene.is_restored(&format!("after {at} of {total} bytes"));
    }
    // The last steps are too short to be met by counting: these are what each of them leaves behind.
    for step in
        [".restored", ".restored/server.key", "server.key.before-restore", "promptsync.db.before-restore"]
    {
        scene.reset();
        let path = scene.served.sandbox.path().join("data").join(step);
        killed += u32::from(kill_when(&scene.served.sandbox, |_| path.exists()));
        scene.is_restored(step);
    }
    assert!(u64::from(killed) >= KILLS / 2, "{killed} kills struck");
    scene.reset();
    assert!(kill_when(&scene.served.sandbox, |bytes| bytes >= total / 2), "a kill half-way strikes");
    let status = restore(&scene.served.sandbox).wait().expect("it ends");
    assert!(status.success() && scene.is_restored("a kill and a second try"));
    let left = fs::read_dir(scene.served.sandbox.path().join("data")).expect("a folder");
    let drafts = left.filter(|entry| {
        entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with(".restore-"))
    });
    assert_eq!(drafts.count(), 0, "the second try removes what the first one prepared");
}

#[test]
fn a_restore_into_no_folder_that_is_killed_leaves_no_database_or_a_whole_one() {
    let mut served = Served::with(&[("prompts/a.txt", "Hello")]);
    served.stdout(&["push", "--path", "prompts", "--alias", "production"]);
    served.stdout(&["backup", "--data-dir", "data", "-o", "one.backup"]);
    served.stop();
    let path = served.sandbox.path().to_owned();
    fs::rename(path.join("data"), path.join("before")).expect("another name");
    for kill in 0..KILLS {
        fs::create_dir(path.join("data")).expect("a folder");
        fs::copy(path.join("before/master.key"), path.join("data/master.key")).expect("a copy");
        let at = kill * 40_000;
        kill_when(&served.sandbox, |bytes| bytes >= at);
        if path.join("data/promptsync.db").exists() || path.join("data/.restored").exists() {
            served.restart("data");
            assert!(served.stdout(&["get", "a@production"]).contains("Hello"), "after {at} bytes");
            served.stop();
        } else {
            assert!(!path.join("data/server.key").exists(), "after {at} bytes");
        }
        fs::remove_dir_all(path.join("data")).expect("a folder");
    }
}
