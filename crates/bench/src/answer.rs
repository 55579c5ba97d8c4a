//! Reading answers: just enough HTTP to know how each ended.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::Outcome;

const MOST_HEADERS: usize = 64;

/// Where an answer ends, and its status.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Head and body together.
    pub(crate) bytes: usize,
}

/// Reads the head of an answer; nothing while it is not complete.
pub(crate) fn read_head(received: &[u8]) -> Outcome<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = answer.parse(received)? else { return Ok(None) };
    let length = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(Ok("0"), |header| std::str::from_utf8(header.value))?;
    let status = answer.code.ok_or("an answer without a status")?;
    Ok(Some(Answer { status, bytes: head + length.parse::<usize>()? }))
}

/// A connection on which one request after the other is sent.
pub(crate) struct Connection {
    socket: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: &str) -> Outcome<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, received: Vec::new() })
    }

    /// Sends bytes, and does not wait for the answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> Outcome {
        Ok(self.socket.write_all(request)?)
    }

    /// Waits for the answer. Another status than 2xx is an error with the body.
    pub(crate) fn receive(&mut self) -> Outcome {
        self.received.clear();
        let mut chunk = [0; 16_384];
        let mut answer = None;
        while answer.is_none_or(|Answer { bytes, .. }| self.received.len() < bytes) {
            let count = self.socket.read(&mut chunk)?;
            if count == 0 {
                return Err("the connection was closed before the answer was complete".into());
            }
            self.received.extend_from_slice(&chunk[..count]);
            answer = match answer {
                None => read_head(&self.received)?,
                known => known,
            };
        }
        match answer {
            Some(Answer { status: 200..300, .. }) => Ok(()),
            _ => Err(String::from_utf8_lossy(&self.received).into_owned().into()),
        }
    }

    /// Waits for one line, as Redis answers.
    pub(crate) fn receive_line(&mut self) -> Outcome {
        self.received.clear();
        let mut chunk = [0; 256];
        while !self.received.ends_with(b"\r\n") {
            let count = self.socket.read(&mut chunk)?;
            if count == 0 {
                return Err("the connection was closed before the answer was complete".into());
            }
            self.received.extend_from_slice(&chunk[..count]);
        }
        if self.received.starts_with(b"-") {
            return Err(String::from_utf8_lossy(&self.received).into_owned().into());
        }
        Ok(())
    }
}

/// A request with a key. What is put may replace whatever is there.
pub(crate) fn request(method: &str, path: &str, key: &str, body: &str) -> String {
    let condition = if method == "PUT" { "if-match: *\r\n" } else { "" };
    let about_body = if body.is_empty() {
        String::new()
    } else {
        format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
    };
    format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n{condition}{about_body}\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc";
        for cut in 0..whole.len() - 3 {
            assert!(read_head(&whole[..cut]).unwrap().is_none(), "{cut}");
        }
        let answer = read_head(whole).unwrap().unwrap();
        assert_eq!((answer.status, answer.bytes), (201, whole.len()));
    }

    #[test]
    fn an_answer_without_a_length_ends_with_its_head() {
        let whole = b"HTTP/1.1 304 Not Modified\r\netag: \"1\"\r\n\r\n";
        let answer = read_head(whole).unwrap().unwrap();
        assert_eq!((answer.status, answer.bytes), (304, whole.len()));
    }
}
