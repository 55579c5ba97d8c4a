//! Many who listen and one who speaks: the time from the request until the last of them has the whole event.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream as Blocking,
    time::{Duration, Instant},
};

use memchr::memmem;
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::quantile;
use crate::{
    Outcome,
    answer::{Connection, request},
    control::streams::event,
};

/// An event that takes longer never comes.
const PATIENCE: Duration = Duration::from_secs(20);
const STREAM: &str = "/api/projects/bench/stream?alias=production";
const ALIAS: &str = "/api/aliases/production";
const CHANNEL: &str = "changes";

/// Who is asked, and what.
pub(crate) struct Wish<'a> {
    pub(crate) protocol: Protocol<'a>,
    pub(crate) address: &'a str,
    pub(crate) streams: usize,
    pub(crate) rounds: usize,
    /// The process whose memory is looked at.
    pub(crate) pid: &'a str,
}

/// How listening and speaking are said.
pub(crate) enum Protocol<'a> {
    /// Server-sent events; the prompt `event` moves between two versions.
    Http { key: &'a str },
    /// Redis's pub/sub, with events of so many bytes.
    Redis { bytes: usize },
}

struct Listener {
    socket: TcpStream,
    received: Vec<u8>,
}

/// Listens, speaks, and prints the median of the rounds.
pub(crate) fn run(wish: &Wish<'_>) -> Outcome {
    // The first shows what a listener costs the first time, which is not what each costs.
    let first = wish.protocol.listen(wish.address)?;
    let before = resident(wish.pid)?;
    let mut sockets = vec![first];
    for _ in 1..wish.streams {
        sockets.push(wish.protocol.listen(wish.address)?);
    }
    let grown = resident(wish.pid)?.saturating_sub(before) * 1024;
    println!("bytes_per_stream {}", grown / wish.streams.saturating_sub(1).max(1));

    let mut poll = Poll::new()?;
    let mut listeners = Vec::with_capacity(wish.streams);
    for (number, socket) in sockets.into_iter().enumerate() {
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket);
        poll.registry().register(&mut socket, Token(number), Interest::READABLE)?;
        listeners.push(Listener { socket, received: Vec::new() });
    }
    let mut speaker = Connection::open(wish.address)?;
    let (mut rounds, mut event) = (Vec::with_capacity(wish.rounds), 0);
    for round in 0..=wish.rounds {
        let message = wish.protocol.message(round);
        let begun = Instant::now();
        speaker.send(&message)?;
        let bytes = hear(&mut poll, &mut listeners, begun)?;
        let taken = begun.elapsed().as_secs_f64() * 1e3;
        wish.protocol.confirm(&mut speaker)?;
        event = bytes;
        // The first is not counted: buffers grow, and it may move the alias to where it stands.
        if round > 0 {
            rounds.push(taken);
        }
    }
    println!("event_bytes {event}");
    rounds.sort_by(f64::total_cmp);
    println!("last_ms {:.3}", quantile(&rounds, 0.5));
    println!("bytes_per_stream_after {}", (resident(wish.pid)?.saturating_sub(before) * 1024) / wish.streams);
    Ok(())
}

/// Waits until each has the event; says how long it was.
fn hear(poll: &mut Poll, listeners: &mut [Listener], begun: Instant) -> Outcome<usize> {
    let mut events = Events::with_capacity(4096);
    let (mut left, mut bytes) = (listeners.len(), 0);
    let mut chunk = vec![0; 65_536];
    while left > 0 {
        if begun.elapsed() > PATIENCE {
            return Err(format!("{left} of {} never had the event", listeners.len()).into());
        }
        poll.poll(&mut events, Some(Duration::from_millis(100)))?;
        for ready in &events {
            let listener = &mut listeners[ready.token().0];
            loop {
                match listener.socket.read(&mut chunk) {
                    Ok(0) => return Err("the server closed a stream".into()),
                    Ok(count) => {
                        if let Some(length) = listener.take(&chunk[..count]) {
                            (left, bytes) = (left - 1, length);
                        }
                        // What did not fill the buffer was all there is.
                        if count < chunk.len() {
                            break;
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(bytes)
}

impl Listener {
    /// Takes what came, and gives the length of the event once it is whole. Signs of life are passed over.
    fn take(&mut self, chunk: &[u8]) -> Option<usize> {
        self.received.extend_from_slice(chunk);
        let begin = memmem::find(&self.received, b"event: change")?;
        let end = memmem::find(&self.received[begin..], b"\n\n")?;
        self.received.clear();
        Some(end + 2)
    }
}

impl<'a> Protocol<'a> {
    /// Reads the name, and what belongs to it.
    pub(crate) fn read(name: &str, rest: &'a str) -> Outcome<Self> {
        match name {
            "http" => Ok(Self::Http { key: rest }),
            "redis" => Ok(Self::Redis { bytes: rest.parse()? }),
            _ => Err(format!("`{name}` is neither http nor redis").into()),
        }
    }

    /// Opens a stream, and waits until it is open.
    fn listen(&self, address: &str) -> Outcome<Blocking> {
        let mut socket = Blocking::connect(address)?;
        socket.set_nodelay(true)?;
        let (request, opened) = match self {
            Self::Http { key } => (request("GET", STREAM, key, ""), "\r\n\r\n"),
            Self::Redis { .. } => (format!("SUBSCRIBE {CHANNEL}\r\n"), ":1\r\n"),
        };
        socket.write_all(request.as_bytes())?;
        let (mut received, mut chunk) = (Vec::new(), [0; 2048]);
        while memmem::find(&received, opened.as_bytes()).is_none() {
            let count = socket.read(&mut chunk)?;
            if count == 0 {
                return Err("a stream was closed before it was open".into());
            }
            received.extend_from_slice(&chunk[..count]);
        }
        if matches!(self, Self::Http { .. }) && !received.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&received).into_owned().into());
        }
        Ok(socket)
    }

    fn message(&self, round: usize) -> Vec<u8> {
        match self {
            Self::Http { key } => {
                let version = if round.is_multiple_of(2) { "1.0.1" } else { "1.0.0" };
                let body = format!("{{\"prompt\":\"event\",\"version\":\"{version}\"}}");
                request("PUT", ALIAS, key, &body).into_bytes()
            }
            Self::Redis { bytes } => {
                let (event, name) = (event(*bytes), CHANNEL.len());
                let mut message =
                    format!("*3\r\n$7\r\nPUBLISH\r\n${name}\r\n{CHANNEL}\r\n${}\r\n", event.len())
                        .into_bytes();
                message.extend_from_slice(&event);
                message.extend_from_slice(b"\r\n");
                message
            }
        }
    }

    /// Waits until the speaker was answered.
    fn confirm(&self, speaker: &mut Connection) -> Outcome {
        match self {
            Self::Http { .. } => speaker.receive(),
            Self::Redis { .. } => speaker.receive_line(),
        }
    }
}

/// Resident memory of a process, in KiB.
fn resident(pid: &str) -> Outcome<usize> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_counts_once_it_is_whole_and_signs_of_life_do_not() {
        let (client, _server) = pair();
        let mut listener = Listener { socket: TcpStream::from_std(client), received: Vec::new() };
        assert_eq!(listener.take(b":\n\n"), None);
        assert_eq!(listener.take(b"event: change\nid: 1\nda"), None);
        assert_eq!(listener.take(b"ta: x\n\n"), Some(29));
        assert_eq!(listener.take(&event(256)), Some(256));
    }

    fn pair() -> (Blocking, Blocking) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = Blocking::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }
}
