//! An application's source files: on disk without what git ignores, or as a commit has them.

use std::{
    collections::BTreeSet,
    fs::File,
    io::Read,
    path::{Component, Path, PathBuf},
};

use promptsync_callsites::{LARGEST, Language};

use crate::{
    error::{CliError, Result},
    folder::is_hidden,
    git::{Commit, Repository},
};

/// Folders that hold what a tool installed or made, where there is no `.gitignore` to say so.
const MADE: [&str; 6] = ["__pycache__", "build", "dist", "node_modules", "target", "venv"];

/// The files that are looked at below one path. More is not one application.
const FILES: usize = 100_000;

/// The largest file of a commit that is fetched, in bytes: enough to say why it is not read.
const FETCHED: usize = 2 * LARGEST;

/// A source file.
pub(crate) struct SourceFile {
    /// Its path, seen from where the command runs.
    pub(crate) path: String,
    /// Its language.
    pub(crate) language: Language,
    /// Its text; too large for the reader where the file is.
    pub(crate) text: String,
}

/// Hands over every source file below a path of this machine that is wanted, in the order of their names.
pub(crate) fn on_disk(
    path: &Path,
    wanted: impl Fn(&str) -> bool,
    mut look: impl FnMut(SourceFile),
) -> Result {
    let meta = std::fs::metadata(path).map_err(|error| CliError::file("read", path, &error))?;
    let prefix = plain(path);
    let files = if meta.is_file() {
        BTreeSet::from([String::new()])
    } else {
        let known = Repository::find(path).and_then(|repository| repository.working_files(path));
        // Without git, outside of a repository, or when git ignores the very folder that is named, everything but the
        // usual is looked at.
        match known {
            Ok(files) if !files.is_empty() => files,
            _ => walk(path)?,
        }
    };
    if files.len() > FILES {
        return Err(too_many(path));
    }
    for file in files {
        let place = if file.is_empty() { prefix.clone() } else { prefix.join(&file) };
        let Some(language) = place.to_str().and_then(Language::of) else { continue };
        // A link leads to a file that has a name of its own, or out of the project.
        let is_regular = std::fs::symlink_metadata(&place).is_ok_and(|meta| meta.is_file());
        if !is_regular || is_made(&file) || (is_test(&file) && !is_test(&prefix.to_string_lossy())) {
            continue;
        }
        let path = named(&place);
        if !wanted(&path) {
            continue;
        }
        let mut bytes = Vec::new();
        let limit = LARGEST as u64 + 1;
        File::open(&place)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(|error| CliError::file("read", &place, &error))?;
        look(SourceFile { path, language, text: String::from_utf8_lossy(&bytes).into_owned() });
    }
    Ok(())
}

/// Hands over every source file that a commit has below a path and that is wanted; says whether the commit has the path.
pub(crate) fn at_commit(
    repository: &Repository,
    commit: &Commit,
    path: &Path,
    wanted: impl Fn(&str) -> bool,
    mut look: impl FnMut(SourceFile),
) -> Result<bool> {
    let prefix = plain(path);
    let with_tests = is_test(&prefix.to_string_lossy());
    let place = |below: &str| named(&if below.is_empty() { prefix.clone() } else { prefix.join(below) });
    let is_wanted = |below: &str| {
        let place = place(below);
        let is_left_out = is_made(below) || (is_test(below) && !with_tests);
        !is_left_out && Language::of(&place).is_some() && wanted(&place)
    };
    repository.files(commit, path, is_wanted, FETCHED, |below, bytes| {
        let path = place(below);
        if let Some(language) = Language::of(&path) {
            look(SourceFile { path, language, text: String::from_utf8_lossy(bytes).into_owned() });
        }
    })
}

/// A path in the form that people write.
fn named(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The path without `.` in it.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// Whether a file that is in a repository was not written there.
fn is_made(path: &str) -> bool {
    path.split('/').any(|part| part == "node_modules")
}

/// Whether a path is that of tests. They ask for prompts that exist in them alone, so they are read only when they
/// are named.
fn is_test(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_folder = |part: &str| matches!(part, "test" | "tests" | "__tests__");
    path.split(['/', '\\']).any(is_folder)
        || matches!(stem, "conftest" | "test" | "tests")
        || stem.starts_with("test_")
        || ["_test", "_tests", ".test", ".spec"].iter().any(|end| stem.ends_with(end))
}

fn walk(root: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![(root.to_path_buf(), String::new())];
    while let Some((here, prefix)) = waiting.pop() {
        let entries = std::fs::read_dir(&here).map_err(|error| CliError::file("read", &here, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| CliError::file("read", &here, &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_hidden(&name) {
                continue;
            }
            let kind = entry.file_type().map_err(|error| CliError::file("read", &entry.path(), &error))?;
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            if kind.is_dir() && !MADE.contains(&name.as_str()) {
                waiting.push((entry.path(), path));
            } else if kind.is_file() && Language::of(&path).is_some() {
                found.insert(path);
            }
            if found.len() > FILES {
                return Err(too_many(root));
            }
        }
    }
    Ok(found)
}

fn too_many(path: &Path) -> CliError {
    CliError::usage("too_many_files", format!("there are more than {FILES} files below {}", path.display()))
        .hint("name the folders of the application with --code, or leave call sites out with --no-code")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_folder_or_name() {
        for path in [
            "tests/app.py",
            "tests",
            "web/__tests__/a.ts",
            "test_app.py",
            "app_test.py",
            "conftest.py",
            "a.test.ts",
            "a.spec.tsx",
            "src/tests.rs",
            "src\\test\\a.rs",
        ] {
            assert!(is_test(path), "{path}");
        }
        for path in ["app.py", "testing.py", "src/contest.py", "latest.ts", "attest/a.py", "", "spec.ts"] {
            assert!(!is_test(path), "{path}");
        }
    }
}
