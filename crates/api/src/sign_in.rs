//! Signing in: what people send before they are known, and what they get.

use chrono::{DateTime, Utc};
use promptsync_core::{
    ids::{SessionId, UserId, WorkspaceId},
    login::Proof,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// What a session is for, which decides where its refresh token goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A browser: the refresh token is a cookie that scripts cannot read.
    Browser,
    /// A program: the refresh token is in the answer.
    #[default]
    Cli,
}

/// `GET /api/auth/options`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignInOptions {
    /// Nobody is known here yet: the server waits for its set-up link to be used.
    pub set_up_needed: bool,
    /// Whether people sign in with a password.
    pub passwords: bool,
    /// Whether people sign in at an identity provider.
    pub provider: bool,
}

/// `POST /api/auth/login`
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The email address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The workspace to work in, by name or id; the first one when absent.
    #[serde(default)]
    pub workspace: Option<String>,
    /// What the session is for.
    #[serde(default)]
    pub kind: SessionKind,
    /// What signs in, for the list of sessions.
    #[serde(default)]
    pub client: Option<String>,
}

/// `POST /api/auth/setup`
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The token of the set-up link.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub token: Option<String>,
    /// The first user's email address.
    pub email: String,
    /// What they are called; their address when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Their password.
    pub password: String,
    /// What the session is for.
    #[serde(default)]
    pub kind: SessionKind,
    /// What signs in.
    #[serde(default)]
    pub client: Option<String>,
}

/// `POST /api/auth/invitation`
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// The token of the invitation's link.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub token: Option<String>,
    /// What they are called; their address when absent. Somebody who is a user already keeps their name.
    #[serde(default)]
    pub name: Option<String>,
    /// A new password; of somebody who is a user already, the one they have.
    pub password: String,
    /// What the session is for.
    #[serde(default)]
    pub kind: SessionKind,
    /// What signs in.
    #[serde(default)]
    pub client: Option<String>,
}

/// `POST /api/auth/link`: what a one-time link is for, without using it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkQuestion {
    /// The token of the link.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub token: Option<String>,
}

/// What a one-time link is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Whom it was made for.
    pub email: String,
    /// The workspace it leads into.
    pub workspace: String,
    /// What it does.
    pub purpose: LinkPurpose,
    /// Whether somebody with this address is a user already.
    pub known: bool,
}

/// What a one-time link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// It makes somebody a member.
    Invitation,
    /// It sets a new password.
    Reset,
}

/// `POST /api/auth/reset`
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// The token of the link an admin handed out.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub token: Option<String>,
    /// The address of the person.
    pub email: String,
    /// The new password.
    pub password: String,
    /// What the session is for.
    #[serde(default)]
    pub kind: SessionKind,
    /// What signs in.
    #[serde(default)]
    pub client: Option<String>,
}

/// `POST /api/auth/refresh` and `POST /api/auth/logout`
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token; that of the cookie when absent.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// The workspace to go to, by name or id; the same when absent.
    #[serde(default)]
    pub workspace: Option<String>,
}

/// Somebody is in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct SignedIn {
    /// For `Authorization: Bearer …`.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds the access token works.
    pub expires_in: i64,
    /// For the next refresh; absent when it is in a cookie, and when the one that was sent stays the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who it is.
    pub user: UserView,
    /// Where they are.
    pub workspace: WorkspaceView,
}

/// A person, as people see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserView {
    /// Their id.
    #[schemars(with = "String")]
    pub id: UserId,
    /// Their address.
    pub email: String,
    /// What they are called.
    pub name: String,
}

/// A workspace, by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceView {
    /// Its id.
    #[schemars(with = "String")]
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// A session in the list of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Its id.
    #[schemars(with = "String")]
    pub id: SessionId,
    /// What it is for.
    pub kind: SessionKind,
    /// What signed in.
    pub client: String,
    /// How the person proved who they are: `password` or `provider`.
    #[schemars(with = "String")]
    pub proof: Proof,
    /// The workspace it is in.
    #[schemars(with = "String")]
    pub workspace: WorkspaceId,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was last renewed.
    pub refreshed_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub ends_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `POST /api/auth/password`
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    pub current: String,
    /// The password from now on.
    pub new: String,
}

macro_rules! hidden {
    ($($name:ident)*) => { $(
        impl std::fmt::Debug for $name {
            /// Shows nothing: it holds a password or a token.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )* };
}

hidden! { Login SetUp AcceptInvitation LinkQuestion ResetPassword Refresh SignedIn ChangePassword }

/// Reads a token. One that is `null`, missing, a list or anything but a text is no token at all; it is not an error of
/// its own, so that each is answered like a wrong one.
pub(crate) fn text_or_nothing<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(match value {
        serde_json::Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    })
}
