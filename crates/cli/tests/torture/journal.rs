//! Writers that keep what they were told in a journal outside of the server.
//!
//! What was not answered they ask for again with the same `Idempotency-Key`, so that afterwards there is exactly one
//! version for each line of the journal.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread::{self, Scope, ScopedJoinHandle},
    time::{Duration, Instant},
};

use promptsync_testing::disk::{Moment, now};
use serde_json::{Value, json};

use crate::{node::Node, wire::Wire};

/// Longer than a server that was killed takes to write again.
const PATIENCE: Duration = Duration::from_mins(1);

/// A publication that was acknowledged: two prompts with the same text.
pub(crate) struct Acknowledged {
    text: String,
    versions: [String; 2],
    pub(crate) revision: i64,
    pub(crate) at: Moment,
}

/// What the writers of a test share.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) acknowledged: AtomicU64,
    pub(crate) unanswered: AtomicU64,
    pub(crate) refused: AtomicU64,
    /// Publications that had taken effect without an answer.
    pub(crate) replayed: AtomicU64,
    pub(crate) enough: AtomicBool,
}

/// Lets somebody publish under each of these names, until there is enough.
pub(crate) fn write_all<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    names: &'env [String],
    node: &Node<'_>,
    progress: &'env Progress,
) -> Vec<ScopedJoinHandle<'scope, Vec<Acknowledged>>> {
    let begin = |name: &'env String| {
        let mut wire = node.wire();
        scope.spawn(move || write(name, &mut wire, progress))
    };
    names.iter().map(begin).collect()
}

/// Publishes one text after the other, each until it is acknowledged; gives the journal.
pub(crate) fn write(name: &str, wire: &mut Wire, progress: &Progress) -> Vec<Acknowledged> {
    let mut journal = Vec::new();
    while !progress.enough.load(Ordering::Relaxed) {
        let text = format!("{name} says {}", journal.len());
        let files = ["a", "b"].map(|end| json!({ "path": format!("{name}_{end}.txt"), "content": text }));
        let push = json!({ "files": files, "alias": name });
        let once = format!("idempotency-key: {name}-{}\r\n", journal.len());
        let began = Instant::now();
        let pushed = loop {
            match wire.send("POST", "/api/projects/shop/push", &once, Some(&push)) {
                Ok(reply) if reply.status == 200 => {
                    let was_there = u64::from(reply.header("idempotency-replayed") == "true");
                    progress.replayed.fetch_add(was_there, Ordering::Relaxed);
                    break reply.json();
                }
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
        journal.push(Acknowledged { text, versions: [version(0), version(1)], revision, at: now() });
        progress.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    journal
}

/// Compares what the server has with what a writer was told.
pub(crate) fn compare(name: &str, journal: &[Acknowledged], wire: &mut Wire) {
    for (number, line) in journal.iter().enumerate() {
        let once = [format!("1.0.{number}"), format!("1.0.{number}")];
        assert_eq!(line.versions, once, "a publication of {name} took effect twice, or never");
        assert!(line.is_kept(name, wire), "{name} {number} was acknowledged and is lost");
    }
    let next = wire.get(&format!("/api/prompts/{name}_a/1.0.{}", journal.len())).expect("an answer");
    assert_eq!(next.status, 404, "{name} has a version that nobody was told about");
    let alias = wire.get(&format!("/api/aliases/{name}")).expect("an answer").json();
    let last = json!(journal.last().expect("something was written").versions[0]);
    let stands: [&Value; 2] = ["a", "b"].map(|end| &alias["entries"][format!("{name}_{end}")]);
    assert_eq!(stands, [&last, &last], "the alias of {name} is half moved");
}

impl Acknowledged {
    /// Whether the server has it, whole.
    pub(crate) fn is_kept(&self, name: &str, wire: &mut Wire) -> bool {
        ["a", "b"].into_iter().zip(&self.versions).all(|(end, version)| {
            let kept = wire.get(&format!("/api/prompts/{name}_{end}/{version}")).expect("an answer");
            kept.status == 200 && kept.json()["content"] == json!(self.text)
        })
    }
}
