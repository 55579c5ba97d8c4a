//! Prompts of this machine: a folder on disk or in a commit, parsed and compiled with the registry's own rules.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use promptsync_core::{
    documents::Document,
    files::{self, PromptDraft, SourceFile, place_in_file},
    interface::{Interface, interface},
    limits::Limits,
    names::{PromptName, nearest},
    problem::Problem,
    publish::{self, PushRequest, Registry},
    render::{CompiledDocument, includes},
};

use crate::{
    error::{CliError, Kind, Located, Result},
    folder::{self, PromptFile},
    git::{Commit, Repository},
    printer::count,
};

/// The prompts of a folder.
#[derive(Debug)]
pub(crate) struct Local {
    /// The prompts by name.
    pub(crate) drafts: BTreeMap<PromptName, PromptDraft>,
    /// The files they come from.
    pub(crate) files: Vec<PromptFile>,
    /// How the folder is called in front of file names: `prompts/`, `abc1234:prompts/`.
    prefix: String,
}

/// A prompt that is ready to be compared and rendered.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// What to call it: its file.
    pub(crate) label: String,
    /// Its templates.
    pub(crate) templates: CompiledDocument,
    /// What callers depend on.
    pub(crate) interface: Interface,
}

impl Local {
    /// Reads and parses a folder on disk.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let limits = Limits::default();
        let prefix = slashed(&folder.components().collect::<PathBuf>());
        match folder::read(folder, &limits)? {
            Ok(files) => Self::parse(files, prefix, &limits),
            Err(problems) => {
                Err(Self { drafts: BTreeMap::new(), files: Vec::new(), prefix }.refuse(problems))
            }
        }
    }

    /// Reads and parses a folder as a commit has it.
    pub(crate) fn at_commit(repository: &Repository, commit: &Commit, folder: &Path) -> Result<Self> {
        let limits = Limits::default();
        let prefix = format!("{}:{}", commit.short(), slashed(&folder.components().collect::<PathBuf>()));
        match repository.prompt_files(commit, folder, &limits)? {
            Ok(files) => Self::parse(files, prefix, &limits),
            Err(problems) => {
                Err(Self { drafts: BTreeMap::new(), files: Vec::new(), prefix }.refuse(problems))
            }
        }
    }

    /// Reads and parses one file.
    pub(crate) fn one_file(path: &Path) -> Result<Self> {
        let limits = Limits::default();
        let file = folder::read_one(path, &limits)?;
        let parent = path.parent().map(|parent| parent.components().collect::<PathBuf>()).unwrap_or_default();
        Self::parse(vec![file], slashed(&parent), &limits)
    }

    fn parse(files: Vec<PromptFile>, prefix: String, limits: &Limits) -> Result<Self> {
        let sources: Vec<SourceFile<'_>> =
            files.iter().map(|file| SourceFile { path: &file.path, bytes: &file.bytes }).collect();
        let parsed =
            files::parse_folder(&sources, limits).map_err(|folder| publish::problems(folder, limits));
        let mut local = Self { drafts: BTreeMap::new(), files, prefix };
        let drafts = parsed.map_err(|problems| local.refuse(problems))?;
        local.drafts = drafts.into_iter().map(|draft| (draft.name.clone(), draft)).collect();
        Ok(local)
    }

    /// Applies every rule of a push that needs no registry; returns the advice that comes with it.
    ///
    /// A dependency that is not in the folder may be in the registry, so that alone is no problem here.
    pub(crate) fn check(&self) -> Result<Vec<Problem>> {
        match rules(self.drafts.values().cloned().collect()) {
            Ok(warnings) => Ok(self.shown(warnings)),
            Err(problems) => {
                let (elsewhere, here): (Vec<_>, Vec<_>) =
                    problems.into_iter().partition(publish::may_be_elsewhere);
                if here.is_empty() { Ok(self.shown(elsewhere)) } else { Err(self.refuse(here)) }
            }
        }
    }

    /// The prompt of this name.
    pub(crate) fn find(&self, name: &str) -> Result<&PromptDraft> {
        let found = PromptName::parse(name).ok().and_then(|name| self.drafts.get(&name));
        found.ok_or_else(|| {
            let place = self.prefix.trim_end_matches('/');
            let error =
                CliError::not_found("prompt_not_found", format!("no prompt is named `{name}` in {place}"));
            match nearest(name, self.drafts.keys().map(PromptName::as_str)) {
                Some(other) => error.hint(format!("did you mean `{other}`?")),
                None => error,
            }
        })
    }

    /// Compiles a prompt with what it includes.
    pub(crate) fn compile(&self, draft: &PromptDraft) -> Result<Compiled> {
        let dependencies = closure(&draft.document, |name| self.drafts.get(name));
        compile(draft.document.clone(), dependencies, self.label(draft)).map_err(|problems| {
            let places = problems.into_iter().map(|problem| placed(draft, problem)).collect();
            self.refuse(places)
        })
    }

    /// A prompt's file as people see it.
    pub(crate) fn label(&self, draft: &PromptDraft) -> String {
        format!("{}{}", self.prefix, draft.origin.path)
    }

    /// The failure made of these problems, with the lines they point at.
    pub(crate) fn refuse(&self, mut problems: Vec<Problem>) -> CliError {
        problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        problems.dedup();
        let message = count(problems.len(), "problem", "problems");
        let located = problems.into_iter().map(|problem| self.locate(problem)).collect();
        CliError::new(Kind::Check, "invalid", message).problems(located)
    }

    /// Gives a problem of one of our files the name people know it by, and its text.
    pub(crate) fn locate(&self, mut problem: Problem) -> Located {
        let source = problem
            .file
            .as_ref()
            .and_then(|path| self.files.iter().find(|file| file.path == *path))
            .map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
        problem.file = problem.file.map(|path| format!("{}{path}", self.prefix));
        Located { problem, source }
    }

    fn shown(&self, problems: Vec<Problem>) -> Vec<Problem> {
        problems.into_iter().map(|problem| self.locate(problem).problem).collect()
    }
}

