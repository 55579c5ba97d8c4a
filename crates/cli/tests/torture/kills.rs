//! The server, and PostgreSQL under it, are killed while several write: what was acknowledged is there afterwards, once
//! and whole.
//!
//! Each writer keeps what it was told in a journal outside of the server. What was not answered it asks for again with the
//! same `Idempotency-Key`, so that afterwards there is exactly one version for each line of the journal.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use promptsync_testing::{Outage, Postgres};
use serde_json::{Value, json};

use crate::{
    Dice, length,
    node::{Node, Shop},
    wire::Wire,
};

const WRITERS: usize = 4;
/// Kills of a test, unless `PROMPTSYNC_TORTURE_KILLS` says how many.
const KILLS: u64 = 3;
/// Longer than a server that was killed takes to write again.
const PATIENCE: Duration = Duration::from_secs(60);

/// A publication that was acknowledged: two prompts with the same text.
struct Acknowledged {
    text: String,
    versions: [String; 2],
    revision: i64,
}

/// What the writers of a test share.
#[derive(Default)]
struct Progress {
    acknowledged: AtomicU64,
    unanswered: AtomicU64,
    refused: AtomicU64,
    enough: AtomicBool,
}

/// Publishes one text after the other, each until it is acknowledged; gives the journal.
fn write(name: &str, wire: &mut Wire, progress: &Progress) -> Vec<Acknowledged> {
    let mut journal = Vec::new();
    while !progress.enough.load(Ordering::Relaxed) {
        let text = format!("{name} says {}", journal.len());
        let files = ["a", "b"].map(|end| json!({ "path": format!("{name}_{end}.txt"), "content": text }));
        let push = json!({ "files": files, "alias": name });
        let once = format!("idempotency-key: {name}-{}\r\n", journal.len());
        let began = Instant::now();
        let pushed = loop {
            match wire.send("POST", "/api/projects/shop/push", &once, Some(&push)) {
                Ok(reply) if reply.status == 200 => break reply.json(),
                // The database is away, so that no key can be known; or the first try is still under way.
                Ok(reply) if matches!(reply.status, 409 | 429 | 503) => {
                    progress.refused.fetch_add(1, Ordering::Relaxed);
                }
                Ok(reply) => panic!("{} {}", reply.status, reply.text()),
                Err(_) => {
                    progress.unanswered.fetch_add(1, Ordering::Relaxed);
                }
            }
            assert!(began.elapsed() < PATIENCE, "{name} cannot write any more");
            thread::sleep(Duration::from_millis(5));
        };
        let version = |at: usize| pushed["prompts"][at]["version"].as_str().expect("a version").to_owned();
        let revision = pushed["revision"].as_i64().expect("a revision");
        journal.push(Acknowledged { text, versions: [version(0), version(1)], revision });
        progress.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    journal
}

/// Compares what the server has with what a writer was told.
fn compare(name: &str, journal: &[Acknowledged], wire: &mut Wire) {
    for (number, line) in journal.iter().enumerate() {
        for (end, version) in ["a", "b"].into_iter().zip(&line.versions) {
            assert_eq!(
                *version,
                format!("1.0.{number}"),
                "a publication of {name} took effect twice, or never"
            );
            let kept = wire.get(&format!("/api/prompts/{name}_{end}/{version}")).expect("an answer");
            assert_eq!(kept.status, 200, "{name}_{end} {version} was acknowledged and is lost");
            assert_eq!(kept.json()["content"], json!(line.text), "{name}_{end} {version}");
        }
    }
    let next = wire.get(&format!("/api/prompts/{name}_a/1.0.{}", journal.len())).expect("an answer");
    assert_eq!(next.status, 404, "{name} has a version that nobody was told about");
    let alias = wire.get(&format!("/api/aliases/{name}")).expect("an answer").json();
    let last = json!(journal.last().expect("something was written").versions[0]);
    let stands: [&Value; 2] = ["a", "b"].map(|end| &alias["entries"][format!("{name}_{end}")]);
    assert_eq!(stands, [&last, &last], "the alias of {name} is half moved");
}

/// Lets the writers write and kills something again and again; `kill` gives when it was back.
fn torture(label: &str, shop: &Shop, node: &mut Node<'_>, mut kill: impl FnMut(&mut Node<'_>)) {
    let kills = length("KILLS", KILLS);
    let progress = Progress::default();
    let mut dice = Dice::new(kills);
    let names: Vec<String> = (0..WRITERS).map(|number| format!("writer{number}")).collect();
    let mut slowest = Duration::ZERO;
    let journals: Vec<Vec<Acknowledged>> = thread::scope(|scope| {
        let writers: Vec<_> = names
            .iter()
            .map(|name| {
                let (mut wire, progress) = (node.wire(), &progress);
                scope.spawn(move || write(name, &mut wire, progress))
            })
            .collect();
        let more = |count: u64| {
            let goal = progress.acknowledged.load(Ordering::Relaxed) + count;
            let began = Instant::now();
            while progress.acknowledged.load(Ordering::Relaxed) < goal {
                if writers.iter().any(thread::ScopedJoinHandle::is_finished) {
                    progress.enough.store(true, Ordering::Relaxed);
                    panic!("somebody gave up");
                }
                thread::sleep(Duration::from_micros(200));
            }
            began.elapsed()
        };
        for _ in 0..kills {
            more(1 + dice.below(20));
            // Somewhere in the publications that are under way.
            thread::sleep(Duration::from_micros(dice.below(30_000)));
            kill(node);
            slowest = slowest.max(more(1));
        }
        more(5);
        progress.enough.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().expect("the writer wrote")).collect()
    });
    let mut wire = node.wire();
    for (name, journal) in names.iter().zip(&journals) {
        compare(name, journal, &mut wire);
    }
    let mut revisions: Vec<i64> = journals.iter().flatten().map(|line| line.revision).collect();
    revisions.sort_unstable();
    let count = revisions.len();
    revisions.dedup();
    assert_eq!(revisions.len(), count, "two publications have one revision");
    node.kill();
    shop.verify();
    let (unanswered, refused) =
        (progress.unanswered.load(Ordering::Relaxed), progress.refused.load(Ordering::Relaxed));
    println!(
        "{label}: {kills} kills, {count} publications acknowledged, 0 lost, 0 twice; {unanswered} tries unanswered, \
         {refused} refused; the next one acknowledged {slowest:?} after the restart at the latest"
    );
}

