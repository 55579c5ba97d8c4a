//! Call sites: what an application's source passes to prompts, against what an alias, release or folder offers.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    compatibility::Severity,
    interface::Interface,
    names::{AliasName, PromptName, nearest},
    problem::Problem,
    references::{Reference, Selector},
    versions::VersionNumber,
};

/// A call in a source that asks for a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The prompt's name, as it is written.
    pub prompt: String,
    /// The alias or version that is written with it.
    pub reference: Option<String>,
    /// Where the prompt is named.
    pub at: Spot,
    /// What it is filled with; none where the source does not show that.
    pub filled: Option<Filling>,
}

/// What a call fills a prompt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    /// The variables that are passed for certain, and where they are written.
    pub variables: Vec<(String, Spot)>,
    /// Whether others may be passed too, so that none can be said to be missing.
    pub open: bool,
    /// Where the prompt is filled.
    pub at: Spot,
}

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// A version as calls see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Callable {
    /// Its number; a file has none.
    pub version: Option<VersionNumber>,
    /// What it asks of callers.
    pub interface: Interface,
}

/// What calls are compared with.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Whose calls it answers.
    pub answers: Answers,
    /// Every name it has.
    pub names: BTreeSet<PromptName>,
    /// What it has for the names that calls ask for.
    pub prompts: BTreeMap<PromptName, Callable>,
    /// The versions that calls name by number: none for one that does not exist. What is not in here is not judged.
    pub exact: BTreeMap<(PromptName, VersionNumber), Option<Callable>>,
}

/// Whose calls an offer answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Those that name this alias, or none.
    Alias(AliasName),
    /// Those that name any alias, or none: a release or a file can be put behind each of them.
    AnyAlias,
}

/// One thing about a call that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Whether the call would fail.
    pub severity: Severity,
    /// `prompt_missing`, `version_missing`, `missing_variable` or `unknown_variable`, with its place.
    pub problem: Problem,
}

/// The versions that calls name by number.
pub fn exact(calls: &[CallSite]) -> BTreeSet<(PromptName, VersionNumber)> {
    let named = calls.iter().filter_map(|call| match wanted(call) {
        Wanted::Exact(number) => Some((PromptName::parse(&call.prompt).ok()?, number)),
        _ => None,
    });
    named.collect()
}

/// Compares calls with what is offered: errors first, then by place. A call that names another alias, a range, a
/// digest, a commit or a moment is answered by something else, and not judged.
pub fn check(calls: &[CallSite], offer: &Offer) -> Vec<Misfit> {
    let mut found: Vec<Misfit> = calls.iter().flat_map(|call| misfits(call, offer)).collect();
    found.sort_by(|a, b| place(a).cmp(&place(b)));
    // One question that is filled in two places is one question.
    found.dedup();
    found
}

fn place(misfit: &Misfit) -> (Severity, &Option<String>, Option<u32>, Option<u32>, &str) {
    let Problem { file, line, column, message, .. } = &misfit.problem;
    (misfit.severity, file, *line, *column, message)
}

/// Which version a call asks for.
enum Wanted {
    /// What its client serves.
    Served,
    /// What this alias serves.
    Alias(AliasName),
    /// This one.
    Exact(VersionNumber),
    /// One that nothing here says anything about.
    Other,
}

fn wanted(call: &CallSite) -> Wanted {
    let Some(reference) = &call.reference else { return Wanted::Served };
    match Reference::parse(reference) {
        Ok(Reference { selector: Selector::Alias(alias), at: None }) => Wanted::Alias(alias),
        Ok(Reference { selector: Selector::Exact(number), at: None }) => Wanted::Exact(number),
        _ => Wanted::Other,
    }
}

