//! TLS: which versions are spoken, and a certificate that is replaced while requests come in.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use promptsync_server::listen::{ListenLimits, Tls};
use promptsync_testing::{Authority, TestApp, authority::put};
use rustls::pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// What takes so long is a failure.
const NEVER: Duration = Duration::from_mins(1);

/// A server with TLS, and clients that believe its authority.
pub(crate) struct Fixture {
    pub(crate) app: TestApp,
    folder: TempDir,
    authority: Authority,
    first: CertificateDer<'static>,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let (folder, authority) = (TempDir::new().expect("a folder"), Authority::new());
        let first = authority.renew(folder.path());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (certificate, key) = (path("certificate.pem"), path("key.pem"));
        let settings =
            [("PROMPTSYNC_TLS_CERTIFICATE", certificate.as_str()), ("PROMPTSYNC_TLS_KEY", key.as_str())];
        Self { app: TestApp::with_settings(&settings).await, folder, authority, first }
    }

    async fn listen(&self) -> (SocketAddr, Arc<Tls>) {
        self.app.listen_tls(ListenLimits::default()).await
    }

    pub(crate) fn connector(&self, protocols: &[&str]) -> TlsConnector {
        self.authority.connector(protocols)
    }
}

pub(crate) async fn connect(
    connector: &TlsConnector,
    address: SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(address).await?;
    connector.connect(ServerName::try_from("localhost").expect("a name"), socket).await
}

/// Sends one request on an open connection and returns the head of its answer.
async fn ask(stream: &mut TlsStream<TcpStream>) -> std::io::Result<String> {
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let mut got = Vec::new();
    loop {
        let count = stream.read_buf(&mut got).await?;
        let text = String::from_utf8_lossy(&got);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_some_and(|length| length.parse() == Ok(body.len())) {
                return Ok(head.to_owned());
            }
        }
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn presented(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().expect("a chain")[0].clone().into_owned()
}

/// Four clients send 500 requests each, ten on a connection, while the certificate is replaced 20 times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_replaced_20_times_and_no_request_fails() {
    const CLIENTS: usize = 4;
    const REQUESTS: usize = 500;
    const RELOADS: usize = 20;
    let fixture = Fixture::new().await;
    let (address, tls) = fixture.listen().await;
    let connector = fixture.connector(&[]);
    let (count, mut counted) = watch::channel(0_usize);
    let count = Arc::new(count);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (connector, count) = (connector.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                for _ in 0..REQUESTS / 10 {
                    let mut stream = connect(&connector, address).await?;
                    for _ in 0..10 {
                        let head = ask(&mut stream).await?;
                        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
                        count.send_modify(|count| *count += 1);
                    }
                }
                Ok::<_, std::io::Error>(())
            })
        })
        .collect();
    let mut last = fixture.first.clone();
    for turn in 0..RELOADS {
        let due = turn * CLIENTS * REQUESTS / RELOADS;
        let waited = tokio::time::timeout(NEVER, counted.wait_for(|count| *count >= due)).await;
        waited.expect("requests go on").expect("the clients live");
        let renewed = fixture.authority.renew(fixture.folder.path());
        assert!(tls.refresh().expect("a good pair"), "the change was not seen");
        assert!(!tls.refresh().expect("a good pair"), "nothing changed");
        last = renewed;
    }
    for client in clients {
        client.await.expect("no panic").expect("no failed request");
    }
    assert_eq!(*counted.borrow(), CLIENTS * REQUESTS);
    // A client that has been here resumes its session and looks at no certificate.
    let stream = connect(&fixture.connector(&[]), address).await.expect("a connection");
    assert!(presented(&stream) == last && last != fixture.first, "the last certificate is presented");
}

#[tokio::test]
async fn a_pair_that_does_not_work_leaves_the_old_one_in_use() {
    let fixture = Fixture::new().await;
    let (address, tls) = fixture.listen().await;
    let folder = fixture.folder.path();
    let stranger = fixture.authority.pair().key;
    let certificate = std::fs::read_to_string(folder.join("certificate.pem")).expect("a file");
    for (name, text, expected) in [
        ("certificate.pem", "", "holds no certificate"),
        ("certificate.pem", &certificate[..100], "cannot read"),
        ("key.pem", "not a key", "cannot read"),
        ("key.pem", stranger.as_str(), "does not fit the certificate"),
    ] {
        let whole = std::fs::read_to_string(folder.join(name)).expect("a file");
        put(folder, name, text);
        let error = tls.refresh().expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}, not {expected}");
        assert!(!error.contains("PRIVATE KEY"), "{error}");
        let stream = connect(&fixture.connector(&[]), address).await.expect("the old one works");
        assert!(presented(&stream) == fixture.first);
        put(folder, name, &whole);
    }
    assert!(tls.refresh().expect("the good files are back"));
}

