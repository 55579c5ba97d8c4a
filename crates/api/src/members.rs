//! Members of a workspace.

use chrono::{DateTime, Utc};
use promptsync_core::ids::UserId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/members`: a person who has an account on the server becomes a member of the workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMember {
    /// The person's address.
    pub email: String,
}

/// A person in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// The person's id.
    #[schemars(with = "String")]
    pub id: UserId,
    /// The person's address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// Whether the person may sign in.
    pub active: bool,
    /// Since when the person belongs to the workspace.
    pub created_at: DateTime<Utc>,
}
