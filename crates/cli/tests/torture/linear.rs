//! Aliases are moved by compare-and-set and read by many, while servers are killed and stand still: what everybody saw
//! could have happened one after another.
//!
//! Each move names its operation as the reason, so the history of an alias says afterwards which of the moves that were
//! not answered took effect. That history has to fit what every client was told.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use promptsync_client::Client;
use promptsync_testing::{Postgres, outage::Signal};
use serde_json::json;

use crate::{
    Dice,
    history::{Deed, NEVER, Operation, check},
    length,
    node::{Node, Shop},
    wire::{Failure, Wire},
};

/// Operations of each form, unless `PROMPTSYNC_TORTURE_OPERATIONS` says how many.
const OPERATIONS: u64 = 1_200;
const CLIENTS: u64 = 16;
const ALIASES: u64 = 10;
/// Versions that aliases are pointed at.
const VERSIONS: u64 = 20;
/// How long a client waits for an answer; a server that stands still takes longer.
const PATIENCE: Duration = Duration::from_millis(800);
/// Between two faults, and how long a server stands still.
const BETWEEN: Duration = Duration::from_millis(700);
const STILL: Duration = Duration::from_millis(1_200);

/// What a client did to one alias.
#[derive(Clone, Debug)]
struct Done {
    operation: Operation,
    /// The reason of a move, and the version it moved to.
    wanted: Option<(String, String)>,
    /// The version that was read.
    version: Option<String>,
}

/// What clients share.
struct World<'a> {
    addresses: Vec<&'a str>,
    key: &'a str,
    born: Instant,
    left: AtomicU64,
    /// The newest revision that anybody was told of.
    newest: AtomicI64,
}

impl World<'_> {
    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_nanos()).expect("a time in this century")
    }
}

/// A client: what it knows of each alias, and what it did.
struct Player<'a> {
    world: &'a World<'a>,
    number: u64,
    dice: Dice,
    wire: Wire,
    place: usize,
    known: Vec<i64>,
    done: Vec<Vec<Done>>,
    delivered: i64,
    /// Reads of prompts: alias, revision of the workspace, version.
    reads: Vec<(Operation, usize, String)>,
    unanswered: u64,
}

impl<'a> Player<'a> {
    fn new(world: &'a World<'a>, number: u64, known: Vec<i64>) -> Self {
        let place = usize::try_from(number).expect("a number of a client") % world.addresses.len();
        let wire = Wire::new(world.addresses[place], world.key).with_patience(PATIENCE);
        let done = vec![Vec::new(); known.len()];
        let dice = Dice::new(number + 1);
        Self { world, number, dice, wire, place, known, done, delivered: 0, reads: Vec::new(), unanswered: 0 }
    }

