//! How long the write of a push takes: 10,000 new prompts of 2 KB, against a bare loop that inserts the same rows.
//!
//! Both write one transaction into an SQLite file of the same folder, with the same durability. The loop knows
//! nothing: no rules, no types, no sealing, one prepared statement a table. `cargo run --release --example bench_push [rounds]`
//! prints the milliseconds of each round, the best of both and their ratio.
//!
//! Addresses of empty PostgreSQL databases may follow: the push is measured in each. Two of them, connected to as an
//! ordinary role and as a superuser, say what row-level security costs.

use std::{path::Path, time::Instant};

use promptsync_core::{
    audit::Actor,
    digest::Digest,
    ids::{AliasId, Ids as _, ReleaseId},
    names::{AliasName, PromptName},
    splits::AliasSplits,
    time::Clock as _,
};
use promptsync_store::{
    Db, Manifest, Pools,
    aliases::{self, Expected, Move},
    documents::{self, DocumentText},
    entries::EntryIds,
    prompts::{self, Prompt},
    releases::{self, Release},
    search::{self, SearchText},
    versions::{self, Version},
};
use promptsync_testing::{
    Sample, keyring,
    sample::{a_document, number},
};
use sqlx::{SqlitePool, types::Json};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const PROMPTS: usize = 10_000;

/// Everything a push of new prompts writes, worked out before the clock runs.
struct Push {
    canonical: Vec<String>,
    digests: Vec<Digest>,
    prompts: Vec<Prompt>,
    versions: Vec<Version>,
    manifest: Manifest,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().map_or(Ok(3), |text| text.parse())?;
    let (mut store, mut bare) = (f64::INFINITY, f64::INFINITY);
    for round in 1..=rounds {
        let folder = tempfile::tempdir()?;
        let db = Db::open_sqlite(&folder.path().join("store.db"), keyring()).await?;
        let ours = through_the_store(db).await?;
        let theirs = through_a_loop(&folder.path().join("loop.db")).await?;
        print(&format!("round {round}: store {ours:.0} ms, bare loop {theirs:.0} ms"));
        (store, bare) = (store.min(ours), bare.min(theirs));
    }
    if rounds > 0 {
        print(&format!("best: store {store:.0} ms, bare loop {bare:.0} ms, ratio {:.2}", store / bare));
    }
    for url in args {
        let db = Db::open_postgres(&url, keyring()).await?;
        let held = if db.passes_walls().await? { "not held" } else { "held" };
        let taken = through_the_store(db).await?;
        print(&format!("PostgreSQL, {held} by row-level security: {taken:.0} ms"));
    }
    Ok(())
}

async fn through_the_store(db: Db) -> Outcome<f64> {
    let sample = Sample::new(&db).await?;
    let push = a_push(&sample);
    let start = Instant::now();
    let now = sample.clock.now();
    let mut tx = db.begin_system_write().await?;
    tx.revision(&sample.workspace).await?;
    let texts: Vec<_> = push
        .digests
        .iter()
        .zip(&push.canonical)
        .map(|(digest, canonical)| DocumentText { digest, canonical })
        .collect();
    documents::insert_all(&mut tx, &sample.workspace, &texts, now).await?;
    prompts::put_all(&mut tx, &push.prompts).await?;
    versions::insert_all(&mut tx, &push.versions).await?;
    let texts: Vec<_> =
        push.prompts.iter().zip(&push.canonical).map(|(prompt, text)| search_text(prompt, text)).collect();
    search::index_all(&mut tx, &sample.workspace, &texts).await?;
    let ids = push
        .versions
        .iter()
        .map(|version| EntryIds { prompt: version.prompt.clone(), version: version.id.clone() });
    let release = releases::insert(&mut tx, a_release(&sample), None, &ids.collect::<Vec<_>>()).await?;
    let change = Move {
        workspace: &sample.workspace,
        project: &sample.project,
        name: &AliasName::parse("dev")?,
        new_id: &AliasId::new(sample.ids.next()),
        expected: Expected::Anything,
        entries: &push.manifest,
        release: Some(&release.id),
        splits: &AliasSplits::default(),
        action: "push",
        moved_by: &Actor::System,
        moved_at: now,
        reason: None,
    };
    aliases::set(&mut tx, &change).await?;
    tx.commit(&sample.workspace, sample.entry("push")).await?;
    let taken = milliseconds(start);
    db.close().await;
    Ok(taken)
}

async fn through_a_loop(file: &Path) -> Outcome<f64> {
    let db = Db::open_sqlite(file, keyring()).await?;
    let sample = Sample::new(&db).await?;
    let push = a_push(&sample);
    let Pools::Sqlite { writer, .. } = db.pools() else { return Err("SQLite was opened".into()) };
    let start = Instant::now();
    insert_row_by_row(writer, &sample, &push).await?;
    let taken = milliseconds(start);
    db.close().await;
    Ok(taken)
}

