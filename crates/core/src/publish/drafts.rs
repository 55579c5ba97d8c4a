//! What becomes of one draft.

use std::collections::{BTreeMap, btree_map::Entry};

use serde_json::Value;

use super::{
    PlannedVersion, Registry,
    dependencies::Closure,
    numbers::{Content, Wanted, number},
};
use crate::{
    digest::Digest,
    files::PromptDraft,
    interface::{Interface, interface},
    limits::Limits,
    names::PromptName,
    problem::Problem,
    render::{CompiledDocument, includes},
    versions::VersionNumber,
};

/// What holds for every draft of a push.
pub(super) struct Rules<'a> {
    pub(super) registry: &'a Registry,
    pub(super) limits: &'a Limits,
    pub(super) version: Option<VersionNumber>,
    pub(super) allow_breaking: bool,
}

/// A draft whose names and dependencies are in order.
pub(super) struct Ready<'a> {
    pub(super) draft: &'a PromptDraft,
    pub(super) canonical: String,
    pub(super) digest: Digest,
    pub(super) closure: &'a Closure<'a>,
}

/// What compiling found out about contents, each with its dependencies fixed.
#[derive(Debug, Default)]
pub struct Compilations(BTreeMap<(Digest, BTreeMap<PromptName, Digest>), Compiled>);

#[derive(Clone, Debug)]
struct Compiled {
    interface: Interface,
    advice: Vec<Problem>,
}

/// Compiles a draft and finds its number, with advice. Without a number when another draft, on which this one
/// depends, has problems of its own.
pub(super) fn plan(
    ready: Ready<'_>,
    rules: &Rules<'_>,
    compilations: &mut Compilations,
) -> Result<Option<(PlannedVersion, Vec<Problem>)>, Vec<Problem>> {
    let Ready { draft, canonical, digest, closure } = ready;
    let document = &draft.document;
    if !closure.complete {
        compile(draft, closure, rules.limits)?;
        return Ok(None);
    }
    let fixed = closure.dependencies.iter().map(|(name, fixed)| (name.clone(), fixed.digest.clone()));
    let Compiled { interface, advice } = match compilations.0.entry((digest.clone(), fixed.collect())) {
        Entry::Occupied(known) => known.get().clone(),
        Entry::Vacant(new) => new.insert(compile(draft, closure, rules.limits)?).clone(),
    };
    let content = Content { digest: &digest, interface: &interface, dependencies: &closure.dependencies };
    let wanted = match (&rules.version, &draft.version) {
        (Some(version), _) => Wanted::ByPush(version.clone()),
        (None, Some(version)) => Wanted::ByFile(version.clone()),
        (None, None) => Wanted::Nothing,
    };
    let history = rules.registry.prompts.get(&draft.name).map_or(&[][..], Vec::as_slice);
    let numbered =
        number(wanted, &content, history, rules.allow_breaking).map_err(|problem| vec![*problem])?;
    let prompt = PlannedVersion {
        name: draft.name.clone(),
        module: draft.module.clone(),
        kind: document.kind,
        version: numbered.version,
        previous: numbered.previous,
        bump: numbered.plan.bump,
        reasons: numbered.plan.reasons,
        digest,
        canonical,
        interface,
        dependencies: closure.dependencies.clone(),
        created: numbered.created,
        understated: numbered.understated,
        changelog: draft.changelog.clone(),
        git_commit: draft.git_commit.clone(),
        origin: draft.origin.clone(),
        description: text(document.metadata.get("description")),
        tags: texts(document.metadata.get("tags")),
    };
    let found = numbered.warnings.into_iter().chain(advice);
    let advice = found.map(|problem| super::in_file(problem, draft)).collect();
    Ok(Some((prompt, advice)))
}

fn compile(draft: &PromptDraft, closure: &Closure<'_>, limits: &Limits) -> Result<Compiled, Vec<Problem>> {
    let document = &draft.document;
    let partials = includes(document, closure.documents.iter().map(|(name, document)| (name, *document)))?;
    let compiled = CompiledDocument::new(document.clone(), &partials, limits)?;
    Ok(Compiled { interface: interface(document, &compiled), advice: compiled.warnings() })
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
