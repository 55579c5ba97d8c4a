//! Sending a request and reading its answer.

use std::{error::Error as _, net::IpAddr, time::Duration};

use promptsync_api::{error::ErrorBody, page::Page};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header, redirect};
use serde::{Serialize, de::DeserializeOwned};

use crate::ClientError;

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long to wait for a whole answer; a push of 10,000 prompts takes a few seconds.
const ANSWER: Duration = Duration::from_mins(1);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 64 << 20;
/// The largest refusal that is read, in bytes.
const LARGEST_REFUSAL: usize = 1 << 20;

/// A connection to one server. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    key: Option<header::HeaderValue>,
    /// For whom somebody in between asks.
    forwarded_for: Option<header::HeaderValue>,
}

/// A thing and its tag, for `If-Match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged<T> {
    /// The thing.
    pub value: T,
    /// Its `ETag`, as the server sent it.
    pub etag: Option<String>,
}

impl Client {
    /// A client of the server at `url`, such as `http://127.0.0.1:7979`. No connection is made yet.
    pub fn new(url: &str, key: Option<&str>) -> Result<Self, ClientError> {
        let bad = |reason: String| ClientError::BadUrl { url: url.to_owned(), reason };
        let mut base = Url::parse(url).map_err(|error| bad(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(bad("expected http://HOST or https://HOST".to_owned()));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(ClientError::BadUrl {
                url: base.host_str().unwrap_or_default().to_owned(),
                reason: "it holds a user name or password; keys are passed in PROMPTSYNC_API_KEY".to_owned(),
            });
        }
        base.set_query(None);
        base.set_fragment(None);
        let key = key.map(bearer).transpose()?;
        let http = http(&base).map_err(|error| bad(error.to_string()))?;
        Ok(Self { http, base, key, forwarded_for: None })
    }

    /// The same connection for somebody else's key, who asks from this address.
    pub fn on_behalf(&self, key: &str, address: Option<IpAddr>) -> Result<Self, ClientError> {
        let forwarded_for =
            address.and_then(|address| header::HeaderValue::from_str(&address.to_string()).ok());
        Ok(Self { key: Some(bearer(key)?), forwarded_for, ..self.clone() })
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Scheme, host and port: whom a secret may be sent to.
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Whether the key would travel readable for others: plain HTTP to another machine.
    pub fn is_exposed(&self) -> bool {
        let local = match self.base.host_str() {
            Some("localhost" | "[::1]") => true,
            Some(host) => host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
            None => false,
        };
        self.base.scheme() == "http" && !local
    }

    pub(crate) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut request = self.http.request(method, url);
        if let Some(address) = &self.forwarded_for {
            request = request.header("x-forwarded-for", address);
        }
        match &self.key {
            Some(key) => request.header(header::AUTHORIZATION, key),
            None => request,
        }
    }

    pub(crate) fn get(&self, path: &[&str]) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) async fn answer<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, ClientError> {
        let response = self.send(request).await?;
        self.read(response).await
    }

