//! A browser in a test: it keeps the cookies of the server and does what addresses say.

use std::collections::BTreeMap;

use hyper::header::SET_COOKIE;
use promptsync_testing::{Person, Reply, TestApp};
use serde_json::{Value, json};

/// The session's cookie.
pub(super) const SESSION: &str = "__Host-promptsync";

/// A browser with its cookies.
#[derive(Clone, Debug, Default)]
pub(super) struct Browser {
    cookies: BTreeMap<String, String>,
}

/// What the server asks the provider for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The whole address the browser is sent to.
    pub(super) location: String,
    parameters: BTreeMap<String, String>,
}

impl Asked {
    pub(super) fn at(location: &str) -> Self {
        let query = location.split_once('?').map_or("", |(_, query)| query);
        let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { location: location.to_owned(), parameters }
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

impl Browser {
    /// Goes to an address of the server, as somebody who follows a link.
    pub(super) async fn go(&mut self, app: &TestApp, target: &str) -> Reply {
        let caller =
            app.nobody().header("cookie", &self.cookie_header()).header("accept", "application/json");
        let reply = caller.get(target).await;
        self.keep(&reply);
        reply
    }

    /// Sends what a page of the server sends, with the access token when there is one.
    pub(super) async fn post(
        &mut self,
        app: &TestApp,
        target: &str,
        body: Value,
        access: Option<&str>,
    ) -> Reply {
        let public_url = app.app().config.public_url.as_str();
        let origin = if public_url.is_empty() { "http://test" } else { public_url };
        let mut caller = app
            .nobody()
            .header("cookie", &self.cookie_header())
            .header("origin", origin)
            .header("x-promptsync", "1");
        if let Some(token) = access {
            caller = caller.with_key(token);
        }
        let reply = caller.post(target, body).await;
        self.keep(&reply);
        reply
    }

    /// Begins to sign in; the server must send the browser away.
    pub(super) async fn start(&mut self, app: &TestApp) -> Asked {
        let reply = self.go(app, "/auth/oidc/start").await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        Asked::at(reply.header("location"))
    }

    /// Comes back with these parameters.
    pub(super) async fn back(&mut self, app: &TestApp, parameters: &[(&str, &str)]) -> Reply {
        let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.go(app, &format!("/auth/oidc/callback?{query}")).await
    }

    /// Whoever is signed in in this browser, after its page has asked for a token.
    pub(super) async fn person(&mut self, app: &TestApp) -> Person {
        assert!(self.is_signed_in(), "{:?}", self.cookies.keys());
        let reply = self.post(app, "/api/auth/refresh", json!({}), None).await;
        Person::from(app, &reply)
    }

    pub(super) fn is_signed_in(&self) -> bool {
        self.cookies.contains_key(SESSION)
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, reply: &Reply) {
        for line in reply.headers.get_all(SET_COOKIE) {
            let line = line.to_str().expect("cookies are ASCII");
            for rule in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(line.contains(rule), "{rule} is missing");
            }
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
