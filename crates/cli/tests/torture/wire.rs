//! A client that knows of each request whether it was answered: it sends nothing twice by itself.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

/// One connection at a time, kept open.
pub(crate) struct Wire {
    address: String,
    key: String,
    patience: Duration,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No connection was made: nobody can have read the request.
    Unsent,
    /// Nobody knows what became of it.
    Unanswered,
}

impl Wire {
    pub(crate) fn new(address: &str, key: &str) -> Self {
        let patience = Duration::from_secs(20);
        Self { address: address.to_owned(), key: key.to_owned(), patience, connection: None }
    }

    /// The same, giving up on an answer after this time.
    pub(crate) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(crate) fn get(&mut self, target: &str) -> Result<Reply, Failure> {
        self.send("GET", target, "", None)
    }

    /// Sends a request; `headers` are whole lines.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &str,
        body: Option<&Value>,
    ) -> Result<Reply, Failure> {
        if self.connection.is_none() {
            let connection = TcpStream::connect(&self.address).map_err(|_| Failure::Unsent)?;
            connection
                .set_nodelay(true)
                .and_then(|()| connection.set_read_timeout(Some(self.patience)))
                .expect("a socket takes options");
            self.connection = Some(BufReader::new(connection));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n{kind}{headers}content-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let answer = self.connection.as_mut().and_then(|connection| ask(connection, &request));
        if answer.as_ref().is_none_or(|reply| reply.header("connection") == "close") {
            self.connection = None;
        }
        answer.ok_or(Failure::Unanswered)
    }
}

/// Writes a request and reads the whole answer; nothing when the connection ends or is silent before that.
fn ask(connection: &mut BufReader<TcpStream>, request: &str) -> Option<Reply> {
    connection.get_mut().write_all(request.as_bytes()).ok()?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let mut reply = Reply { status, head: head.to_ascii_lowercase(), body: Vec::new() };
    reply.body = vec![0; reply.header("content-length").parse().unwrap_or(0)];
    connection.read_exact(&mut reply.body).ok()?;
    Some(reply)
}

impl Reply {
    /// A header, empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        let values = self.head.lines().filter_map(|line| line.split_once(": "));
        values.filter(|(found, _)| *found == name).map(|(_, value)| value).next().unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