    pub(crate) async fn tagged<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Tagged<T>, ClientError> {
        let response = self.send(request).await?;
        let etag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Tagged { value: self.read(response).await?, etag })
    }

    /// Every item of a list, page by page.
    pub(crate) async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, ClientError> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut request = self.get(path).query(query).query(&[("limit", "100")]);
            if let Some(cursor) = &cursor {
                request = request.query(&[("cursor", cursor)]);
            }
            let page: Page<T> = self.answer(request).await?;
            let is_empty = page.items.is_empty();
            items.extend(page.items);
            // A server that answers with the same cursor for ever must not keep us.
            if page.next_cursor.is_none() || page.next_cursor == cursor || is_empty {
                return Ok(items);
            }
            cursor = page.next_cursor;
        }
    }

    pub(crate) async fn text(&self, request: RequestBuilder) -> Result<String, ClientError> {
        let response = self.send(request).await?;
        let status = response.status().as_u16();
        let bytes = self.bytes(response).await?;
        String::from_utf8(bytes).map_err(|error| self.unreadable(status, error.to_string()))
    }

    /// The body as it is.
    pub(crate) async fn whole(&self, request: RequestBuilder) -> Result<Vec<u8>, ClientError> {
        let response = self.send(request).await?;
        self.bytes(response).await
    }

    pub(crate) async fn nothing(&self, request: RequestBuilder) -> Result<(), ClientError> {
        self.send(request).await.map(drop)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = self.open(request).await?;
        match response.status() {
            status if status.is_success() => Ok(response),
            status => Err(self.unreadable(status.as_u16(), "it was not asked conditionally".to_owned())),
        }
    }

    /// Sends a request; its answer is a success or 304, and its body unread.
    pub(crate) async fn open(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| self.failed(&error))?;
        let status = response.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        let status = status.as_u16();
        let bytes = self.bytes_up_to(response, LARGEST_REFUSAL).await?;
        match serde_json::from_slice::<ErrorBody>(&bytes) {
            Ok(body) => Err(ClientError::Refused { body: Box::new(ErrorBody { status, ..body }) }),
            Err(error) => Err(self.unreadable(status, error.to_string())),
        }
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let status = response.status().as_u16();
        let bytes = self.bytes(response).await?;
        serde_json::from_slice(&bytes).map_err(|error| self.unreadable(status, error.to_string()))
    }

    async fn bytes(&self, response: Response) -> Result<Vec<u8>, ClientError> {
        self.bytes_up_to(response, LARGEST).await
    }

    /// The body, when it is no longer than this.
    pub(crate) async fn bytes_up_to(
        &self,
        mut response: Response,
        limit: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(&error))? {
            if bytes.len() + chunk.len() > limit {
                return Err(ClientError::TooLarge { url: self.url().to_owned(), limit });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    pub(crate) fn failed(&self, error: &reqwest::Error) -> ClientError {
        let url = self.url().to_owned();
        if error.is_timeout() {
            return ClientError::Timeout { url };
        }
        let mut reason = error.source();
        while let Some(deeper) = reason.and_then(std::error::Error::source) {
            reason = Some(deeper);
        }
        let reason = reason.map_or_else(|| "the request failed".to_owned(), ToString::to_string);
        ClientError::Unreachable { url, reason }
    }

    pub(crate) fn unreadable(&self, status: u16, reason: String) -> ClientError {
        ClientError::Unreadable { url: self.url().to_owned(), status, reason }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("url", &self.url()).finish_non_exhaustive()
    }
}

pub(crate) fn with_body<T: Serialize>(request: RequestBuilder, body: &T) -> RequestBuilder {
    request.json(body)
}

fn bearer(key: &str) -> Result<header::HeaderValue, ClientError> {
    let value = header::HeaderValue::from_str(&format!("Bearer {key}"));
    let mut value = value.map_err(|_| ClientError::BadKey)?;
    value.set_sensitive(true);
    Ok(value)
}

fn http(base: &Url) -> Result<reqwest::Client, reqwest::Error> {
    // An error here means that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("promptsync/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        // A redirect would send the key to somebody else.
        .redirect(redirect::Policy::none());
    if base.scheme() == "http" {
        // Reading the system's certificates takes longer than most requests.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_no_server_is_refused() {
        for bad in ["", "localhost:7979", "ftp://x", "file:///etc/passwd", "http://", "http://user:pw@x"] {
            assert!(matches!(Client::new(bad, None), Err(ClientError::BadUrl { .. })), "{bad}");
        }
        assert!(Client::new("https://prompts.example", Some("ps_x")).is_ok());
        assert_eq!(Client::new("http://x", Some("a\nb")).err(), Some(ClientError::BadKey));
    }

    #[test]
    fn names_cannot_leave_their_place_in_the_path() {
        let client = Client::new("http://x/base/", None).expect("a good address");
        let request = client.get(&["api", "prompts", "../../a b?c#d", "v1"]).build().expect("a good request");
        assert_eq!(request.url().as_str(), "http://x/base/api/prompts/..%2F..%2Fa%20b%3Fc%23d/v1");
    }

    #[test]
    fn the_key_is_not_in_the_debug_text() {
        let client = Client::new("http://x", Some("ps_secret")).expect("a good address");
        assert!(!format!("{client:?}").contains("secret"));
    }

    #[test]
    fn only_plain_http_to_another_machine_exposes_the_key() {
        let cases = [
            ("http://127.0.0.1:7979", false),
            ("http://localhost:1", false),
            ("http://[::1]:1", false),
            ("https://prompts.example", false),
            ("http://prompts.example", true),
            ("http://127.evil.example", true),
        ];
        for (url, exposed) in cases {
            assert_eq!(Client::new(url, None).expect(url).is_exposed(), exposed, "{url}");
        }
    }
}
