//! How many audited changes a second the store makes durable, against bare commits of one row on the same disk.
//!
//! The bare loop knows nothing: one table, one prepared statement, each row a commit of its own. Ours are an audit entry
//! alone, and a publication: a document of 2 KB, its version, the move of an alias, and the entry, in one transaction.
//! `cargo run --release --example bench_commit [seconds]` measures SQLite; the address of an empty PostgreSQL database may follow.
//! Each number of clients has its control in the same turn; every turn is printed, then the medians and their ratio.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use promptsync_core::{
    audit::Actor,
    digest::Digest,
    ids::{AliasId, Ids as _, PromptId, VersionId},
    interface::Interface,
    names::{AliasName, PromptName},
    splits::AliasSplits,
    time::Clock as _,
    versions::{Bump, VersionNumber},
};
use promptsync_store::{
    Db, Manifest, Tx,
    aliases::{self, Expected, Move},
    documents::{self, DocumentText},
    prompts,
    versions::{self, Version},
};
use promptsync_testing::{Sample, keyring, sample::a_document};
use sqlx::{PgPool, SqlitePool, postgres::PgPoolOptions, sqlite};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const TURNS: usize = 3;
const CREATE: &str = "CREATE TABLE bare (id BIGINT PRIMARY KEY, text TEXT NOT NULL)";
const INSERT: &str = "INSERT INTO bare (id, text) VALUES ($1, $2)";

#[derive(Clone)]
enum Bare {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Entry,
    Publication,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let seconds: f64 = args.next().map_or(Ok(2.0), |text| text.parse())?;
    let turn = Duration::from_secs_f64(seconds);
    let folder = tempfile::tempdir()?;
    let options = sqlite::SqliteConnectOptions::new()
        .filename(folder.path().join("bare.db"))
        .create_if_missing(true)
        .journal_mode(sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlite::SqliteSynchronous::Full);
    let bare = sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query(CREATE).execute(&bare).await?;
    let db = Db::open_sqlite(&folder.path().join("store.db"), keyring()).await?;
    compare("SQLite", Bare::Sqlite(bare), db, &[1, 8, 64], turn).await?;
    if let Some(url) = args.next() {
        let db = Db::open_postgres(&url, keyring()).await?;
        let bare = PgPoolOptions::new().max_connections(32).connect(&url).await?;
        sqlx::query(CREATE).execute(&bare).await?;
        compare("PostgreSQL", Bare::Postgres(bare), db, &[1, 32], turn).await?;
    }
    Ok(())
}

async fn compare(name: &str, bare: Bare, db: Db, clients: &[usize], turn: Duration) -> Outcome<()> {
    let scene = Arc::new(Scene::new(db, clients.iter().copied().max().unwrap_or(1)).await?);
    for clients in clients.iter().copied() {
        let mut rates: [Vec<f64>; 3] = Default::default();
        for _ in 0..TURNS {
            let bare = bare.clone();
            rates[0].push(rate(clients, turn, move |_, n| one_row(bare.clone(), n)).await?);
            for (place, work) in [(1, Work::Entry), (2, Work::Publication)] {
                let scene = Arc::clone(&scene);
                rates[place].push(
                    rate(clients, turn, move |client, n| one_change(Arc::clone(&scene), work, client, n))
                        .await?,
                );
            }
        }
        let [bare, entry, publication] = rates.map(|rates| {
            print(&format!("    {rates:.0?}"));
            median(rates)
        });
        print(&format!(
            "{name}, {clients} clients: bare row {bare:.0}/s; entry {entry:.0}/s = {:.2}; publication {publication:.0}/s = {:.2}",
            entry / bare,
            publication / bare,
        ));
    }
    Ok(())
}

