//! How people write prompts: files of text, Markdown, YAML and JSON, read into documents and printed back.

mod content;
mod flat;
mod front_matter;
pub mod json;
mod list;
mod messages;
mod metadata;
mod places;
mod print;
mod reading;
pub mod schema;
mod text;
mod tree;
mod variables;
mod yaml;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    mem,
};

use serde::{Deserialize, Serialize};

pub use places::{Place, place_in_file};
pub use print::{expressible, print, print_list};
use reading::{Reading, take};
use tree::{Entries, Node, Tree};

use crate::{
    documents::{Document, Engine},
    limits::Limits,
    names::{ModulePath, PromptName},
    problem::Problem,
    versions::VersionNumber,
};

/// A prompt file as it stands on disk, in a git commit or in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceFile<'a> {
    /// Path relative to the prompts folder, with `/`: `support/customer_support.yaml`.
    pub path: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// One prompt read from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptDraft {
    /// Its name: the file's, or the `id` in a list file.
    pub name: PromptName,
    /// The sub-folder it stands in.
    pub module: ModulePath,
    /// The version the file asks for.
    pub version: Option<VersionNumber>,
    /// The commit the file names (`git_commit:`).
    pub git_commit: Option<String>,
    /// What the file says of its change (`changelog:`).
    pub changelog: Option<String>,
    /// Status in a list file: `active`, `draft`, `archived`, ….
    pub status: Option<String>,
    /// The content.
    pub document: Document,
    /// How it was written, to print it back alike.
    pub origin: Origin,
    /// Where the templates and declarations stand in the file, by their path in the document (`content`,
    /// `messages[1].content`, `variables.name`). See [`place_in_file`].
    pub places: BTreeMap<String, Place>,
    /// What was kept without being understood, and other advice.
    pub warnings: Vec<Problem>,
}

/// How a prompt was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Origin {
    /// The file it came from, relative to the prompts folder.
    pub path: String,
    /// The form of that file.
    pub format: Format,
}

/// The form of a prompt file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Plain text: `.txt`.
    Text,
    /// Markdown: `.md`.
    Markdown,
    /// YAML with one prompt.
    Yaml,
    /// YAML with a list under `prompts:`.
    YamlList,
    /// JSON with one prompt.
    Json,
    /// JSON with a list under `prompts`.
    JsonList,
}

/// Reads the prompts of one file. Every problem is reported, with line and column where there is one.
pub fn parse(file: SourceFile<'_>, limits: &Limits) -> Result<Vec<PromptDraft>, Vec<Problem>> {
    let mut drafts = Vec::new();
    let mut problems = Vec::new();
    read_file(file, limits, &mut drafts, &mut problems);
    name_conflicts(&drafts, &mut problems);
    if problems.is_empty() { Ok(drafts) } else { Err(problems) }
}

/// The value of a YAML text, by the rules and limits of prompt files; null when there is nothing in it.
///
/// # Errors
/// What is wrong with it first, with its line.
pub fn yaml_value(bytes: &[u8], limits: &Limits) -> Result<serde_json::Value, Problem> {
    let text = text::read(bytes, limits)?;
    yaml::read(&text, limits)?.map_or(Ok(serde_json::Value::Null), Node::into_value)
}

/// A folder of which some file cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Unreadable {
    /// Every problem of every file that cannot be read.
    pub problems: Vec<Problem>,
    /// The prompts of the others: `publish::problems` finds what is wrong with those too.
    pub readable: Vec<PromptDraft>,
}

