//! Names that cannot stand beside each other.

use std::collections::BTreeMap;

use super::{Registry, in_file};
use crate::{files::PromptDraft, problem::Problem};

/// A problem for each draft whose name is that of another draft, or differs from a name only in case.
pub(super) fn conflicts(drafts: &[PromptDraft], registry: &Registry) -> Vec<Problem> {
    let existing: BTreeMap<String, &str> =
        registry.names.iter().map(|name| (name.folded(), name.as_str())).collect();
    let mut in_push: BTreeMap<String, &PromptDraft> = BTreeMap::new();
    let mut problems = Vec::new();
    for draft in drafts {
        let name = draft.name.as_str();
        let folded = draft.name.folded();
        if let Some(other) = existing.get(&folded).filter(|other| **other != name) {
            let problem = differs_in_case(name, other).hint(format!("the project has it as `{other}`"));
            problems.push(in_file(problem, draft));
        }
        if let Some(other) = in_push.get(&folded) {
            let place = &other.origin.path;
            let problem = if other.name == draft.name {
                Problem::new("name_exists", format!("`{name}` is also in {place}"))
                    .hint("prompt names are unique in a project, whatever their folder")
            } else {
                differs_in_case(name, other.name.as_str()).hint(format!("the other is in {place}"))
            };
            problems.push(in_file(problem, draft));
        } else {
            in_push.insert(folded, draft);
        }
    }
    problems
}

fn differs_in_case(name: &str, other: &str) -> Problem {
    Problem::new("name_case_conflict", format!("`{name}` and `{other}` differ only in case"))
}
