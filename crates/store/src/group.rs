//! Group commit on SQLite: writers go one after the other, and those who wait for each other share one flush to disk.
//!
//! While anybody writes, one task holds the connection. It lends the connection to each writer in turn, behind a
//! savepoint, and commits when nobody waits any more. Only this task begins, undoes and commits, and nobody
//! can cancel it: a writer that is dropped half-way gives back what it borrowed, and its changes are undone before the
//! next one begins. Nobody is told of success before the commit.
//!
//! Each word to the thread that owns the connection takes longer than most statements do. So what a writer has left to
//! run when it ends is run in one go with what the task has to say: to let in the next one, or to commit.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
use tokio::{
    sync::{self, OwnedMutexGuard, oneshot, watch},
    time::{Instant, timeout},
};

use crate::{
    error::{Result, StoreError},
    later::Later,
    open::PATIENCE,
};

/// Members of a group at most: what one commit that fails takes with it.
const MEMBERS: usize = 64;

/// How long a group takes in members: what the first of them waits for the others at most.
const OPEN: Duration = Duration::from_millis(20);

/// Begins a group with its first member. What it changes needs no savepoint: each would cost a copy of every page.
const BEGIN: &str = "BEGIN IMMEDIATE";
/// Keeps what the first member did, and begins the second one.
const SECOND: &str = "SAVEPOINT member";
/// Keeps what a member did, and begins the next one. It fails when SQLite has ended the transaction by itself.
const NEXT: &str = "RELEASE member; SAVEPOINT member";
/// Undoes what a member but the first did; the next one goes on from there. It fails as [`NEXT`] does.
const UNDO: &str = "ROLLBACK TO member";
/// Makes everything durable that members have kept.
const COMMIT: &str = "COMMIT";

/// How much a writer is about to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// So little that others may wait for it with their own changes done.
    Small,
    /// So much that whoever is done is told first.
    Large,
}

/// Writers that wait, and the groups there were.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    groups: watch::Sender<Groups>,
}

/// Groups by number: only one is under way.
#[derive(Clone, Copy, Debug, Default)]
struct Groups {
    /// The newest one in which somebody has seen what another did.
    begun: u64,
    /// The newest one that has been committed, or could not be.
    ended: u64,
    /// The newest one that could not be.
    failed: u64,
}

#[derive(Debug, Default)]
struct Waiting {
    writers: VecDeque<Writer>,
    /// Whether a task lets them in.
    attended: bool,
}

#[derive(Debug)]
struct Writer {
    enter: oneshot::Sender<Result<Member>>,
    size: Size,
}

/// A writer that was let in. Dropped without [`Member::end`], its changes are undone.
#[derive(Debug)]
pub(crate) struct Member {
    // In this order: the connection is back before the task hears that the member has ended.
    connection: OwnedMutexGuard<PoolConnection<Sqlite>>,
    end: oneshot::Sender<Ended>,
    later: Later,
}

/// What the task hears from a member that has not been dropped.
#[derive(Debug)]
struct Ended {
    end: End,
    /// What is to be run first, if it keeps its changes.
    later: Later,
    tell: Tell,
}

/// What a member wants of its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// To be told when they are on disk.
    Keep,
    /// To undo them, and to be told when everything they were decided from is on disk.
    Undo,
}

type Tell = oneshot::Sender<Result<(), Arc<sqlx::Error>>>;

/// Where the connection is while nobody has it.
type Shelf = Arc<sync::Mutex<PoolConnection<Sqlite>>>;

impl Queue {
    /// Waits until nobody else writes.
    pub(crate) async fn enter(self: &Arc<Self>, pool: &SqlitePool, size: Size) -> Result<Member> {
        let (enter, entered) = oneshot::channel();
        if self.push(Writer { enter, size }) {
            tokio::spawn(attend(Arc::clone(self), pool.clone()));
        }
        match timeout(PATIENCE, entered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(StoreError::away()),
        }
    }

    /// Waits until whatever members have done so far is on disk.
    pub(crate) async fn settled(&self) -> Result<()> {
        let mut groups = self.groups.subscribe();
        let begun = groups.borrow().begun;
        match groups.wait_for(|groups| groups.ended >= begun).await {
            Ok(groups) if groups.failed >= begun && begun > 0 => Err(StoreError::away()),
            _ => Ok(()),
        }
    }