/// Applies every rule of a push that needs no registry; gives the advice that comes with it.
fn rules(drafts: Vec<PromptDraft>) -> std::result::Result<Vec<Problem>, Vec<Problem>> {
    let request = PushRequest { drafts, version: None, allow_breaking: true };
    publish::plan(&request, &Registry::default(), &Limits::default()).map(|plan| plan.warnings)
}

/// Compiles a document with everything it may include.
pub(crate) fn compile<'a>(
    document: Document,
    dependencies: impl IntoIterator<Item = (&'a PromptName, &'a Document)>,
    label: String,
) -> std::result::Result<Compiled, Vec<Problem>> {
    let partials = includes(&document, dependencies)?;
    let templates = CompiledDocument::new(document, &partials, &Limits::default())?;
    let interface = interface(templates.document(), &templates);
    Ok(Compiled { label, templates, interface })
}

/// The documents that templates of a document may include: its dependencies and what those depend on.
fn closure<'a>(
    document: &Document,
    find: impl Fn(&PromptName) -> Option<&'a PromptDraft>,
) -> BTreeMap<&'a PromptName, &'a Document> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<&PromptName> = document.dependencies.keys().collect();
    while let Some(name) = waiting.pop() {
        if let Some(draft) = find(name)
            && found.insert(&draft.name, &draft.document).is_none()
        {
            waiting.extend(draft.document.dependencies.keys());
        }
    }
    found
}

/// Moves a problem of a template to its place in the prompt's file.
pub(crate) fn placed(draft: &PromptDraft, mut problem: Problem) -> Problem {
    if problem.file.is_some() {
        return problem;
    }
    problem.file = Some(draft.origin.path.clone());
    let path = problem.path.as_deref().unwrap_or_default();
    let place = place_in_file(draft, path, problem.line.unwrap_or(1), problem.column.unwrap_or(1));
    (problem.line, problem.column) = (Some(place.0), Some(place.1));
    problem
}

fn slashed(folder: &Path) -> String {
    let text = folder.to_string_lossy().replace('\\', "/");
    match text.as_str() {
        "" | "." => String::new(),
        _ => format!("{}/", text.trim_end_matches('/')),
    }
}
