//! A double of a Vault on a loopback address, for what a real one does not do on request: refuse, fail, say nothing.

mod transit;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use transit::Transit;

/// The token that a new double accepts.
pub const TOKEN: &str = "hvs.double";

/// A double of a Vault. It ends with the test's runtime.
#[derive(Clone, Debug)]
pub struct VaultDouble {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What the double does with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It answers.
    #[default]
    Works,
    /// It takes the request and never answers.
    Silent,
    /// It is sealed: 503.
    Fails,
    /// It answers with more than anybody reads.
    Floods,
}

#[derive(Debug, Default)]
struct State {
    mood: Mood,
    secrets: BTreeMap<String, Value>,
    transit: Transit,
    tokens: BTreeSet<String>,
    logins: BTreeSet<String>,
    lease_seconds: u64,
    issued: u32,
    seen: Vec<Seen>,
}

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Method and path: `GET /v1/secret/data/a`.
    pub request: String,
    /// The token, empty when none was sent.
    pub token: String,
    /// The namespace, empty when none was sent.
    pub namespace: String,
}

impl VaultDouble {
    /// A double that accepts [`TOKEN`] and knows no secret.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let state = State { tokens: [TOKEN.to_owned()].into(), lease_seconds: 3600, ..State::default() };
        let double = Self { address, state: Arc::new(Mutex::new(state)) };
        let answering = double.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let double = answering.clone();
                tokio::spawn(async move { double.answer(stream).await });
            }
        });
        double
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Puts a secret of the mount `secret`.
    pub fn put(&self, path: &str, fields: Value) {
        self.state().secrets.insert(path.to_owned(), fields);
    }

    /// Makes a key of the transit engine, or its next version.
    pub fn make_transit_key(&self, name: &str) {
        self.state().transit.make(name);
    }

    /// From now on it does this.
    pub fn mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// From now on it accepts these tokens alone.
    pub fn accept(&self, tokens: &[&str]) {
        self.state().tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
    }

    /// Whoever logs in with this secret id or JWT gets a token that lasts so long.
    pub fn let_in(&self, credential: &str, lease_seconds: u64) {
        let mut state = self.state();
        state.logins.insert(credential.to_owned());
        state.lease_seconds = lease_seconds;
    }

    /// What arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// How many requests began so.
    pub fn count(&self, request: &str) -> usize {
        self.state().seen.iter().filter(|seen| seen.request.starts_with(request)).count()
    }

    async fn answer(&self, mut stream: TcpStream) {
        let Some((request, headers, body)) = read(&mut stream).await else { return };
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let seen = Seen { request, token: header("x-vault-token"), namespace: header("x-vault-namespace") };
        let (mood, (status, answer)) = {
            let mut state = self.state();
            let answer = state.answer(&seen, &body);
            state.seen.push(seen);
            (state.mood, answer)
        };
        let (status, answer) = match mood {
            Mood::Works => (status, answer.to_string()),
            Mood::Fails => (503, json!({"errors": ["Vault is sealed"]}).to_string()),
            Mood::Floods => (200, "x".repeat(9 << 20)),
            Mood::Silent => return std::future::pending().await,
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            answer.len()
        );
        // A client that gave up is no concern of the double.
        let _ = stream.write_all(format!("{head}{answer}").as_bytes()).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock can panic")
    }
}

impl State {
    fn answer(&mut self, seen: &Seen, body: &Value) -> (u16, Value) {
        let refused = (403, json!({"errors": ["permission denied"]}));
        let lease = |token: &str| {
            let auth = json!({
                "client_token": token, "lease_duration": self.lease_seconds, "renewable": true,
            });
            (200, json!({ "auth": auth }))
        };
        if seen.request.starts_with("POST /v1/auth/") && seen.request.ends_with("/login") {
            let credential = body["secret_id"].as_str().or(body["jwt"].as_str()).unwrap_or_default();
            if !self.logins.contains(credential) {
                return (400, json!({"errors": ["invalid role or secret ID"]}));
            }
            let token = format!("hvs.issued-{}", self.issued);
            let answer = lease(&token);
            self.issued += 1;
            self.tokens.insert(token);
            return answer;
        }
        if !self.tokens.contains(&seen.token) {
            return refused;
        }
        match seen.request.as_str() {
            "GET /v1/auth/token/lookup-self" => (200, json!({"data": {"ttl": 0, "renewable": false}})),
            "POST /v1/auth/token/renew-self" => lease(&seen.token),
            request if request.starts_with("POST /v1/transit/") => self.transit.answer(request, body),
            request => {
                match request.strip_prefix("GET /v1/secret/data/").and_then(|path| self.secrets.get(path)) {
                    Some(fields) => (200, json!({"data": {"data": fields, "metadata": {"version": 1}}})),
                    None => (404, json!({"errors": []})),
                }
            }
        }
    }
}

/// Method and path, headers by lower-case name, and the body as JSON.
async fn read(stream: &mut TcpStream) -> Option<(String, BTreeMap<String, String>, Value)> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        let request = format!("{} {}", words.next()?, words.next()?);
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return Some((request, headers, serde_json::from_str(body).unwrap_or_default()));
        }
    }
}