/// Kills the server and starts it again.
fn kill_server(node: &mut Node<'_>) {
    node.kill();
    node.restart();
}

#[test]
fn what_a_killed_server_acknowledged_on_sqlite_is_there() {
    let shop = Shop::new();
    let mut node = shop.start("data");
    torture("server on SQLite", &shop, &mut node, kill_server);
}

#[test]
fn what_a_killed_server_acknowledged_on_postgresql_is_there() {
    let Some(postgres) = Postgres::start() else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return;
    };
    let shop = Shop::with(&[("DATABASE_URL", &postgres.url())]);
    let mut node = shop.start("data");
    torture("server on PostgreSQL", &shop, &mut node, kill_server);
}

#[test]
fn what_was_acknowledged_when_postgresql_is_killed_is_there() {
    let Some(mut postgres) = Postgres::start() else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return;
    };
    let shop = Shop::with(&[("DATABASE_URL", &postgres.url())]);
    let mut node = shop.start("data");
    torture("PostgreSQL", &shop, &mut node, |_| {
        postgres.take_away(Outage::Killed);
        postgres.bring_back();
    });
}

/// The control: a server that comes back with an older database has lost what was acknowledged, and that is seen.
#[test]
#[should_panic(expected = "writer")]
fn a_server_that_forgets_is_caught() {
    let shop = Shop::new();
    let mut node = shop.start("data");
    let (data, copy) = (shop.path().join("data"), shop.path().join("copy"));
    torture("a forgetful server", &shop, &mut node, |node| {
        node.kill();
        if copy.exists() {
            fs::remove_dir_all(&data)
                .and_then(|()| fs::rename(&copy, &data))
                .expect("the older one is put back");
        } else {
            fs::create_dir(&copy).expect("a folder");
            for file in fs::read_dir(&data).expect("a folder") {
                let file = file.expect("a file");
                fs::copy(file.path(), copy.join(file.file_name())).expect("a copy");
            }
        }
        node.restart();
    });
}
