//! People who sign in, for tests: the first user, and others who were invited.

use serde_json::{Value, json};

use crate::{Caller, Reply, TestApp};

/// The address of the first user.
pub const OPERATOR: &str = "olga@example.com";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Sends requests with the access token.
    pub caller: Caller,
    /// The refresh token.
    pub refresh: String,
    /// The answer to signing in.
    pub answer: Value,
}

impl Person {
    /// Somebody who got this answer, which must be a success.
    pub fn from(app: &TestApp, reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer = reply.json();
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Self { caller: app.nobody().with_key(&text("access_token")), refresh: text("refresh_token"), answer }
    }

    /// The person's id.
    pub fn id(&self) -> String {
        self.answer["user"]["id"].as_str().unwrap_or_default().to_owned()
    }
}

impl TestApp {
    /// The token in the set-up link.
    pub async fn set_up_token(&self) -> String {
        let link =
            self.app().set_up_link().await.expect("the database answers").expect("nobody is known yet");
        link.rsplit('#').next().unwrap_or_default().to_owned()
    }

    /// Makes the first user: operator, and admin of the first workspace.
    pub async fn set_up(&self) -> Person {
        let token = self.set_up_token().await;
        let request = json!({ "token": token, "email": OPERATOR, "name": "Olga", "password": PASSWORD });
        Person::from(self, &self.nobody().post("/api/auth/setup", request).await)
    }

    /// Signs somebody in with [`PASSWORD`].
    pub async fn sign_in(&self, email: &str) -> Person {
        let request = json!({ "email": email, "password": PASSWORD });
        Person::from(self, &self.nobody().post("/api/auth/login", request).await)
    }

    /// Invites somebody with a role in the inviter's workspace, who accepts.
    pub async fn invite(&self, by: &Person, email: &str, role: &str) -> Person {
        let made = by.caller.post("/api/invitations", json!({ "email": email, "role": role })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let request = json!({ "token": made.json()["token"], "password": PASSWORD });
        Person::from(self, &self.nobody().post("/api/auth/invitation", request).await)
    }
}
