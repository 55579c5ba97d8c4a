//! A server that does what a test says: it signs well, or lies, or hangs. And the attacks on whoever reads from it.

mod attacks;

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use chrono::TimeDelta;
use http_body_util::{BodyExt as _, Collected, Full, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use promptsync_client::{PromptSync, sdk::Builder};
use promptsync_core::{
    digest::Digest,
    documents::{self, Body as Content, Document},
    names::{AliasName, PromptName},
    signing::{
        KeyLink, PrivateKey, Signed, SnapshotContent, SnapshotDelta, SnapshotEntry, SnapshotStatement,
        entries_digest,
    },
    splits::Split,
    time::{Clock, Timestamp},
    versions::VersionNumber,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};

pub use attacks::{ATTACKS, Attack};

/// A key that opens it, in the form of one.
pub const KEY: &str = "ps_aaaaaaaaaaaa_00000000000000000000000000000000000000000004XSNlH";

/// The workspace that signs.
pub const WORKSPACE: &str = "01JWORKSPACE";

/// A key that is the same in every test.
pub fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32])
}

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "it is the clock of the test's server")]
pub fn now() -> Timestamp {
    chrono::Utc::now()
}

/// A clock that shows what the test says.
#[derive(Debug)]
pub struct WrongClock(Mutex<Timestamp>);

impl WrongClock {
    /// A clock that is wrong by this.
    pub fn off(by: TimeDelta) -> Self {
        Self(Mutex::new(now() + by))
    }

    /// Lets time pass.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().expect("no holder of the lock can panic") += by;
    }
}

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder of the lock can panic")
    }
}

/// The alias.
pub fn production() -> AliasName {
    AliasName::parse("production").expect("a name")
}

/// A prompt's name.
pub fn prompt(name: &str) -> PromptName {
    PromptName::parse(name).expect("a name")
}

/// The canonical text of a document.
pub fn document(text: &str) -> String {
    documents::canonical(&Document { body: Content::Text(text.to_owned()), ..Document::default() })
}

/// What a route answers instead of the truth.
#[derive(Clone, Debug)]
pub enum Lie {
    /// This status and body.
    Says(u16, String),
    /// Bytes without end.
    Endless,
    /// A byte now and then.
    Drips,
}

/// What the server knows and does.
#[derive(Debug)]
pub struct World {
    /// The workspace's keys.
    pub keys: Vec<KeyLink>,
    /// The key that signs.
    pub signer: PrivateKey,
    /// Where the alias points.
    pub snapshot: SnapshotStatement,
    /// What it takes.
    pub documents: BTreeMap<Digest, String>,
    /// What routes answer, by the end of their path.
    pub lies: HashMap<&'static str, Lie>,
    /// Whether there are streams.
    pub streams: bool,
    open: Vec<mpsc::UnboundedSender<Bytes>>,
    /// What was asked, and the bodies that came with it.
    pub asked: Vec<(String, Value)>,
}

/// A running server.
#[derive(Clone, Debug)]
pub struct Double {
    /// Where it listens.
    pub address: SocketAddr,
    world: Arc<Mutex<World>>,
}

