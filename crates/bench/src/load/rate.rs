//! Requests at a constant rate. Each is timed from the moment it was due, not from the moment it was sent: a server
//! that stops for a while is charged for everybody who had to wait.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read as _, Write as _},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::print_latencies;
use crate::{
    Outcome,
    answer::{Answer, read_head, request},
};

const CONNECTIONS: usize = 64;
/// What comes in this time is not counted.
const WARM_UP: Duration = Duration::from_millis(500);
/// How long answers may take after the last request.
const GRACE: Duration = Duration::from_secs(3);

/// What is asked for, and how often.
pub(crate) struct Wish<'a> {
    pub(crate) address: &'a str,
    pub(crate) path: &'a str,
    pub(crate) key: &'a str,
    pub(crate) per_second: u32,
    pub(crate) seconds: f64,
}

struct Client {
    socket: TcpStream,
    received: Vec<u8>,
    answer: Option<Answer>,
    due: Instant,
}

/// Asks, and prints the latencies.
pub(crate) fn run(wish: &Wish<'_>) -> Outcome {
    let request = request("GET", wish.path, wish.key, "");
    let mut poll = Poll::new()?;
    let begun = Instant::now();
    let mut clients = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let socket = std::net::TcpStream::connect(wish.address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket);
        poll.registry().register(&mut socket, Token(number), Interest::READABLE)?;
        clients.push(Client { socket, received: Vec::new(), answer: None, due: begun });
    }
    let gap = Duration::from_secs(1) / wish.per_second;
    let begun = Instant::now();
    let (counted, end) = (begun + WARM_UP, begun + WARM_UP + Duration::from_secs_f64(wish.seconds));
    let mut free: VecDeque<usize> = (0..CONNECTIONS).collect();
    let (mut waiting, mut next, mut latencies) = (VecDeque::new(), begun, Vec::new());
    let mut events = Events::with_capacity(CONNECTIONS);
    loop {
        let now = Instant::now();
        while next <= now && next < end {
            waiting.push_back(next);
            next += gap;
        }
        while let (Some(&number), Some(&due)) = (free.front(), waiting.front()) {
            free.pop_front();
            waiting.pop_front();
            let client = &mut clients[number];
            client.due = due;
            client.socket.write_all(request.as_bytes())?;
        }
        if now >= end && waiting.is_empty() && free.len() == CONNECTIONS {
            break;
        }
        if now > end + GRACE {
            // Whoever still waits has waited so long at least.
            let held = (0..CONNECTIONS).filter(|number| !free.contains(number));
            let left = held.map(|number| clients[number].due).chain(waiting);
            let waited: Vec<f64> = left.map(|due| (now - due).as_secs_f64() * 1e6).collect();
            println!("unanswered {}", waited.len());
            latencies.extend(waited);
            break;
        }
        // It never sleeps: the time to wake up would stand in the figures.
        poll.poll(&mut events, Some(Duration::ZERO))?;
        for ready in &events {
            let client = &mut clients[ready.token().0];
            if client.is_answered()? {
                free.push_back(ready.token().0);
                if client.due >= counted {
                    latencies.push(client.due.elapsed().as_secs_f64() * 1e6);
                }
            }
        }
    }
    print_latencies(latencies);
    Ok(())
}

impl Client {
    /// Reads what is there, and says whether the answer is complete.
    fn is_answered(&mut self) -> Outcome<bool> {
        let mut chunk = [0; 16_384];
        loop {
            let count = match self.socket.read(&mut chunk) {
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            };
            self.received.extend_from_slice(&chunk[..count]);
            if self.answer.is_none() {
                self.answer = read_head(&self.received)?;
            }
            let Some(answer) = self.answer else { continue };
            if answer.status != 200 {
                return Err(String::from_utf8_lossy(&self.received).into_owned().into());
            }
            if self.received.len() >= answer.bytes {
                self.received.clear();
                self.answer = None;
                return Ok(true);
            }
        }
    }
}
