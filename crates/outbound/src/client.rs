//! Requests to other people's servers.

use std::{
    error::Error,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response, header};
use reqwest::{Certificate, redirect};

use crate::{
    Lookup, Policy, Refused, SystemLookup,
    resolver::{Guard, NameError},
};

/// What an answer may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To a connection.
    pub connect: Duration,
    /// For a request and its whole answer.
    pub total: Duration,
    /// Bytes of an answer's body.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(30), bytes: 8 << 20 }
    }
}

/// A request that got no answer to use. No variant holds the URL: it may hold a secret.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The URL may not be called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The other server cannot be reached, or does not speak HTTP or TLS as it should.
    #[error("the other server cannot be reached: {reason}")]
    Unreachable {
        /// The innermost cause.
        reason: String,
    },
    /// The answer took too long.
    #[error("the other server did not answer within {} s", .limit.as_secs())]
    TooSlow {
        /// For a request and its whole answer.
        limit: Duration,
    },
    /// The answer is too long.
    #[error("the other server's answer is longer than {limit} bytes")]
    TooLong {
        /// Bytes that are read.
        limit: usize,
    },
    /// The answer is compressed although that was not asked for: its size cannot be bounded.
    #[error("the other server's answer is compressed although that was not asked for")]
    Compressed,
}

/// A client that calls only what its policy allows. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    policy: Arc<Policy>,
    guard: Guard,
    limits: Limits,
    authorities: Vec<Certificate>,
    /// Made at the first request: reading the system's certificates takes longer than a server's start.
    http: OnceLock<Result<reqwest::Client, String>>,
}

impl Client {
    /// A client with the system's resolver and the usual limits. No connection is made yet.
    pub fn new(policy: Policy) -> Self {
        Self::with(policy, Limits::default(), Arc::new(SystemLookup), Vec::new())
    }

    /// A client with other limits, another resolver, and certificate authorities besides the system's.
    pub fn with(
        policy: Policy,
        limits: Limits,
        lookup: Arc<dyn Lookup>,
        authorities: Vec<Certificate>,
    ) -> Self {
        let policy = Arc::new(policy);
        let guard = Guard::new(Arc::clone(&policy), lookup);
        Self(Arc::new(Inner { policy, guard, limits, authorities, http: OnceLock::new() }))
    }

    /// What may be called.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Says whether a URL may be called now, its name resolved: for when it is stored. A request judges it again.
    pub async fn check(&self, url: &str) -> Result<(), SendError> {
        let url = self.0.policy.check(url)?;
        let name = url.host_str().unwrap_or_default();
        let is_address = name.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok();
        if !is_address {
            self.0.guard.addresses(name).await.map_err(|error| match error {
                NameError::Refused(refused) => refused.into(),
                NameError::Lookup(cause) => SendError::Unreachable { reason: cause.to_string() },
            })?;
        }
        Ok(())
    }

    /// Sends a request and reads the whole answer, whatever its status.
    pub async fn send<B: Into<Bytes>>(&self, request: Request<B>) -> Result<Response<Bytes>, SendError> {
        let (parts, body) = request.into_parts();
        let url = self.0.policy.check(&parts.uri.to_string())?;
        let mut headers = parts.headers;
        // The host is the URL's: another name would reach another tenant of the machine that was judged.
        headers.remove(header::HOST);
        headers.insert(header::ACCEPT_ENCODING, header::HeaderValue::from_static("identity"));
        let sending = self.http()?.request(parts.method, url).headers(headers).body(body.into());
        let mut answer = sending.send().await.map_err(|error| self.failed(&error))?;
        let encoding = answer.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(SendError::Compressed);
        }
        let too_long = SendError::TooLong { limit: self.0.limits.bytes };
        if answer.content_length().is_some_and(|length| length > self.0.limits.bytes as u64) {
            return Err(too_long);
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failed(&error))? {
            if bytes.len() + chunk.len() > self.0.limits.bytes {
                return Err(too_long);
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = Response::new(bytes.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    fn http(&self) -> Result<&reqwest::Client, SendError> {
        let made = self.0.http.get_or_init(|| self.0.build().map_err(|error| innermost(&error)));
        made.as_ref().map_err(|reason| SendError::Unreachable { reason: reason.clone() })
    }

    fn failed(&self, error: &reqwest::Error) -> SendError {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(NameError::Refused(refused)) = error.downcast_ref() {
                return refused.clone().into();
            }
            cause = error.source();
        }
        if error.is_timeout() {
            return SendError::TooSlow { limit: self.0.limits.total };
        }
        SendError::Unreachable { reason: innermost(error) }
    }
}

impl Inner {
    fn build(&self) -> reqwest::Result<reqwest::Client> {
        // An error here means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .user_agent(concat!("promptsync/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(self.guard.clone())
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.limits.connect)
            .timeout(self.limits.total)
            .tls_certs_merge(self.authorities.iter().cloned())
            .build()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("policy", &self.0.policy).field("limits", &self.0.limits).finish()
    }
}

/// The cause behind all wrappers: the outer ones name the URL.
fn innermost(error: &dyn Error) -> String {
    let mut words = "the request failed".to_owned();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    words
}
