//! What streams cost: bytes of memory for each that is idle, and the time from a move to the last that has heard of it.
//!
//! `cargo run --release -p promptsync-server --example bench_stream -- 1000` starts a server in a process of its own, opens
//! that many streams over TCP, and moves an alias 20 times.

#![expect(clippy::print_stdout, reason = "the result is printed")]

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use promptsync_core::access::Role;
use promptsync_server::listen::ListenLimits;
use promptsync_testing::{PROJECT, TestApp};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
};

const MOVES: usize = 20;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("serve") => runtime.block_on(serve()),
        count => runtime.block_on(measure(count.unwrap_or("1000").parse()?)),
    }
}

/// The server: prints its address and a key, and moves the alias for each line that it reads.
async fn serve() -> Outcome {
    let app =
        TestApp::with_settings(&[("PROMPTSYNC_RATE_CALLER", "0"), ("PROMPTSYNC_RATE_WORKSPACE", "0")]).await;
    let editor = app.editor().await;
    for text in ["Hello {{ name }}", "Good day {{ name }}"] {
        editor.try_push(&[("greeting.txt", text)], json!({ "alias": "production" })).await;
    }
    app.app().hear_of_changes().await?;
    let limits = ListenLimits { connections: 15_000, ..ListenLimits::default() };
    let address = app.listen(limits).await;
    println!("{address} {}", app.key(Role::Viewer, Some(PROJECT)).await);
    let mut lines = BufReader::new(std::io::stdin()).lines();
    for turn in 0.. {
        let (line, rest) = tokio::task::spawn_blocking(move || (lines.next(), lines)).await?;
        lines = rest;
        if line.is_none() {
            break;
        }
        let now = editor.get("/api/aliases/production").await;
        let version = if turn % 2 == 0 { "1.0.0" } else { "1.0.1" };
        let body = json!({ "version": version });
        let moved =
            editor.clone().header("if-match", now.header("etag")).put("/api/aliases/production", body).await;
        println!("{}", moved.status);
    }
    Ok(())
}

async fn measure(count: usize) -> Outcome {
    let mut server = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut out = BufReader::new(server.stdout.take().ok_or("a pipe")?);
    let mut line = String::new();
    out.read_line(&mut line)?;
    let (address, key) = line.trim().split_once(' ').ok_or("an address and a key")?;
    let before = resident(&server)?;

    let heard = Arc::new((AtomicUsize::new(0), Notify::new()));
    for _ in 0..count {
        open(address.parse()?, key, Arc::clone(&heard)).await?;
    }
    let after = resident(&server)?;
    println!(
        "{count} streams: {} bytes each ({before} KB before, {after} KB with them)",
        (after - before) * 1024 / count
    );

    let (mut input, mut times) = (server.stdin.take().ok_or("a pipe")?, Vec::new());
    for _ in 0..MOVES {
        heard.0.store(0, Ordering::Release);
        let begun = Instant::now();
        std::io::Write::write_all(&mut input, b"\n")?;
        while heard.0.load(Ordering::Acquire) < count {
            heard.1.notified().await;
        }
        times.push(begun.elapsed());
        line.clear();
        out.read_line(&mut line)?;
    }
    times.sort_unstable();
    let shown = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    println!(
        "from the request to the last: median {}, worst {}",
        shown(times[MOVES / 2]),
        shown(times[MOVES - 1])
    );
    println!("{} KB resident afterwards", resident(&server)?);
    drop(input);
    let mut rest = String::new();
    out.read_to_string(&mut rest)?;
    server.wait()?;
    Ok(())
}

/// Opens a stream whose events are counted.
async fn open(address: SocketAddr, key: &str, heard: Arc<(AtomicUsize, Notify)>) -> Outcome {
    let mut socket = TcpStream::connect(address).await?;
    let request = format!(
        "GET /api/projects/{PROJECT}/stream?alias=production HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await?;
    let mut chunk = [0; 1024];
    let count = socket.read(&mut chunk).await?;
    if !chunk[..count].starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(&chunk[..count]).into_owned().into());
    }
    tokio::spawn(async move {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = socket.read(&mut chunk).await {
            if chunk[..count].windows(13).any(|part| part == b"event: change") {
                heard.0.fetch_add(1, Ordering::AcqRel);
                heard.1.notify_one();
            }
        }
    });
    Ok(())
}

/// Resident memory of a process, in KB.
fn resident(process: &Child) -> Outcome<usize> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