    /// Whether nobody attends to the queue yet.
    fn push(&self, writer: Writer) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.writers.push_back(writer);
        !std::mem::replace(&mut waiting.attended, true)
    }

    /// The first of the next group; without one, nobody attends any more.
    fn first(&self) -> Option<Writer> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let first = pop(&mut waiting.writers, |_| true);
        waiting.attended = first.is_some();
        first
    }

    /// The next member of a group in which so many wait for the commit.
    fn next(&self, kept: usize, begun: Instant) -> Option<Writer> {
        if kept >= MEMBERS || begun.elapsed() >= OPEN {
            return None;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        pop(&mut waiting.writers, |writer| kept == 0 || writer.size == Size::Small)
    }

    fn put_back(&self, writer: Writer) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).writers.push_front(writer);
    }

    /// Tells everybody who waits why they cannot write: each would find out by waiting as long.
    fn refuse(&self, first: Writer, failure: sqlx::Error) {
        let failure = Arc::new(failure);
        let others = std::mem::take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner).writers);
        for writer in std::iter::once(first).chain(others) {
            let _ = writer.enter.send(Err(StoreError::shared(&failure)));
        }
    }
}

/// The next writer that still wants to be let in, if it is one that may be.
fn pop(writers: &mut VecDeque<Writer>, may: impl Fn(&Writer) -> bool) -> Option<Writer> {
    while writers.front().is_some_and(|writer| writer.enter.is_closed()) {
        writers.pop_front();
    }
    if writers.front().is_some_and(may) { writers.pop_front() } else { None }
}

/// Lets writers in, group after group, until nobody waits.
async fn attend(queue: Arc<Queue>, pool: SqlitePool) {
    while let Some(first) = queue.first() {
        match begin(&pool).await {
            Ok(connection) => group(&queue, first, connection).await,
            Err(failure) => queue.refuse(first, failure),
        }
    }
}

/// Not by a transaction of sqlx: it counts savepoints, and counts wrong once SQLite has ended one by itself.
async fn begin(pool: &SqlitePool) -> Result<PoolConnection<Sqlite>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    if let Err(failure) = sqlx::query(BEGIN).execute(&mut *connection).await {
        roll_back(&mut connection).await;
        return Err(failure);
    }
    Ok(connection)
}

/// One group, from its first member to its commit. A first member that keeps nothing is a group of its own.
async fn group(queue: &Queue, first: Writer, connection: PoolConnection<Sqlite>) {
    let begun = Instant::now();
    let shelf = Arc::new(sync::Mutex::new(connection));
    let (later, tell) = match lend(&shelf, first).await {
        Some(Ended { end: End::Keep, later, tell }) => (later, tell),
        ended => {
            roll_back(&mut **shelf.lock().await).await;
            if let Some(Ended { tell, .. }) = ended {
                let _ = tell.send(Ok(()));
            }
            return;
        }
    };
    let mut tells = vec![tell];
    let outcome = match queue.next(tells.len(), begun) {
        None => run(&shelf, later.and(COMMIT)).await,
        Some(entering) => match second(&shelf, later).await {
            Ok(()) => {
                let ending = Ending::of(queue);
                let outcome = others(queue, &shelf, entering, &mut tells, begun).await;
                ending.with(outcome.is_ok());
                outcome
            }
            Err(failure) => {
                queue.put_back(entering);
                Err(failure)
            }
        },
    };
    if outcome.is_err() {
        roll_back(&mut **shelf.lock().await).await;
    }
    let outcome = outcome.map_err(Arc::new);
    for tell in tells {
        let _ = tell.send(outcome.clone());
    }
}

/// A group in which somebody has seen what another did, and that is under way: it has failed unless somebody says that it
/// has not.
struct Ending<'a> {
    queue: &'a Queue,
    is_kept: bool,
}

impl<'a> Ending<'a> {
    fn of(queue: &'a Queue) -> Self {
        queue.groups.send_modify(|groups| groups.begun += 1);
        Self { queue, is_kept: false }
    }

