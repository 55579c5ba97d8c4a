//! `alias set --wait` and `status`: who has a move, and who has not.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::{sandbox::shown, served::Served};

/// Says to the server that an application runs and holds this revision of `production`.
fn report(served: &Served, instance: &str, revision: i64) {
    let body = format!(
        r#"{{"instance":"{instance}","service":"shop-front","host":"web-1","sdk":"rust","sdk_version":"0.1.0","transport":"stream","holds":{{"production":{revision}}}}}"#
    );
    let mut socket =
        TcpStream::connect(served.url.trim_start_matches("http://")).expect("the server listens");
    write!(
        socket,
        "POST /api/projects/shop/clients HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        served.key,
        body.len(),
    )
    .expect("the server reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn revision(served: &Served) -> i64 {
    let aliases = served.stdout(&["alias", "list", "--json"]);
    let aliases: serde_json::Value = serde_json::from_str(&aliases).expect("JSON");
    aliases[0]["revision"].as_i64().expect("a revision")
}

#[test]
fn a_move_is_waited_for_until_every_client_has_it_or_the_laggards_are_named() {
    let served = Served::with(&[("prompts/greeting.txt", "Hi {{ name }}")]);
    served.stdout(&["push", "--alias", "production"]);
    let set = ["alias", "set", "production", "v1.0.0", "--yes", "--wait", "--timeout", "300ms"];
    let nobody = served.stdout(&set);
    assert!(nobody.contains("0 of 0 clients on v1.0.0 in "), "{nobody}");

    report(&served, "one", revision(&served));
    let out = served.sandbox.output(&set);
    let said = shown(&out, served.sandbox.path());
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("0 of 1 client on v1.0.0 after 300 ms"), "{said}");
    assert!(said.contains("shop-front on web-1 (one) holds v1.0.0"), "{said}");

    // It reports while the command waits: as soon as the move is there.
    let before = revision(&served);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while revision(&served) == before {
                std::thread::yield_now();
            }
            report(&served, "one", revision(&served));
        });
        let patient = ["alias", "set", "production", "v1.0.0", "--yes", "--wait"];
        let done = served.stdout(&patient);
        assert!(done.contains("1 of 1 client on v1.0.0 in "), "{done}");
    });

    let status = served.run(&["status"]);
    for part in ["shop-front\tweb-1\trust 0.1.0\t-\tstream\tproduction v1.0.0\tok\t", "1 client, 0 behind"] {
        assert!(status.contains(part), "{part}\n{status}");
    }
    let json = served.stdout(&["status", "--alias", "production", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["clients"][0]["aliases"]["production"]["behind"], false);
}