/// Reads a whole folder: all its prompts, or every problem of every file. Names must differ without regard to case.
pub fn parse_folder(files: &[SourceFile<'_>], limits: &Limits) -> Result<Vec<PromptDraft>, Unreadable> {
    read_folder(files.iter(), limits, |file, drafts, problems| read_file(*file, limits, drafts, problems))
}

/// Reads a whole folder as [`parse_folder`] does, from paths and bytes that are let go of one by one: a large folder
/// is not held twice.
pub fn parse_owned(
    files: impl ExactSizeIterator<Item = (String, Vec<u8>)>,
    limits: &Limits,
) -> Result<Vec<PromptDraft>, Unreadable> {
    read_folder(files, limits, |(path, bytes), drafts, problems| {
        read_file(SourceFile { path: &path, bytes: &bytes }, limits, drafts, problems);
    })
}

fn read_folder<File>(
    files: impl ExactSizeIterator<Item = File>,
    limits: &Limits,
    read: impl Fn(File, &mut Vec<PromptDraft>, &mut Vec<Problem>),
) -> Result<Vec<PromptDraft>, Unreadable> {
    let (mut drafts, mut problems) = (Vec::new(), Vec::new());
    if files.len() > limits.files {
        problems.push(too_many(files.len(), limits));
    } else {
        files.for_each(|file| read(file, &mut drafts, &mut problems));
        name_conflicts(&drafts, &mut problems);
    }
    if problems.is_empty() { Ok(drafts) } else { Err(Unreadable { problems, readable: drafts }) }
}

fn too_many(files: usize, limits: &Limits) -> Problem {
    Problem::new("too_many_files", format!("the push has {files} files; the limit is {}", limits.files))
}

/// What a path says of the prompts in its file.
struct Named {
    module: ModulePath,
    name: Result<PromptName, Problem>,
    ending: Ending,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Text,
    Markdown,
    Yaml,
    Json,
}

fn read_file(
    file: SourceFile<'_>,
    limits: &Limits,
    drafts: &mut Vec<PromptDraft>,
    problems: &mut Vec<Problem>,
) {
    let read = named(file.path)
        .and_then(|named| text::read(file.bytes, limits).map(|text| (named, text)))
        .map_err(|problem| vec![problem])
        .and_then(|(named, text)| match named.ending {
            Ending::Text => read_text(file.path, named, Format::Text, &text, limits),
            Ending::Markdown => read_text(file.path, named, Format::Markdown, &text, limits),
            Ending::Yaml => read_tree(file.path, named, &text, yaml::read(&text, limits), limits),
            Ending::Json => read_tree(file.path, named, &text, json::read(&text, limits), limits),
        });
    match read {
        Ok(read) => drafts.extend(read.into_iter().map(|mut draft| {
            for warning in &mut draft.warnings {
                warning.file = Some(file.path.to_owned());
            }
            draft
        })),
        Err(found) => problems.extend(found.into_iter().map(|problem| problem.in_file(file.path))),
    }
}

fn named(path: &str) -> Result<Named, Problem> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
    let ending = match ending.to_ascii_lowercase().as_str() {
        "txt" => Ending::Text,
        "md" => Ending::Markdown,
        "yaml" | "yml" => Ending::Yaml,
        "json" => Ending::Json,
        _ => {
            return Err(Problem::new("unsupported_file", "the file is not a prompt by its ending")
                .hint("prompts are .txt, .md, .yaml, .yml and .json files"));
        }
    };
    let as_problem = |error: crate::names::NameError| Problem::new("name", error.to_string());
    if path.starts_with('/') {
        return Err(Problem::new("name", "the path must be relative to the prompts folder"));
    }
    let module = ModulePath::parse(folder).map_err(as_problem)?;
    Ok(Named { module, name: PromptName::parse(stem).map_err(as_problem), ending })
}

fn read_text(
    path: &str,
    named: Named,
    format: Format,
    text: &str,
    limits: &Limits,
) -> Result<Vec<PromptDraft>, Vec<Problem>> {
    let name = named.name.map_err(|problem| vec![problem])?;
    let cut = front_matter::cut(text, limits).map_err(|problem| vec![problem])?;
    let (source, entries) = cut.head.unwrap_or(("", Entries::new()));
    let mut reading = Reading::new(source, 1, limits);
    reading.places.insert("content".into(), Place::new(cut.body_line + 1, 1));
    reading.warnings.extend(cut.warning);
    let about = flat::About {
        origin: Origin { path: path.to_owned(), format },
        module: named.module,
        name: Some(name),
        at: (cut.body_line, 1),
        engine: Engine::Jinja,
        body: Some(cut.body.to_owned()),
    };
    flat::prompt(&mut reading, entries, about).map(|draft| vec![draft]).ok_or(reading.problems)
}