impl Double {
    /// A server whose alias `production` points `greeting` at this text.
    pub async fn start(text: &str) -> Self {
        let world = World {
            keys: vec![KeyLink::first(WORKSPACE, &key(1), now() - TimeDelta::days(30))],
            signer: key(1),
            snapshot: SnapshotStatement {
                workspace: WORKSPACE.into(),
                project: "shop".into(),
                alias: production(),
                revision: 0,
                issued_at: now(),
                expires_at: now(),
                entries: BTreeMap::new(),
            },
            documents: BTreeMap::new(),
            lies: HashMap::new(),
            streams: false,
            open: Vec::new(),
            asked: Vec::new(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let double = Self { address, world: Arc::new(Mutex::new(world)) };
        double.publish("greeting", text);
        let served = double.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let double = served.clone();
                let service = service_fn(move |request| {
                    let double = double.clone();
                    async move { Ok::<_, Infallible>(double.answer(request).await) }
                });
                let serving = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(connection), service);
                tokio::spawn(serving);
            }
        });
        double
    }

    /// What it knows and does.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no holder of the lock can panic")
    }

    /// Settings of the SDK for this server: it asks often.
    pub fn sdk(&self) -> Builder {
        PromptSync::builder("shop")
            .url(format!("http://{}", self.address))
            .key("ps_test")
            .alias("production")
            .service("tests")
            .poll_interval(Duration::from_millis(40))
            .deadline(Duration::from_secs(5))
    }

    /// Publishes the next version of a prompt, and points the alias at it.
    pub fn publish(&self, name: &str, text: &str) {
        self.change(name, text, None);
    }

    /// The same with a split between it and other versions.
    pub fn change(&self, name: &str, text: &str, split: Option<(Split, BTreeMap<VersionNumber, &str>)>) {
        let mut world = self.world();
        let world = &mut *world;
        let content = |world: &mut World, text: &str| {
            let canonical = document(text);
            let digest = Digest::of(canonical.as_bytes());
            world.documents.insert(digest.clone(), canonical);
            SnapshotContent { digest, includes: BTreeMap::new() }
        };
        let name = prompt(name);
        let before = world.snapshot.entries.get(&name).map_or(0, |entry| entry.version.parts().0);
        let own = content(world, text);
        let (split, others) = split.unzip();
        let mut arms = BTreeMap::new();
        for (version, text) in others.unwrap_or_default() {
            arms.insert(version, content(world, text));
        }
        let version = VersionNumber::new(before + 1, 0, 0);
        let entry = SnapshotEntry { version, content: own, split, others: arms };
        let from = world.snapshot.revision;
        world.snapshot.entries.insert(name.clone(), entry.clone());
        world.snapshot.revision += 1;
        world.renew();
        let delta = world.delta(from, BTreeMap::from([(name, Some(entry))]));
        let delta = world.signer.sign(delta);
        world.send("change", &json!({ "delta": delta }));
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let since: Option<i64> = header("last-event-id").and_then(|since| since.parse().ok());
        let tag = request.headers().get("if-none-match").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut world = self.world();
        world.asked.push((format!("{path}?{query}"), body.clone()));
        if let Some(lie) = world.lies.iter().find(|(end, _)| path.ends_with(*end)).map(|(_, lie)| lie.clone())
        {
            return lie.answer();
        }
        world.renew();
        let end = path.rsplit('/').next().unwrap_or_default();
        match end {
            "whoami" => reply(200, &whoami()),
            _ if path.starts_with("/api/prompts/") => world.version(&path),
            "signing-keys" => reply(200, &json!({ "workspace": WORKSPACE, "keys": world.keys })),
            "snapshot" if !query.ends_with("alias=production") => refusal(404, "alias_not_found"),
            "snapshot" => {
                let etag = format!("\"{}\"", world.snapshot.revision);
                if tag.as_ref() == Some(&etag) {
                    return with(304, Full::default().boxed_unsync());
                }
                let mut answer = reply(200, &json!(world.signer.sign(world.snapshot.clone())));
                answer.headers_mut().insert("etag", etag.parse().expect("a header"));
                answer
            }
            "documents" => {
                let wanted = body["digests"].as_array().cloned().unwrap_or_default();
                let wanted = wanted.iter().filter_map(|digest| Digest::parse(digest.as_str()?).ok());
                let found: BTreeMap<Digest, String> = wanted
                    .filter_map(|digest| Some((digest.clone(), world.documents.get(&digest)?.clone())))
                    .collect();
                reply(200, &json!({ "documents": found }))
            }
            "stream" if world.streams => {
                let (sender, receiver) = mpsc::unbounded_channel();
                let late = since.is_some_and(|since| since < world.snapshot.revision);
                let resync = "event: resync\ndata: {\"revision\":0}\n\n";
                let _ = sender.send(Bytes::from_static(if late { resync } else { ": here\n\n" }.as_bytes()));
                world.open.push(sender);
                with(200, Receiving(receiver).boxed_unsync())
            }
            "clients" => reply(200, &json!({ "every_seconds": 60 })),
            _ => refusal(404, "not_found"),
        }
    }
}

impl World {
    /// What is signed is as good as new.
    fn renew(&mut self) {
        self.snapshot.issued_at = now();
        self.snapshot.expires_at = now() + TimeDelta::hours(24);
    }

