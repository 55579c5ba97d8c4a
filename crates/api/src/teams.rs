//! Teams.

use chrono::{DateTime, Utc};
use promptsync_core::{ids::TeamId, names::TeamName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/teams`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTeam {
    /// Its name, unique in the workspace without regard to case.
    pub name: String,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Team {
    /// Its id.
    #[schemars(with = "String")]
    pub id: TeamId,
    /// Its name.
    pub name: TeamName,
    /// The addresses of the people in it.
    pub members: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}
