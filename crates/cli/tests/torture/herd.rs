//! A server comes back after an outage, and everybody who missed it: they come one after another.
//!
//! Clients that ask now and then have a rate to be compared with. So something between them and the server says that
//! there are no streams, and counts requests.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use promptsync_client::PromptSync;
use promptsync_core::names::AliasName;
use promptsync_testing::outage::raise_open_files;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::{length, node::Shop};

/// Clients, unless `PROMPTSYNC_TORTURE_CLIENTS` says how many. With a thousand everything is as long as in production.
const CLIENTS: u64 = 100;
/// What is promised: the most requests, compared with those of a quiet time.
const PEAK: f64 = 1.5;
const STREAM: &[u8] = b"GET /api/projects/shop/stream";
const NO_STREAM: &[u8] =
    b"HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// What went through.
#[derive(Default)]
struct Counts {
    requests: Mutex<Vec<Instant>>,
    failures: AtomicU64,
}

impl Counts {
    /// Requests a second in each window of this length, from this moment to now.
    fn rates(&self, from: Instant, window: Duration) -> Vec<f64> {
        let windows = usize::try_from(from.elapsed().as_nanos() / window.as_nanos()).expect("a small number");
        let mut counts = vec![0.0; windows];
        for moment in self.requests.lock().expect("nobody panicked").iter().filter(|moment| **moment >= from)
        {
            let which =
                usize::try_from((*moment - from).as_nanos() / window.as_nanos()).expect("a small number");
            if let Some(count) = counts.get_mut(which) {
                *count += 1.0 / window.as_secs_f64();
            }
        }
        counts
    }
}

/// Passes requests on to the server, except those for streams.
async fn proxy(server: String, counts: Arc<Counts>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, server.clone(), Arc::clone(&counts)));
        }
    });
    address
}

async fn pass(mut client: TcpStream, server: String, counts: Arc<Counts>) {
    let (mut asked, mut answer) = (vec![0; 16 << 10], vec![0; 64 << 10]);
    let mut upstream = None;
    loop {
        if upstream.is_none() {
            let Ok(length @ 1..) = client.read(&mut asked).await else { return };
            counts.requests.lock().expect("nobody panicked").push(Instant::now());
            if asked.starts_with(STREAM) {
                if client.write_all(NO_STREAM).await.is_err() {
                    return;
                }
                continue;
            }
            let Ok(mut connection) = TcpStream::connect(&server).await else { return };
            if connection.write_all(&asked[..length]).await.is_err() {
                return;
            }
            upstream = Some(connection);
        }
        let Some(upstream) = &mut upstream else { return };
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let head = &asked[..length];
                if head.starts_with(b"GET ") || head.starts_with(b"POST ") {
                    counts.requests.lock().expect("nobody panicked").push(Instant::now());
                }
                if head.starts_with(STREAM) {
                    if client.write_all(NO_STREAM).await.is_err() {
                        return;
                    }
                } else if upstream.write_all(head).await.is_err() {
                    return;
                }
            }
            read = upstream.read(&mut answer) => {
                let Ok(length @ 1..) = read else { return };
                if answer.starts_with(b"HTTP/1.1 5") {
                    counts.failures.fetch_add(1, Ordering::Relaxed);
                }
                if client.write_all(&answer[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// How long ago the oldest view of a client was known to be right.
fn oldest(clients: &[PromptSync], alias: &AliasName) -> Duration {
    let age = |client: &PromptSync| client.status().aliases[alias].age.unwrap_or(Duration::MAX);
    clients.iter().map(age).max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_come_back_one_after_another() {
    raise_open_files();
    let count = length("CLIENTS", CLIENTS);
    let poll = Duration::from_secs(if count < 1_000 { 1 } else { 30 });
    let shop = Shop::new();
    let mut node = shop.start("data");
    let push = json!({ "files": [{ "path": "p.txt", "content": "hello" }], "alias": "production" });
    let pushed = node.wire().send("POST", "/api/projects/shop/push", "", Some(&push)).expect("an answer");
    assert_eq!(pushed.status, 200, "{}", pushed.text());
    let counts = Arc::new(Counts::default());
    let url = format!("http://{}", proxy(node.address.clone(), Arc::clone(&counts)).await);
    let mut clients = Vec::new();
    for _ in 0..count {
        let settings =
            PromptSync::builder("shop").url(&url).key(&shop.key).alias("production").poll_interval(poll);
        clients.push(settings.start().await.expect("it starts"));
        sleep(poll / u32::try_from(count).expect("a small number")).await;
    }
    for client in &clients {
        client.wait_ready(Duration::from_secs(30)).await.expect("it is ready");
    }
    // Windows in which each client asks once are long enough not to count chance.
    let window = poll / 2;
    sleep(poll).await;
    let quiet = Instant::now();
    sleep(poll * 3).await;
    let rates = counts.rates(quiet, window);
    let steady = rates.iter().sum::<f64>() / f64::from(u32::try_from(rates.len()).expect("a count"));

    node.kill();
    sleep(poll * 2).await;
    counts.failures.store(0, Ordering::Relaxed);
    node.restart();
    let back = Instant::now();
    let alias = AliasName::parse("production").expect("a name");
    while oldest(&clients, &alias) > back.elapsed() {
        assert!(back.elapsed() < Duration::from_mins(1), "somebody does not come back");
        sleep(Duration::from_millis(20)).await;
    }
    let fresh = back.elapsed();
    sleep((poll * 2).saturating_sub(fresh)).await;
    let peak = counts.rates(back, window).into_iter().fold(0.0, f64::max);
    let failures = counts.failures.load(Ordering::Relaxed);
    println!(
        "{count} clients that ask every {poll:?}, away for {:?}: steady {steady:.1} requests a second, peak {peak:.1} \
         ({:.2} times) afterwards, {failures} answers 5xx, all fresh after {fresh:?}",
        poll * 2,
        peak / steady
    );
    assert_eq!(failures, 0, "the server did not bear it");
    assert!(fresh <= poll.mul_f64(1.2) + Duration::from_secs(2), "{fresh:?}");
    assert!(peak <= PEAK * steady, "{peak:.1} requests a second instead of {steady:.1}");
}
