//! Moments, actors and other small facts in words.

use promptsync_core::{
    audit::Actor,
    names::{AliasName, ModulePath, ProjectName},
    time::Timestamp,
};

/// A moment as it is shown in tables: to the second, in UTC.
pub(crate) fn moment(at: &Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Who acted, in one word.
pub(crate) fn actor(actor: &Actor) -> String {
    match actor {
        Actor::User { name, .. } | Actor::Service { name, .. } => name.clone(),
        Actor::System => "system".to_owned(),
    }
}

/// A number of things, in words.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Where a role holds: `everywhere`, `shop`, `shop/support`, `shop@production`.
pub(crate) fn place(
    project: Option<&ProjectName>,
    module: Option<&ModulePath>,
    environment: Option<&AliasName>,
) -> String {
    match (project, module, environment) {
        (None, _, _) => "everywhere".to_owned(),
        (Some(project), Some(module), _) => format!("{project}/{module}"),
        (Some(project), None, Some(alias)) => format!("{project}@{alias}"),
        (Some(project), None, None) => project.to_string(),
    }
}
