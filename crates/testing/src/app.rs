//! A whole application without the network: fixed clock, seeded ids, callers with keys.
//!
//! ```no_run
//! # async fn example() {
//! let app = promptsync_testing::TestApp::new().await;
//! let editor = app.editor().await;
//! editor.push(&[("greeting.txt", "Hello {{ name }}")]).await;
//! assert_eq!(editor.get("/api/prompts/greeting/latest").await.json()["version"], "1.0.0");
//! # }
//! ```
//!
//! Dropping it asserts that no change was answered without an audit entry.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use promptsync_api::keys::CreateKey;
use promptsync_core::{access::Role, ids::WorkspaceId};
use promptsync_server::{
    AnswerBody, App, BodyError, Config, Following, ServerSecret, Service, keys, listen, open_or_stand_by,
    workspaces,
};
use promptsync_store::Db;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::{FixedClock, Listening, SeededIds, keyring};

/// The project callers of a test belong to.
pub const PROJECT: &str = "shop";

/// An application in a test.
#[derive(Debug)]
pub struct TestApp {
    /// Its clock.
    pub clock: Arc<FixedClock>,
    service: Arc<Service>,
    /// Stops the listeners when it is dropped.
    stops: Mutex<Vec<oneshot::Sender<()>>>,
    _folder: TempDir,
}

/// Somebody who sends requests.
#[derive(Clone, Debug)]
pub struct Caller {
    service: Arc<Service>,
    key: Option<String>,
    address: Option<IpAddr>,
    headers: Vec<(String, String)>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl TestApp {
    /// An application on a new SQLite file.
    pub async fn new() -> Self {
        Self::with_settings(&[]).await
    }

    /// An application on a new SQLite file with these settings.
    pub async fn with_settings(settings: &[(&str, &str)]) -> Self {
        let folder = folder();
        let db = Db::open_sqlite(&folder.path().join("test.db"), keyring())
            .await
            .expect("a new SQLite file opens");
        Self::start(db, folder, settings, 1).await
    }

    /// An application on this database, as `db_test!` gives one.
    pub async fn on(db: &Db) -> Self {
        Self::with(db, &[]).await
    }

    /// An application on this database with these settings: names as the environment has them, and values.
    pub async fn with(db: &Db, settings: &[(&str, &str)]) -> Self {
        Self::start(db.clone(), folder(), settings, 1).await
    }

    /// One more server of this database, as [`TestApp::with`] made the first: it has nothing in memory, and other ids.
    pub async fn beside(db: &Db, settings: &[(&str, &str)]) -> Self {
        Self::start(db.clone(), folder(), settings, 2).await
    }

    async fn start(db: Db, folder: TempDir, settings: &[(&str, &str)], seed: u32) -> Self {
        let environment =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config =
            Config::merge(&[].into(), &environment, folder.path()).expect("the test's settings are valid");
        let clock = Arc::new(FixedClock::default());
        let secret = ServerSecret::from_bytes([7; 32]);
        let random = seeded_random(seed.into());
        let app = App::new(db, config, secret, clock.clone(), Arc::new(SeededIds::new(seed - 1)), random);
        app.prepare().await.expect("a new database takes a workspace");
        let service = Arc::new(Service::new(Arc::new(app)));
        Self { clock, service, stops: Mutex::default(), _folder: folder }
    }

    /// A server with these settings as a process starts it, on the system's clock: it may find its database away.
    pub async fn opened(settings: &[(&str, &str)]) -> Self {
        let folder = folder();
        let environment =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config =
            Config::merge(&[].into(), &environment, folder.path()).expect("the test's settings are valid");
        let app = open_or_stand_by(config).await.expect("the server starts");
        let service = Arc::new(Service::new(Arc::new(app)));
        Self { clock: Arc::default(), service, stops: Mutex::default(), _folder: folder }
    }

    /// Keeps what is in memory in step with the database, which is asked again after this time.
    pub fn follow(&self, every: Duration) -> Following {
        Following::every(self.app(), every)
    }

    /// The application inside.
    pub fn app(&self) -> &Arc<App> {
        self.service.app()
    }

    /// A caller without a key.
    pub fn nobody(&self) -> Caller {
        Caller { service: Arc::clone(&self.service), key: None, address: None, headers: Vec::new() }
    }

    /// A caller with a role in [`PROJECT`].
    pub async fn caller(&self, role: Role) -> Caller {
        self.nobody().with_key(&self.key(role, Some(PROJECT)).await)
    }

    /// A caller that reads.
    pub async fn viewer(&self) -> Caller {
        self.caller(Role::Viewer).await
    }

    /// A caller that publishes.
    pub async fn editor(&self) -> Caller {
        self.caller(Role::Editor).await
    }

    /// A caller that decides.
    pub async fn approver(&self) -> Caller {
        self.caller(Role::Approver).await
    }

    /// A caller that may do everything in [`PROJECT`].
    pub async fn admin(&self) -> Caller {
        self.caller(Role::Admin).await
    }

    /// A new key with a role, of one project or of the whole workspace.
    pub async fn key(&self, role: Role, project: Option<&str>) -> String {
        self.key_in(None, CreateKey { project: project.map(str::to_owned), ..a_key(role.as_str()) }).await
    }

    /// A new key as described, in the workspace of that name; in the first one without a name.
    pub async fn key_in(&self, workspace: Option<&str>, wanted: CreateKey) -> String {
        keys::create(self.app(), workspace, &wanted).await.expect("keys can be made")
    }

    /// Makes another workspace.
    pub async fn workspace(&self, name: &str) -> WorkspaceId {
        workspaces::create(self.app(), name).await.expect("workspaces can be made")
    }

    /// A caller with a role for one alias of [`PROJECT`], and nothing else.
    pub async fn in_environment(&self, role: &str, alias: &str) -> Caller {
        let wanted =
            CreateKey { project: Some(PROJECT.into()), environment: Some(alias.into()), ..a_key(role) };
        self.nobody().with_key(&self.key_in(None, wanted).await)
    }

    /// A caller with a role for one module of [`PROJECT`], and nothing else.
    pub async fn in_module(&self, role: &str, module: &str) -> Caller {
        let wanted = CreateKey { project: Some(PROJECT.into()), module: Some(module.into()), ..a_key(role) };
        self.nobody().with_key(&self.key_in(None, wanted).await)
    }

    /// Listens on a real address until the application is dropped.
    pub async fn listen(&self, limits: listen::ListenLimits) -> SocketAddr {
        self.listen_with(None, limits).await
    }

    /// Listens with the certificate of the settings.
    pub async fn listen_tls(&self, limits: listen::ListenLimits) -> (SocketAddr, Arc<listen::Tls>) {
        let files = self.app().config.tls.clone().expect("the settings name a certificate");
        let tls = Arc::new(listen::Tls::load(files).expect("the certificate can be used"));
        (self.listen_with(Some(Arc::clone(&tls)), limits).await, tls)
    }

    async fn listen_with(&self, tls: Option<Arc<listen::Tls>>, limits: listen::ListenLimits) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let (stop, stopped) = oneshot::channel();
        self.stops.lock().expect("no holder of the lock can panic").push(stop);
        let service = Arc::clone(&self.service);
        tokio::spawn(listen::serve(listener, tls, service, limits, async {
            let _ = stopped.await;
        }));
        address
    }

