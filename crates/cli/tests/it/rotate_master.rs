//! The master key is replaced while the server serves, and while whoever replaces it is killed.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use promptsync_testing::database;

use crate::{Sandbox, served::Served};

const ROTATE: [&str; 4] = ["keys", "rotate-master", "--data-dir", "data"];

/// How much there is to seal again, and how often that is interrupted.
struct Size {
    /// Folders that are pushed one after the other.
    folders: usize,
    /// Prompts in each. A prompt has two sealed values, and 100 values are a batch.
    prompts: usize,
    /// How often the change of keys is killed.
    kills: usize,
    /// After how many batches at most. The first time nothing is done yet.
    batches: usize,
}

/// Reads one prompt after the other over HTTP, until it is told to stop.
struct Reader {
    stop: Arc<AtomicBool>,
    reading: JoinHandle<usize>,
}

impl Reader {
    fn start(served: &Served, prompts: usize) -> Self {
        let (stop, address) = (Arc::new(AtomicBool::new(false)), served.url.trim_start_matches("http://"));
        let (stopped, address, key) = (Arc::clone(&stop), address.to_owned(), served.key.clone());
        let reading = thread::spawn(move || {
            let mut reads = 0;
            while !stopped.load(Ordering::Relaxed) {
                // A step that shares no factor with the number of prompts visits all of them.
                let index = reads * 7919 % prompts;
                let answer = get(&address, &key, &format!("/api/prompts/p{index}/dev"));
                assert!(answer.contains(&format!("Prompt {index} for")), "read {reads}: {answer}");
                reads += 1;
            }
            reads
        });
        Self { stop, reading }
    }

    /// How many reads there were, all of them right.
    fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.reading.join().expect("every read gives its prompt")
    }
}

fn get(address: &str, key: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

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

fn key_versions(file: &Path) -> BTreeMap<u32, u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(database::key_versions(file))
}

/// Changes the master key past every kill, while a reader reads all the time; gives how many values there were, and how
/// many reads.
fn change_past_kills(size: &Size) -> (u64, usize) {
    let prompts = size.folders * size.prompts;
    let sandbox = Sandbox::new().env("PROMPTSYNC_CACHE_BYTES", "1").env("PROMPTSYNC_RATE_ADDRESS", "0");
    for index in 0..prompts {
        let folder = index % size.folders;
        sandbox.write(&format!("prompts{folder}/p{index}.txt"), format!("Prompt {index} for {{{{ name }}}}"));
    }
    let mut served = Served::start(sandbox, Stdio::inherit());
    for folder in 0..size.folders {
        served.stdout(&["push", "--path", &format!("prompts{folder}"), "--alias", "dev"]);
    }
    let before = served.sandbox.read("data/master.key");
    let file = served.sandbox.path().join("data/promptsync.db");
    let reader = Reader::start(&served, prompts);
    let mut was_mixed = false;
    for kill in 0..size.kills {
        kill_after(&served, kill.min(size.batches));
        was_mixed = was_mixed || key_versions(&file).len() == 2;
        if kill % 4 == 0 {
            served.sandbox.write(&format!("new{kill}/new_{kill}.txt"), format!("New {kill}"));
            served.stdout(&["push", "--path", &format!("new{kill}"), "--alias", "dev"]);
        }
    }
    assert!(was_mixed, "no kill left some values sealed again and some not");
    let done = served.stdout(&ROTATE);
    assert!(done.contains("The master key was replaced"), "{done}");
    assert_ne!(served.sandbox.read("data/master.key"), before);
    let reads = reader.stop();
    let versions = key_versions(&file);
    assert_eq!(versions.len(), 1, "no value is left under an old key: {versions:?}");
    let names = keys(&served);
    assert!(
        names.len() >= 2
            && names[1..].iter().all(|name| name.rsplit_once('.').is_some_and(|(_, end)| end == "old")),
        "{names:?}"
    );
    for old in &names[1..] {
        fs::remove_file(served.sandbox.path().join("data").join(old)).expect("a file");
    }
    served.restart("data");
    for index in (0..prompts).step_by(prompts.div_ceil(20)) {
        let text = served.stdout(&["get", &format!("p{index}@dev")]);
        assert!(text.contains(&format!("Prompt {index} for")), "{text}");
    }
    served.sandbox.write("last/last.txt", "Last");
    served.stdout(&["push", "--path", "last", "--alias", "dev"]);
    (versions.values().sum(), reads)
}

#[test]
fn the_master_key_changes_under_a_running_server_and_past_every_kill() {
    let (values, reads) = change_past_kills(&Size { folders: 1, prompts: 700, kills: 12, batches: 1 });
    assert!(values > 1_400 && reads > 12, "{values} values, {reads} reads");
}

#[test]
#[ignore = "takes minutes: cargo test -p promptsync-cli --test it -- --ignored --nocapture a_hundred_thousand"]
fn a_hundred_thousand_values_are_sealed_again_past_20_kills() {
    let started = Instant::now();
    let (values, reads) = change_past_kills(&Size { folders: 10, prompts: 5_000, kills: 20, batches: 45 });
    assert!(values > 100_000, "{values} values");
    let seconds = started.elapsed().as_secs();
    eprintln!("{values} values, 20 kills, {reads} reads, all right; 0 values left; {seconds} s with set-up");
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