/// The control: the same rows, one statement each.
async fn insert_row_by_row(pool: &SqlitePool, sample: &Sample, push: &Push) -> Outcome<()> {
    let now = sample.clock.now();
    let (project, workspace) = (sample.project.as_str(), sample.workspace.as_str());
    let (release, alias) = (sample.ids.next(), sample.ids.next());
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(
        "INSERT INTO releases VALUES ($1, $2, '1.0.0', x'00', 10000, NULL, $3, NULL, $4, FALSE, NULL)",
    )
    .bind(&release)
    .bind(project)
    .bind(Json(&Actor::System))
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query("INSERT INTO aliases VALUES ($1, $2, 'dev', 'dev', 2, $3, $4, $5, NULL, NULL)")
        .bind(&alias)
        .bind(project)
        .bind(&release)
        .bind(Json(&Actor::System))
        .bind(now)
        .execute(&mut *tx)
        .await?;
    for (index, version) in push.versions.iter().enumerate() {
        let (prompt, canonical) = (&push.prompts[index], &push.canonical[index]);
        sqlx::query("INSERT INTO documents (workspace_id, digest, content, bytes, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(workspace)
            .bind(version.digest.as_str())
            .bind(canonical)
            .bind(i64::try_from(canonical.len())?)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO prompts VALUES ($1, $2, '', $3, $4, NULL, 'text', $5, $6, '1.0.0', 'active', $7, $8)")
            .bind(prompt.id.as_str()).bind(project).bind(prompt.name.as_str()).bind(prompt.name.folded())
            .bind(&prompt.description).bind(Json(&prompt.tags)).bind(now).bind(now).execute(&mut *tx).await?;
        sqlx::query("INSERT INTO versions (id, workspace_id, project_id, prompt_id, version, sort_key, digest, bump, reasons, interface, dependencies, changelog, author, git_commit, created_at) VALUES ($1, $2, $3, $4, '1.0.0', $5, $6, 'major', $7, $8, $9, $10, $11, $12, $13)")
            .bind(version.id.as_str()).bind(workspace).bind(project).bind(prompt.id.as_str()).bind(&[0_u8; 25][..])
            .bind(version.digest.as_str()).bind(Json(&version.reasons)).bind(Json(&version.interface))
            .bind(Json(&version.dependencies)).bind(&version.changelog).bind(Json(&version.author))
            .bind(&version.git_commit).bind(now).execute(&mut *tx).await?;
        let row: i64 = sqlx::query_scalar("INSERT INTO search_rows (prompt_id) VALUES ($1) RETURNING id")
            .bind(prompt.id.as_str())
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO search_index (rowid, name, description, tags, content) VALUES ($1, $2, $3, 'demo', $4)")
            .bind(row).bind(prompt.name.as_str()).bind(&prompt.description).bind(canonical).execute(&mut *tx).await?;
        sqlx::query("INSERT INTO release_changes VALUES ($1, $2, x'00', $3)")
            .bind(project)
            .bind(prompt.id.as_str())
            .bind(version.id.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO alias_entries VALUES ($1, $2, $3)")
            .bind(&alias)
            .bind(prompt.id.as_str())
            .bind(version.id.as_str())
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query("INSERT INTO alias_history VALUES ($1, 2, $2, 'push', $3, $4, $5, $6, NULL, '{}')")
        .bind(&alias)
        .bind(project)
        .bind(&release)
        .bind(Json(&push.manifest))
        .bind(Json(&Actor::System))
        .bind(now)
        .execute(&mut *tx)
        .await?;
    sqlx::query("INSERT INTO audit_log (workspace_id, revision, parent, hash, action, actor, target, details, at) VALUES ($1, 2, '', '', 'push', $2, '', '{}', $3)")
        .bind(workspace).bind(Json(&Actor::System)).bind(now).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

fn a_push(sample: &Sample) -> Push {
    let words = [
        "answer",
        "politely",
        "the",
        "customer's",
        "question",
        "about",
        "orders",
        "refunds",
        "and",
        "delivery",
    ];
    let body = |index: usize| {
        let mut text = format!("Prompt {index}: ");
        for step in 0_usize.. {
            if text.len() >= 2_000 {
                break;
            }
            text.push_str(words[(index + step * step) % words.len()]);
            text.push_str(if step % 11 == 10 { ".\n" } else { " " });
        }
        a_document(&text)
    };
    let canonical: Vec<String> = (0..PROMPTS).map(body).collect();
    let digests: Vec<Digest> = canonical.iter().map(|text| Digest::of(text.as_bytes())).collect();
    let prompts: Vec<Prompt> =
        (0..PROMPTS).map(|index| sample.a_prompt(&format!("prompt_{index:05}"), "1.0.0")).collect();
    let versions = prompts
        .iter()
        .zip(&digests)
        .map(|(prompt, digest)| sample.a_version(&prompt.id, "1.0.0", digest))
        .collect();
    let entry = |prompt: &Prompt| -> (PromptName, _) { (prompt.name.clone(), number("1.0.0")) };
    let manifest = prompts.iter().map(entry).collect();
    Push { canonical, digests, prompts, versions, manifest }
}

fn a_release(sample: &Sample) -> Release {
    Release {
        id: ReleaseId::new(sample.ids.next()),
        project: sample.project.clone(),
        version: number("1.0.0"),
        prompt_count: 0,
        fingerprint: None,
        is_whole: false,
        changelog: None,
        author: Actor::System,
        git_commit: None,
        created_at: sample.clock.now(),
    }
}

fn search_text<'a>(prompt: &'a Prompt, content: &'a str) -> SearchText<'a> {
    SearchText {
        prompt: &prompt.id,
        name: prompt.name.as_str(),
        description: prompt.description.as_deref().unwrap_or_default(),
        tags: &prompt.tags,
        content,
    }
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn print(line: &str) {
    println!("{line}");
}
