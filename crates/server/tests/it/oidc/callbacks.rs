//! What browsers bring back, or are made to bring back.

use chrono::TimeDelta;
use promptsync_testing::{TestApp, db_test};
use serde_json::json;

use super::{
    browser::{Asked, Browser},
    double::{Double, Script},
};

const PROVISION: (&str, &str) = ("PROMPTSYNC_OIDC_PROVISION", "true");

db_test! {
    async fn a_browser_is_sent_away_with_everything_that_ties_the_answer_to_it(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[("PROMPTSYNC_PUBLIC_URL", "https://prompts.test")])).await;
        let evil = app.nobody().header("host", "evil.example").header("x-forwarded-host", "evil.example");
        for reply in [Browser::default().go(&app, "/auth/oidc/start").await, evil.get("/auth/oidc/start").await] {
            let asked = Asked::at(reply.header("location"));
            assert!(asked.location.starts_with(&format!("{}/authorize?", provider.issuer)), "{}", asked.location);
            assert_eq!(asked.get("redirect_uri"), "https://prompts.test/auth/oidc/callback");
            assert_eq!((asked.get("response_type"), asked.get("client_id")), ("code", "promptsync"));
            assert_eq!((asked.get("scope"), asked.get("code_challenge_method")), ("openid email profile", "S256"));
            for name in ["state", "nonce", "code_challenge"] {
                assert_eq!(asked.get(name).len(), 43, "{name}");
            }
            assert!(!asked.location.contains("secret"));
        }
        let (one, two) = (Browser::default().start(&app).await, Browser::default().start(&app).await);
        assert_ne!((one.get("state"), one.get("nonce")), (two.get("state"), two.get("nonce")));
    }

    async fn only_the_browser_that_was_sent_away_comes_back(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        let issuer = provider.issuer.clone();
        let sent = |browser: &mut Browser| { let mut browser = browser.clone(); let app = &app; async move { let asked = browser.start(app).await; (browser, asked) } };
        let (browser, asked) = sent(&mut Browser::default()).await;
        let (_, of_another) = sent(&mut Browser::default()).await;
        let (code, state) = (provider.code_for(&asked), asked.get("state").to_owned());
        let other_state = of_another.get("state").to_owned();
        let empty = String::new();
        for (name, who, parameters, outcome) in [
            ("no state", &browser, vec![("code", &code), ("iss", &issuer)], "403 oidc_state"),
            ("an empty state", &browser, vec![("code", &code), ("state", &empty), ("iss", &issuer)], "403 oidc_state"),
            ("the state of another browser", &browser, vec![("code", &code), ("state", &other_state), ("iss", &issuer)], "403 oidc_state"),
            ("the state twice", &browser, vec![("code", &code), ("state", &state), ("state", &other_state), ("iss", &issuer)], "400 duplicate_parameter"),
            ("no cookie", &Browser::default(), vec![("code", &code), ("state", &state), ("iss", &issuer)], "403 oidc_state"),
            ("no code", &browser, vec![("state", &state), ("iss", &issuer)], "403 oidc_state"),
            ("nothing", &browser, vec![], "403 oidc_state"),
            ("another issuer", &browser, vec![("code", &code), ("state", &state), ("iss", &other_state)], "403 oidc_refused"),
            ("no issuer although it was promised", &browser, vec![("code", &code), ("state", &state)], "403 oidc_refused"),
            ("a code of another", &browser, vec![("code", &other_state), ("state", &state), ("iss", &issuer)], "403 oidc_refused"),
        ] {
            let mut browser = who.clone();
            let parameters: Vec<_> = parameters.into_iter().map(|(name, value)| (name, value.as_str())).collect();
            let reply = browser.back(&app, &parameters).await;
            assert_eq!(reply.outcome(), outcome, "{name}: {}", reply.text());
            assert!(!browser.is_signed_in(), "{name}");
        }
        let mut right = browser.clone();
        let parameters = [("code", code.as_str()), ("state", &state), ("iss", &issuer), ("session_state", "x"), ("scope", "openid")];
        assert_eq!(right.back(&app, &parameters).await.status, 303, "what providers add does no harm");
        assert!(right.is_signed_in());
    }

    async fn an_attempt_leads_to_one_session_and_within_ten_minutes(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        let mut browser = Browser::default();
        let asked = browser.start(&app).await;
        let code = provider.code_for(&asked);
        let parameters = [("code", code.as_str()), ("state", asked.get("state")), ("iss", &provider.issuer)];
        let mut stolen = browser.clone();
        assert_eq!(browser.back(&app, &parameters).await.status, 303);
        let again = browser.back(&app, &parameters).await;
        assert_eq!(again.outcome(), "403 oidc_state", "the cookie is gone");
        let again = stolen.back(&app, &parameters).await;
        assert_eq!(again.outcome(), "403 oidc_refused", "the provider takes a code once");
        // A provider that takes it twice, or a second code for the same attempt.
        provider.forget_codes();
        let again = stolen.back(&app, &parameters).await;
        assert_eq!(again.outcome(), "403 oidc_state", "the attempt is used up: {}", again.text());
        let beside = TestApp::beside(db, &provider.settings(&[PROVISION])).await;
        provider.forget_codes();
        assert_eq!(stolen.back(&beside, &parameters).await.outcome(), "403 oidc_state", "on every node");

        let mut late = Browser::default();
        let asked = late.start(&app).await;
        let code = provider.code_for(&asked);
        app.clock.advance(TimeDelta::seconds(601));
        let reply = late.back(&app, &[("code", &code), ("state", asked.get("state")), ("iss", &provider.issuer)]).await;
        assert_eq!(reply.outcome(), "403 oidc_state");
    }

    async fn what_is_written_into_a_link_is_never_shown(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[])).await;
        let mut browser = Browser::default();
        let asked = browser.start(&app).await;
        let html = "<img src=x onerror=alert(1)>";
        let error = [("error", html), ("error_description", html), ("error_uri", html), ("state", asked.get("state")), ("iss", &provider.issuer)];
        let reply = browser.back(&app, &error).await;
        assert_eq!(reply.outcome(), "403 oidc_denied");
        assert!(!reply.text().contains("onerror"), "{}", reply.text());
        // The same for somebody who looks at it.
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(error).finish();
        let page = app.nobody().header("accept", "text/html,*/*").get(&format!("/auth/oidc/callback?{query}")).await;
        assert_eq!((page.status, page.header("content-type")), (403, "text/html; charset=utf-8"));
        assert!(page.text().contains("<h1>") && page.text().contains("oidc_state"), "{}", page.text());
        assert!(!page.text().contains("onerror") && !page.text().contains('{'), "{}", page.text());
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
    }

    async fn afterwards_nobody_goes_to_another_site(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        for (next, place) in [("%2Fdevice%23ABCD", "/device#ABCD"), ("%2F%2Fevil.example", "/"), ("https%3A%2F%2Fevil.example", "/"), ("%2F%5Cevil.example", "/")] {
            let mut browser = Browser::default();
            let reply = browser.go(&app, &format!("/auth/oidc/start?next={next}")).await;
            let asked = Asked::at(reply.header("location"));
            provider.says(Script::default());
            let code = provider.code_for(&asked);
            let reply = browser.back(&app, &[("code", &code), ("state", asked.get("state")), ("iss", &provider.issuer)]).await;
            assert_eq!((reply.status, reply.header("location")), (303, place), "{next}");
        }
    }

    async fn without_a_provider_there_is_nothing_to_start(db: &Db) {
        let app = TestApp::on(db).await;
        assert_eq!(app.nobody().get("/auth/oidc/start").await.outcome(), "404 not_found");
        assert_eq!(app.nobody().get("/auth/oidc/callback?code=a&state=b").await.outcome(), "404 not_found");
        assert_eq!(app.nobody().get("/api/auth/options").await.json()["provider"], json!(false));
    }
}
