//! The power is cut: what the disk had not been told to keep is gone.
//!
//! A process writes while strace watches. From its calls a disk is made as it was at any moment, on which only what was
//! synchronised is certain; of the rest nothing is there, or parts as the dice fall. What was acknowledged before the
//! moment has to be in what starts from that disk. The controls write without waiting for the disk, and must lose.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::Ordering,
    thread,
    time::Duration,
};

use promptsync_testing::{
    Postgres,
    database::{count_postgres_rows, count_rows, create_rows, write_rows, write_rows_unsynchronised},
    disk::{self, Disk, Moment, now},
};

use crate::{
    Dice,
    journal::{Acknowledged, Progress, write},
    length,
    node::{Node, Shop},
};

const WRITERS: usize = 4;
/// Cuts of a test, unless `PROMPTSYNC_TORTURE_CUTS` says how many.
const CUTS: u64 = 4;
/// What is acknowledged for each cut.
const EACH: u64 = 8;
/// What names the file to the process that writes without waiting for the disk.
const FILE: &str = "PROMPTSYNC_TORTURE_FILE";

type Journals = Vec<(String, Vec<Acknowledged>)>;

fn can_run() -> bool {
    let can = disk::can_trace();
    if !can {
        eprintln!("SKIPPED: strace is not installed, or may not watch");
    }
    can
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(status.expect("cp runs").success(), "{} is copied", from.display());
}

/// Writes to a server until there is enough for every cut.
fn fill(node: &Node<'_>) -> Journals {
    let progress = Progress::default();
    let enough = length("CUTS", CUTS) * EACH;
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (name, mut wire, progress) = (format!("writer{number}"), node.wire(), &progress);
                scope.spawn(move || {
                    let journal = write(&name, &mut wire, progress);
                    (name, journal)
                })
            })
            .collect();
        while progress.acknowledged.load(Ordering::Relaxed) < enough {
            assert!(!writers.iter().any(thread::ScopedJoinHandle::is_finished), "a writer gave up");
            thread::sleep(Duration::from_millis(1));
        }
        progress.enough.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().expect("the writer wrote")).collect()
    })
}

/// Moments between the first and the last acknowledgement, each with its number.
fn moments(acknowledged: impl Iterator<Item = Moment> + Clone) -> Vec<Moment> {
    let first = acknowledged.clone().min().expect("something was acknowledged");
    let last = acknowledged.max().expect("something was acknowledged");
    let mut dice = Dice::new(length("CUTS", CUTS));
    (0..length("CUTS", CUTS)).map(|_| first + dice.below(last - first + 1)).collect()
}

/// At every other cut nothing uncertain survives, at the others about half of it.
fn survivors(cut: usize) -> impl FnMut() -> bool {
    let mut dice = Dice::new(cut as u64);
    move || cut % 2 == 1 && dice.below(2) == 1
}

/// Counts what a server has of what was acknowledged at this moment, as acknowledged and lost; its log must be whole.
fn count(shop: &Shop, data: &str, journals: &Journals, moment: Moment) -> (usize, usize) {
    let mut node = shop.start(data);
    let mut wire = node.wire();
    let (mut acknowledged, mut lost) = (0, 0);
    for (name, journal) in journals {
        for line in journal.iter().filter(|line| line.at <= moment) {
            acknowledged += 1;
            lost += usize::from(!line.is_kept(name, &mut wire));
        }
    }
    node.kill();
    shop.verify(data);
    (acknowledged, lost)
}

fn report(label: &str, disk: &Disk, counts: &[(usize, usize)]) {
    let (writes, synchronised) = disk.counts();
    let (acknowledged, lost) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    let losing = counts.iter().filter(|(_, lost)| *lost > 0).count();
    println!(
        "{label}: {} power cuts over {writes} writes and {synchronised} synchronisations, {acknowledged} acknowledged before \
         them, {lost} lost in {losing} cuts",
        counts.len()
    );
}

#[test]
fn what_was_acknowledged_on_sqlite_survives_a_power_cut() {
    if !can_run() {
        return;
    }
    let shop = Shop::new();
    let (data, before, trace) =
        (shop.path().join("data"), shop.path().join("before"), shop.path().join("trace"));
    copy(&data, &before);
    let mut node = shop.start_after(&disk::traced(&trace), "data", "127.0.0.1");
    let journals = fill(&node);
    node.kill();
    let disk = Disk::read(&trace, &data.canonicalize().expect("a folder"), &before);
    let all = journals.iter().flat_map(|(_, journal)| journal.iter().map(|line| line.at));
    let counts: Vec<_> = moments(all)
        .into_iter()
        .enumerate()
        .map(|(cut, moment)| {
            let place = format!("cut{cut}");
            disk.cut(moment, survivors(cut), &shop.path().join(&place));
            // Other processes share this one's memory of the file; a machine that starts has none.
            let _ = fs::remove_file(shop.path().join(&place).join("promptsync.db-shm"));
            let count = count(&shop, &place, &journals, moment);
            fs::remove_dir_all(shop.path().join(place)).expect("the folder is removed");
            count
        })
        .collect();
    report("SQLite, as the server opens it", &disk, &counts);
    assert!(counts.iter().all(|(acknowledged, lost)| *acknowledged > 0 && *lost == 0), "{counts:?}");
}