fn misfits(call: &CallSite, offer: &Offer) -> Vec<Misfit> {
    let name = PromptName::parse(&call.prompt).ok();
    let found = match (wanted(call), &offer.answers) {
        (Wanted::Other, _) => return Vec::new(),
        (Wanted::Alias(alias), Answers::Alias(answered)) if answered.folded() != alias.folded() => {
            return Vec::new();
        }
        (Wanted::Served | Wanted::Alias(_), _) => name.and_then(|name| offer.prompts.get(&name)),
        (Wanted::Exact(number), _) => match name.map(|name| (name, number)) {
            None => None,
            Some(key) => match offer.exact.get(&key) {
                Some(Some(callable)) => Some(callable),
                Some(None) => return vec![version_missing(call, &key.1, offer)],
                None => return Vec::new(),
            },
        },
    };
    match found {
        Some(callable) => variables(call, callable),
        None => vec![prompt_missing(call, offer)],
    }
}

fn prompt_missing(call: &CallSite, offer: &Offer) -> Misfit {
    let message = format!("`{}` is not offered", call.prompt.escape_debug());
    let near = nearest(&call.prompt, offer.names.iter().map(PromptName::as_str));
    let hint = near.map(|near| format!("`{near}` is: was it renamed?"));
    misfit(Severity::Error, "prompt_missing", message, hint, &call.at)
}

fn version_missing(call: &CallSite, number: &VersionNumber, offer: &Offer) -> Misfit {
    let Some(found) = PromptName::parse(&call.prompt).ok().and_then(|name| offer.prompts.get(&name)) else {
        return prompt_missing(call, offer);
    };
    let hint = found.version.as_ref().map(|version| format!("{version} is offered"));
    let message = format!("`{}` has no version {number}", call.prompt);
    misfit(Severity::Error, "version_missing", message, hint, &call.at)
}

fn variables(call: &CallSite, callable: &Callable) -> Vec<Misfit> {
    let Some(filled) = &call.filled else { return Vec::new() };
    let Interface { variables, placeholders, .. } = &callable.interface;
    let label = match &callable.version {
        Some(version) => format!("{} {version}", call.prompt),
        None => call.prompt.clone(),
    };
    let is_read = |name: &str| variables.contains_key(name) || placeholders.contains_key(name);
    let passed: BTreeSet<&str> = filled.variables.iter().map(|(name, _)| name.as_str()).collect();
    let needed = variables.iter().filter(|(_, variable)| variable.required).map(|(name, _)| name);
    let needed = needed.chain(placeholders.iter().filter(|(_, optional)| !**optional).map(|(name, _)| name));
    let missing: BTreeSet<&str> = needed.map(String::as_str).filter(|name| !passed.contains(name)).collect();
    let mut unread: BTreeSet<&str> = passed.iter().copied().filter(|name| !is_read(name)).collect();
    let mut found = Vec::new();
    for name in missing.into_iter().filter(|_| !filled.open) {
        // Another name for it is one mistake, not two.
        let near = nearest(name, unread.iter().copied());
        let hint = near.map(|near| format!("it passes `{near}`: was it renamed?"));
        if let Some(near) = near {
            unread.remove(near);
        }
        let message = format!("{label} needs `{name}`, which this call does not pass");
        found.push(misfit(Severity::Error, "missing_variable", message, hint, &filled.at));
    }
    for (name, at) in filled.variables.iter().filter(|(name, _)| unread.contains(name.as_str())) {
        let others = variables.keys().chain(placeholders.keys()).map(String::as_str);
        let near = nearest(name, others.filter(|other| !passed.contains(other)));
        let hint = near.map(|near| format!("it reads `{near}`"));
        let message = format!("{label} does not read `{}`", name.escape_debug());
        found.push(misfit(Severity::Warning, "unknown_variable", message, hint, at));
    }
    found
}

fn misfit(severity: Severity, code: &str, message: String, hint: Option<String>, at: &Spot) -> Misfit {
    let mut problem = Problem::new(code, message).in_file(&at.file).at(at.line, at.column);
    problem.hint = hint;
    Misfit { severity, problem }
}

#[cfg(test)]
mod tests;
