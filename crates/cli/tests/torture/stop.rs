//! The server is told to stop while everybody writes, reads and listens: what it took on it finishes, what it noted it
//! writes down, and whoever listens is told to come back.

use std::{
    io::Read as _,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use promptsync_testing::outage::Signal;
use serde_json::{Value, json};

use crate::{
    Dice,
    journal::{Progress, compare, write_all},
    length,
    node::Shop,
    wire::{Failure, Wire},
};

/// Stops of a test, unless `PROMPTSYNC_TORTURE_STOPS` says how many.
const STOPS: u64 = 2;
const WRITERS: usize = 2;
const READERS: usize = 3;
const LISTENERS: usize = 5;
/// What stopping may take at most.
const PROMISED: Duration = Duration::from_secs(30);

/// Reads until nobody answers any more; gives how many answers there were, and whether one was cut off.
fn read(wire: &mut Wire) -> (u64, bool) {
    let mut answers = 0;
    loop {
        match wire.get("/api/prompts/p/production") {
            Ok(reply) => {
                assert_eq!(reply.status, 200, "{}", reply.text());
                answers += 1;
            }
            // The connection was closed between two requests, or there is no new one.
            Err(Failure::Unsent | Failure::Unanswered) => return (answers, false),
            Err(Failure::Torn) => return (answers, true),
        }
    }
}

/// Listens until the stream ends; gives what came.
fn listen(wire: &Wire, opened: &AtomicU64) -> String {
    let mut stream = wire.open("/api/projects/shop/stream?alias=production").expect("a connection");
    let mut first = [0; 12];
    stream.read_exact(&mut first).expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
    opened.fetch_add(1, Ordering::Relaxed);
    let mut rest = Vec::new();
    // It may end with a reset.
    let _ = stream.read_to_end(&mut rest);
    String::from_utf8_lossy(&rest).into_owned()
}

/// How often a prompt was read, as the audit log has it.
fn noted(shop: &Shop, address: &str, auditor: &str) -> u64 {
    let url = format!("http://{address}");
    let environment = [("PROMPTSYNC_URL", url.as_str()), ("PROMPTSYNC_API_KEY", auditor)];
    let log = shop.run_with(&environment, &["audit", "export"]);
    let records = log.lines().filter(|line| line.starts_with("{\"kind\":\"access\""));
    records
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["record"].clone())
        .filter(|record| record["action"] == json!("prompt.read") && record["outcome"] == json!("ok"))
        .filter(|record| record["target"].as_str().is_some_and(|target| target.starts_with("prompt:p@")))
        .map(|record| record["count"].as_u64().expect("a count"))
        .sum()
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_it_took_on() {
    // So that what was noted is in memory alone when it is told.
    let shop = Shop::with(&[("PROMPTSYNC_ACCESS_SECONDS", "3600")]);
    let auditor = shop.run(&["keys", "create", "--data-dir", "data", "--role", "admin"]);
    let mut node = shop.start("data");
    let push = json!({ "files": [{ "path": "p.txt", "content": "hello" }], "alias": "production" });
    let pushed = node.wire().send("POST", "/api/projects/shop/push", "", Some(&push)).expect("an answer");
    assert_eq!(pushed.status, 200, "{}", pushed.text());

    let stops = length("STOPS", STOPS);
    let mut dice = Dice::new(stops);
    let progress = Progress::default();
    let names: Vec<String> = (0..WRITERS).map(|number| format!("writer{number}")).collect();
    let (answers, torn) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut slowest = Duration::ZERO;
    let journals: Vec<_> = thread::scope(|scope| {
        let writers = write_all(scope, &names, &node, &progress);
        for _ in 0..stops {
            let opened = AtomicU64::new(0);
            let heard = Mutex::new(Vec::new());
            thread::scope(|round| {
                for _ in 0..LISTENERS {
                    let (wire, opened, heard) = (node.wire(), &opened, &heard);
                    round.spawn(move || {
                        let said = listen(&wire, opened);
                        heard.lock().expect("nobody panicked").push(said);
                    });
                }
                for _ in 0..READERS {
                    let (mut wire, answers, torn) = (node.wire(), &answers, &torn);
                    round.spawn(move || {
                        let (read, was_torn) = read(&mut wire);
                        answers.fetch_add(read, Ordering::Relaxed);
                        torn.fetch_or(was_torn, Ordering::Relaxed);
                    });
                }
                let goal = progress.acknowledged.load(Ordering::Relaxed) + 3 + dice.below(10);
                let began = Instant::now();
                while progress.acknowledged.load(Ordering::Relaxed) < goal
                    || opened.load(Ordering::Relaxed) < LISTENERS as u64
                {
                    assert!(began.elapsed() < Duration::from_mins(1), "nothing is written any more");
                    thread::sleep(Duration::from_millis(1));
                }
                let told = Instant::now();
                node.signal(Signal::TERM);
                let status = node.wait();
                slowest = slowest.max(told.elapsed());
                assert!(status.success(), "{status}");
            });
            for heard in heard.into_inner().expect("nobody panicked") {
                assert!(heard.contains("event: reconnect\n"), "a listener was not told: {heard:?}");
            }
            node.restart();
        }
        progress.enough.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().expect("the writer wrote")).collect()
    });
    let answers = answers.load(Ordering::Relaxed);
    assert!(!torn.load(Ordering::Relaxed), "an answer was cut off");
    let replayed = progress.replayed.load(Ordering::Relaxed);
    assert_eq!(replayed, 0, "publications took effect and were not answered");
    assert!(slowest <= PROMISED, "{slowest:?}");
    assert_eq!(noted(&shop, &node.address, &auditor), answers, "what was read and what was noted differ");
    let mut wire = node.wire();
    for (name, journal) in names.iter().zip(&journals) {
        compare(name, journal, &mut wire);
    }
    println!(
        "{stops} stops under load: {answers} answers and {} publications, 0 cut off, 0 without an answer, {answers} reads \
         noted, {} listeners told to come back, slowest {slowest:?}",
        progress.acknowledged.load(Ordering::Relaxed),
        stops * LISTENERS as u64
    );
}
