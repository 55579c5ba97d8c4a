//! The things somebody may be allowed to do, and sets of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something a caller may be allowed to do. Every route names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Read prompts, versions, aliases, releases.
    Read,
    /// Render a prompt on the server.
    Render,
    /// Publish versions, edit a prompt's mutable facts.
    Publish,
    /// Publish a version that understates its change.
    AllowBreaking,
    /// Create, move and roll back aliases.
    MoveAlias,
    /// Lock a version, so that nobody can take it out of use.
    LockVersion,
    /// Render with the values of secrets instead of masks.
    UseSecrets,
    /// Read the audit log.
    ReadAudit,
    /// Create projects, change their settings.
    ManageProject,
    /// Set the policy of an environment.
    ManageEnvironments,
    /// Create, list, rotate and revoke API keys.
    ManageKeys,
    /// Add and remove members and teams, define roles, give them.
    ManageMembers,
    /// Set up connectors and which secrets a project may use.
    ManageSecrets,
    /// Change the workspace itself: sign-in rules, signing keys.
    ManageWorkspace,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 14] = [
        Self::Read,
        Self::Render,
        Self::Publish,
        Self::AllowBreaking,
        Self::MoveAlias,
        Self::LockVersion,
        Self::UseSecrets,
        Self::ReadAudit,
        Self::ManageProject,
        Self::ManageEnvironments,
        Self::ManageKeys,
        Self::ManageMembers,
        Self::ManageSecrets,
        Self::ManageWorkspace,
    ];

    /// The permission's name as it is written in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Render => "render",
            Self::Publish => "publish",
            Self::AllowBreaking => "allow_breaking",
            Self::MoveAlias => "move_alias",
            Self::LockVersion => "lock_version",
            Self::UseSecrets => "use_secrets",
            Self::ReadAudit => "read_audit",
            Self::ManageProject => "manage_project",
            Self::ManageEnvironments => "manage_environments",
            Self::ManageKeys => "manage_keys",
            Self::ManageMembers => "manage_members",
            Self::ManageSecrets => "manage_secrets",
            Self::ManageWorkspace => "manage_workspace",
        }
    }

    /// Reads a permission's name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == name)
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of permissions. In JSON a list of their names, in the order of [`Permission::ALL`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<Permission>", into = "Vec<Permission>")]
#[schemars(with = "Vec<Permission>")]
pub struct Permissions(u32);

impl Permissions {
    /// Whether the set has a permission.
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether every permission of the other set is in this one.
    pub fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Its permissions, in order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | permission.bit()))
    }
}

impl From<Vec<Permission>> for Permissions {
    fn from(permissions: Vec<Permission>) -> Self {
        permissions.into_iter().collect()
    }
}

impl From<Permissions> for Vec<Permission> {
    fn from(permissions: Permissions) -> Self {
        permissions.iter().collect()
    }
}

impl std::fmt::Debug for Permissions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_read_by_the_name_it_is_printed_with() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(permission));
            assert_eq!(serde_json::json!(permission), permission.as_str());
        }
        assert_eq!(Permission::parse("Read"), None);
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        for one in Permission::ALL {
            let set: Permissions = [one].into_iter().collect();
            for other in Permission::ALL {
                assert_eq!(set.contains(other), one == other);
            }
        }
        let all: Permissions = Permission::ALL.into_iter().collect();
        assert_eq!(serde_json::json!(all).as_array().map(Vec::len), Some(14));
        assert!(all.contains_all(Permissions::default()) && !Permissions::default().contains_all(all));
    }
}
