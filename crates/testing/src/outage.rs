//! Ways in which a server that others need can be away.

use std::{
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, kill_process, setrlimit};

pub use rustix::process::Signal;

/// How a server is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// Its processes were killed: connections are refused.
    Killed,
    /// Its processes stand still: connections open, and nothing answers.
    Stopped,
    /// Something accepts connections and closes them at once.
    Refusing,
}

impl Outage {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Killed, Self::Stopped, Self::Refusing];
}

/// Something that closes every connection to a port, until it goes away.
#[derive(Debug)]
pub(crate) struct Refusal {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Refusal {
    /// Takes the port of a server that was killed.
    pub(crate) fn on(port: u16) -> Self {
        let listener = loop {
            if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
                break listener;
            }
            thread::sleep(Duration::from_millis(10));
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread =
            thread::spawn(move || while listener.accept().is_ok() && !stopped.load(Ordering::Relaxed) {});
        Self { port, stop, thread: Some(thread) }
    }
}

impl Drop for Refusal {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // The thread looks at the flag when somebody connects.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Sends a signal to a process, which may have ended by itself.
pub fn send(process: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// A port nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port()
}

/// Asks for as many open files as this process may have.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