    /// Tells every listener to stop.
    pub fn stop(&self) {
        self.stops.lock().expect("no holder of the lock can panic").clear();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.app().unaudited(), 0, "a change was answered without an audit entry");
        }
    }
}

impl Caller {
    /// The same caller with this key.
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// The same caller from this address.
    #[must_use]
    pub fn from_address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The same caller, sending this header too.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The caller's key.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    /// Sends GET.
    pub async fn get(&self, target: &str) -> Reply {
        self.send(Method::GET, target, Bytes::new()).await
    }

    /// Sends POST with a JSON body.
    pub async fn post(&self, target: &str, body: Value) -> Reply {
        self.send(Method::POST, target, body.to_string().into()).await
    }

    /// Sends PUT with a JSON body.
    pub async fn put(&self, target: &str, body: Value) -> Reply {
        self.send(Method::PUT, target, body.to_string().into()).await
    }

    /// Sends DELETE.
    pub async fn delete(&self, target: &str) -> Reply {
        self.send(Method::DELETE, target, Bytes::new()).await
    }

    /// Pushes files to [`PROJECT`], which must succeed.
    pub async fn push(&self, files: &[(&str, &str)]) -> Value {
        let reply = self.try_push(files, json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Pushes files to [`PROJECT`] with other fields of the request.
    pub async fn try_push(&self, files: &[(&str, &str)], with: Value) -> Reply {
        let files: Vec<_> =
            files.iter().map(|(path, content)| json!({ "path": path, "content": content })).collect();
        let mut body = with;
        body["files"] = json!(files);
        self.post(&format!("/api/projects/{PROJECT}/push"), body).await
    }

    /// Sends a request. A body counts as JSON unless a header says otherwise.
    pub async fn send(&self, method: Method, target: &str, body: Bytes) -> Reply {
        let (parts, body) = self.answer(method, target, body).await.into_parts();
        let body = body.whole().cloned().unwrap_or_default();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Opens a stream.
    pub async fn listen(&self, target: &str) -> Listening {
        let (parts, body) = self.answer(Method::GET, target, Bytes::new()).await.into_parts();
        Listening::new(parts.status.as_u16(), parts.headers, body)
    }

    async fn answer(&self, method: Method, target: &str, body: Bytes) -> Response<AnswerBody> {
        let mut request = Request::builder().method(method).uri(target).header("host", "test");
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        if !body.is_empty() && !self.headers.iter().any(|(name, _)| name == "content-type") {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = Full::new(body).map_err(|_| BodyError::Broken).boxed_unsync();
        let (parts, body) =
            request.body(body).expect("the test sends a request that can be written").into_parts();
        self.service.answer(parts, body, self.address).await
    }
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status and error code, `404 prompt_not_found`; the status alone for a success.
    pub fn outcome(&self) -> String {
        let status =
            StatusCode::from_u16(self.status).map_or(String::new(), |status| status.as_str().to_owned());
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(body) if self.status >= 400 => format!("{status} {}", body["code"].as_str().unwrap_or("?")),
            _ => status,
        }
    }
}

/// A key of the whole workspace with a role, by the role's name.
pub fn a_key(role: &str) -> CreateKey {
    CreateKey { name: role.to_owned(), role: role.to_owned(), ..CreateKey::default() }
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder can be made")
}

/// Bytes that look random and are the same in every run.
fn seeded_random(seed: u64) -> Arc<promptsync_server::Random> {
    let state = Mutex::new(seed);
    Arc::new(move |buffer: &mut [u8]| {
        let mut state = state.lock().expect("no holder of the lock can panic");
        for byte in buffer {
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            *byte = state.to_be_bytes()[3];
        }
    })
}
