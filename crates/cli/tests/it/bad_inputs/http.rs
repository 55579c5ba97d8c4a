//! Requests and answers, byte for byte: a client library would mend what is sent here.

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

/// Longer than any answer takes, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A header line of requests that are sent without any key.
pub(super) const NO_KEY: &str = "No-Key: 1";

/// What is sent.
pub(super) enum Request {
    /// These bytes.
    Raw(Vec<u8>),
    /// Method, address, header lines and body.
    Http { method: &'static str, target: String, headers: Vec<String>, body: Vec<u8> },
}

impl Request {
    /// The same request with a header line more.
    pub(super) fn header(mut self, line: impl Into<String>) -> Self {
        if let Self::Http { headers, .. } = &mut self {
            headers.push(line.into());
        }
        self
    }

    /// The bytes that are sent, with the admin's key when no header line says otherwise.
    pub(super) fn bytes(&self, host: &str, key: &str) -> Vec<u8> {
        let (method, target, headers, body) = match self {
            Self::Raw(bytes) => return bytes.clone(),
            Self::Http { method, target, headers, body } => (method, target, headers, body),
        };
        let mut lines = vec![format!("{method} {target} HTTP/1.1"), "Connection: close".to_owned()];
        lines.extend_from_slice(headers);
        let names = |name: &str| headers.iter().any(|line| line.starts_with(name));
        if !names("Host:") {
            lines.push(format!("Host: {host}"));
        }
        if !names("Authorization:") && !names(NO_KEY) {
            lines.push(format!("Authorization: Bearer {key}"));
        }
        if !body.is_empty() {
            lines.push(format!("Content-Length: {}", body.len()));
        }
        [lines.join("\r\n").as_bytes(), b"\r\n\r\n", body].concat()
    }
}

pub(super) fn get(target: impl Into<String>) -> Request {
    Request::Http { method: "GET", target: target.into(), headers: Vec::new(), body: Vec::new() }
}

pub(super) fn post(target: impl Into<String>, body: &Value) -> Request {
    post_bytes(target, body.to_string())
}

pub(super) fn post_bytes(target: impl Into<String>, body: impl Into<Vec<u8>>) -> Request {
    let headers = vec!["Content-Type: application/json".to_owned()];
    Request::Http { method: "POST", target: target.into(), headers, body: body.into() }
}

pub(super) fn put(target: impl Into<String>, body: &Value) -> Request {
    let headers = vec!["Content-Type: application/json".to_owned()];
    Request::Http { method: "PUT", target: target.into(), headers, body: body.to_string().into() }
}

/// A push of these files.
pub(super) fn push<P: AsRef<str>, T: AsRef<str>>(files: &[(P, T)]) -> Request {
    let files: Vec<Value> = files
        .iter()
        .map(|(path, content)| json!({ "path": path.as_ref(), "content": content.as_ref() }))
        .collect();
    post("/api/projects/shop/push", &json!({ "files": files }))
}

/// Publishes one prompt: a good one, but for these fields.
pub(super) fn publish(fields: &Value) -> Request {
    let mut body = json!({ "name": "fresh", "content": "Hi" });
    for (key, value) in fields.as_object().expect("fields") {
        body[key] = value.clone();
    }
    post("/api/prompts", &body)
}

/// An answer, as it came.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Status, code, and the codes of a push's files.
    pub(super) fn outcome(&self) -> String {
        let body = self.json();
        let mut parts = vec![self.status.to_string()];
        if self.status >= 400 {
            parts.push(body["code"].as_str().unwrap_or("?").to_owned());
        }
        if body["code"] == "push_refused" {
            let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
            let codes: BTreeSet<_> = errors.iter().filter_map(|error| error["code"].as_str()).collect();
            parts.extend(codes.into_iter().map(str::to_owned));
        }
        parts.join(" ")
    }
}

/// Sends bytes on a connection of their own and reads until the server closes it.
pub(super) fn send(address: &str, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    // A server may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let (mut got, mut chunk) = (Vec::new(), [0; 8192]);
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => got.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("no answer: {error}"),
        }
    }
    let whole = String::from_utf8(got).expect("an answer is text");
    let (head, text) = whole.split_once("\r\n\r\n").unwrap_or((&whole, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_owned(), text: text.to_owned() }
}
