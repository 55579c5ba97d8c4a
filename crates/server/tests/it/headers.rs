//! Headers that every answer of every route carries, whoever asks and whatever comes out.

use hyper::Method;
use promptsync_testing::{Caller, Reply, TestApp};

/// A header and what it must say.
const EXPECTED: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// What is wrong with an answer's headers.
fn faults(reply: &Reply) -> Vec<String> {
    let mut faults: Vec<String> = EXPECTED
        .iter()
        .filter(|(name, value)| reply.header(name) != *value)
        .map(|(name, _)| format!("{name}: {:?}", reply.header(name)))
        .collect();
    let mut expect = |holds: bool, name: &str| {
        if !holds {
            faults.push(format!("{name}: {:?}", reply.header(name)));
        }
    };
    expect(reply.header("content-security-policy").contains("default-src 'none'"), "content-security-policy");
    expect(
        reply.header("content-security-policy").contains("frame-ancestors 'none'"),
        "content-security-policy",
    );
    let cache = reply.header("cache-control");
    expect(cache == "no-store" || cache.starts_with("private"), "cache-control");
    expect(!reply.header("x-request-id").is_empty(), "x-request-id");
    expect(reply.body.is_empty() || !reply.header("content-type").is_empty(), "content-type");
    // X12: no other origin may read anything, whatever it calls itself.
    for name in ["access-control-allow-origin", "access-control-allow-credentials", "server", "x-powered-by"]
    {
        expect(reply.headers.get(name).is_none(), name);
    }
    faults
}

#[tokio::test]
async fn every_route_answers_with_the_security_headers_in_success_and_failure() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    admin.push(&[("x.txt", "Hi")]).await;
    let evil = |caller: Caller| caller.header("origin", "https://app.example.evil.com");
    let (admin, nobody) = (evil(admin), evil(app.nobody()));
    let mut wrong = Vec::new();
    let mut seen = 0;
    for route in promptsync_server::routes() {
        let target = route.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let target = target.collect::<Vec<_>>().join("/");
        let method: Method = route.method.parse().expect("a method");
        for (who, caller) in [("nobody", &nobody), ("admin", &admin)] {
            for body in ["", "{}", "["] {
                let reply = caller.send(method.clone(), &target, body.into()).await;
                seen += 1;
                let faults = faults(&reply);
                if !faults.is_empty() {
                    wrong.push(format!("{method} {target} as {who}: {} {faults:?}", reply.outcome()));
                }
            }
        }
    }
    for (method, target) in [
        (Method::GET, "/no/such/address"),
        (Method::PATCH, "/api/keys"),
        (Method::OPTIONS, "/api/keys"),
        (Method::GET, "/api/prompts/%2e%2e%2fx/latest"),
        (Method::GET, "/api/whoami?api_key=x"),
        (Method::HEAD, "/livez"),
    ] {
        let reply = nobody.send(method.clone(), target, "".into()).await;
        seen += 1;
        let faults = faults(&reply);
        if !faults.is_empty() {
            wrong.push(format!("{method} {target}: {} {faults:?}", reply.outcome()));
        }
    }
    assert!(wrong.is_empty(), "{} of {seen} answers:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_server_without_tls_does_not_promise_it() {
    let reply = TestApp::new().await.nobody().get("/livez").await;
    assert_eq!(reply.header("strict-transport-security"), "");
}
