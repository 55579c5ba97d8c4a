//! Invitations into a workspace, and links to a new password.

use chrono::{DateTime, Utc};
use promptsync_core::ids::InvitationId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/invitations`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// Whom to invite.
    pub email: String,
    /// The role they get.
    pub role: String,
    /// The only project they get it in; the workspace when absent.
    #[serde(default)]
    pub project: Option<String>,
}

/// An invitation that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    /// Its id.
    #[schemars(with = "String")]
    pub id: InvitationId,
    /// Whom it was made for.
    pub email: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

/// A new one-time link, shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedLink {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// The link to hand over.
    pub link: String,
    /// The token in it, for `promptsync login --invitation`.
    pub token: String,
}

/// `POST /api/resets`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateReset {
    /// Whose password may be set anew.
    pub email: String,
}

impl std::fmt::Debug for CreatedLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedLink").field("invitation", &self.invitation).finish_non_exhaustive()
    }
}
