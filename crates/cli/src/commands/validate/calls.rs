//! The call sites of an application, and what they are compared with.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_api::prompts::ResolvedPrompt;
use promptsync_callsites::{self as callsites, Survey};
use promptsync_client::Wish;
use promptsync_core::{
    callsites::{Answers, CallSite, Callable, Filling, Offer, Spot, check, exact},
    compatibility::Severity,
    names::{AliasName, ProjectName, PromptName},
    problem::Problem,
    versions::VersionNumber,
};

use crate::{
    Context,
    args::Validate,
    error::{CliError, Located, Result},
    git::{Commit, Repository},
    local::Local,
    printer::count,
    registry::Registry,
    sources::{self, SourceFile},
};

/// The calls of an application.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) sites: Vec<CallSite>,
    /// The text of each file with calls.
    texts: BTreeMap<String, String>,
}

/// What does not fit: what would fail, and what deserves a word.
#[derive(Default)]
pub(super) struct Misfits {
    pub(super) errors: Vec<Located>,
    pub(super) warnings: Vec<Problem>,
}

impl Calls {
    /// Reads the calls in the paths that are named, else in the whole project when there is a registry to ask.
    pub(super) fn read(
        args: &Validate,
        at: Option<&(&Repository, Commit)>,
        context: &Context,
    ) -> Result<Self> {
        let against_registry = args.alias.is_some() || args.version.is_some();
        let mut calls = Self::default();
        if args.no_code || (args.code.is_empty() && !against_registry) {
            return Ok(calls);
        }
        // Most files have nothing to do with PromptSync: their texts are looked at, and not kept.
        let mut survey = Survey::default();
        let note = |file: SourceFile| survey.add(&file.path, file.language, &file.text);
        look(args, at, context, |_| true, note)?;
        let application = survey.application();
        let mut texts = BTreeMap::new();
        let keep = |file: SourceFile| {
            texts.insert(file.path, file.text);
        };
        look(args, at, context, |path| application.wants(path), keep)?;
        for (path, found) in application.read(&texts) {
            let name = at.map_or_else(|| path.to_owned(), |(_, commit)| format!("{}:{path}", commit.short()));
            match found {
                Ok(found) if found.is_empty() => {}
                Ok(found) => {
                    calls.sites.extend(found.into_iter().map(|call| site(&name, call)));
                    calls.texts.extend(texts.remove(path).map(|text| (name, text)));
                }
                Err(reason) => context.printer.warn(format!("{name} is not read: {reason}")),
            }
        }
        Ok(calls)
    }

    /// `12 calls in 5 files`.
    pub(super) fn summary(&self) -> String {
        format!(
            "{} in {}",
            count(self.sites.len(), "call", "calls"),
            count(self.texts.len(), "file", "files")
        )
    }

    /// How many files have calls.
    pub(super) fn files(&self) -> usize {
        self.texts.len()
    }

    /// The prompts that are named, as far as they have possible names.
    pub(super) fn names(&self) -> BTreeSet<PromptName> {
        self.sites.iter().filter_map(|call| PromptName::parse(&call.prompt).ok()).collect()
    }

    /// What does not fit an offer.
    pub(super) fn misfits(&self, offer: &Offer) -> Misfits {
        let mut misfits = Misfits::default();
        for misfit in check(&self.sites, offer) {
            match misfit.severity {
                Severity::Warning => misfits.warnings.push(misfit.problem),
                Severity::Error => {
                    let file = misfit.problem.file.as_deref().unwrap_or_default();
                    let source = self.texts.get(file).cloned();
                    misfits.errors.push(Located { problem: misfit.problem, source });
                }
            }
        }
        misfits
    }

    /// Compares with what an alias or release offers.
    pub(super) fn against_registry(
        &self,
        args: &Validate,
        manifest: &BTreeMap<PromptName, VersionNumber>,
        read: &BTreeMap<PromptName, ResolvedPrompt>,
        (registry, project): (&Registry, &ProjectName),
    ) -> Result<Misfits> {
        let answers = match &args.alias {
            Some(alias) => Answers::Alias(
                AliasName::parse(alias).map_err(|error| CliError::usage("name", error.to_string()))?,
            ),
            None => Answers::AnyAlias,
        };
        let mut exactly = BTreeMap::new();
        for (name, version) in exact(&self.sites) {
            let found = match read.get(&name).filter(|prompt| prompt.version == version) {
                Some(prompt) => Some(callable(prompt)),
                None => registry.read_version(project, &name, &version)?.as_ref().map(callable),
            };
            exactly.insert((name, version), found);
        }
        Ok(self.misfits(&Offer {
            answers,
            names: manifest.keys().cloned().collect(),
            prompts: read.iter().map(|(name, prompt)| (name.clone(), callable(prompt))).collect(),
            exact: exactly,
        }))
    }

    /// Compares with prompt files. Which version of them an alias will stand on, nobody knows yet.
    pub(super) fn against_files(&self, local: &Local) -> Result<Misfits> {
        let mut prompts = BTreeMap::new();
        for name in self.names() {
            if let Some(draft) = local.drafts.get(&name) {
                let interface = local.compile(draft)?.interface;
                prompts.insert(name, Callable { version: None, interface });
            }
        }
        Ok(self.misfits(&Offer {
            answers: Answers::AnyAlias,
            names: local.drafts.keys().cloned().collect(),
            prompts,
            exact: BTreeMap::new(),
        }))
    }
}

/// Hands over the source files in the paths that are named, or in the whole project, that are wanted.
fn look(
    args: &Validate,
    at: Option<&(&Repository, Commit)>,
    context: &Context,
    wanted: impl Fn(&str) -> bool,
    mut take: impl FnMut(SourceFile),
) -> Result {
    let whole = [context.settings.code()];
    let paths = if args.code.is_empty() { whole.as_slice() } else { args.code.as_slice() };
    for path in paths {
        let Some((repository, commit)) = at else {
            sources::on_disk(path, &wanted, &mut take)?;
            continue;
        };
        let exists = sources::at_commit(repository, commit, path, &wanted, &mut take)?;
        // A path that somebody mistyped must not pass for one without calls.
        if !exists && !args.code.is_empty() {
            let message = format!("the commit {} has no {}", commit.short(), path.display());
            return Err(CliError::not_found("file_not_found", message));
        }
    }
    Ok(())
}

fn callable(prompt: &ResolvedPrompt) -> Callable {
    Callable { version: Some(prompt.version.clone()), interface: prompt.interface.clone() }
}

fn site(file: &str, call: callsites::Call) -> CallSite {
    let spot =
        |place: callsites::Place| Spot { file: file.to_owned(), line: place.line, column: place.column };
    let filling = |filled: callsites::Filled| Filling {
        variables: filled.variables.into_iter().map(|variable| (variable.name, spot(variable.at))).collect(),
        open: filled.open,
        at: spot(filled.at),
    };
    CallSite {
        prompt: call.prompt,
        reference: call.reference,
        at: spot(call.at),
        filled: call.filled.map(filling),
    }
}

impl Registry {
    /// One version of a prompt; none when there is no such version.
    fn read_version(
        &self,
        project: &ProjectName,
        name: &PromptName,
        version: &VersionNumber,
    ) -> Result<Option<ResolvedPrompt>> {
        let (version, wish) = (version.to_string(), Wish::default());
        let answer = self.client.resolve(project.as_str(), name.as_str(), &version, &wish);
        match self.try_wait(answer) {
            Ok(prompt) => Ok(Some(prompt)),
            Err(error) if matches!(error.code(), Some("prompt_not_found" | "version_not_found")) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
