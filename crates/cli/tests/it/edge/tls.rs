//! An edge that speaks TLS to its server and to its clients.

use std::{process::Stdio, time::Instant};

use promptsync_testing::{Authority, authority::put};

use super::{Edge, LONG, greeting, reader};
use crate::{sandbox::Sandbox, served::Served};

#[test]
fn an_edge_speaks_tls_to_both_sides_and_starts_without_its_server() {
    let (sandbox, authority) =
        (Sandbox::with(&[("prompts/greeting.yaml", &greeting("Hello"))]), Authority::new());
    authority.renew(sandbox.path());
    put(sandbox.path(), "root.pem", &authority.root());
    let file = |name: &str| sandbox.path().join(name).display().to_string();
    let (certificate, key, root) = (file("certificate.pem"), file("key.pem"), file("root.pem"));
    let sandbox = sandbox
        .env("PROMPTSYNC_TLS_CERTIFICATE", &certificate)
        .env("PROMPTSYNC_TLS_KEY", &key)
        .env("SSL_CERT_FILE", &root);
    let mut shop = Served::start(sandbox, Stdio::inherit());
    assert!(shop.url.starts_with("https://"), "{}", shop.url);
    shop.stdout(&["push", "--alias", "production"]);
    let key = reader(&shop, "edge", &[]);
    let mut edge = Edge::start(&shop.sandbox, &shop.url, &key, "near", &["--alias", "production"]);
    assert!(edge.url.starts_with("https://"), "{}", edge.url);

    let ask = |edge: &Edge, sandbox: &Sandbox| {
        let mut command = sandbox.command(&["get", "greeting@production"]);
        let output = command.env("PROMPTSYNC_URL", &edge.url).env("PROMPTSYNC_API_KEY", &key).output();
        let output = output.expect("the command runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    };
    let until = |edge: &Edge, sandbox: &Sandbox| {
        let since = Instant::now();
        loop {
            match ask(edge, sandbox) {
                Ok(text) => return text,
                Err(error) => assert!(since.elapsed() < LONG, "{error}"),
            }
        }
    };
    assert_eq!(until(&edge, &shop.sandbox), "Hello");

    let stranger = Authority::new();
    put(shop.sandbox.path(), "root.pem", &stranger.root());
    let refused = ask(&edge, &shop.sandbox).expect_err("nobody vouches for the certificate");
    assert!(refused.contains("certificate"), "{refused}");
    put(shop.sandbox.path(), "root.pem", &authority.root());

    shop.stop();
    edge.restart(&shop.sandbox);
    assert_eq!(until(&edge, &shop.sandbox), "Hello");
}