    fn play(mut self) -> Self {
        let left = &self.world.left;
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            let alias = usize::try_from(self.dice.below(ALIASES)).expect("a small number");
            match self.dice.below(10) {
                0..=1 => self.move_alias(alias),
                2..=4 => self.read_alias(alias),
                _ => self.read_prompt(alias),
            }
        }
        self
    }

    /// Goes to the next server: this one does not answer.
    fn turn_away(&mut self) {
        self.unanswered += 1;
        self.place = (self.place + 1) % self.world.addresses.len();
        self.wire = Wire::new(self.world.addresses[self.place], self.world.key).with_patience(PATIENCE);
        thread::sleep(Duration::from_millis(5));
    }

    fn read_alias(&mut self, alias: usize) {
        let began = self.world.now();
        match self.wire.get(&format!("/api/aliases/a{alias}")) {
            Ok(reply) if reply.status == 200 => {
                let ended = self.world.now();
                let answer = reply.json();
                let revision = answer["revision"].as_i64().expect("a revision");
                let version = answer["entries"]["p"].as_str().map(str::to_owned);
                let operation = Operation { began, ended, deed: Deed::Read(revision) };
                self.known[alias] = revision;
                self.done[alias].push(Done { operation, wanted: None, version });
            }
            Ok(reply) if reply.status == 503 => {}
            Ok(reply) => panic!("{} {}", reply.status, reply.text()),
            Err(_) => self.turn_away(),
        }
    }

    fn move_alias(&mut self, alias: usize) {
        let expected = self.known[alias];
        let version = format!("1.0.{}", self.dice.below(VERSIONS));
        let reason = format!("{} {}", self.number, self.done[alias].len());
        let body = json!({ "version": version, "prompt": "p", "reason": reason });
        let began = self.world.now();
        let answer = self.wire.send(
            "PUT",
            &format!("/api/aliases/a{alias}"),
            &format!("if-match: \"{expected}\"\r\n"),
            Some(&body),
        );
        let ended = self.world.now();
        let wanted = Some((reason, version));
        let (deed, ended) = match answer {
            Ok(reply) if reply.status == 200 => {
                let to = reply.json()["revision"].as_i64().expect("a revision");
                self.known[alias] = to;
                self.world.newest.fetch_max(to, Ordering::Relaxed);
                (Deed::Wrote { from: expected, to }, ended)
            }
            Ok(reply) if reply.status == 412 => (Deed::Refused(expected), ended),
            // The database was away: nobody knows.
            Ok(reply) if reply.status == 503 => (Deed::Wrote { from: expected, to: 0 }, NEVER),
            Ok(reply) => panic!("{} {}", reply.status, reply.text()),
            Err(Failure::Unsent) => return self.turn_away(),
            Err(_) => {
                self.turn_away();
                (Deed::Wrote { from: expected, to: 0 }, NEVER)
            }
        };
        self.done[alias].push(Done { operation: Operation { began, ended, deed }, wanted, version: None });
    }

    /// Reads from memory, wanting to see at least what anybody was told of.
    fn read_prompt(&mut self, alias: usize) {
        let newest = self.world.newest.load(Ordering::Relaxed);
        let began = self.world.now();
        let header = format!("promptsync-revision: {newest}\r\n");
        match self.wire.send("GET", &format!("/api/prompts/p/a{alias}"), &header, None) {
            Ok(reply) if reply.status == 200 => {
                let ended = self.world.now();
                let revision: i64 = reply.header("promptsync-revision").parse().expect("a revision");
                assert!(revision >= newest, "{revision} is older than {newest}, which was asked for");
                assert!(
                    revision >= self.delivered,
                    "{revision} after {}: a client went back in time",
                    self.delivered
                );
                self.delivered = revision;
                let version = reply.json()["version"].as_str().expect("a version").to_owned();
                let operation = Operation { began, ended, deed: Deed::Read(revision) };
                self.reads.push((operation, alias, version));
            }
            Ok(reply) if reply.status == 503 => {}
            Ok(reply) => panic!("{} {}", reply.status, reply.text()),
            Err(_) => self.turn_away(),
        }
    }
}

/// Publishes the versions and makes the aliases; gives the revision of each.
fn prepare(wire: &mut Wire) -> Vec<i64> {
    for number in 0..VERSIONS {
        let push = json!({ "files": [{ "path": "p.txt", "content": format!("number {number}") }] });
        let pushed = wire.send("POST", "/api/projects/shop/push", "", Some(&push)).expect("an answer");
        assert_eq!(pushed.status, 200, "{}", pushed.text());
    }
    (0..ALIASES)
        .map(|alias| {
            let body = json!({ "version": "1.0.0", "prompt": "p" });
            let made =
                wire.send("PUT", &format!("/api/aliases/a{alias}"), "if-none-match: *\r\n", Some(&body));
            made.expect("an answer").json()["revision"].as_i64().expect("a revision")
        })
        .collect()
}

/// Lets the clients play while `fault` disturbs the servers, and judges what they saw.
fn torture(label: &str, shop: &Shop, nodes: &mut [Node<'_>], mut fault: impl FnMut(&mut [Node<'_>], u64)) {
    let operations = length("OPERATIONS", OPERATIONS);
    let first = prepare(&mut nodes[0].wire());
    let addresses: Vec<String> = nodes.iter().map(|node| node.address.clone()).collect();
    let world = World {
        addresses: addresses.iter().map(String::as_str).collect(),
        key: &shop.key,
        born: Instant::now(),
        left: AtomicU64::new(operations),
        newest: AtomicI64::new(*first.last().expect("an alias")),
    };
    let players = Mutex::new(Vec::new());
    let mut faults = 0;
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (world, known, players) = (&world, first.clone(), &players);
                scope.spawn(move || {
                    let player = Player::new(world, number, known).play();
                    players.lock().expect("nobody panicked").push(player);
                })
            })
            .collect();
        let mut last = Instant::now();
        while !clients.iter().all(thread::ScopedJoinHandle::is_finished) {
            if last.elapsed() > BETWEEN && world.left.load(Ordering::Relaxed) > 0 {
                fault(nodes, faults);
                faults += 1;
                last = Instant::now();
            }
            thread::sleep(Duration::from_millis(5));
        }
    });
    let players = players.into_inner().expect("nobody panicked");
    let answered = judge(&first, &nodes[0].address, &shop.key, &players);
    let unanswered: u64 = players.iter().map(|player| player.unanswered).sum();
    println!(
        "{label}: {operations} operations of {CLIENTS} clients on {ALIASES} aliases, {answered} answered, {unanswered} not, \
         {faults} faults, 0 violations, {:.0} s",
        world.born.elapsed().as_secs_f32()
    );
}

