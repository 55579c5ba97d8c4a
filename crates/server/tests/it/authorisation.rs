//! What holds for every route, whoever calls. Who may call which is in the matrix.

use promptsync_core::access::Role;
use promptsync_server::routes;
use promptsync_testing::{TestApp, db_test};

db_test! {
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
        assert_eq!(other, ["/", "/setup", "/device", "/invitation", "/assets/pages.js", "/assets/pages.css", "/livez", "/readyz", "/version", "/auth/oidc/start", "/auth/oidc/callback"]);
        assert_eq!(signing_in.len(), 11);
        for target in ["/metrics", "/debug", "/health", "/openapi.json"] {
            assert!(matches!(app.nobody().get(target).await.status, 401 | 404), "{target}");
        }
    }
}