    /// What leads from a revision to the snapshot now.
    pub fn delta(&self, from: i64, changed: BTreeMap<PromptName, Option<SnapshotEntry>>) -> SnapshotDelta {
        let snapshot = self.snapshot.clone();
        SnapshotDelta {
            workspace: snapshot.workspace,
            project: snapshot.project,
            alias: snapshot.alias,
            from,
            revision: snapshot.revision,
            issued_at: snapshot.issued_at,
            expires_at: snapshot.expires_at,
            changed,
            entries: entries_digest(&snapshot.entries),
        }
    }

    /// The snapshot as it is, signed.
    pub fn signed(&self) -> Signed<SnapshotStatement> {
        self.signer.sign(self.snapshot.clone())
    }

    /// A version that the alias serves, as an answer of the server describes it.
    fn version(&self, path: &str) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        let mut parts = path.rsplit('/').take(2);
        let (version, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let entry = PromptName::parse(name).ok().and_then(|name| self.snapshot.entries.get(&name));
        let Some(entry) = entry.filter(|entry| entry.version.to_string() == version) else {
            return refusal(404, "not_found");
        };
        let text = self.documents.get(&entry.content.digest).map_or("{}", String::as_str);
        let document: Value = serde_json::from_str(text).unwrap_or_default();
        let interface = json!({
            "kind": "text", "variables": {}, "roles": [], "placeholders": {}, "variants": [], "models": [],
            "output_schema": null,
        });
        reply(
            200,
            &json!({
                "id": "01PROMPT", "name": name, "project": "shop", "module": "", "version": version, "alias": null,
                "digest": entry.content.digest, "variant": null, "content": "", "interface": interface,
                "document": document, "metadata": {}, "git_commit": null, "created_at": now(), "signature": null,
                "revision": self.snapshot.revision,
            }),
        )
    }

    /// Sends an event on every stream.
    pub fn send(&mut self, kind: &str, data: &Value) {
        let event = Bytes::from(format!("event: {kind}\ndata: {data}\n\n"));
        self.open.retain(|stream| stream.send(event.clone()).is_ok());
    }

    /// Streams that somebody listens to.
    pub fn listeners(&self) -> usize {
        self.open.len()
    }

    /// Ends every stream.
    pub fn end_streams(&mut self) {
        self.open.clear();
    }

    /// The route lies from now on.
    pub fn lie(&mut self, route: &'static str, value: &impl serde::Serialize) {
        self.lies.insert(route, Lie::Says(200, json!(value).to_string()));
    }

    /// How often a path with this in it was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.asked.iter().filter(|(asked, _)| asked.contains(path)).count()
    }
}

impl Lie {
    fn answer(self) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        match self {
            Self::Says(status, body) => with(status, Full::from(body).boxed_unsync()),
            Self::Endless => with(200, Endless.boxed_unsync()),
            Self::Drips => {
                let (sender, receiver) = mpsc::unbounded_channel();
                tokio::spawn(async move {
                    let mut tick = tokio::time::interval(Duration::from_millis(200));
                    while sender.send(Bytes::from_static(b" ")).is_ok() {
                        tick.tick().await;
                    }
                });
                with(200, Receiving(receiver).boxed_unsync())
            }
        }
    }
}

/// A key that reads the project.
fn whoami() -> Value {
    json!({
        "key": "01KEY", "name": "tests", "workspace": WORKSPACE, "project": "shop", "module": null,
        "environment": null, "role": "viewer", "permissions": ["read", "render"],
    })
}

fn reply(status: u16, body: &Value) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    with(status, Full::from(body.to_string()).boxed_unsync())
}

fn refusal(status: u16, code: &str) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    reply(
        status,
        &json!({ "type": "", "title": "", "status": status, "code": code, "detail": "", "trace_id": "" }),
    )
}

fn with(status: u16, body: UnsyncBoxBody<Bytes, Infallible>) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

/// A body that arrives as it is sent.
struct Receiving(mpsc::UnboundedReceiver<Bytes>);

impl Body for Receiving {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

static BLANKS: [u8; 1 << 16] = [b' '; 1 << 16];

/// A body that never ends.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&BLANKS)))))
    }
}
