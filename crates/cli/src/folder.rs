//! Reading a folder of prompts from disk, whatever lies in it, and writing one.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use promptsync_core::{files, limits::Limits, problem::Problem};

use crate::error::{CliError, Result};

/// A prompt file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PromptFile {
    /// Its path relative to the folder, with `/`.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Reads every prompt file below a folder, in the order of their paths; or everything that cannot be read.
///
/// Links that leave the folder, pipes, devices and files that are too large are problems, not reads.
/// Hidden files and folders, `README.md` and files with other endings are not prompts.
pub(crate) fn read(
    folder: &Path,
    limits: &Limits,
) -> Result<std::result::Result<Vec<PromptFile>, Vec<Problem>>> {
    let root = folder.canonicalize().map_err(|error| {
        CliError::file("read", folder, &error).hint("name the folder of prompts with --path")
    })?;
    if !root.is_dir() {
        return Err(CliError::usage("io", format!("{} is not a folder", folder.display())));
    }
    let mut problems = Vec::new();
    let mut found = Vec::new();
    let mut waiting = vec![(root.clone(), String::new())];
    'folders: while let Some((here, prefix)) = waiting.pop() {
        let entries = std::fs::read_dir(&here).map_err(|error| CliError::file("read", &here, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| CliError::file("read", &here, &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let kind = entry.file_type().map_err(|error| CliError::file("read", &entry.path(), &error))?;
            if is_hidden(&path) {
            } else if kind.is_dir() {
                waiting.push((entry.path(), path));
            } else if files::is_prompt_file(&path) && !is_readme(&path) {
                match read_file(&root, &entry.path(), limits.file_bytes) {
                    Ok(bytes) => found.push(PromptFile { path, bytes }),
                    Err((code, words)) => problems.push(Problem::new(code, words).in_file(&path)),
                }
            }
            if found.len() + problems.len() > limits.files {
                problems.push(too_many(limits));
                break 'folders;
            }
        }
    }
    if !problems.is_empty() {
        problems.sort_by(|a, b| a.file.cmp(&b.file));
        return Ok(Err(problems));
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Ok(found))
}

/// Reads one prompt file that was named on the command line.
pub(crate) fn read_one(path: &Path, limits: &Limits) -> Result<PromptFile> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let meta = std::fs::metadata(path).map_err(|error| CliError::file("read", path, &error))?;
    if !meta.is_file() {
        return Err(CliError::usage("unsupported_file", format!("{} is not a file", path.display())));
    }
    let file = File::open(path).map_err(|error| CliError::file("read", path, &error))?;
    let bytes = read_limited(file, limits.file_bytes)
        .map_err(|(code, words)| CliError::usage(code, format!("{}: {words}", path.display())))?;
    Ok(PromptFile { path: name, bytes })
}

/// A path a file may be written to: below the folder, and not through a link.
pub(crate) fn target(folder: &Path, path: &str) -> Result<PathBuf> {
    let bad = || {
        CliError::usage(
            "bad_path",
            format!("`{}` cannot be written: it is not a path below the folder", path.escape_debug()),
        )
    };
    let mut at = folder.to_path_buf();
    for part in path.split('/') {
        let plain = !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
        if !plain || part.chars().any(char::is_control) {
            return Err(bad());
        }
        at.push(part);
        if at.is_symlink() {
            return Err(bad());
        }
    }
    Ok(at)
}

/// Whether a path or a folder on the way to it is hidden.
pub(crate) fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

/// Whether a path is the description of a folder rather than a prompt.
pub(crate) fn is_readme(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case("readme.md"))
}

/// The problem of a folder with more files than a push may have.
pub(crate) fn too_many(limits: &Limits) -> Problem {
    Problem::new("too_many_files", format!("there are more than {} prompt files", limits.files))
        .hint("push sub-folders one by one with --path")
}

/// A code and a sentence.
type Refusal = (&'static str, String);

fn read_file(root: &Path, path: &Path, limit: usize) -> std::result::Result<Vec<u8>, Refusal> {
    let refuse = |words: &str| Err(("unsupported_file", words.to_owned()));
    let real = path.canonicalize().map_err(unreadable)?;
    if !real.starts_with(root) {
        return refuse("this link leaves the folder; copy the file into it");
    }
    // Looked at before it is opened: opening a pipe waits until somebody writes to it.
    if !std::fs::metadata(&real).map_err(unreadable)?.is_file() {
        return refuse("this is not a regular file");
    }
    read_limited(File::open(&real).map_err(unreadable)?, limit)
}

fn read_limited(file: File, limit: usize) -> std::result::Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > limit {
        return Err(("file_too_large", format!("the file is larger than the limit of {limit} bytes")));
    }
    Ok(bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "used as `map_err(unreadable)`")]
fn unreadable(error: std::io::Error) -> Refusal {
    ("unsupported_file", format!("the file cannot be read: {error}"))
}
