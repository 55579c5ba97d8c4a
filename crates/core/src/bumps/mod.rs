//! The smallest honest bump between two documents, and why. The table is in `docs/reference/versioning.md`.

mod schemas;
mod variables;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    documents::{Kind, Role},
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

/// A version or bump that says less than the change means.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{given} understates the change: it needs at least a {} step from {previous}", needed.as_str())]
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

/// Compares two interfaces. `content_changed` says whether the documents' digests differ at all: then the bump is
/// at least patch.
pub fn bump(old: &Interface, new: &Interface, content_changed: bool) -> BumpPlan {
    let mut reasons = Reasons::default();
    if old.kind != new.kind {
        let message = format!("it was {} and is now {}", kind_name(old.kind), kind_name(new.kind));
        reasons.add(Bump::Major, "kind_changed", message);
    }
    variables::compare(&old.variables, &new.variables, &mut reasons);
    placeholders(old, new, &mut reasons);
    sets(old, new, &mut reasons);
    schemas::compare(old.output_schema.as_ref(), new.output_schema.as_ref(), &mut reasons);
    let mut reasons = reasons.0;
    if reasons.is_empty() && content_changed {
        reasons.push(Reason {
            bump: Bump::Patch,
            code: "wording_changed".into(),
            message: "only wording or metadata changed".into(),
        });
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.bump));
    let bump = reasons.first().map_or(Bump::None, |reason| reason.bump);
    BumpPlan { bump, reasons }
}

/// Reasons of one code that are kept: they are stored with the version, and one is enough to decide.
const MAX_OF_A_CODE: usize = 50;

/// Reasons in the order they are found.
#[derive(Default)]
struct Reasons(Vec<Reason>);

impl Reasons {
    fn add(&mut self, bump: Bump, code: &str, message: String) {
        if self.0.iter().filter(|reason| reason.code == code).count() < MAX_OF_A_CODE {
            self.0.push(Reason { bump, code: code.to_owned(), message });
        }
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Chat => "a conversation",
        Kind::Completion => "a completion",
        Kind::Instruction => "an instruction",
    }
}

fn placeholders(old: &Interface, new: &Interface, reasons: &mut Reasons) {
    for (name, optional) in &new.placeholders {
        match (old.placeholders.get(name), optional) {
            (None, false) => reasons.add(
                Bump::Major,
                "placeholder_required_added",
                format!("callers must now pass the messages `{name}`"),
            ),
            (None, true) => reasons.add(
                Bump::Minor,
                "placeholder_optional_added",
                format!("callers may now pass the messages `{name}`"),
            ),
            (Some(true), false) => reasons.add(
                Bump::Major,
                "placeholder_became_required",
                format!("the messages `{name}` were optional and are now required"),
            ),
            (Some(false), true) => reasons.add(
                Bump::Minor,
                "placeholder_became_optional",
                format!("the messages `{name}` were required and are now optional"),
            ),
            _ => {}
        }
    }
    for name in old.placeholders.keys().filter(|name| !new.placeholders.contains_key(*name)) {
        let message = format!("the messages `{name}` have no place any more");
        reasons.add(Bump::Major, "placeholder_removed", message);
    }
}

fn sets(old: &Interface, new: &Interface, reasons: &mut Reasons) {
    compare_sets(&old.roles, &new.roles, reasons, "role", |role| format!("the role `{}`", role_name(*role)));
    compare_sets(&old.variants, &new.variants, reasons, "variant", |tags| {
        let tags: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("the variant {}", tags.join(", "))
    });
    compare_sets(&old.models, &new.models, reasons, "model", |model| {
        format!("support for the model `{model}`")
    });
    // What an operator must allow, not what a caller must pass: neither step breaks a caller's code.
    let before: BTreeSet<_> = old.secrets.iter().collect();
    for secret in new.secrets.iter().filter(|secret| !before.contains(secret)) {
        reasons.add(Bump::Minor, "secret_added", format!("it now asks for the secret `{secret}`"));
    }
}

fn compare_sets<T: Ord>(
    old: &[T],
    new: &[T],
    reasons: &mut Reasons,
    what: &str,
    name: impl Fn(&T) -> String,
) {
    let (before, after): (BTreeSet<&T>, BTreeSet<&T>) = (old.iter().collect(), new.iter().collect());
    for gone in old.iter().filter(|item| !after.contains(item)) {
        reasons.add(Bump::Major, &format!("{what}_removed"), format!("{} was removed", name(gone)));
    }
    for added in new.iter().filter(|item| !before.contains(item)) {
        reasons.add(Bump::Minor, &format!("{what}_added"), format!("{} was added", name(added)));
    }
}

/// Values of the first list that are not in the second, as JSON.
fn without(values: &[Value], others: &[Value]) -> Vec<String> {
    let others: BTreeSet<String> = others.iter().map(Value::to_string).collect();
    values.iter().map(Value::to_string).filter(|value| !others.contains(value)).collect()
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::Function => "function",
    }
}

#[cfg(test)]
mod tests;
