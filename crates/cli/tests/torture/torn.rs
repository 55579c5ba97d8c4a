//! Everybody reads while somebody publishes: each answer is one version's, whole.
//!
//! A version says its number in every one of its parts. So an answer that mixes two versions, or two variants, or that
//! carries another's digest, contradicts itself or what others were told.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use promptsync_core::digest::Digest;
use promptsync_testing::{Postgres, Redis};
use serde_json::json;

use crate::{
    length,
    node::{Node, Shop},
    wire::Wire,
};

/// Answers that are read in each form, unless `PROMPTSYNC_TORTURE_READS` says how many.
const READS: u64 = 1_500;
/// Readers of each server.
const READERS: usize = 2;
/// Between two publications: fifty a second.
const PAUSE: Duration = Duration::from_millis(20);
/// How tones are asked for, and what an answer then begins with.
const TONES: [(&str, &str); 3] = [("", "plain"), ("?tag=tone:formal", "formal"), ("?tag=tone:warm", "warm")];

/// Which text and which digest a version has.
type Versions = BTreeMap<String, (String, String)>;

/// A prompt that says this number in each of its parts.
fn file(number: u64) -> String {
    let padding = "x".repeat(700);
    format!(
        "content: plain {number} {padding} {number}\nvariants:\n  - tags: {{tone: formal}}\n    content: formal {number} {padding} \
         {number}\n  - tags: {{tone: warm}}\n    content: warm {number} {padding} {number}\n"
    )
}

fn publish(wire: &mut Wire, number: u64) {
    let push = json!({ "files": [{ "path": "doc.yaml", "content": file(number) }], "alias": "production" });
    let pushed = wire.send("POST", "/api/projects/shop/push", "", Some(&push)).expect("an answer");
    assert_eq!(pushed.status, 200, "{}", pushed.text());
}

/// Reads until there is enough; gives what each version was seen to be.
fn read(wire: &mut Wire, left: &AtomicU64) -> Versions {
    let mut seen = Versions::new();
    let mut tones = TONES.iter().cycle();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let (query, tone) = tones.next().expect("they go round");
        let reply = wire.get(&format!("/api/prompts/doc/production{query}")).expect("an answer");
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer = reply.json();
        let content = answer["content"].as_str().expect("a text");
        let words: Vec<&str> = content.split(' ').collect();
        let [said, number, padding, again] = words[..] else { panic!("torn: {content}") };
        assert!(said == *tone && padding.len() == 700 && number == again, "torn: {content}");
        let text = |name: &str| answer[name].as_str().expect("a text").to_owned();
        let is = (number.to_owned(), text("digest"));
        let known = seen.entry(text("version")).or_insert_with(|| is.clone());
        assert_eq!(*known, is, "{} is two things", text("version"));
    }
    seen
}

/// Publishes and reads at the same time, and compares what everybody saw.
fn torture(label: &str, nodes: &[&Node<'_>]) {
    let reads = length("READS", READS);
    let left = AtomicU64::new(reads);
    let is_over = AtomicBool::new(false);
    let mut writer = nodes[0].wire();
    publish(&mut writer, 0);
    let began = Instant::now();
    let mut published = 1;
    let seen: Vec<Versions> = thread::scope(|scope| {
        let readers: Vec<_> = nodes
            .iter()
            .cycle()
            .take(nodes.len() * READERS)
            .map(|node| {
                let (mut wire, left) = (node.wire(), &left);
                scope.spawn(move || read(&mut wire, left))
            })
            .collect();
        let publisher = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let began = Instant::now();
                publish(&mut writer, published);
                published += 1;
                thread::sleep(PAUSE.saturating_sub(began.elapsed()));
            }
        });
        let seen = readers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>();
        is_over.store(true, Ordering::Relaxed);
        publisher.join().expect("everything was published");
        seen.into_iter().map(|seen| seen.expect("no answer was torn")).collect()
    });
    let took = began.elapsed().as_secs_f64();
    let mut versions = Versions::new();
    for (version, is) in seen.into_iter().flatten() {
        assert_eq!(version, format!("1.0.{}", is.0), "the content is another version's");
        assert_eq!(*versions.entry(version).or_insert_with(|| is.clone()), is, "two readers saw two things");
    }
    let mut wire = nodes[0].wire();
    for (number, digest) in versions.values() {
        let document = wire.get(&format!("/api/documents/{digest}")).expect("an answer");
        assert_eq!(Digest::of(&document.body).to_string(), *digest, "the digest is not the document's");
        assert!(document.text().contains(&format!("formal {number} ")), "the digest is another version's");
    }
    println!(
        "{label}: {reads} answers while {published} versions were published ({:.0} a second), {} of them seen, 0 torn",
        f64::from(u32::try_from(published).expect("a count")) / took,
        versions.len()
    );
}

#[test]
fn no_answer_is_torn_on_sqlite() {
    let shop = Shop::new();
    let node = shop.start("data");
    torture("SQLite", &[&node]);
}

#[test]
fn no_answer_is_torn_on_postgresql() {
    let Some(postgres) = Postgres::start() else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return;
    };
    let shop = Shop::with(&[("DATABASE_URL", &postgres.url())]);
    let node = shop.start("data");
    torture("PostgreSQL", &[&node]);
}

#[test]
fn no_answer_of_two_servers_with_redis_is_torn() {
    let (Some(postgres), Some(redis)) = (Postgres::start(), Redis::start()) else {
        eprintln!("SKIPPED: PostgreSQL or Redis is not installed");
        return;
    };
    let shop = Shop::with(&[("DATABASE_URL", &postgres.url()), ("PROMPTSYNC_REDIS_URL", &redis.url())]);
    let (here, there) = (shop.start("data"), shop.start("other"));
    // The second has to know the key and the prompt before it is asked by many.
    publish(&mut here.wire(), 0);
    let mut wire = there.wire();
    let began = Instant::now();
    while wire.get("/api/prompts/doc/production").expect("an answer").status != 200 {
        assert!(began.elapsed() < Duration::from_secs(20), "the second server was told of nothing");
    }
    torture("PostgreSQL and Redis, two servers", &[&here, &there]);
}