/// Not a test: what the control runs as a process of its own.
#[test]
#[ignore = "a process of the control"]
fn a_writer_that_does_not_wait_for_the_disk() {
    let Some(file) = env::var_os(FILE).map(PathBuf::from) else { return };
    let rows = i64::try_from(length("CUTS", CUTS) * EACH).expect("a number of rows");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(write_rows_unsynchronised(&file, rows, |row| println!("row {row}")));
    // Closing the file would write what is in its log.
    std::process::abort();
}

#[test]
fn the_control_without_synchronisation_loses_rows_of_sqlite() {
    if !can_run() {
        return;
    }
    let place = tempfile::TempDir::new().expect("a folder");
    let place = place.path().canonicalize().expect("a folder");
    let (data, before, trace) = (place.join("data"), place.join("before"), place.join("trace"));
    fs::create_dir(&data).and_then(|()| fs::create_dir(&before)).expect("folders");
    let words = disk::traced(&trace);
    let mut writer = Command::new(&words[0])
        .args(&words[1..])
        .arg(env::current_exe().expect("this program"))
        .args(["--exact", "power::a_writer_that_does_not_wait_for_the_disk", "--ignored", "--nocapture"])
        .env(FILE, data.join("rows.db"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(writer.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let told: Vec<Moment> = lines.filter(|line| line.contains("row ")).map(|_| now()).collect();
    let _ = writer.wait();
    let disk = Disk::read(&trace, &data, &before);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let counts: Vec<_> = moments(told.iter().copied())
        .into_iter()
        .enumerate()
        .map(|(cut, moment)| {
            let into = place.join(format!("cut{cut}"));
            disk.cut(moment, survivors(cut), &into);
            let _ = fs::remove_file(into.join("rows.db-shm"));
            let kept = runtime.block_on(count_rows(&into.join("rows.db")));
            let acknowledged = told.iter().filter(|told| **told <= moment).count();
            (acknowledged, acknowledged.saturating_sub(usize::try_from(kept).expect("a number of rows")))
        })
        .collect();
    report("control: SQLite with synchronous=NORMAL", &disk, &counts);
    assert!(counts.iter().any(|(_, lost)| *lost > 0), "the control lost nothing: {counts:?}");
}

#[test]
fn what_was_acknowledged_on_postgresql_survives_a_power_cut() {
    if !can_run() {
        return;
    }
    let Some(mut postgres) = Postgres::start() else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return;
    };
    let shop = Shop::with(&[("DATABASE_URL", &postgres.url())]);
    let before = postgres.trace(&["wal_init_zero=off"]);
    let mut node = shop.start("data");
    let journals = fill(&node);
    node.kill();
    let disk = postgres.traced(&before);
    let all = journals.iter().flat_map(|(_, journal)| journal.iter().map(|line| line.at));
    let counts: Vec<_> = moments(all)
        .into_iter()
        .enumerate()
        .map(|(cut, moment)| {
            assert!(
                postgres.start_after_cut(&disk, moment, survivors(cut)),
                "PostgreSQL does not start any more"
            );
            // A server that has no copy of its own.
            count(&shop, &format!("cut{cut}"), &journals, moment)
        })
        .collect();
    report("PostgreSQL, as the server wants it", &disk, &counts);
    assert!(counts.iter().all(|(acknowledged, lost)| *acknowledged > 0 && *lost == 0), "{counts:?}");
}

#[test]
fn the_control_without_fsync_loses_rows_of_postgresql() {
    if !can_run() {
        return;
    }
    let Some(mut postgres) = Postgres::start() else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(create_rows(&postgres.url()));
    let before = postgres.trace(&["wal_init_zero=off", "fsync=off"]);
    let mut told = Vec::new();
    let rows = i64::try_from(length("CUTS", CUTS) * EACH).expect("a number of rows");
    runtime.block_on(write_rows(&postgres.url(), rows, |_| told.push(now())));
    let disk = postgres.traced(&before);
    let counts: Vec<_> = moments(told.iter().copied())
        .into_iter()
        .enumerate()
        .map(|(cut, moment)| {
            let starts = postgres.start_after_cut(&disk, moment, survivors(cut));
            let kept = if starts { runtime.block_on(count_postgres_rows(&postgres.url())) } else { 0 };
            let acknowledged = told.iter().filter(|told| **told <= moment).count();
            (acknowledged, acknowledged.saturating_sub(usize::try_from(kept).expect("a number of rows")))
        })
        .collect();
    report("control: PostgreSQL with fsync=off", &disk, &counts);
    assert!(counts.iter().any(|(_, lost)| *lost > 0), "the control lost nothing: {counts:?}");
}
