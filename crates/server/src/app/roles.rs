//! Roles: the built-in ones, and those a workspace defines.

use promptsync_core::{
    access::{Permissions, Role},
    ids::WorkspaceId,
    names::RoleName,
};
use promptsync_store::{
    ReadTx,
    roles::{self, RoleRef},
};

use super::scopes::invalid;
use crate::http::error::ApiError;

/// A role that a request named.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The role.
    pub(crate) role: RoleRef,
    /// Its name.
    pub(crate) name: String,
    /// What it allows.
    pub(crate) permissions: Permissions,
}

/// The role of that name: a built-in one, or the workspace's own.
pub(crate) async fn find(tx: &mut ReadTx, workspace: &WorkspaceId, name: &str) -> Result<Found, ApiError> {
    if let Some(role) = Role::parse(name) {
        let permissions = role.permissions();
        return Ok(Found { role: RoleRef::BuiltIn(role), name: role.as_str().to_owned(), permissions });
    }
    let custom = match RoleName::parse(name) {
        Ok(name) => roles::by_name(tx, workspace, &name).await?,
        Err(_) => None,
    };
    let custom = custom.ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        let built_in = Role::ALL.map(Role::as_str).join(", ");
        invalid(
            "role",
            format!("no role is named `{}`; the built-in ones are {built_in}", shown.escape_debug()),
        )
    })?;
    let permissions = custom.permissions;
    Ok(Found { role: RoleRef::Custom(custom.id), name: custom.name.to_string(), permissions })
}
