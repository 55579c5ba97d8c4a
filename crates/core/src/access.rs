//! Who may do what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A named set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and renders.
    Viewer,
    /// Also publishes and moves aliases.
    Editor,
    /// Also decides on approvals.
    Approver,
    /// Also manages projects, members and keys.
    Admin,
}

/// Something a caller may be allowed to do. Every route names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// Read the audit log.
    ReadAudit,
    /// Create projects, change their settings.
    ManageProject,
    /// Create, list and revoke API keys.
    ManageKeys,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Render,
        Self::Publish,
        Self::AllowBreaking,
        Self::MoveAlias,
        Self::ReadAudit,
        Self::ManageProject,
        Self::ManageKeys,
    ];
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Approver, Self::Admin];

    /// Whether the role includes a permission.
    pub fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::Read | Permission::Render => true,
            Permission::Publish | Permission::MoveAlias => self >= Self::Editor,
            Permission::ReadAudit | Permission::AllowBreaking => self >= Self::Approver,
            Permission::ManageProject | Permission::ManageKeys => self >= Self::Admin,
        }
    }

    /// The role's name as it is written in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }

    /// Reads a role's name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: [Permission; 8] = [
        Permission::Read,
        Permission::Render,
        Permission::Publish,
        Permission::AllowBreaking,
        Permission::MoveAlias,
        Permission::ReadAudit,
        Permission::ManageProject,
        Permission::ManageKeys,
    ];

    #[test]
    fn each_role_may_do_exactly_this() {
        use Permission::{
            AllowBreaking, ManageKeys, ManageProject, MoveAlias, Publish, Read, ReadAudit, Render,
        };
        let table: [(Role, &[Permission]); 4] = [
            (Role::Viewer, &[Read, Render]),
            (Role::Editor, &[Read, Render, Publish, MoveAlias]),
            (Role::Approver, &[Read, Render, Publish, AllowBreaking, MoveAlias, ReadAudit]),
            (
                Role::Admin,
                &[Read, Render, Publish, AllowBreaking, MoveAlias, ReadAudit, ManageProject, ManageKeys],
            ),
        ];
        for (role, allowed) in table {
            for permission in EVERY {
                assert_eq!(role.allows(permission), allowed.contains(&permission), "{role:?} {permission:?}");
            }
        }
    }

    #[test]
    fn a_stronger_role_may_do_whatever_a_weaker_one_may() {
        assert!(Role::ALL.is_sorted());
        for pair in Role::ALL.windows(2) {
            for permission in EVERY {
                assert!(!pair[0].allows(permission) || pair[1].allows(permission), "{pair:?} {permission:?}");
            }
        }
    }

    #[test]
    fn a_role_is_read_by_the_name_it_is_printed_with() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::json!(role), role.as_str());
        }
        for bad in ["", "Admin", "owner"] {
            assert_eq!(Role::parse(bad), None);
        }
    }
}
