//! Every route, called by the wrong person.

use hyper::Method;
use promptsync_core::access::Role;
use promptsync_server::routes;
use promptsync_testing::{Caller, Reply, TestApp, db_test};
use serde_json::json;

/// Allowed by role, yet refused to a key that is bound to one project.
const WORKSPACE_ONLY: [(&str, &str); 5] = [
    ("POST", "/api/signing-keys/rotate"),
    ("POST", "/api/projects"),
    ("GET", "/api/invitations"),
    ("DELETE", "/api/invitations/{id}"),
    ("POST", "/api/resets"),
];

/// Where the things are that belong to people and not to keys.
const OWN: &str = "/api/auth/";

/// Routes about the whole workspace: a key of another project gets its own view of them.
const WORKSPACE_WIDE: [&str; 12] = [
    "/openapi.json",
    "/api/whoami",
    "/api/keys",
    "/api/keys/{id}",
    "/api/invitations",
    "/api/invitations/{id}",
    "/api/resets",
    "/api/keys/{id}/rotate",
    "/api/signing-keys",
    "/api/signing-keys/rotate",
    "/api/projects",
    "/api/documents/{digest}",
];

fn filled(path: &str, digest: &str) -> String {
    let filled = path
        .replace("{project}", "shop")
        .replace("{name}", "greeting")
        .replace("{version_or_alias}", "dev")
        .replace("{version}", "1.0.0")
        .replace("{alias}", "dev")
        .replace("{reference}", "latest")
        .replace("{digest}", digest)
        .replace("{id}", "01JNONE");
    assert!(!filled.contains('{'), "a path parameter without an example: {filled}");
    filled
}

async fn call(caller: &Caller, method: &str, target: &str) -> Reply {
    let body = if matches!(method, "POST" | "PUT") { json!({}).to_string() } else { String::new() };
    caller.send(Method::from_bytes(method.as_bytes()).expect("a method"), target, body.into()).await
}

db_test! {
    async fn every_route_answers_each_kind_of_caller_as_its_permission_says(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "Hi")], json!({ "alias": "dev" })).await;
        let digest = editor.get("/api/prompts/greeting/dev").await.json()["digest"].as_str().expect("a digest").to_owned();
        let stranger = app.nobody().with_key(&app.key(Role::Admin, Some("other")).await);
        let revision = editor.get("/api/prompts/greeting/dev").await.json()["revision"].clone();

        let mut cases = 0;
        for route in routes() {
            let target = filled(route.path, &digest);
            let name = format!("{} {}", route.method, route.path);
            let Some(permission) = route.permission else {
                let reply = call(&app.nobody(), &route.method, &target).await;
                // A visitor reads, and changes nothing without proving who they are.
                let status = reply.status;
                assert!(if route.writes { (400..500).contains(&status) } else { status == 200 || route.method == "POST" }, "{name}: {status}");
                continue;
            };
            assert_eq!(call(&app.nobody(), &route.method, &target).await.outcome(), "401 unauthenticated", "{name} as nobody");
            for role in Role::ALL {
                let reply = call(&app.caller(role).await, &route.method, &target).await;
                // A body without what the route needs is answered before the route looks closer.
                let bound = WORKSPACE_ONLY.contains(&(&route.method, route.path)) || route.path.starts_with(OWN);
                let expected = role.allows(permission) && !bound;
                let refused = reply.outcome() == "403 insufficient_scope";
                assert_eq!(!refused, expected, "{name} as {}: {}", role.as_str(), reply.text());
                assert_ne!(reply.status, 401, "{name} as {}", role.as_str());
                assert!(reply.status < 500, "{name} as {}: {}", role.as_str(), reply.text());
                cases += 1;
            }
            let abroad = if target.contains("shop") { target.clone() } else { format!("{target}?project=shop") };
            if WORKSPACE_WIDE.contains(&route.path) || route.path.starts_with(OWN) {
                let reply = call(&stranger, &route.method, &target).await;
                assert!(!reply.text().contains("greeting") && !reply.text().contains("shop\""), "{name}: {}", reply.text());
            } else {
                assert_eq!(call(&stranger, &route.method, &abroad).await.outcome(), "404 project_not_found", "{name} as a stranger");
            }
        }
        assert!(cases > 100, "{cases}");
        let after = editor.get("/api/prompts/greeting/dev").await.json();
        assert!(after["revision"].as_i64() >= revision.as_i64(), "{after}");
        assert_eq!(after["version"], "1.0.0");
    }

    async fn a_workspace_key_says_which_project_it_means(db: &Db) {
        let app = TestApp::on(db).await;
        app.editor().await.push(&[("greeting.txt", "Hi")]).await;
        let everywhere = app.nobody().with_key(&app.key(Role::Viewer, None).await);
        assert_eq!(everywhere.get("/api/prompts/greeting/latest").await.outcome(), "400 project_required");
        assert_eq!(everywhere.get("/api/prompts/greeting/latest?project=shop").await.outcome(), "200");
        assert_eq!(everywhere.get("/api/prompts/greeting/latest?project=none").await.outcome(), "404 project_not_found");
        assert_eq!(everywhere.get("/api/prompts/greeting/latest?project=shop&project=x").await.outcome(), "400 duplicate_parameter");
    }

    async fn a_document_of_another_project_does_not_exist(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "Hi")]).await;
        let digest = editor.get("/api/prompts/greeting/latest").await.json()["digest"].as_str().expect("a digest").to_owned();
        let stranger = app.nobody().with_key(&app.key(Role::Admin, Some("other")).await);
        assert_eq!(stranger.get(&format!("/api/documents/{digest}")).await.outcome(), "404 document_not_found");
    }

    async fn every_answer_carries_the_security_headers(db: &Db) {
        let app = TestApp::on(db).await;
        let viewer = app.viewer().await;
        for target in ["/", "/livez", "/openapi.json", "/api/whoami", "/nowhere", "/api/prompts/x/1.0.0", "/a%00"] {
            let reply = viewer.get(target).await;
            for (header, part) in [
                ("x-content-type-options", "nosniff"),
                ("content-security-policy", "default-src 'none'"),
                ("referrer-policy", "no-referrer"),
                ("x-frame-options", "DENY"),
                ("x-request-id", "01J"),
            ] {
                assert!(reply.header(header).contains(part), "{target}: {header}: {}", reply.header(header));
            }
        }
    }

    async fn nothing_but_health_and_the_first_page_is_served_without_a_key(db: &Db) {
        let app = TestApp::on(db).await;
        let open: Vec<_> = routes().into_iter().filter(|route| route.permission.is_none()).map(|route| route.path).collect();
        let (signing_in, other): (Vec<_>, Vec<_>) = open.into_iter().partition(|path| path.starts_with("/api/auth/"));
        assert_eq!(other, ["/", "/setup", "/device", "/invitation", "/assets/pages.js", "/assets/pages.css", "/livez", "/readyz", "/version"]);
        assert_eq!(signing_in.len(), 10);
        for target in ["/metrics", "/debug", "/health", "/openapi.json"] {
            assert!(matches!(app.nobody().get(target).await.status, 401 | 404), "{target}");
        }
    }
}