    fn with(mut self, is_kept: bool) {
        self.is_kept = is_kept;
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.queue.groups.send_modify(|groups| {
            groups.ended = groups.begun;
            if !self.is_kept {
                groups.failed = groups.begun;
            }
        });
    }
}

/// Lets in whoever waits, one after the other, and commits.
async fn others(
    queue: &Queue,
    shelf: &Shelf,
    mut entering: Writer,
    tells: &mut Vec<Tell>,
    begun: Instant,
) -> Result<(), sqlx::Error> {
    loop {
        let ended = lend(shelf, entering).await;
        let next = queue.next(tells.len() + 1, begun);
        let then = if next.is_some() { NEXT } else { COMMIT };
        let outcome = match ended {
            Some(Ended { end: End::Keep, later, tell }) => match run(shelf, later.and(then)).await {
                Ok(()) => {
                    tells.push(tell);
                    Ok(())
                }
                Err(failure) => {
                    let _ = tell.send(Err(Arc::new(failure)));
                    without(shelf, next.is_none()).await
                }
            },
            ended => {
                tells.extend(ended.map(|ended| ended.tell));
                without(shelf, next.is_none()).await
            }
        };
        entering = match (next, outcome) {
            (Some(next), Ok(())) => next,
            (None, outcome) => return outcome,
            (Some(next), failed) => {
                queue.put_back(next);
                return failed;
            }
        };
    }
}

/// Goes on without what the last member did. It fails where SQLite has undone what the others did too.
async fn without(shelf: &Shelf, is_last: bool) -> Result<(), sqlx::Error> {
    let undone = run(shelf, Later::default().and(UNDO)).await;
    undone.map_err(|failure| sqlx::Error::Io(io::Error::other(failure)))?;
    if is_last { run(shelf, Later::default().and(COMMIT)).await } else { Ok(()) }
}

/// Between the first member and the second. There is no savepoint yet that could be missing, and where SQLite has ended
/// the transaction by itself another would just begin: so this one has to refuse to be begun again.
async fn second(shelf: &Shelf, first: Later) -> Result<(), sqlx::Error> {
    run(shelf, first).await?;
    match run(shelf, Later::default().and("BEGIN")).await {
        Ok(()) => Err(sqlx::Error::Io(io::Error::other("SQLite has ended the transaction"))),
        Err(_) => run(shelf, Later::default().and(SECOND)).await,
    }
}

/// Runs statements while nobody has the connection.
async fn run(shelf: &Shelf, mut statements: Later) -> Result<(), sqlx::Error> {
    statements.run(&mut **shelf.lock().await).await
}

/// Fails only where there is nothing to undo: SQLite has done so by itself, or nothing had begun.
async fn roll_back(connection: &mut SqliteConnection) {
    let _ = sqlx::query("ROLLBACK").execute(connection).await;
}

/// Lends the connection to a writer, and waits until it is back. What the writer wants, unless it was dropped.
async fn lend(shelf: &Shelf, writer: Writer) -> Option<Ended> {
    let connection = Arc::clone(shelf).lock_owned().await;
    let (end, ended) = oneshot::channel();
    let _ = writer.enter.send(Ok(Member { connection, end, later: Later::default() }));
    ended.await.ok()
}

impl Member {
    /// The connection, when every statement before has been run.
    pub(crate) async fn settle(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if self.later.is_due() {
            // Boxed: this stands before every statement of every request.
            Box::pin(self.later.run(&mut self.connection)).await?;
        }
        Ok(&mut self.connection)
    }

    /// The statement that is run with the next ones.
    pub(crate) fn later(&mut self) -> &mut QueryBuilder<Sqlite> {
        self.later.next()
    }

    /// Gives back the connection, and waits until the group is on disk.
    pub(crate) async fn end(self, end: End) -> Result<()> {
        let (tell, told) = oneshot::channel();
        let Self { connection, end: ended, later } = self;
        drop(connection);
        let _ = ended.send(Ended { end, later, tell });
        match told.await {
            Ok(outcome) => outcome.map_err(|failure| StoreError::shared(&failure)),
            Err(_) => Err(StoreError::Unavailable(sqlx::Error::WorkerCrashed)),
        }
    }
}
