//! Signing in, and what belongs to whoever signed in.

use promptsync_api::{
    devices::{AskForToken, DeviceCodes, StartDevice},
    invitations::{CreateReset, CreatedLink, Invite},
    sign_in::{
        AcceptInvitation, Link, LinkQuestion, Login, Refresh, ResetPassword, Session, SetUp, SignedIn,
    },
};
use reqwest::Method;
use serde::Serialize;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// Signs in with a password.
    pub async fn sign_in(&self, login: &Login) -> Result<SignedIn, ClientError> {
        self.auth("login", login).await
    }

    /// Makes the first user.
    pub async fn set_up(&self, request: &SetUp) -> Result<SignedIn, ClientError> {
        self.auth("setup", request).await
    }

    /// Accepts an invitation.
    pub async fn accept_invitation(&self, request: &AcceptInvitation) -> Result<SignedIn, ClientError> {
        self.auth("invitation", request).await
    }

    /// Sets a new password with a link.
    pub async fn reset_password(&self, request: &ResetPassword) -> Result<SignedIn, ClientError> {
        self.auth("reset", request).await
    }

    /// What a one-time link is for, without using it.
    pub async fn link(&self, question: &LinkQuestion) -> Result<Link, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "auth", "link"]), question)).await
    }

    /// Renews a session. The answer's refresh token replaces the one that was sent.
    pub async fn refresh(&self, request: &Refresh) -> Result<SignedIn, ClientError> {
        self.auth("refresh", request).await
    }

    /// Ends the session that a refresh token renews.
    pub async fn sign_out(&self, refresh_token: &str) -> Result<(), ClientError> {
        let request = Refresh { refresh_token: Some(refresh_token.to_owned()), workspace: None };
        self.nothing(with_body(self.request(Method::POST, &["api", "auth", "logout"]), &request)).await
    }

    /// The codes for signing in on another device.
    pub async fn start_device(&self) -> Result<DeviceCodes, ClientError> {
        let request = self.request(Method::POST, &["api", "auth", "device"]);
        self.answer(with_body(request, &StartDevice {})).await
    }

    /// Asks whether somebody entered the code.
    pub async fn ask_for_token(&self, request: &AskForToken) -> Result<SignedIn, ClientError> {
        self.auth("token", request).await
    }

    /// The caller's own sessions.
    pub async fn sessions(&self) -> Result<Vec<Session>, ClientError> {
        self.answer(self.get(&["api", "auth", "sessions"])).await
    }

    /// Ends one of the caller's own sessions.
    pub async fn end_session(&self, id: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "auth", "sessions", id])).await
    }

    /// Makes an invitation. Its link is in this answer and nowhere else.
    pub async fn invite(&self, request: &Invite) -> Result<CreatedLink, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "invitations"]), request)).await
    }

    /// Makes a link to a new password.
    pub async fn offer_reset(&self, request: &CreateReset) -> Result<CreatedLink, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "resets"]), request)).await
    }

    async fn auth(&self, what: &str, request: &impl Serialize) -> Result<SignedIn, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "auth", what]), request)).await
    }
}
