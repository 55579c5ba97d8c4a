//! A Redis server of a test's own, that can be killed, stopped and made to refuse.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    authority::Authority,
    outage::{Outage, Refusal, free_port, send},
};

/// The server. It ends when this value goes away.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    port: u16,
    has_tls: bool,
    process: Option<Child>,
    refusal: Option<Refusal>,
}

impl Redis {
    /// Starts one on a free port; nothing when Redis is not installed.
    pub fn start() -> Option<Self> {
        Self::started(None)
    }

    /// The same with TLS, and a certificate of this authority.
    pub fn start_with_tls(authority: &Authority) -> Option<Self> {
        Self::started(Some(authority))
    }

    fn started(authority: Option<&Authority>) -> Option<Self> {
        let is_there = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        is_there.ok().filter(std::process::ExitStatus::success)?;
        let folder = TempDir::new().expect("a folder");
        if let Some(authority) = authority {
            authority.renew(folder.path());
        }
        let has_tls = authority.is_some();
        let mut server = Self { folder, port: free_port(), has_tls, process: None, refusal: None };
        server.go();
        Some(server)
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        let scheme = if self.has_tls { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}/0", self.port)
    }

    /// Takes it away.
    pub fn take_away(&mut self, outage: Outage) {
        match outage {
            Outage::Killed => self.kill(),
            Outage::Stopped => self.signal(Signal::STOP),
            Outage::Refusing => {
                self.kill();
                self.refusal = Some(Refusal::on(self.port));
            }
        }
    }

    /// Brings it back, with what it had written to its file; it answers when this returns.
    pub fn bring_back(&mut self) {
        self.refusal = None;
        if self.process.is_some() {
            self.signal(Signal::CONT);
        } else {
            self.go();
        }
    }

    /// Sends a command as words and gives what comes back within a moment.
    pub fn ask(&self, words: &[&[u8]]) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("Redis listens");
        stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a limit");
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        stream.write_all(&request).expect("Redis reads");
        let mut answer = Vec::new();
        // It ends when nothing more comes.
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// Every byte it keeps, as it writes them to its file.
    pub fn dump(&self) -> Vec<u8> {
        let saved = self.ask(&[b"SAVE"]);
        assert!(saved.starts_with(b"+OK"), "{}", String::from_utf8_lossy(&saved));
        std::fs::read(self.folder.path().join("dump.rdb")).expect("a dump")
    }

    fn go(&mut self) {
        let mut command = Command::new("redis-server");
        let port = self.port.to_string();
        command.args(["--bind", "127.0.0.1", "--save", "3600 1"]).current_dir(self.folder.path());
        if self.has_tls {
            command.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]);
            command.args(["--tls-cert-file", "certificate.pem", "--tls-key-file", "key.pem"]);
        } else {
            command.args(["--port", &port]);
        }
        // Compressed values would hide what is looked for in a dump.
        command.args(["--rdbcompression", "no", "--appendonly", "yes", "--dir"]).arg(self.folder.path());
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.process = Some(process.expect("Redis starts"));
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "Redis is not ready");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            send(process.id(), signal);
        }
    }

    fn kill(&mut self) {
        self.signal(Signal::KILL);
        if let Some(mut process) = self.process.take() {
            let _ = process.wait();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
