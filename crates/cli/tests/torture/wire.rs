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
    /// The connection ended, or was silent, before an answer began.
    Unanswered,
    /// It ended within the answer.
    Torn,
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
            self.connection = Some(BufReader::new(self.connect()?));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n{kind}{headers}content-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let connection = self.connection.as_mut().ok_or(Failure::Unsent)?;
        let answer = ask(connection, &request);
        if answer.as_ref().ok().is_none_or(|reply| reply.header("connection") == "close") {
            self.connection = None;
        }
        answer
    }

    /// Asks for a stream, on a connection of its own.
    pub(crate) fn open(&self, target: &str) -> Result<TcpStream, Failure> {
        let mut connection = self.connect()?;
        let request =
            format!("GET {target} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n\r\n", self.key);
        connection.write_all(request.as_bytes()).map_err(|_| Failure::Unanswered)?;
        Ok(connection)
    }

    fn connect(&self) -> Result<TcpStream, Failure> {
        let connection = TcpStream::connect(&self.address).map_err(|_| Failure::Unsent)?;
        let set =
            connection.set_nodelay(true).and_then(|()| connection.set_read_timeout(Some(self.patience)));
        set.expect("a socket takes options");
        Ok(connection)
    }
}

/// Writes a request and reads the whole answer.
fn ask(connection: &mut BufReader<TcpStream>, request: &str) -> Result<Reply, Failure> {
    // Who cannot write any more may find the answer of a server that says good-bye.
    let _ = connection.get_mut().write_all(request.as_bytes());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if !matches!(connection.read_line(&mut head), Ok(1..)) {
            return Err(if head.is_empty() { Failure::Unanswered } else { Failure::Torn });
        }
    }
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(Failure::Torn)?;
    let mut reply = Reply { status, head: head.to_ascii_lowercase(), body: Vec::new() };
    reply.body = vec![0; reply.header("content-length").parse().unwrap_or(0)];
    connection.read_exact(&mut reply.body).map_err(|_| Failure::Torn)?;
    Ok(reply)
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