#[tokio::test]
async fn answers_by_tls_tell_browsers_to_come_back_by_tls() {
    let fixture = Fixture::new().await;
    let (address, _) = fixture.listen().await;
    let mut stream = connect(&fixture.connector(&["http/1.1"]), address).await.expect("a connection");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let head = ask(&mut stream).await.expect("an answer");
    assert!(head.contains("strict-transport-security: max-age=31536000"), "{head}");
    let error = connect(&fixture.connector(&["spdy/3"]), address).await.expect_err("no such protocol");
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

/// Fatal alerts of TLS.
const PROTOCOL_VERSION: &[u8] = &[2, 70];
const HANDSHAKE_FAILURE: &[u8] = &[2, 40];

/// R35. What old programs say first, byte for byte: our own library cannot speak so.
#[tokio::test]
async fn tls_1_1_and_older_plain_http_and_noise_are_refused() {
    let fixture = Fixture::new().await;
    let (address, _) = fixture.listen().await;
    let hello = |major: u8, minor: u8| {
        let mut body = vec![major, minor];
        body.extend([7; 32]);
        body.extend([0, 0, 6, 0xC0, 0x13, 0x00, 0x2F, 0x00, 0xFF, 1, 0]);
        let length = u8::try_from(body.len()).expect("short");
        let mut record = vec![22, 3, 0, 0, length + 4, 1, 0, 0, length];
        record.extend(body);
        record
    };
    for (name, bytes) in [("SSL 3.0", hello(3, 0)), ("TLS 1.0", hello(3, 1)), ("TLS 1.1", hello(3, 2))] {
        let got = exchange(address, &bytes).await;
        let refused =
            got.len() == 7 && got[0] == 21 && [PROTOCOL_VERSION, HANDSHAKE_FAILURE].contains(&&got[5..]);
        assert!(refused, "{name}: {got:?}");
    }
    let ssl2: &[u8] = &[0x80, 0x0D, 1, 0, 2, 0, 3, 0, 0, 0, 1, 0, 0x80, 0, 0x5A];
    for bytes in [ssl2, b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let got = exchange(address, bytes).await;
        assert!(got.is_empty() || got[0] == 21, "{got:?}");
    }
    let mut stream = connect(&fixture.connector(&[]), address).await.expect("the server lives on");
    assert!(ask(&mut stream).await.expect("an answer").starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_never_finishes_the_handshake_is_sent_away() {
    let fixture = Fixture::new().await;
    let limits = ListenLimits { first_byte: Duration::from_millis(60), ..ListenLimits::default() };
    let (address, _) = fixture.app.listen_tls(limits).await;
    for bytes in [&b""[..], &[22, 3, 1, 2, 0]] {
        assert_eq!(exchange(address, bytes).await, [0; 0]);
    }
}

/// With the program people use to look at servers, when it is installed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_agrees_about_the_versions() {
    let fixture = Fixture::new().await;
    let (address, _) = fixture.listen().await;
    for (version, spoken) in [("-tls1", false), ("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)] {
        let address = address.to_string();
        let said = tokio::task::spawn_blocking(move || {
            std::process::Command::new("openssl")
                .args(["s_client", "-connect", &address, version, "-cipher", "DEFAULT@SECLEVEL=0"])
                .stdin(std::process::Stdio::null())
                .output()
        });
        let Ok(output) = said.await.expect("no panic") else { return };
        assert_eq!(output.status.success(), spoken, "{version}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Sends bytes and reads until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(bytes).await.expect("the server reads");
    let mut got = Vec::new();
    let read = tokio::time::timeout(NEVER, stream.read_to_end(&mut got)).await;
    // A server that closes with bytes unread resets the connection; what it said before counts.
    let _ = read.expect("the connection is still open");
    got
}
