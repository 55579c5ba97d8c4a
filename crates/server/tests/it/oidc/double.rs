//! A provider that does what a test says, most of it wrong. It signs with keys of its own and listens on loopback.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use promptsync_testing::{Reply, TestApp};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use tokio::{net::TcpListener, task::JoinHandle};

use super::browser::{Asked, Browser};

pub(super) const CLIENT: &str = "promptsync";
pub(super) const SECRET: &str = "a secret: 100 % & more";
/// The moment the test's clock shows.
pub(super) const NOW: i64 = 1_793_534_400;
const ACCESS: &str = "an access token";

/// Who signs an ID token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    /// The published key.
    Published,
    /// A key that nobody knows, under the published name.
    Unknown,
    /// Nobody.
    Nobody,
    /// The client's secret.
    ClientSecret,
}

/// What the provider says. Values laid over the right ones; `null` takes one away.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) discovery: Value,
    pub(super) discovery_bytes: usize,
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) signer: Signer,
    pub(super) key_id: &'static str,
    pub(super) published: &'static str,
    pub(super) token_status: u16,
    pub(super) token_location: Option<String>,
    pub(super) token_body: Value,
    pub(super) userinfo: Option<Value>,
    pub(super) userinfo_status: u16,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            discovery: json!({}),
            discovery_bytes: 0,
            header: json!({}),
            claims: json!({}),
            signer: Signer::Published,
            key_id: "k1",
            published: "k1",
            token_status: 200,
            token_location: None,
            token_body: json!({}),
            userinfo: None,
            userinfo_status: 200,
        }
    }
}

/// A provider that runs until it is dropped.
pub(super) struct Double {
    pub(super) issuer: String,
    inner: Arc<Mutex<Inner>>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

struct Inner {
    issuer: String,
    script: Script,
    /// The question whose code is given out next.
    asked: Option<Asked>,
    used: BTreeSet<String>,
    requests: Vec<String>,
    key: Ed25519KeyPair,
    other: Ed25519KeyPair,
}

impl Drop for Double {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Double {
    pub(super) async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address")).await
    }

    pub(super) async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let issuer = format!("http://{address}");
        let inner = Arc::new(Mutex::new(Inner {
            issuer: issuer.clone(),
            script: Script::default(),
            asked: None,
            used: BTreeSet::new(),
            requests: Vec::new(),
            key: new_key(),
            other: new_key(),
        }));
        let server = tokio::spawn(serve(listener, Arc::clone(&inner)));
        Self { issuer, inner, address, server }
    }

    /// Stops listening; gives the address for another.
    pub(super) async fn stop(mut self) -> SocketAddr {
        self.server.abort();
        let _ = (&mut self.server).await;
        self.address
    }

    pub(super) fn says(&self, script: Script) {
        self.lock().script = script;
    }

    /// From now on codes that were used work again.
    pub(super) fn forget_codes(&self) {
        self.lock().used.clear();
    }

    /// How often a path was asked for.
    pub(super) fn count(&self, path: &str) -> usize {
        self.lock().requests.iter().filter(|seen| *seen == path).count()
    }

    /// The settings of a server that trusts this provider.
    pub(super) fn settings<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut settings = vec![
            ("PROMPTSYNC_OIDC_ISSUER", self.issuer.as_str()),
            ("PROMPTSYNC_OIDC_CLIENT_ID", CLIENT),
            ("PROMPTSYNC_OIDC_CLIENT_SECRET", SECRET),
            ("PROMPTSYNC_OUTBOUND_ALLOW", "127.0.0.1/32"),
            ("PROMPTSYNC_OIDC_GROUPS", "platform=admin, writers=editor"),
        ];
        settings.extend_from_slice(more);
        settings
    }

    /// Takes a browser's question, as the provider's own page does, and gives a code for it.
    pub(super) fn code_for(&self, asked: &Asked) -> String {
        self.lock().asked = Some(asked.clone());
        format!("code-{}", asked.get("state"))
    }

    /// Signs somebody in from beginning to end, as far as they get.
    pub(super) async fn sign_in(&self, app: &TestApp, browser: &mut Browser, script: Script) -> Reply {
        self.says(script);
        let asked = browser.start(app).await;
        let code = self.code_for(&asked);
        browser.back(app, &[("code", &code), ("state", asked.get("state")), ("iss", &self.issuer)]).await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("no holder of the lock panics")
    }
}

fn new_key() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key")
}

