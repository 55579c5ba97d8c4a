//! Who calls: an application with an API key, or a person with a session.

mod authenticate;
mod cache;
mod guesses;
pub(crate) mod key;
pub(crate) mod one_time;
mod passwords;
mod seats;
pub(crate) mod secret;
mod session;
mod shown;
pub(crate) mod token;
mod tries;
mod uses;

pub(crate) use authenticate::{Certainty, bearer};
use cache::FRESH;
pub(crate) use cache::{Keys, KnownKey};
pub(crate) use guesses::Guesses;
pub(crate) use passwords::Passwords;
pub(crate) use seats::Seats;
pub(crate) use shown::ShownKey;
pub(crate) use tries::Tries;
pub(crate) use uses::Uses;

use std::sync::Arc;

use promptsync_core::{
    access::{Object, Permission, Principal, can},
    audit::Actor,
    ids::{KeyId, ProjectId, SessionId, UserId, WorkspaceId},
    names::ProjectName,
};

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// An application with an API key.
    Key(KeyId),
    /// A person who signed in.
    User(UserId, SessionId),
}

/// An authenticated caller.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Who it is.
    pub(crate) identity: Identity,
    /// The key's name, or the person's.
    pub(crate) name: String,
    /// The workspace it belongs to.
    pub(crate) workspace: WorkspaceId,
    /// What it may do there.
    pub(crate) principal: Arc<Principal>,
    /// The only project a key belongs to: the one meant when a request names none.
    pub(crate) project: Option<(ProjectId, ProjectName)>,
    /// The name of a key's role; people may have many.
    pub(crate) role: Option<String>,
    /// Whether it is a person who operates the server.
    pub(crate) operator: bool,
    /// Who made the key.
    pub(crate) key_by: Option<Actor>,
}

impl Caller {
    /// The caller as the audit log names it.
    pub(crate) fn actor(&self) -> Actor {
        let (id, name) = (self.id().to_owned(), self.name.clone());
        match self.identity {
            Identity::Key(_) => Actor::Service { id, name },
            Identity::User(..) => Actor::User { id, name },
        }
    }

    /// On whose behalf the caller acts: a key for whoever made it, a person for themselves.
    pub(crate) fn on_behalf_of(&self) -> Option<Actor> {
        match self.identity {
            Identity::Key(_) => self.key_by.clone(),
            Identity::User(..) => Some(self.actor()),
        }
    }

    /// The id of the key or the person.
    pub(crate) fn id(&self) -> &str {
        match &self.identity {
            Identity::Key(key) => key.as_str(),
            Identity::User(user, _) => user.as_str(),
        }
    }

    /// Whether the caller may do this with that.
    pub(crate) fn can(&self, permission: Permission, object: Object<'_>) -> bool {
        can(&self.principal, permission, object)
    }
}
