//! Reading a git repository: by running `git` with fixed arguments, never a shell.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use promptsync_core::{files, limits::Limits, problem::Problem};

use crate::{
    error::{CliError, Result},
    folder::PromptFile,
};

/// Files of a commit that are asked for together.
const FILES_AT_ONCE: usize = 64;

/// A repository.
#[derive(Debug)]
pub(crate) struct Repository {
    root: PathBuf,
}

/// A commit that exists, by its whole hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit(String);

impl Commit {
    /// The whole hash.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, for people.
    pub(crate) fn short(&self) -> &str {
        &self.0[..7]
    }
}

impl Repository {
    /// The repository a folder lies in.
    pub(crate) fn find(folder: &Path) -> Result<Self> {
        let out = run(folder, &["rev-parse", "--show-toplevel"])?.ok_or_else(|| {
            CliError::usage("git", "this folder is not in a git repository")
                .hint("run the command inside the repository that holds the prompts")
        })?;
        Ok(Self { root: PathBuf::from(out) })
    }

    /// The repository's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Finds the commit a text names.
    pub(crate) fn commit(&self, name: &str) -> Result<Commit> {
        check(name)?;
        let wanted = format!("{name}^{{commit}}");
        run(&self.root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?
            .map(Commit)
            .ok_or_else(|| {
                CliError::not_found(
                    "commit_not_found",
                    format!("no commit is named `{name}` in this repository"),
                )
            })
    }

    /// HEAD, when nothing below `folder` differs from it.
    pub(crate) fn head_if_clean(&self, folder: &Path) -> Option<Commit> {
        let path = self.path(folder).ok()?;
        let changes =
            run(&self.root, &["status", "--porcelain", "--untracked-files=all", "--", &path]).ok()??;
        if changes.is_empty() { self.commit("HEAD").ok() } else { None }
    }

    /// The prompt files a commit has below a folder, or every file that cannot be used.
    pub(crate) fn prompt_files(
        &self,
        commit: &Commit,
        folder: &Path,
        limits: &Limits,
    ) -> Result<std::result::Result<Vec<PromptFile>, Vec<Problem>>> {
        let folder = self.path(folder)?;
        let entries = self.entries(commit, &folder)?;
        let mut problems = Vec::new();
        let mut wanted = Vec::new();
        for entry in entries {
            let Some(path) = below(&folder, &entry.path) else { continue };
            if !files::is_prompt_file(path)
                || crate::folder::is_hidden(path)
                || crate::folder::is_readme(path)
            {
                continue;
            }
            let refuse = |code: &str, words: String| Problem::new(code, words).in_file(path);
            if entry.mode == "120000" {
                problems.push(refuse("unsupported_file", "links are not followed in a commit".to_owned()));
            } else if entry.size.is_some_and(|size| size > limits.file_bytes) {
                problems.push(refuse(
                    "file_too_large",
                    format!("the file is larger than the limit of {} bytes", limits.file_bytes),
                ));
            } else if entry.size.is_some() {
                wanted.push((path.to_owned(), entry.object));
            }
            if wanted.len() > limits.files {
                problems.push(crate::folder::too_many(limits));
                break;
            }
        }
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        let objects: Vec<String> = wanted.iter().map(|(_, object)| object.clone()).collect();
        let contents = self.contents(&objects)?;
        let mut found: Vec<PromptFile> =
            wanted.into_iter().zip(contents).map(|((path, _), bytes)| PromptFile { path, bytes }).collect();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Ok(found))
    }

    /// One file of a commit; `None` when the commit does not have it.
    pub(crate) fn file(&self, commit: &Commit, path: &Path, limit: usize) -> Result<Option<Vec<u8>>> {
        let path = self.path(path)?;
        let entries = self.entries(commit, &path)?;
        let Some(entry) = entries.into_iter().find(|entry| entry.path == path) else { return Ok(None) };
        if entry.size.is_none_or(|size| size > limit) {
            return Err(CliError::usage("file_too_large", format!("{path} is larger than {limit} bytes")));
        }
        Ok(self.contents(&[entry.object])?.pop())
    }

    /// The files below a folder that git knows or would add, by their paths in it: not what `.gitignore` names.
    pub(crate) fn working_files(&self, folder: &Path) -> Result<BTreeSet<String>> {
        let folder = self.path(folder)?;
        let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", &folder];
        let listing = output(&self.root, &args)?
            .ok_or_else(|| CliError::usage("git", format!("git cannot list the files below {folder}")))?;
        let paths = listing.split(|byte| *byte == 0).filter_map(|path| std::str::from_utf8(path).ok());
        Ok(paths.filter_map(|path| below(&folder, path)).map(str::to_owned).collect())
    }

    /// Hands over the files a commit has below a path that are wanted and no larger than `limit`, by their paths in it;
    /// says whether the commit has the path.
    pub(crate) fn files(
        &self,
        commit: &Commit,
        path: &Path,
        wanted: impl Fn(&str) -> bool,
        limit: usize,
        mut look: impl FnMut(&str, &[u8]),
    ) -> Result<bool> {
        let path = self.path(path)?;
        let entries = self.entries(commit, &path)?;
        let wanted: Vec<(&str, &String)> = entries
            .iter()
            .filter(|entry| entry.mode != "120000" && entry.size.is_some_and(|size| size <= limit))
            .filter_map(|entry| {
                let inside = if entry.path == path { "" } else { below(&path, &entry.path)? };
                wanted(inside).then_some((inside, &entry.object))
            })
            .collect();
        // Not all in memory at the same time.
        for some in wanted.chunks(FILES_AT_ONCE) {
            let objects: Vec<String> = some.iter().map(|(_, object)| (*object).clone()).collect();
            for ((inside, _), bytes) in some.iter().zip(self.contents(&objects)?) {
                look(inside, &bytes);
            }
        }
        Ok(!entries.is_empty())
    }

