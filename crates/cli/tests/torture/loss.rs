//! Streams over a network that loses almost every third packet, in both directions: nobody misses a change.
//!
//! The server runs in a network namespace of its own with two addresses. Packets to and from the first are dropped by
//! chance; changes are made through the second.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{length, node::Shop, wire::Wire};

/// Changes, unless `PROMPTSYNC_TORTURE_CHANGES` says how many.
const CHANGES: u64 = 20;
const LISTENERS: usize = 6;
/// Of a hundred packets.
const LOST: u32 = 30;
/// How far the slowest listener may be behind before nothing more is changed.
const AHEAD: usize = 50;
/// A stream that is silent for so long is opened again; it has a sign of life every two seconds.
const SILENCE: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_mins(2);

/// A namespace with a server's two addresses. It goes away with this value.
struct Network {
    name: String,
    lossy: String,
    clean: String,
}

impl Network {
    /// Nothing when this machine does not let us.
    fn new() -> Option<Self> {
        let number = std::process::id() % 250;
        let name = format!("ps-torture-{number}");
        let [lossy, clean, ours] = [2, 3, 1].map(|last| format!("10.97.{number}.{last}"));
        let network = Self { name: name.clone(), lossy: lossy.clone(), clean: clean.clone() };
        let (here, there) = (format!("ps{number}a"), format!("ps{number}b"));
        let steps = format!(
            "ip netns add {name} && ip link add {here} type veth peer name {there} netns {name} && \
             ip addr add {ours}/24 dev {here} && ip link set {here} up && \
             ip -n {name} addr add {lossy}/24 dev {there} && ip -n {name} addr add {clean}/24 dev {there} && \
             ip -n {name} link set lo up && ip -n {name} link set {there} up && \
             ip netns exec {name} nft 'table inet torture {{ \
               chain coming {{ type filter hook input priority 0; ip daddr {lossy} numgen random mod 100 < {LOST} counter drop; }}; \
               chain going {{ type filter hook output priority 0; ip saddr {lossy} numgen random mod 100 < {LOST} counter drop; }}; }}'"
        );
        shell(&steps).then_some(network)
    }

    fn within(&self) -> Vec<OsString> {
        ["ip", "netns", "exec", &self.name].map(OsString::from).into()
    }

    /// Packets that were dropped.
    fn dropped(&self) -> u64 {
        let out = Command::new("ip").args(["netns", "exec", &self.name, "nft", "list", "ruleset"]).output();
        let text = String::from_utf8(out.expect("nft runs").stdout).expect("text");
        let counts = text.split("counter packets ").skip(1).filter_map(|rest| rest.split(' ').next());
        counts.filter_map(|count| count.parse::<u64>().ok()).sum()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        shell(&format!("ip netns del {}", self.name));
    }
}