fn read_tree(
    path: &str,
    named: Named,
    source: &str,
    read: Result<Option<Node>, Problem>,
    limits: &Limits,
) -> Result<Vec<PromptDraft>, Vec<Problem>> {
    let one = |problem| vec![problem];
    let Some(root) = read.map_err(one)? else {
        return Err(vec![Problem::new("empty_prompt", "the file holds no prompt").at(1, 1)]);
    };
    let (at, what) = (root.at, root.what());
    let Tree::Map(mut entries) = root.tree else {
        let problem = Problem::new("wrong_type", format!("a prompt file holds a mapping, not {what}"));
        return Err(vec![problem.hint("start with `content: |` or `messages:`").at(at.0, at.1)]);
    };
    let is_json = named.ending == Ending::Json;
    let about = |format, name, at, engine| flat::About {
        origin: Origin { path: path.to_owned(), format },
        module: named.module.clone(),
        name,
        at,
        engine,
        body: None,
    };
    let mut reading = Reading::new(source, 0, limits);
    let Some(prompts) = take(&mut entries, "prompts") else {
        let engine = if list::is_entry(&entries) { Engine::Handlebars } else { Engine::Jinja };
        let format = if is_json { Format::Json } else { Format::Yaml };
        let about = about(format, Some(named.name.map_err(one)?), at, engine);
        return flat::prompt(&mut reading, list::flatten(entries), about)
            .map(|draft| vec![draft])
            .ok_or(reading.problems);
    };
    let format = if is_json { Format::JsonList } else { Format::YamlList };
    let prompts_at = prompts.at;
    let items = reading.items("prompts", prompts).unwrap_or_default();
    if items.is_empty() && reading.problems.is_empty() {
        reading.refuse("prompts", prompts_at, Problem::new("empty_prompt", "the file holds no prompt"));
    }
    let mut drafts = Vec::new();
    let mut problems = mem::take(&mut reading.problems);
    let mut warnings = list::warnings(&entries);
    for (index, item) in items.into_iter().enumerate() {
        let mut reading = Reading::new(source, 0, limits);
        let at = item.at;
        if let Some(entries) = reading.entries(&format!("prompts[{index}]"), item) {
            let about = about(format, None, at, Engine::Handlebars);
            drafts.extend(flat::prompt(&mut reading, list::flatten(entries), about));
        }
        problems.append(&mut reading.problems);
    }
    if let Some(first) = drafts.first_mut() {
        first.warnings.append(&mut warnings);
    }
    if problems.is_empty() { Ok(drafts) } else { Err(problems) }
}

/// Finds names that are equal without regard to case: such files cannot stand side by side everywhere.
fn name_conflicts(drafts: &[PromptDraft], problems: &mut Vec<Problem>) {
    let mut seen: HashMap<String, &PromptDraft> = HashMap::with_capacity(drafts.len());
    for draft in drafts {
        let Some(first) = seen.get(&draft.name.folded()) else {
            seen.insert(draft.name.folded(), draft);
            continue;
        };
        let how = if first.name == draft.name { "are the same" } else { "differ only in case" };
        let message = format!(
            "the names `{}` in {} and `{}` in {} {how}",
            first.name, first.origin.path, draft.name, draft.origin.path
        );
        let problem = Problem::new("name_case_conflict", message)
            .hint("a name is used once in a project, in whichever folder");
        problems.push(problem.in_file(&draft.origin.path));
    }
}

/// Whether a path names a prompt file by its ending.
pub fn is_prompt_file(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| {
        matches!(ending.to_ascii_lowercase().as_str(), "txt" | "md" | "yaml" | "yml" | "json")
    })
}
