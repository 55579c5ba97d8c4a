//! Identifiers: ULIDs as text, made by the application.

use serde::{Deserialize, Serialize};

/// Where new identifiers come from. The process has a random source; tests have a seeded one.
pub trait Ids: Send + Sync {
    /// A new ULID in its 26-character form; later ones sort after earlier ones.
    fn next(&self) -> String;
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an identifier that was made by [`Ids`] or read from the database.
            pub fn new(id: impl Into<String>) -> Self { Self(id.into()) }

            /// The identifier as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
    )* };
}

id! {
    /// A workspace.
    WorkspaceId;
    /// A project.
    ProjectId;
    /// A prompt.
    PromptId;
    /// A version of a prompt.
    VersionId;
    /// A release of a project.
    ReleaseId;
    /// An alias of a project.
    AliasId;
    /// An API key.
    KeyId;
    /// A person.
    UserId;
    /// A person's sign-in on one device.
    SessionId;
    /// An invitation, or the right to set a new password.
    InvitationId;
    /// A team of a workspace.
    TeamId;
    /// A role a workspace defined.
    RoleId;
    /// A role given to a person or a team.
    BindingId;
    /// A connector of a workspace.
    ConnectorId;
}
