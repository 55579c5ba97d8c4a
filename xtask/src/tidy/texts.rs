//! What no file should say: debts without an issue, and paths of the machine it was written on.

use std::path::Path;

use super::{File, Finding};
use crate::steps::root;

const DEBTS: [&str; 3] = ["TODO", "FIXME", "XXX"];
/// Folders that mean the same on every machine.
const STANDARD: [&str; 14] =
    ["bin", "boot", "dev", "etc", "lib", "media", "mnt", "opt", "proc", "run", "srv", "tmp", "usr", "var"];
const PERSONAL: [&str; 3] = ["/home/", "/root/", "/Users/"];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    check_with(files, &machine_folders(root()))
}

fn check_with(files: &[File], folders: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.is_tidy()) {
        for (number, line) in file.lines() {
            if let Some(debt) = DEBTS.iter().find(|debt| is_debt(line, debt)) {
                let message = format!("`{debt}` needs an issue: `{debt}(#12)`");
                findings.push(file.finding("debt", number, message));
            }
            // A test may invent a home folder; the folder this repository lies in nobody invents.
            let mut known =
                folders.iter().filter(|folder| !file.is_test() || !PERSONAL.contains(&folder.as_str()));
            if let Some(folder) = known.find(|folder| names_folder(line, folder)) {
                let message = format!("`{folder}…` is a place on somebody's machine");
                findings.push(file.finding("machine-path", number, message));
            }
        }
    }
    findings
}

/// Where people keep things: home folders, and the top folder this repository lies in.
fn machine_folders(root: &Path) -> Vec<String> {
    let mut folders: Vec<String> = PERSONAL.iter().map(|folder| (*folder).to_owned()).collect();
    let top = root.components().nth(1).map(|part| part.as_os_str().to_string_lossy().into_owned());
    if let Some(top) = top.filter(|top| !STANDARD.contains(&top.as_str())) {
        folders.push(format!("/{top}/"));
    }
    folders
}

fn is_debt(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let rest = &line[at + word.len()..];
        let whole = !line[..at].ends_with(is_word) && !rest.starts_with(is_word);
        whole && !rest.strip_prefix("(#").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// A path that starts here, not one that goes on (`docs/work/`) and not a part of an address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| is_word(c) || matches!(c, '.' | '/' | '}' | '~' | '-' | '*' | '>'))
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{file, places};

    #[test]
    fn a_debt_without_an_issue_is_found() {
        let text = "// TODO later\n// TODO(#12): later\n// FIXME(soon)\nlet mastodont = \"TODOS\";\n";
        assert_eq!(places(&check_with(&[file("a.rs", text)], &[])), ["a.rs:1", "a.rs:3"]);
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        let folders = machine_folders(Path::new("/somewhere/promptsync"));
        let text = "see /somewhere/notes\n/usr/bin/env\ndocs/somewhere/x\n\"/home/ada/x\"\nhttps://example.org/home/x\n";
        let files = [file("a.md", text), file("crates/cli/tests/it/a.rs", text)];
        assert_eq!(places(&check_with(&files, &folders)), ["a.md:1", "a.md:4", "crates/cli/tests/it/a.rs:1"]);
    }

    #[test]
    fn a_standard_folder_is_no_machine_path() {
        assert_eq!(machine_folders(Path::new("/tmp/promptsync")).len(), PERSONAL.len());
    }
}
