//! What the compiler cannot check: layers, SQL, sizes, names, texts, links.
//!
//! A rule is a function from the repository's files to findings. It reads text, not syntax: it catches what a
//! hurried change does, not what somebody determined could hide.

mod documents;
mod evidence;
mod layers;
mod sizes;
mod sql;
mod store_tests;
mod texts;

use std::{fs, process::Command};

use crate::steps::{Result, capture, root};

/// A text file of the repository.
#[derive(Debug)]
struct File {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl File {
    /// What follows the last dot of the path.
    fn ending(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// Whether this is Rust code.
    fn is_rust(&self) -> bool {
        self.ending() == "rs"
    }

    /// Whether the whole file is tests.
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Whether this file checks the others: its tests hold what the rules forbid.
    fn is_tidy(&self) -> bool {
        self.path.starts_with("xtask/src/tidy/")
    }

    /// The lines that are not comments, each with its number.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// All lines, each with its number.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    fn finding(&self, rule: &'static str, line: usize, message: impl Into<String>) -> Finding {
        Finding { rule, path: self.path.clone(), line, message: message.into() }
    }
}

/// Something a rule forbids, and where it stands.
#[derive(Debug)]
struct Finding {
    rule: &'static str,
    path: String,
    line: usize,
    message: String,
}

/// Checks every rule and prints what was found.
pub(crate) fn run() -> Result {
    let files = read_repository()?;
    let rules = [
        sql::check,
        layers::check,
        sizes::check,
        texts::check,
        documents::check,
        store_tests::check,
        evidence::check,
    ];
    let mut findings: Vec<Finding> = rules.iter().flat_map(|check| check(&files)).collect();
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for Finding { rule, path, line, message } in &findings {
        println!("{path}:{line}: {message} [{rule}]");
    }
    println!("tidy: {} files, {}", files.len(), sizes::summary(&files));
    match findings.len() {
        0 => Ok(()),
        1 => Err("1 finding".into()),
        count => Err(format!("{count} findings").into()),
    }
}

/// Every text file that git knows or would add.
fn read_repository() -> Result<Vec<File>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let mut files = Vec::new();
    for path in capture(&mut git)?.split_terminator('\0') {
        // Deleted but not yet committed, a link to nowhere, or not a text: nothing to read.
        if let Ok(text) = fs::read_to_string(root().join(path)) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    Ok(files)
}

/// For the rules' own tests.
#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

/// The places a rule complains about, as `path:line`.
#[cfg(test)]
fn places(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
}