/// How often a second so many clients are done, each with one thing after the other.
async fn rate<F>(
    clients: usize,
    turn: Duration,
    work: impl Fn(usize, u64) -> F + Clone + Send + 'static,
) -> Outcome<f64>
where
    F: Future<Output = Outcome<()>> + Send,
{
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    let start = Instant::now();
    let mut set = JoinSet::new();
    for client in 0..clients {
        let work = work.clone();
        set.spawn(async move {
            let mut done = 0_u32;
            while start.elapsed() < turn {
                work(client, NUMBERS.fetch_add(1, Ordering::Relaxed)).await?;
                done += 1;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(done)
        });
    }
    let mut done = 0;
    while let Some(ended) = set.join_next().await {
        done += ended??;
    }
    Ok(f64::from(done) / start.elapsed().as_secs_f64())
}

async fn one_row(bare: Bare, n: u64) -> Outcome<()> {
    let (id, text) = (
        i64::try_from(n)?,
        "one row of a hundred bytes or so, which is about as small as rows are in practice",
    );
    match &bare {
        Bare::Sqlite(pool) => sqlx::query(INSERT).bind(id).bind(text).execute(pool).await.map(drop)?,
        Bare::Postgres(pool) => sqlx::query(INSERT).bind(id).bind(text).execute(pool).await.map(drop)?,
    }
    Ok(())
}

/// A project with one prompt and one alias a client.
struct Scene {
    db: Db,
    sample: Sample,
    prompts: Vec<(PromptId, PromptName, AliasName)>,
}

impl Scene {
    async fn new(db: Db, clients: usize) -> Outcome<Self> {
        let sample = Sample::new(&db).await?;
        let mut scene = Self { db, sample, prompts: Vec::new() };
        let mut tx = scene.db.begin_system_write().await?;
        for client in 0..clients {
            let prompt = scene.sample.a_prompt(&format!("prompt_{client}"), "1.0.0");
            prompts::put_all(&mut tx, &[prompt.clone()]).await?;
            scene.prompts.push((prompt.id, prompt.name, AliasName::parse(&format!("alias-{client}"))?));
        }
        scene.sample.commit(tx, "push").await?;
        Ok(scene)
    }

    async fn publish(&self, tx: &mut Tx, client: usize, n: u64) -> Outcome<()> {
        let (sample, (prompt, name, alias)) = (&self.sample, &self.prompts[client]);
        let canonical = a_document(&format!("{n}: {}", "all work and no play ".repeat(95)));
        let digest = Digest::of(canonical.as_bytes());
        let now = sample.clock.now();
        let document = DocumentText { digest: &digest, canonical: &canonical };
        documents::insert_all(tx, &sample.workspace, &[document], now).await?;
        let number = VersionNumber::parse(&format!("1.0.{n}"))?;
        let version = Version {
            id: VersionId::new(sample.ids.next()),
            workspace: sample.workspace.clone(),
            project: sample.project.clone(),
            prompt: prompt.clone(),
            number: number.clone(),
            digest,
            bump: Bump::Patch,
            reasons: Vec::new(),
            interface: Interface::default(),
            dependencies: std::collections::BTreeMap::new(),
            changelog: None,
            author: Actor::System,
            git_commit: None,
            origin: None,
            archived_at: None,
            created_at: now,
        };
        versions::insert_all(tx, &[version]).await?;
        let change = Move {
            workspace: &sample.workspace,
            project: &sample.project,
            name: alias,
            new_id: &AliasId::new(sample.ids.next()),
            expected: Expected::Anything,
            entries: &Manifest::from([(name.clone(), number)]),
            release: None,
            splits: &AliasSplits::default(),
            action: "set",
            moved_by: &Actor::System,
            moved_at: now,
            reason: None,
        };
        aliases::set(tx, &change).await?;
        Ok(())
    }
}

async fn one_change(scene: Arc<Scene>, work: Work, client: usize, n: u64) -> Outcome<()> {
    let mut tx = scene.db.begin_write(&scene.sample.workspace).await?;
    match work {
        Work::Entry => scene.sample.commit(tx, "test.change").await?,
        Work::Publication => {
            tx.revision(&scene.sample.workspace).await?;
            scene.publish(&mut tx, client, n).await?;
            scene.sample.commit(tx, "alias.move").await?
        }
    };
    Ok(())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn print(line: &str) {
    println!("{line}");
}
