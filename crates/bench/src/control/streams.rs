//! The least that a push can cost: one thread, one loop over the sockets, bytes that are ready.
//!
//! `GET` opens a stream, `PUT` sends each of them the event. Nothing is checked, signed, stored or remembered.

use std::{
    collections::HashMap,
    io::{ErrorKind, Read as _, Write as _},
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

use super::say;
use crate::Outcome;

const LISTENER: Token = Token(0);
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n\r\n";
const DONE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Serves until it is killed. Each event is so long altogether.
pub(crate) fn serve(event_bytes: usize) -> Outcome {
    let event = event(event_bytes);
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind("127.0.0.1:0".parse()?)?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    say(listener.local_addr()?);
    let mut sockets: HashMap<Token, TcpStream> = HashMap::new();
    let mut streams = Vec::new();
    let mut events = Events::with_capacity(1024);
    let mut chunk = [0; 8192];
    let mut next = LISTENER.0;
    loop {
        poll.poll(&mut events, None)?;
        for ready in &events {
            if ready.token() == LISTENER {
                while let Ok((mut socket, _)) = listener.accept() {
                    next += 1;
                    socket.set_nodelay(true)?;
                    poll.registry().register(&mut socket, Token(next), Interest::READABLE)?;
                    sockets.insert(Token(next), socket);
                }
                continue;
            }
            let Some(socket) = sockets.get_mut(&ready.token()) else { continue };
            // A request of the load generator is one segment.
            match socket.read(&mut chunk) {
                Ok(0) => {
                    sockets.remove(&ready.token());
                    streams.retain(|token| *token != ready.token());
                }
                Ok(count) if chunk[..count].starts_with(b"GET ") => {
                    socket.write_all(HEAD)?;
                    streams.push(ready.token());
                }
                Ok(_) => {
                    socket.write_all(DONE)?;
                    for token in &streams {
                        if let Some(stream) = sockets.get_mut(token) {
                            stream.write_all(&event)?;
                        }
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// An event with the name that the server's events have.
pub(crate) fn event(bytes: usize) -> Vec<u8> {
    let mut event = b"event: change\nid: 1\ndata: ".to_vec();
    event.resize(bytes.saturating_sub(2).max(event.len()), b'x');
    event.extend_from_slice(b"\n\n");
    event
}
