//! An edge between the server and its clients: real processes on this machine, killed for real.

mod attacks;
mod delivery;
mod keys;
mod outages;
mod splits;
mod tls;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use promptsync_client::{Client, PromptSync, sdk::Builder};
use serde_json::Value;

use crate::{sandbox::Sandbox, served::Served};

/// Longer than anything takes that works.
const LONG: Duration = Duration::from_secs(30);

/// A running edge.
pub(crate) struct Edge {
    pub(crate) url: String,
    key: String,
    process: Child,
    /// What it was started with, to start it again.
    args: Vec<String>,
}

impl Edge {
    /// An edge of this server that reads with this key; it is ready to answer, and holds all of production.
    pub(crate) fn of(shop: &Served, key: &str) -> Self {
        let edge =
            Self::start(&shop.sandbox, &shop.url, key, "near", &["--alias", "production", "--recheck", "1"]);
        edge.is_complete();
        edge
    }

    pub(crate) fn start(sandbox: &Sandbox, upstream: &str, key: &str, folder: &str, more: &[&str]) -> Self {
        let args = ["edge", "--upstream", upstream, "--data-dir", folder, "--listen", "127.0.0.1:0"];
        let args: Vec<String> = args.iter().chain(more).map(|arg| (*arg).to_owned()).collect();
        let (process, url) = spawn(sandbox, &args, key).expect("the edge starts");
        Self { url, key: key.to_owned(), process, args }
    }

    /// Kills the edge and starts it again in the same folder; where it listens is new.
    pub(crate) fn restart(&mut self, sandbox: &Sandbox) {
        self.kill();
        (self.process, self.url) = spawn(sandbox, &self.args, &self.key).expect("the edge starts again");
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Waits until everything that answering takes is in the edge's own folder.
    pub(crate) fn is_complete(&self) {
        self.until("/api/edge", |status| status["aliases"]["production"]["complete"] == true);
    }

    /// The answer with this status, and its body.
    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        ask(&self.url, "GET", path, &self.key, &[]).seen()
    }

    /// Asks again and again, until the answer is as wanted.
    pub(crate) fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            let (status, body) = self.get(path);
            if wanted(&body) {
                return body;
            }
            assert!(since.elapsed() < LONG, "{path}: {status} {body}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An answer as it came.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) text: String,
}

impl Answered {
    fn seen(self) -> (u16, Value) {
        let body = serde_json::from_str(&self.text).unwrap_or(Value::Null);
        (self.status, body)
    }
}

/// Sends one request on a connection of its own.
pub(crate) fn ask(url: &str, method: &str, path: &str, key: &str, headers: &[(&str, &str)]) -> Answered {
    use std::io::{Read, Write};
    let address = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\
         Content-Length: 0\r\n{more}\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is text");
    let (head, text) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let field = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("etag").then(|| value.to_owned())
    };
    Answered { status, etag: head.lines().find_map(field), text: text.to_owned() }
}

/// Starts an edge and waits for its address; what it says when it does not start.
pub(crate) fn spawn(sandbox: &Sandbox, args: &[String], key: &str) -> Result<(Child, String), String> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut command = sandbox.command(&args);
    command.env("PROMPTSYNC_API_KEY", key).env("PROMPTSYNC_LOG", "error").stdout(Stdio::piped());
    let mut process = command.spawn().expect("the command runs");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    if let Some(url) = line.trim().strip_prefix("listening on ") {
        return Ok((process, url.to_owned()));
    }
    let _ = process.wait();
    Err(line)
}

/// A shop whose production serves one prompt with a variant, and a key that may only read.
pub(crate) fn shop() -> (Served, String) {
    let shop = Served::with(&[("prompts/greeting.yaml", &greeting("Hello"))]);
    shop.stdout(&["push", "--alias", "production"]);
    let key = reader(&shop, "edge", &[]);
    (shop, key)
}

pub(crate) fn greeting(text: &str) -> String {
    format!("content: \"{text}\"\nvariants:\n  - tags: {{tone: formal}}\n    content: \"Formally: {text}\"\n")
}

/// Publishes another text and points production at it.
pub(crate) fn push(shop: &Served, text: &str) {
    shop.sandbox.write("prompts/greeting.yaml", greeting(text));
    shop.stdout(&["push", "--alias", "production"]);
}

/// A key that may read.
pub(crate) fn reader(shop: &Served, name: &str, more: &[&str]) -> String {
    let args = ["keys", "create", "--role", "viewer", "--name", name];
    shop.stdout(&[&args, more].concat()).trim().to_owned()
}

/// The SDK behind an edge, with the workspace's key pinned.
pub(crate) fn behind(edge: &str, key: &str, pin: &str) -> Builder {
    PromptSync::builder("shop")
        .url(edge)
        .key(key)
        .alias("production")
        .pin(pin)
        .poll_interval(Duration::from_millis(100))
        .deadline(Duration::from_secs(10))
}

/// The key that the workspace signs with, as the server says.
pub(crate) fn pin(shop: &Served) -> String {
    let (_, keys) = ask(&shop.url, "GET", "/api/signing-keys", &shop.key, &[]).seen();
    keys["keys"][0]["statement"]["key"].as_str().expect("a key").to_owned()
}

/// A client of the server's API.
pub(crate) fn client(url: &str, key: &str) -> Client {
    Client::new(url, Some(key)).expect("an address")
}
