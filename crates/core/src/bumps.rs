//! The smallest honest bump between two documents, and why.

use serde::{Deserialize, Serialize};

use crate::{
    interface::Interface,
    versions::{Bump, VersionNumber},
};

/// A bump and the reasons for it, strongest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BumpPlan {
    /// The smallest honest bump.
    pub bump: Bump,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// One difference and the bump it demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Reason {
    /// The bump this difference demands alone.
    pub bump: Bump,
    /// A stable code: `variable_required_added`, `variable_type_narrowed`, `role_removed`, `wording_changed`, ….
    pub code: String,
    /// The sentence for people.
    pub message: String,
}

/// Compares two interfaces. `content_changed` says whether the documents' digests differ at all: then the bump is
/// at least patch.
pub fn bump(old: &Interface, new: &Interface, content_changed: bool) -> BumpPlan {
    let _ = (old, new);
    BumpPlan { bump: if content_changed { Bump::Patch } else { Bump::None }, reasons: Vec::new() }
}

/// A version or bump that says less than the change means.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{given} understates the change: it needs at least a {needed:?} bump from {previous}")]
pub struct Understated {
    /// The version asked for.
    pub given: VersionNumber,
    /// The version it follows.
    pub previous: VersionNumber,
    /// The smallest honest bump.
    pub needed: Bump,
    /// Why.
    pub reasons: Vec<Reason>,
}
