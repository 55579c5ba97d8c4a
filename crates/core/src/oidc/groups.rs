//! Which role a group of the provider gives.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::Role;

/// Roles by group, as configured: `platform=admin, writers=editor`. A group that is not named gives nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupRoles(BTreeMap<String, Role>);

/// A mapping that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupRolesError {
    /// A part is not `group=role`.
    #[error("`{0}` is not `group=role`")]
    Form(String),
    /// There is no such role.
    #[error("`{0}` is not a role: viewer, editor, approver, admin")]
    Role(String),
    /// A group is named twice.
    #[error("the group `{0}` is named twice")]
    Twice(String),
}

impl GroupRoles {
    /// Reads `group=role` parts between commas. The role follows the last `=`: names of groups may hold one
    /// (`cn=writers`), but no comma.
    pub fn parse(text: &str) -> Result<Self, GroupRolesError> {
        let mut roles = BTreeMap::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (group, role) =
                part.rsplit_once('=').ok_or_else(|| GroupRolesError::Form(part.to_owned()))?;
            let (group, role) = (group.trim(), role.trim());
            if group.is_empty() {
                return Err(GroupRolesError::Form(part.to_owned()));
            }
            let role = Role::parse(role).ok_or_else(|| GroupRolesError::Role(role.to_owned()))?;
            if roles.insert(group.to_owned(), role).is_some() {
                return Err(GroupRolesError::Twice(group.to_owned()));
            }
        }
        Ok(Self(roles))
    }

    /// Whether no group is mapped, so that groups have no say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The roles of somebody in these groups. Names are compared letter by letter.
    pub fn of(&self, groups: &[String]) -> BTreeSet<Role> {
        groups.iter().filter_map(|group| self.0.get(group).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mapping: &str, groups: &[&str]) -> Vec<Role> {
        let groups: Vec<_> = groups.iter().map(|group| (*group).to_owned()).collect();
        GroupRoles::parse(mapping).unwrap().of(&groups).into_iter().collect()
    }

    #[test]
    fn only_a_group_that_is_named_gives_a_role() {
        let mapping = "platform=admin, cn=writers,ou=x = editor,";
        assert!(GroupRoles::parse(mapping).is_err(), "a comma ends a part");
        let mapping = "platform=admin, cn=writers = editor, readers=viewer,";
        assert_eq!(of(mapping, &["platform"]), [Role::Admin]);
        assert_eq!(of(mapping, &["cn=writers", "readers", "readers"]), [Role::Viewer, Role::Editor]);
        for nothing in ["", "Platform", "platform ", "admin", "platform=admin", "cn"] {
            assert_eq!(of(mapping, &[nothing]), [], "{nothing}");
        }
        assert_eq!(of("", &["admin", ""]), []);
    }

    #[test]
    fn a_mapping_with_a_mistake_is_refused_with_its_place() {
        let error = |text| GroupRoles::parse(text).unwrap_err();
        assert_eq!(error("platform"), GroupRolesError::Form("platform".into()));
        assert_eq!(error("=admin"), GroupRolesError::Form("=admin".into()));
        assert_eq!(error("a=amdin"), GroupRolesError::Role("amdin".into()));
        assert_eq!(error("a=Admin"), GroupRolesError::Role("Admin".into()));
        assert_eq!(error("a=admin,a=viewer"), GroupRolesError::Twice("a".into()));
    }
}
