//! Writers that share a commit. A group forms where one begins while another writes: `queued` makes that certain.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use promptsync_core::{
    audit::{AuditEntry, Revision, first_bad},
    digest::Digest,
    time::Clock as _,
};
use promptsync_store::{
    Db, Pools, StoreError, Tx, audit,
    documents::{self, DocumentText},
    prompts,
};
use promptsync_testing::{Sample, db_test, keyring, sample::a_document};
use tempfile::TempDir;

use crate::raw;

type Begun<'a> = Pin<Box<dyn Future<Output = Result<Tx, StoreError>> + Send + 'a>>;

/// Somebody who begins to write now: on SQLite, in the queue behind whoever writes.
async fn queued<'a>(db: &'a Db, sample: &'a Sample) -> Begun<'a> {
    let begun: Begun<'a> = Box::pin(db.begin_write(&sample.workspace));
    waiting(db, begun).await
}

async fn queued_large<'a>(db: &'a Db, sample: &'a Sample) -> Begun<'a> {
    let begun: Begun<'a> = Box::pin(db.begin_large_write(&sample.workspace));
    waiting(db, begun).await
}

async fn waiting<'a>(db: &Db, mut begun: Begun<'a>) -> Begun<'a> {
    // PostgreSQL lets everybody begin.
    if !matches!(db.pools(), Pools::Sqlite { .. }) {
        return begun;
    }
    let is_pending = poll_fn(|context| Poll::Ready(begun.as_mut().poll(context).is_pending())).await;
    assert!(is_pending, "it waits");
    begun
}

/// Lets in the next member. The one before is not told yet.
async fn let_in(told: Pin<&mut impl Future<Output: Debug>>, next: Begun<'_>) -> Tx {
    tokio::select! {
        biased;
        early = told => panic!("told too early: {early:?}"),
        next = next => next.unwrap(),
    }
}

/// Polls once: a future that waits for nobody would be done.
async fn is_pending(future: Pin<&mut impl Future>) -> bool {
    let mut future = future;
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

/// Drops a future after it was woken so many times.
async fn cut_off<T>(future: impl Future<Output = T>, mut wakes: usize) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if wakes == 0 => Poll::Ready(None),
        Poll::Pending => {
            wakes -= 1;
            Poll::Pending
        }
    })
    .await
}

async fn actions(db: &Db, sample: &Sample) -> Vec<String> {
    let mut tx = db.begin_system_read().await.unwrap();
    let entries = audit::since(&mut tx, &sample.workspace, 0, 10_000).await.unwrap();
    assert_eq!(first_bad(sample.workspace.as_str(), &entries), None);
    let numbers: Vec<Revision> = entries.iter().map(|entry| entry.revision).collect();
    assert!(numbers.iter().copied().eq(1..=i64::try_from(entries.len()).unwrap()), "{numbers:?}");
    entries.into_iter().skip(1).map(|chained| chained.entry.action).collect()
}

async fn file() -> (TempDir, Db, Sample) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("a.db"), keyring()).await.unwrap();
    let sample = Sample::new(&db).await.unwrap();
    (folder, db, sample)
}

/// From now on, every commit after an entry of the action `test.poison` fails, and nothing before it does.
async fn poison(db: &Db) {
    for statement in [
        "CREATE TABLE poison (id BIGINT REFERENCES audit_heads (revision) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE UNIQUE INDEX poisoned ON audit_heads (revision)",
        "CREATE TRIGGER poison AFTER INSERT ON audit_log WHEN NEW.action = 'test.poison'
         BEGIN INSERT INTO poison (id) VALUES (-1); END",
    ] {
        raw::execute(db, statement).await.unwrap();
    }
}