async fn serve(listener: TcpListener, inner: Arc<Mutex<Inner>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let inner = Arc::clone(&inner);
        tokio::spawn(async move {
            let answer = service_fn(move |request: Request<Incoming>| {
                let inner = Arc::clone(&inner);
                async move {
                    let (parts, body) = request.into_parts();
                    let body =
                        body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                    let authorization = parts.headers.get("authorization");
                    let authorization =
                        authorization.and_then(|value| value.to_str().ok()).unwrap_or_default();
                    let mut inner = inner.lock().expect("no holder of the lock panics");
                    Ok::<_, std::convert::Infallible>(inner.answer(parts.uri.path(), authorization, &body))
                }
            });
            let _ =
                http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

impl Inner {
    fn answer(&mut self, path: &str, authorization: &str, body: &[u8]) -> Response<Full<Bytes>> {
        self.requests.push(path.to_owned());
        match path {
            "/.well-known/openid-configuration" => {
                let mut document = json!({
                    "issuer": self.issuer,
                    "authorization_endpoint": format!("{}/authorize", self.issuer),
                    "token_endpoint": format!("{}/token", self.issuer),
                    "jwks_uri": format!("{}/keys", self.issuer),
                    "authorization_response_iss_parameter_supported": true,
                });
                lay(&mut document, &self.script.discovery);
                if self.script.discovery_bytes > 0 {
                    document["padding"] = json!("x".repeat(self.script.discovery_bytes));
                }
                reply(200, &document)
            }
            "/keys" => reply(
                200,
                &json!({ "keys": [{
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.script.published,
                "x": BASE64.encode(self.key.public_key()),
            }] }),
            ),
            "/token" => self.token(authorization, body),
            "/userinfo" if authorization == format!("Bearer {ACCESS}") => {
                let said = self.script.userinfo.clone().unwrap_or_else(|| json!({}));
                reply(self.script.userinfo_status, &said)
            }
            _ => reply(404, &json!({})),
        }
    }

    fn token(&mut self, authorization: &str, body: &[u8]) -> Response<Full<Bytes>> {
        if let Some(location) = &self.script.token_location {
            let mut moved = reply(307, &json!({}));
            moved.headers_mut().insert("location", location.parse().expect("an address"));
            return moved;
        }
        let asked = self.asked.clone().expect("somebody was sent here");
        let form: std::collections::BTreeMap<String, String> =
            form_urlencoded::parse(body).into_owned().collect();
        let get = |name: &str| form.get(name).map_or("", String::as_str);
        let challenge = BASE64.encode(Sha256::digest(get("code_verifier").as_bytes()));
        let right = get("code") == format!("code-{}", asked.get("state"))
            && get("redirect_uri") == asked.get("redirect_uri")
            && challenge == asked.get("code_challenge")
            && asked.get("code_challenge_method") == "S256"
            && authorization == basic();
        if !right || !self.used.insert(get("code").to_owned()) {
            return reply(
                400,
                &json!({ "error": "invalid_grant", "error_description": "<script>alert(1)</script>" }),
            );
        }
        let mut body = json!({
            "token_type": "Bearer", "expires_in": 300, "access_token": ACCESS, "id_token": self.id_token(&asked),
        });
        lay(&mut body, &self.script.token_body);
        reply(self.script.token_status, &body)
    }

    fn id_token(&self, asked: &Asked) -> String {
        let mut header = json!({ "alg": "EdDSA", "kid": self.script.key_id, "typ": "JWT" });
        let mut claims = json!({
            "iss": self.issuer, "sub": "ann", "aud": CLIENT, "nonce": asked.get("nonce"),
            "iat": NOW, "exp": NOW + 300, "at_hash": BASE64.encode(&Sha512::digest(ACCESS)[..32]),
            "email": "ann@example.com", "email_verified": true, "name": "Ann", "groups": ["platform"],
        });
        lay(&mut header, &self.script.header);
        lay(&mut claims, &self.script.claims);
        let message = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = match self.script.signer {
            Signer::Published => self.key.sign(message.as_bytes()).as_ref().to_vec(),
            Signer::Unknown => self.other.sign(message.as_bytes()).as_ref().to_vec(),
            Signer::Nobody => Vec::new(),
            Signer::ClientSecret => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{message}.{}", BASE64.encode(signature))
    }
}

/// Id and secret, each encoded as in a form (RFC 6749, 2.3.1).
fn basic() -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(CLIENT), encode(SECRET));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

fn lay(value: &mut Value, over: &Value) {
    for (name, new) in over.as_object().into_iter().flatten() {
        if new.is_null() {
            value.as_object_mut().expect("an object").remove(name);
        } else {
            value[name] = new.clone();
        }
    }
}

fn reply(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.to_string().into()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert("content-type", "application/json; charset=utf-8".parse().expect("ASCII"));
    response
}
