//! Who may do what.
//!
//! A [`Role`] is a named set of [`Permissions`]; a [`Grant`] gives such a set within a [`Scope`]; a [`Principal`] is what
//! somebody was granted. [`can`] is the only function that decides.

mod permissions;
mod principal;

pub use permissions::{Permission, Permissions};
pub use principal::{Grant, Object, Principal, Scope, can, can_give, can_somewhere, can_within, sees};

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

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Approver, Self::Admin];

    /// What the role may do.
    pub fn permissions(self) -> Permissions {
        Permission::ALL.into_iter().filter(|permission| self.allows(*permission)).collect()
    }

    /// Whether the role includes a permission.
    pub fn allows(self, permission: Permission) -> bool {
        self >= weakest(permission)
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

/// The weakest built-in role that has a permission.
fn weakest(permission: Permission) -> Role {
    match permission {
        Permission::Read | Permission::Render => Role::Viewer,
        Permission::Publish | Permission::MoveAlias => Role::Editor,
        Permission::AllowBreaking
        | Permission::LockVersion
        | Permission::ReadAudit
        | Permission::UseSecrets => Role::Approver,
        Permission::ManageProject
        | Permission::ManageKeys
        | Permission::ManageMembers
        | Permission::ManageEnvironments
        | Permission::ManageSecrets
        | Permission::ManageWorkspace => Role::Admin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: [Permission; 14] = Permission::ALL;

    #[test]
    fn each_role_may_do_exactly_this() {
        use Permission::{
            AllowBreaking, LockVersion, MoveAlias, Publish, Read, ReadAudit, Render, UseSecrets,
        };
        let table: [(Role, &[Permission]); 4] = [
            (Role::Viewer, &[Read, Render]),
            (Role::Editor, &[Read, Render, Publish, MoveAlias]),
            (
                Role::Approver,
                &[Read, Render, Publish, AllowBreaking, MoveAlias, LockVersion, ReadAudit, UseSecrets],
            ),
            (Role::Admin, &EVERY),
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
