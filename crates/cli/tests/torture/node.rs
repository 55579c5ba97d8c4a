//! Servers as processes, which can be killed and stopped.

use std::{
    ffi::OsString,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use promptsync_testing::outage::{Signal, free_port, send};
use tempfile::TempDir;

use crate::wire::Wire;

/// What the servers of one test share: a folder, settings, and the key of an admin of the project `shop`.
pub(crate) struct Shop {
    folder: TempDir,
    settings: Vec<(String, String)>,
    pub(crate) key: String,
}

impl Shop {
    /// On SQLite.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// With these settings: names as the environment has them.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let secret = "5a".repeat(32);
        let always = [("PROMPTSYNC_SERVER_KEY", secret.as_str()), ("PROMPTSYNC_MASTER_KEY", &secret)];
        let settings = always.iter().chain(settings);
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut shop = Self { folder: TempDir::new().expect("a folder"), settings, key: String::new() };
        shop.key =
            shop.run(&["keys", "create", "--data-dir", "data", "--project", "shop", "--role", "admin"]);
        shop
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The output of a command, which must succeed.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        self.run_with(&[], args)
    }

    /// The same with more of an environment.
    pub(crate) fn run_with(&self, environment: &[(&str, &str)], args: &[&str]) -> String {
        let mut command = self.command_after(&[], args);
        let out = command.envs(environment.iter().copied()).output().expect("the command runs");
        assert!(
            out.status.success(),
            "{args:?}: {}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).expect("text").trim().to_owned()
    }

    /// Starts a server with this data folder; it has its address for good.
    pub(crate) fn start(&self, data: &str) -> Node<'_> {
        self.start_after(&[], data, "127.0.0.1")
    }

    /// The same, with words before the command, on another host than this.
    pub(crate) fn start_after(&self, words: &[OsString], data: &str, host: &str) -> Node<'_> {
        let address = format!("{host}:{}", free_port());
        let process = self.serve(words, data, &address);
        Node { shop: self, data: data.to_owned(), address, process }
    }

    /// Judges the audit log in the database: its chain, and that no revision is missing.
    pub(crate) fn verify(&self, data: &str) {
        let said = self.run(&["audit", "verify", "--data-dir", data]);
        assert!(said.starts_with("ok  workspace "), "{said}");
    }

    fn command_after(&self, words: &[OsString], args: &[&str]) -> Command {
        let program = OsString::from(env!("CARGO_BIN_EXE_promptsync"));
        let mut words = words.iter().chain([&program]);
        let mut command = Command::new(words.next().expect("there is a program"));
        command.args(words);
        command.current_dir(self.path()).args(args).env_clear().env("HOME", self.path().join("home"));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.settings.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    fn serve(&self, words: &[OsString], data: &str, address: &str) -> Child {
        let log = File::options().create(true).append(true).open(self.path().join(format!("{data}.log")));
        let mut server = self
            .command_after(words, &["serve", "--data-dir", data, "--listen", address])
            .stdout(Stdio::piped())
            .stderr(log.expect("a file"))
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        assert!(line.starts_with("listening on"), "{line:?}");
        server
    }
}

/// A server. It is killed when this value goes away.
pub(crate) struct Node<'a> {
    shop: &'a Shop,
    data: String,
    pub(crate) address: String,
    process: Child,
}

impl Node<'_> {
    /// A client of it, with the admin's key.
    pub(crate) fn wire(&self) -> Wire {
        Wire::new(&self.address, &self.shop.key)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(self.process.id(), signal);
    }

    /// Kills it where it stands.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again at its address, after it has ended.
    pub(crate) fn restart(&mut self) {
        self.process = self.shop.serve(&[], &self.data, &self.address);
    }

    /// How it ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait().expect("a child can be waited for")
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}
