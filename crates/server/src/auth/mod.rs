//! Who calls: from an API key to a caller with a role and, perhaps, one project.

mod authenticate;
mod cache;
pub(crate) mod key;
pub(crate) mod secret;
mod tries;

pub(crate) use cache::Keys;
pub(crate) use tries::Tries;

use promptsync_core::{
    access::Role,
    audit::Actor,
    ids::{KeyId, ProjectId, WorkspaceId},
    names::ProjectName,
};

/// An authenticated caller.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The key used.
    pub(crate) key: KeyId,
    /// The key's name.
    pub(crate) name: String,
    /// The workspace it belongs to.
    pub(crate) workspace: WorkspaceId,
    /// The only project it opens; all of the workspace when absent.
    pub(crate) project: Option<ProjectId>,
    /// That project's name.
    pub(crate) project_name: Option<ProjectName>,
    /// What it may do.
    pub(crate) role: Role,
}

impl Caller {
    /// The caller as the audit log names it.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Service { id: self.key.to_string(), name: self.name.clone() }
    }
}