/// SQLite stops at so many pages more as it does when the file system has no more.
async fn leave_space_for(db: &Db, pages: u64) {
    let held = raw::strings(db, "SELECT CAST(page_count AS TEXT) FROM pragma_page_count").await;
    let held: u64 = held[0].parse().unwrap();
    raw::execute(db, &format!("PRAGMA max_page_count = {}", held + pages)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_and_nobody_sees_a_change_before_the_group_is_on_disk() {
    let (_folder, db, sample) = file().await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let second = queued(&db, &sample).await;
    let mut told = pin!(sample.commit(first, "test.first"));
    let second = let_in(told.as_mut(), second).await;
    assert!(is_pending(told.as_mut()).await);
    assert!(actions(&db, &sample).await.is_empty(), "the group is not committed");
    let (first, second) = tokio::join!(told, sample.commit(second, "test.second"));
    assert_eq!((first.unwrap(), second.unwrap()), (2, 3));
    assert_eq!(actions(&db, &sample).await, ["test.first", "test.second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_acknowledges_nobody() {
    let (_folder, db, sample) = file().await;
    poison(&db).await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let (second, third) = (queued(&db, &sample).await, queued(&db, &sample).await);
    let (first, second, third) = tokio::join!(
        sample.commit(first, "test.first"),
        async { sample.commit(second.await.unwrap(), "test.poison").await },
        async { third.await.unwrap().unchanged().await },
    );
    for answer in [first.map(drop), second.map(drop), third] {
        assert!(matches!(answer, Err(StoreError::Other(_))), "{answer:?}");
    }
    assert!(actions(&db, &sample).await.is_empty(), "nothing of the group is there");
    let tx = db.begin_write(&sample.workspace).await.unwrap();
    assert_eq!(sample.commit(tx, "test.after").await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_a_group_whose_commit_fails_because_of_it_is_the_only_one_to_fail() {
    let (_folder, db, sample) = file().await;
    poison(&db).await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let second = queued(&db, &sample).await;
    let (first, second) = tokio::join!(sample.commit(first, "test.first"), async {
        sample.commit(second.await.unwrap(), "test.poison").await
    });
    assert!(matches!(second, Err(StoreError::Other(_))), "{second:?}");
    assert_eq!((first.unwrap(), actions(&db, &sample).await), (2, vec!["test.first".to_owned()]));
    db.settled().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_fails_alone_has_shown_nobody_anything() {
    let (_folder, db, sample) = file().await;
    poison(&db).await;
    let alone = db.begin_write(&sample.workspace).await.unwrap();
    let refused = sample.commit(alone, "test.poison").await;
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    db.settled().await.unwrap();
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let second = queued(&db, &sample).await;
    let (first, second) = tokio::join!(sample.commit(first, "test.poison"), async {
        sample.commit(second.await.unwrap(), "test.second").await
    });
    assert!(first.is_err() && second.is_err(), "the second one has seen it: {first:?} {second:?}");
    assert!(matches!(db.settled().await, Err(StoreError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_because_of_a_member_waits_until_its_change_is_on_disk() {
    let (_folder, db, sample) = file().await;
    db.settled().await.unwrap();
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let (second, third) = (queued(&db, &sample).await, queued(&db, &sample).await);
    let mut told = pin!(sample.commit(first, "test.first"));
    let second = let_in(told.as_mut(), second).await;
    // It has seen the first one's change, and refuses.
    drop(second);
    let third = third.await.unwrap();
    let mut settled = pin!(db.settled());
    assert!(is_pending(settled.as_mut()).await, "the group is not committed");
    let (first, third, settled) = tokio::join!(told, sample.commit(third, "test.third"), settled);
    assert_eq!((first.unwrap(), third.unwrap()), (2, 3));
    settled.unwrap();
    db.settled().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_because_of_a_member_hears_when_its_change_is_lost() {
    let (_folder, db, sample) = file().await;
    poison(&db).await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let second = queued(&db, &sample).await;
    let mut told = pin!(sample.commit(first, "test.poison"));
    let second = let_in(told.as_mut(), second).await;
    let mut settled = pin!(db.settled());
    assert!(is_pending(settled.as_mut()).await, "the group is not committed");
    drop(second);
    let (first, settled) = tokio::join!(told, settled);
    assert!(first.is_err() && matches!(settled, Err(StoreError::Unavailable(_))), "{first:?} {settled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_member_whose_transaction_sqlite_has_ended_is_not_told_of_success() {
    let (_folder, db, sample) = file().await;
    // The entry's trigger ends the transaction, as a disk that fails may; the member does not look at what it was told.
    let end = "CREATE TRIGGER ended AFTER INSERT ON documents BEGIN SELECT RAISE(ROLLBACK, 'ended'); END";
    raw::execute(&db, end).await.unwrap();
    let mut first = db.begin_write(&sample.workspace).await.unwrap();
    let second = queued(&db, &sample).await;
    first.revision(&sample.workspace).await.unwrap();
    let digest = Digest::of(b"a");
    let document = DocumentText { digest: &digest, canonical: "a" };
    documents::insert_all(&mut first, &sample.workspace, &[document], sample.clock.now()).await.unwrap();
    assert!(first.settle().await.is_err());
    let (first, second) = tokio::join!(sample.commit(first, "test.first"), async {
        sample.commit(second.await.unwrap(), "test.second").await
    });
    assert!(first.is_err(), "{first:?}");
    let told: Vec<String> = if second.is_ok() { vec!["test.second".to_owned()] } else { Vec::new() };
    assert_eq!(actions(&db, &sample).await, told, "{second:?}");
    let tx = db.begin_write(&sample.workspace).await.unwrap();
    assert!(sample.commit(tx, "test.after").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_inserted_alone_are_there_for_whoever_reads_after_them_in_order() {
    let (_folder, db, sample) = file().await;
    let mut tx = db.begin_write(&sample.workspace).await.unwrap();
    sample.write(&mut tx, &[("a", "1.0.0"), ("b", "1.0.0")]).await.unwrap();
    let names: Vec<_> = prompts::names(&mut tx, &sample.project).await.unwrap();
    assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a", "b"]);
    sample.write(&mut tx, &[("c", "1.0.0")]).await.unwrap();
    drop(tx);
    let mut tx = db.begin_write(&sample.workspace).await.unwrap();
    assert!(
        prompts::names(&mut tx, &sample.project).await.unwrap().is_empty(),
        "what was dropped is not written"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_there_is_no_space_for_a_member_the_others_are_told_what_became_of_them() {
    let (_folder, db, sample) = file().await;
    leave_space_for(&db, 50).await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let second = queued(&db, &sample).await;
    let fill = async {
        let canonical = "x".repeat(1 << 20);
        let digest = Digest::of(canonical.as_bytes());
        let document = DocumentText { digest: &digest, canonical: &canonical };
        let mut tx = second.await.unwrap();
        documents::insert_all(&mut tx, &sample.workspace, &[document], sample.clock.now()).await?;
        tx.settle().await
    };
    let (first, filled) = tokio::join!(sample.commit(first, "test.first"), fill);
    assert!(matches!(filled, Err(StoreError::Full(_))), "{filled:?}");
    // SQLite undoes the statement alone or, now and then, everything that was not committed.
    match first {
        Ok(revision) => {
            assert_eq!((revision, actions(&db, &sample).await), (2, vec!["test.first".to_owned()]));
        }
        Err(StoreError::Unavailable(_)) => assert!(actions(&db, &sample).await.is_empty()),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_success_when_sqlite_undoes_the_group_and_writing_goes_on_when_there_is_space() {
    let (_folder, db, sample) = file().await;
    leave_space_for(&db, 50).await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let second = queued(&db, &sample).await;
    // SQLite answers a full disk in a statement of one row by ending the whole transaction.
    let entry = AuditEntry { reason: Some("x".repeat(1 << 20)), ..sample.entry("test.second") };
    let second = async { second.await.unwrap().commit(&sample.workspace, entry).await };
    let (first, second) = tokio::join!(sample.commit(first, "test.first"), second);
    assert!(matches!(second, Err(StoreError::Full(_))), "{second:?}");
    assert!(matches!(first, Err(StoreError::Unavailable(_))), "{first:?}");
    assert!(actions(&db, &sample).await.is_empty());
    leave_space_for(&db, 10_000).await;
    let tx = db.begin_write(&sample.workspace).await.unwrap();
    assert_eq!(sample.commit(tx, "test.after").await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_done_does_not_wait_for_a_large_writer() {
    let (_folder, db, sample) = file().await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let large = queued_large(&db, &sample).await;
    assert_eq!(sample.commit(first, "test.first").await.unwrap(), 2);
    assert_eq!(sample.commit(large.await.unwrap(), "test.large").await.unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_database_holds_whole_groups() {
    let (folder, db, sample) = file().await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let second = queued(&db, &sample).await;
    let path = folder.path().join("copy.db");
    let mut copied = pin!(db.copy_to(&path));
    assert!(is_pending(copied.as_mut()).await);
    let others = async { sample.commit(second.await.unwrap(), "test.second").await };
    let (first, second, copied) = tokio::join!(sample.commit(first, "test.first"), others, copied);
    assert_eq!((first.unwrap(), second.unwrap()), (2, 3));
    copied.unwrap();
    let copy = Db::open_sqlite(&path, keyring()).await.unwrap();
    assert_eq!(actions(&copy, &sample).await, ["test.first", "test.second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_refuses_those_who_wait_and_keeps_what_it_acknowledged() {
    let (folder, db, sample) = file().await;
    let first = db.begin_write(&sample.workspace).await.unwrap();
    let (closed, first) = tokio::join!(db.close(), sample.commit(first, "test.first"));
    assert_eq!(((), first.unwrap()), (closed, 2));
    let refused = db.begin_write(&sample.workspace).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let db = Db::open_sqlite(&folder.path().join("a.db"), keyring()).await.unwrap();
    assert_eq!(actions(&db, &sample).await, ["test.first"]);
}

db_test! {
    async fn a_member_sees_what_the_one_before_did(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut first = db.begin_write(&sample.workspace).await.unwrap();
        first.revision(&sample.workspace).await.unwrap();
        let second = queued(db, &sample).await;
        let others = async {
            let mut tx = second.await.unwrap();
            let reserved = tx.revision(&sample.workspace).await.unwrap();
            let before = audit::hash_at(&mut tx, &sample.workspace, 2).await.unwrap();
            (reserved, before.is_some(), sample.commit(tx, "test.second").await.unwrap())
        };
        let (first, second) = tokio::join!(sample.commit(first, "test.first"), others);
        assert_eq!((first.unwrap(), second), (2, (3, true, 3)));
        assert_eq!(actions(db, &sample).await, ["test.first", "test.second"]);
    }

    async fn a_member_that_fails_or_is_dropped_leaves_the_others(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        let mut first = db.begin_write(&sample.workspace).await.unwrap();
        sample.write(&mut first, &[("first", "1.0.0")]).await.unwrap();
        let (second, third, fourth) =
            (queued(db, &sample).await, queued(db, &sample).await, queued(db, &sample).await);
        let others = async {
            let mut tx = second.await.unwrap();
            sample.write(&mut tx, &[("second", "1.0.0")]).await.unwrap();
            let refused = sample.write(&mut tx, &[("greeting", "1.0.0")]).await;
            drop(tx);
            let mut tx = third.await.unwrap();
            sample.write(&mut tx, &[("third", "1.0.0")]).await.unwrap();
            drop(tx);
            let mut tx = fourth.await.unwrap();
            sample.write(&mut tx, &[("fourth", "1.0.0")]).await.unwrap();
            (refused, sample.commit(tx, "test.fourth").await)
        };
        let (first, (refused, fourth)) = tokio::join!(sample.commit(first, "test.first"), others);
        assert!(matches!(refused, Err(StoreError::Unique(_))), "{refused:?}");
        assert_eq!((first.unwrap(), fourth.unwrap()), (3, 4));
        assert_eq!(actions(db, &sample).await, ["prompt.publish", "test.first", "test.fourth"]);
        let mut tx = db.begin_system_read().await.unwrap();
        let names = prompts::names(&mut tx, &sample.project).await.unwrap();
        let names: BTreeSet<&str> = names.iter().map(promptsync_core::names::PromptName::as_str).collect();
        assert_eq!(names, BTreeSet::from(["greeting", "first", "fourth"]));
    }

    async fn an_answer_without_a_change_leaves_none(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        sample.write(&mut tx, &[("greeting", "1.0.0")]).await.unwrap();
        tx.unchanged().await.unwrap();
        assert_eq!(sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap(), 2);
    }

    async fn writers_that_are_cut_off_anywhere_leave_no_gap_and_half_a_change_nowhere(db: &Db) {
        let sample = Arc::new(Sample::new(db).await.unwrap());
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..64_usize {
            let (db, sample) = (db.clone(), Arc::clone(&sample));
            writers.spawn(async move {
                let name = format!("p{writer}");
                let change = async {
                    let mut tx = db.begin_write(&sample.workspace).await.unwrap();
                    tx.revision(&sample.workspace).await.unwrap();
                    let canonical = a_document(&name);
                    let digest = Digest::of(canonical.as_bytes());
                    let document = DocumentText { digest: &digest, canonical: &canonical };
                    let now = sample.clock.now();
                    documents::insert_all(&mut tx, &sample.workspace, &[document], now).await.unwrap();
                    prompts::put_all(&mut tx, &[sample.a_prompt(&name, "1.0.0")]).await.unwrap();
                    sample.commit(tx, &name).await.unwrap()
                };
                // A change is woken some twenty times. Every third is left to end.
                let wakes = if writer % 3 == 0 { usize::MAX } else { writer % 23 };
                let told = cut_off(change, wakes).await;
                (name, told)
            });
        }
        let outcomes = writers.join_all().await;
        let told: BTreeSet<&String> =
            outcomes.iter().filter(|(_, told)| told.is_some()).map(|(name, _)| name).collect();
        assert!(told.len() >= 22 && told.len() < 64, "some ended, some did not: {}", told.len());
        // Whoever comes last comes after everything that was cut off.
        let tx = db.begin_write(&sample.workspace).await.unwrap();
        sample.commit(tx, "test.last").await.unwrap();
        let done = actions(db, &sample).await;
        for name in told {
            assert!(done.contains(name), "{name} was told");
        }
        let mut tx = db.begin_system_read().await.unwrap();
        let there = prompts::names(&mut tx, &sample.project).await.unwrap();
        let there: BTreeSet<String> = there.iter().map(ToString::to_string).collect();
        let done: BTreeSet<String> = done.into_iter().filter(|action| action != "test.last").collect();
        assert_eq!(there, done, "a change and its entry are both there, or neither");
    }
}
