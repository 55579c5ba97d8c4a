//! Calls against servers on loopback addresses: who is reached, and what an answer may cost.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use promptsync_outbound::{Client, Found, Kind, Limits, Lookup, Policy, Refused, SendError};

use crate::server::{Does, Server};

/// A resolver that gives these answers, one after the other, and the last for ever.
struct Answers {
    given: AtomicUsize,
    answers: Vec<Vec<IpAddr>>,
}

impl Answers {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let addresses = |list: &&[&str]| list.iter().map(|text| text.parse().expect("an address")).collect();
        Arc::new(Self { given: AtomicUsize::new(0), answers: answers.iter().map(addresses).collect() })
    }
}

impl Lookup for Answers {
    fn addresses(&self, _: &str) -> Found {
        let turn = self.given.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[turn].clone();
        Box::pin(async move { Ok(answer) })
    }
}

/// A client that may call these networks on the server's port.
fn client(allow: &[&str], server: &Server, limits: Limits, lookup: Arc<dyn Lookup>) -> Client {
    let allow = allow.iter().map(|text| text.parse().expect("a network")).collect();
    Client::with(Policy { allow, ports: vec![server.address.port()] }, limits, lookup, Vec::new())
}

fn get(url: String) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).expect("a request")
}

fn kind_of(error: &SendError) -> Option<Kind> {
    if let SendError::Refused(Refused::Address { kind }) = error { Some(*kind) } else { None }
}

#[tokio::test]
async fn a_name_that_turns_into_a_loopback_address_after_the_check_reaches_nobody() {
    let server = Server::start("127.0.0.1", Does::Answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    let lookup = Answers::new(&[&["8.8.8.8"], &["127.0.0.1"]]);
    let client = client(&[], &server, Limits::default(), lookup);
    let url = format!("http://rebind.example:{}/", server.address.port());
    client.check(&url).await.expect("the first answer is public");
    let error = client.send(get(url)).await.expect_err("the second is not");
    assert_eq!((kind_of(&error), server.connections()), (Some(Kind::Loopback), 0), "{error:?}");
}

#[tokio::test]
async fn one_address_that_may_not_be_called_spoils_the_name() {
    let server = Server::start("127.0.0.1", Does::Answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    for addresses in [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"]] {
        let client = client(&[], &server, Limits::default(), Answers::new(&[&addresses]));
        let url = format!("http://both.example:{}/", server.address.port());
        let error = client.send(get(url)).await.expect_err("one is this machine");
        assert_eq!((kind_of(&error), server.connections()), (Some(Kind::Loopback), 0), "{error:?}");
    }
}

#[tokio::test]
async fn an_address_instead_of_a_name_is_judged_although_no_resolver_sees_it() {
    let server = Server::start("127.0.0.1", Does::Answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    let port = server.address.port();
    let client = client(&[], &server, Limits::default(), Answers::new(&[&["8.8.8.8"]]));
    for host in ["127.0.0.1", "127.0.0.2", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost"]
    {
        let error = client.send(get(format!("http://{host}:{port}/"))).await.expect_err(host);
        assert!(matches!(error, SendError::Refused(_)), "{host}: {error:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_connection_goes_to_the_judged_address_and_the_host_stays_the_name() {
    let server = Server::start("127.0.0.1", Does::Echoes).await;
    let client = client(&["127.0.0.1"], &server, Limits::default(), Answers::new(&[&["127.0.0.1"]]));
    let host = format!("vault.example:{}", server.address.port());
    let request = Request::post(format!("http://{host}/v1/x?a=b"))
        .header("host", "other.example")
        .header("x-token", "t")
        .body(Bytes::from_static(b"{}"))
        .expect("a request");
    let answer = client.send(request).await.expect("the address is allowed");
    let sent = String::from_utf8_lossy(answer.body()).to_lowercase();
    assert!(sent.starts_with("post /v1/x?a=b http/1.1\r\n"), "{sent}");
    assert!(sent.contains(&format!("host: {host}\r\n")) && !sent.contains("other.example"), "{sent}");
    assert!(sent.contains("accept-encoding: identity\r\n") && sent.contains("x-token: t\r\n"), "{sent}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = Server::start("127.0.0.1", Does::Answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    let location = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        target.address.port()
    );
    let server = Server::start("127.0.0.1", Does::Answers(location.leak())).await;
    let client = client(&["127.0.0.1"], &server, Limits::default(), Answers::new(&[&["127.0.0.1"]]));
    let answer = client.send(get(format!("http://{}/", server.address))).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), target.connections()), (302, 0));
}

/// S11: an answer without an end, one that stalls, one that says it is long, one that is compressed.
#[tokio::test]
async fn an_answer_that_costs_too_much_is_given_up() {
    let limits = Limits { total: Duration::from_millis(300), bytes: 1 << 20, ..Limits::default() };
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n";
    let gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc";
    for (does, expected) in [
        (Does::NeverEnds, "longer than 1048576 bytes"),
        (Does::Answers(long), "longer than 1048576 bytes"),
        (Does::Stalls, "did not answer within 0 s"),
        (Does::Answers(gzip), "is compressed"),
        (Does::Answers("nonsense\r\n\r\n"), "cannot be reached"),
    ] {
        let server = Server::start("127.0.0.1", does).await;
        let client = client(&["127.0.0.1"], &server, limits, Answers::new(&[&["127.0.0.1"]]));
        let error = client.send(get(format!("http://{}/?token=hunter2", server.address))).await;
        let error = error.expect_err(expected).to_string();
        assert!(error.contains(expected) && !error.contains("hunter2"), "{error}, not {expected}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_and_a_name_without_address_are_unreachable() {
    let server = Server::start("127.0.0.1", Does::Stalls).await;
    let lookup = Answers::new(&[&[]]);
    let client = client(&["127.0.0.1"], &server, Limits::default(), lookup);
    let url = format!("http://nowhere.example:{}/", server.address.port());
    for error in [client.check(&url).await.expect_err("none"), client.send(get(url)).await.expect_err("none")]
    {
        assert!(matches!(error, SendError::Unreachable { .. }), "{error:?}");
    }
}