fn shell(steps: &str) -> bool {
    let done = Command::new("sh").args(["-c", steps]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// What a listener heard.
#[derive(Default)]
struct Heard {
    moves: Mutex<Vec<i64>>,
    /// Up to which revision it was told to read everything again.
    resync: AtomicI64,
    connections: AtomicU64,
}

/// Listens until it is over, and opens the stream again after what it heard last.
fn listen(address: &str, key: &str, after: i64, heard: &Heard, is_over: &AtomicBool) {
    let mut last = after;
    while !is_over.load(Ordering::Relaxed) {
        let Ok(mut connection) = TcpStream::connect(address) else { continue };
        connection.set_read_timeout(Some(SILENCE)).expect("a socket takes options");
        let request = format!(
            "GET /api/projects/shop/stream?alias=production HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\n\
             last-event-id: {last}\r\n\r\n"
        );
        if connection.write_all(request.as_bytes()).is_err() {
            continue;
        }
        heard.connections.fetch_add(1, Ordering::Relaxed);
        let (mut id, mut kind) = (0, String::new());
        for line in BufReader::new(connection).lines().map_while(Result::ok) {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            if let Some(value) = line.strip_prefix("id: ") {
                id = value.parse().expect("an id is a revision");
            } else if let Some(value) = line.strip_prefix("event: ") {
                value.clone_into(&mut kind);
            } else if line.is_empty() {
                match std::mem::take(&mut kind).as_str() {
                    "change" => {
                        heard.moves.lock().expect("nobody panicked").push(id);
                        last = id;
                    }
                    "resync" => {
                        heard.resync.fetch_max(last + 1, Ordering::Relaxed);
                        break;
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Points the alias at the other version; gives the revision.
fn change(wire: &mut Wire, revision: i64, number: u64) -> i64 {
    let body = json!({ "version": format!("1.0.{}", number % 2), "prompt": "p" });
    let header = format!("if-match: \"{revision}\"\r\n");
    let moved = wire.send("PUT", "/api/aliases/production", &header, Some(&body)).expect("an answer");
    assert_eq!(moved.status, 200, "{}", moved.text());
    moved.json()["revision"].as_i64().expect("a revision")
}

#[test]
fn no_change_is_missed_while_every_third_packet_is_lost() {
    let Some(network) = Network::new() else {
        eprintln!("SKIPPED: no network namespace can be made here, or nft is not installed");
        return;
    };
    let shop = Shop::with(&[("PROMPTSYNC_STREAM_HEARTBEAT_SECONDS", "2")]);
    let node = shop.start_after(&network.within(), "data", "0.0.0.0");
    let port = node.address.rsplit_once(':').expect("a port").1;
    let mut wire = Wire::new(&format!("{}:{port}", network.clean), &shop.key);
    for number in 0..2 {
        let file = json!({ "path": "p.txt", "content": format!("number {number} {}", "x".repeat(500)) });
        let pushed = wire.send("POST", "/api/projects/shop/push", "", Some(&json!({ "files": [file] })));
        assert_eq!(pushed.expect("an answer").status, 200);
    }
    let body = json!({ "version": "1.0.0", "prompt": "p" });
    let made =
        wire.send("PUT", "/api/aliases/production", "if-none-match: *\r\n", Some(&body)).expect("an answer");
    let mut revision = made.json()["revision"].as_i64().expect("a revision");
    // From here on the server remembers what happened.
    let line = wire.open("/api/projects/shop/stream?alias=production").expect("it listens");
    let mut first = String::new();
    BufReader::new(&line).read_line(&mut first).expect("it answers");
    assert!(first.contains("200"), "{first}");

    let changes = length("CHANGES", CHANGES);
    let heard: Vec<Heard> = (0..LISTENERS).map(|_| Heard::default()).collect();
    let is_over = AtomicBool::new(false);
    let lossy = format!("{}:{port}", network.lossy);
    let began = Instant::now();
    let mut made = Vec::new();
    thread::scope(|scope| {
        for heard in &heard {
            let (lossy, key, is_over) = (&lossy, &shop.key, &is_over);
            scope.spawn(move || listen(lossy, key, revision, heard, is_over));
        }
        let behind = |made: usize| {
            let slowest = heard.iter().map(|heard| heard.moves.lock().expect("nobody panicked").len()).min();
            made.saturating_sub(slowest.unwrap_or_default())
        };
        let wait = |made: usize, ahead: usize| {
            let began = Instant::now();
            while behind(made) > ahead && began.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(5));
            }
        };
        for number in 1..=changes {
            revision = change(&mut wire, revision, number);
            made.push(revision);
            wait(made.len(), AHEAD);
        }
        wait(made.len(), 0);
        is_over.store(true, Ordering::Relaxed);
        // Listeners look up when they hear something.
        change(&mut wire, revision, changes + 1);
    });
    let mut connections = 0;
    for heard in &heard {
        let moves = heard.moves.lock().expect("nobody panicked");
        let moves = &moves[..moves.len().min(made.len())];
        assert_eq!(heard.resync.load(Ordering::Relaxed), 0, "somebody was told to read everything again");
        assert_eq!(moves, made, "missed, heard twice, or out of order");
        connections += heard.connections.load(Ordering::Relaxed);
    }
    let dropped = network.dropped();
    assert!(dropped > changes, "the network lost nothing: {dropped}");
    println!(
        "{changes} changes to {LISTENERS} listeners, {LOST} of 100 packets lost in each direction ({dropped} altogether): \
         0 missed, 0 twice, {connections} connections, {:.0} s",
        began.elapsed().as_secs_f32()
    );
}