/// Judges every alias, and every read of a prompt; gives how many operations were answered.
fn judge(first: &[i64], address: &str, key: &str, players: &[Player<'_>]) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = Client::new(&format!("http://{address}"), Some(key)).expect("an address");
    let mut answered = 0;
    // What every alias was pointed at, by revision.
    let mut stands: Vec<BTreeMap<i64, String>> = Vec::new();
    for (alias, first) in first.iter().enumerate() {
        let name = format!("a{alias}");
        let history = runtime.block_on(client.alias_history("shop", &name)).expect("the history");
        let at = |entries: &BTreeMap<_, promptsync_core::versions::VersionNumber>| {
            entries.values().next().expect("one prompt").to_string()
        };
        let reasons: BTreeMap<String, i64> =
            history.iter().filter_map(|step| Some((step.reason.clone()?, step.revision))).collect();
        let versions: BTreeMap<i64, String> =
            history.iter().map(|step| (step.revision, at(&step.entries))).collect();
        let mut operations = Vec::new();
        for done in players.iter().flat_map(|player| &player.done[alias]) {
            let mut operation = done.operation;
            if let (Deed::Wrote { from, to }, Some((reason, version))) = (operation.deed, &done.wanted) {
                let Some(revision) = reasons.get(reason) else {
                    assert_eq!(operation.ended, NEVER, "an acknowledged move of {name} is lost: {done:?}");
                    continue;
                };
                assert!(to == 0 || to == *revision, "{done:?} is {revision} in the history");
                assert_eq!(versions[revision], *version, "{done:?} moved it elsewhere");
                operation.deed = Deed::Wrote { from, to: *revision };
            }
            if let (Deed::Read(revision), Some(version)) = (operation.deed, &done.version) {
                assert_eq!(versions.get(&revision), Some(version), "{done:?} read a mixture");
            }
            answered += usize::from(operation.ended != NEVER);
            operations.push(operation);
        }
        check(*first, &operations).unwrap_or_else(|violation| panic!("{name}: {violation:?}"));
        stands.push(versions);
    }
    for (operation, alias, version) in players.iter().flat_map(|player| &player.reads) {
        let Deed::Read(revision) = operation.deed else { continue };
        let (_, expected) = stands[*alias].range(..=revision).next_back().expect("the alias is older");
        assert_eq!(version, expected, "a{alias} at revision {revision}");
        answered += 1;
    }
    // All aliases together: a read of a prompt sees every move that had been acknowledged when it began.
    let mut acknowledged: Vec<(u64, i64)> = players
        .iter()
        .flat_map(|player| player.done.iter().flatten())
        .filter_map(|done| match done.operation {
            Operation { ended, deed: Deed::Wrote { to, .. }, .. } if ended != NEVER => Some((ended, to)),
            _ => None,
        })
        .collect();
    acknowledged.sort_unstable();
    let mut newest = 0;
    for known in &mut acknowledged {
        newest = newest.max(known.1);
        known.1 = newest;
    }
    for (operation, _, _) in players.iter().flat_map(|player| &player.reads) {
        let before = acknowledged.partition_point(|(ended, _)| *ended < operation.began);
        let Deed::Read(revision) = operation.deed else { continue };
        let least = before.checked_sub(1).map_or(0, |last| acknowledged[last].1);
        assert!(revision >= least, "{operation:?} does not see {least}");
    }
    answered
}

#[test]
fn moves_and_reads_on_sqlite_are_linearizable_while_the_server_is_killed_and_stopped() {
    let shop = Shop::new();
    let mut nodes = [shop.start("data")];
    torture("SQLite, one server", &shop, &mut nodes, |nodes, number| {
        if number % 2 == 0 {
            nodes[0].kill();
            nodes[0].restart();
        } else {
            stand_still(&nodes[0]);
        }
    });
}

#[test]
fn moves_and_reads_on_two_servers_are_linearizable_while_they_are_killed_and_stopped() {
    let Some(postgres) = Postgres::start() else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return;
    };
    let shop = Shop::with(&[("DATABASE_URL", &postgres.url())]);
    let mut nodes = [shop.start("data"), shop.start("other")];
    torture("PostgreSQL, two servers", &shop, &mut nodes, |nodes, number| {
        let which = usize::from(number % 4 > 1);
        if number % 2 == 0 {
            nodes[which].kill();
            nodes[which].restart();
        } else {
            stand_still(&nodes[which]);
        }
    });
}

/// A server stands still for longer than its clients wait, and goes on.
fn stand_still(node: &Node<'_>) {
    node.signal(Signal::STOP);
    thread::sleep(STILL);
    node.signal(Signal::CONT);
}
