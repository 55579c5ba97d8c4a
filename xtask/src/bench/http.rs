//! One HTTP request, sent by hand: a client of our own would be measured with the server.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::steps::Result;

/// Sends a request on a connection of its own. A status other than 2xx is an error with the body.
pub(super) fn send(address: &str, key: &str, method: &str, path: &str, body: &str) -> Result<String> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes())?;
    connection.write_all(body.as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the server's answer has no end of headers")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') {
        Ok(body.to_owned())
    } else {
        Err(format!(
            "{method} {path} was answered with {status}: {}",
            body.chars().take(600).collect::<String>()
        )
        .into())
    }
}