    fn entries(&self, commit: &Commit, path: &str) -> Result<Vec<Entry>> {
        let listing =
            output(&self.root, &["ls-tree", "-r", "-z", "-l", "--full-tree", commit.as_str(), "--", path])?
                .ok_or_else(|| {
                CliError::usage("git", format!("git cannot list the commit {}", commit.short()))
            })?;
        Ok(listing.split(|byte| *byte == 0).filter_map(Entry::read).collect())
    }

    fn contents(&self, objects: &[String]) -> Result<Vec<Vec<u8>>> {
        let mut git = command(&self.root)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| not_runnable(&error))?;
        let (Some(mut stdin), Some(stdout)) = (git.stdin.take(), git.stdout.take()) else {
            return Err(CliError::usage("git", "git cannot be talked to"));
        };
        let asked = objects.join("\n") + "\n";
        // Asking from a thread: git answers while it is asked, and both pipes are small.
        let asking = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
        let mut answers = BufReader::new(stdout);
        let contents: std::io::Result<Vec<Vec<u8>>> =
            objects.iter().map(|_| read_object(&mut answers)).collect();
        let _ = asking.join();
        let _ = git.wait();
        contents.map_err(|error| CliError::usage("git", format!("git cannot read the commit: {error}")))
    }

    /// A path of this machine as the repository sees it: relative to its root, with `/`.
    fn path(&self, path: &Path) -> Result<String> {
        let absolute = std::path::absolute(path).map_err(|error| CliError::file("find", path, &error))?;
        // The folder may not exist on disk any more, but one above it does, and may be reached through links.
        let real = absolute
            .ancestors()
            .find_map(|above| {
                let rest = absolute.strip_prefix(above).ok()?;
                Some(above.canonicalize().ok()?.join(rest))
            })
            .unwrap_or(absolute);
        let root = self.root.canonicalize().map_err(|error| CliError::file("find", &self.root, &error))?;
        let inside = real.strip_prefix(&root).map_err(|_| {
            CliError::usage(
                "git",
                format!("{} is outside the git repository {}", path.display(), root.display()),
            )
        })?;
        let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        Ok(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
    }
}

/// The repository's name, from the address of the remote `origin`.
pub(crate) fn remote_name(folder: &Path) -> Option<String> {
    let address = run(folder, &["config", "--get", "remote.origin.url"]).ok()??;
    let last = address.trim_end_matches('/').rsplit(['/', ':']).next()?;
    Some(last.strip_suffix(".git").unwrap_or(last).to_owned()).filter(|name| !name.is_empty())
}

/// Refuses everything that git could read as something else than a commit.
pub(crate) fn check(name: &str) -> Result {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    let fits = !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(allowed)
        && !name.starts_with(['-', '.', '/'])
        && !name.contains("..");
    if fits {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    Err(CliError::usage("bad_commit", format!("`{}` is not a git commit", shown.escape_debug()))
        .hint("expected 4 to 40 hexadecimal digits, or the name of a branch or tag, or HEAD"))
}

struct Entry {
    mode: String,
    object: String,
    /// Nothing for a submodule.
    size: Option<usize>,
    path: String,
}

impl Entry {
    /// Reads `mode type object size<TAB>path`.
    fn read(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let (facts, path) = text.split_once('\t')?;
        let mut facts = facts.split_ascii_whitespace();
        let (mode, _kind, object, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
        Some(Self { mode: mode.into(), object: object.into(), size: size.parse().ok(), path: path.into() })
    }
}

fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder == "." { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn read_object(answers: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let size: u64 = head
        .trim_end()
        .rsplit(' ')
        .next()
        .and_then(|size| size.parse().ok())
        .ok_or_else(|| std::io::Error::other("an object is missing"))?;
    let mut bytes = Vec::new();
    answers.take(size).read_to_end(&mut bytes)?;
    let mut end = [0];
    answers.read_exact(&mut end)?;
    Ok(bytes)
}

fn command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(["--no-pager", "--literal-pathspecs", "-c", "core.quotepath=off"]);
    git.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::null());
    git
}

fn output(folder: &Path, args: &[&str]) -> Result<Option<Vec<u8>>> {
    let out = command(folder).args(args).output().map_err(|error| not_runnable(&error))?;
    Ok(out.status.success().then_some(out.stdout))
}

fn run(folder: &Path, args: &[&str]) -> Result<Option<String>> {
    Ok(output(folder, args)?.map(|out| String::from_utf8_lossy(&out).trim_end().to_owned()))
}

fn not_runnable(error: &std::io::Error) -> CliError {
    CliError::usage("git", format!("git cannot be run: {error}"))
        .hint("install git, or do without --git-commit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_commit_is_given_to_git() {
        for good in ["HEAD", "abc1", "abc123", "main", "feature/x", "v1.2.3", "release-2026.11"] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "a".repeat(201);
        for bad in [
            "",
            "abc123; rm -rf /",
            "--upload-pack=x",
            "-x",
            "a b",
            "a..b",
            "HEAD~1",
            "x^{tree}",
            "$(x)",
            "a\nb",
            "../x",
            &long,
        ] {
            assert_eq!(check(bad).expect_err(bad).code, "bad_commit");
        }
    }
}
