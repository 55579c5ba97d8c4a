//! A folder of its own for each test, and the command run in it.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A folder with nothing in it, and an environment with nothing but it.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), environment: Vec::new() }
    }

    /// A sandbox with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let sandbox = Self::new();
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let place = self.path().join(path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::write(&place, text).expect("a file");
        place
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect(path)
    }

    /// Runs git, which must succeed; gives its output.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let mut git = Command::new("git");
        git.current_dir(self.path()).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(args);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let out = git.output().expect("git runs");
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// Commits everything; gives the commit.
    pub(crate) fn commit(&self) -> String {
        if !self.path().join(".git").exists() {
            self.git(&["init", "--quiet", "--initial-branch", "main"]);
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "state"]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_promptsync"));
        command.current_dir(self.path()).args(args).env_clear().env("HOME", self.path().join("home"));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the command runs")
    }

    /// Everything a run shows: exit code, standard output, standard error.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        shown(&self.output(args), self.path())
    }
}

/// A run as text, without what differs from run to run.
pub(crate) fn shown(out: &Output, folder: &Path) -> String {
    let code = out.status.code().map_or_else(|| "killed".to_owned(), |code| code.to_string());
    let mut text = format!("exit: {code}\n");
    for (name, bytes) in [("stdout", &out.stdout), ("stderr", &out.stderr)] {
        if !bytes.is_empty() {
            let _ = write!(text, "--- {name}\n{}", String::from_utf8_lossy(bytes));
        }
    }
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    text.replace(&folder.display().to_string(), "[FOLDER]")
}
