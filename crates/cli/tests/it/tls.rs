//! The server's process with TLS: it sees that its certificate was renewed, and reads it when it is told to.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use promptsync_testing::{
    Authority,
    authority::{Pair, put},
};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use crate::Sandbox;

/// What takes so long is a failure.
const NEVER: Duration = Duration::from_mins(1);

/// A running server with a certificate.
struct Server {
    sandbox: Sandbox,
    authority: Authority,
    address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts one with a certificate of its own authority, which it gives too.
    fn start() -> (Self, CertificateDer<'static>) {
        let (sandbox, authority) = (Sandbox::new().env("PROMPTSYNC_LOG", "info"), Authority::new());
        let first = authority.renew(sandbox.path());
        let log = File::create(sandbox.path().join("log")).expect("a log");
        let mut child = sandbox
            .command(&["serve", "--data-dir", "data", "--listen", "127.0.0.1:0"])
            .env("PROMPTSYNC_TLS_CERTIFICATE", sandbox.path().join("certificate.pem"))
            .env("PROMPTSYNC_TLS_KEY", sandbox.path().join("key.pem"))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on https://").unwrap_or_else(|| panic!("{line:?}"));
        let address = address.parse().expect("an address");
        (Self { sandbox, authority, address, child }, first)
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let socket = TcpStream::connect(self.address).await.expect("the server listens");
        let name = ServerName::try_from("localhost").expect("a name");
        // A client that was here before would resume its session and look at no certificate.
        self.authority.connector(&[]).connect(name, socket).await.expect("a certificate of the authority")
    }

    /// Connects until this certificate is presented.
    async fn presents(&self, wanted: &CertificateDer<'static>) {
        let started = Instant::now();
        while presented(&self.connect().await) != *wanted {
            assert!(
                started.elapsed() < NEVER,
                "the certificate was not replaced: {}",
                self.sandbox.read("log")
            );
        }
    }

    /// Reads the log until it says this.
    async fn says(&self, words: &str) {
        let started = Instant::now();
        while !self.sandbox.read("log").contains(words) {
            assert!(
                started.elapsed() < NEVER,
                "the log does not say `{words}`: {}",
                self.sandbox.read("log")
            );
            tokio::task::yield_now().await;
        }
    }

    fn hang_up(&self) {
        let sent = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Writes a pair into the files as they are, so that nobody who looks at them sees a change: the same file, the same
    /// length, the same time.
    fn write_unseen(&self, pair: &Pair) {
        for (name, text) in [("certificate.pem", &pair.certificate), ("key.pem", &pair.key)] {
            let path = self.sandbox.path().join(name);
            let before = fs::metadata(&path).expect("a file").modified().expect("a time");
            let file = File::options().write(true).open(&path).expect("a file");
            std::io::Write::write_all(&mut &file, text.as_bytes()).expect("it is written");
            file.set_modified(before).expect("its time can be set");
        }
    }

    fn lengths(&self) -> [u64; 2] {
        ["certificate.pem", "key.pem"]
            .map(|name| fs::metadata(self.sandbox.path().join(name)).expect("a file").len())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn presented(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().expect("a chain")[0].clone().into_owned()
}

async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("the server reads");
    let mut bytes = [0; 4096];
    let count = stream.read(&mut bytes).await.expect("an answer");
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_seen_and_open_connections_stay() {
    let (server, first) = Server::start();
    let mut open = server.connect().await;
    assert!(presented(&open) == first && ask(&mut open).await.starts_with("HTTP/1.1 200"));
    let second = server.authority.renew(server.sandbox.path());
    server.presents(&second).await;
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200"), "the connection from before stays");
    put(server.sandbox.path(), "key.pem", "not a key");
    server.says("the new TLS certificate cannot be used; the old one stays").await;
    assert!(presented(&server.connect().await) == second);
    let third = server.authority.renew(server.sandbox.path());
    server.presents(&third).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_makes_it_read_files_that_look_unchanged() {
    let (server, first) = Server::start();
    let lengths = server.lengths();
    let same_length = |pair: &Pair| [pair.certificate.len() as u64, pair.key.len() as u64] == lengths;
    let pair = std::iter::repeat_with(|| server.authority.pair()).find(same_length).expect("they never end");
    assert!(pair.der != first);
    server.write_unseen(&pair);
    server.hang_up();
    server.presents(&pair.der).await;
}
