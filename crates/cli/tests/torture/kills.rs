//! The server, and PostgreSQL under it, are killed while several write: what was acknowledged is there afterwards, once
//! and whole.

use std::{
    fs,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use promptsync_testing::{Outage, Postgres};

use crate::{
    Dice,
    journal::{Acknowledged, Progress, compare, write_all},
    length,
    node::{Node, Shop},
};

const WRITERS: usize = 4;
/// Kills of a test, unless `PROMPTSYNC_TORTURE_KILLS` says how many.
const KILLS: u64 = 3;

/// Lets the writers write and kills something again and again; `kill` gives when it was back.
fn torture(label: &str, shop: &Shop, node: &mut Node<'_>, mut kill: impl FnMut(&mut Node<'_>)) {
    let kills = length("KILLS", KILLS);
    let progress = Progress::default();
    let mut dice = Dice::new(kills);
    let names: Vec<String> = (0..WRITERS).map(|number| format!("writer{number}")).collect();
    let mut slowest = Duration::ZERO;
    let journals: Vec<Vec<Acknowledged>> = thread::scope(|scope| {
        let writers = write_all(scope, &names, node, &progress);
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
    shop.verify("data");
    let [unanswered, refused, replayed] = [&progress.unanswered, &progress.refused, &progress.replayed]
        .map(|count| count.load(Ordering::Relaxed));
    println!(
        "{label}: {kills} kills, {count} publications acknowledged, 0 lost, 0 twice; {unanswered} tries unanswered, \
         {refused} refused, {replayed} publications had taken effect without an answer; the next one acknowledged \
         {slowest:?} after the restart at the latest"
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
