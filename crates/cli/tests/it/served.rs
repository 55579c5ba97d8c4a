//! A server of its own for each test, started by the command itself.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use crate::{Sandbox, sandbox::shown};

/// A running server with a project `shop`, an admin's key, and a sandbox whose commands reach it.
pub(crate) struct Served {
    pub(crate) sandbox: Sandbox,
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) server: Child,
}

impl Served {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        Self::start(Sandbox::with(files), Stdio::inherit())
    }

    /// Starts in a sandbox; what the server writes to standard error goes to `log`.
    pub(crate) fn start(sandbox: Sandbox, log: Stdio) -> Self {
        let args = ["keys", "create", "--data-dir", "data", "--project", "shop", "--role", "admin"];
        let key = sandbox.output(&args);
        let key = String::from_utf8(key.stdout).expect("a key is text").trim().to_owned();
        assert!(key.starts_with("ps_") && !key.contains(char::is_whitespace), "{key:?}");
        let mut server = sandbox
            .command(&["serve", "--data-dir", "data", "--listen", "127.0.0.1:0"])
            // Batches in between would make the numbers of entries depend on how fast the machine is.
            .env("PROMPTSYNC_ACCESS_SECONDS", "3600")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = server.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        let sandbox = sandbox
            .env("PROMPTSYNC_URL", &url)
            .env("PROMPTSYNC_API_KEY", &key)
            .env("PROMPTSYNC_PROJECT", "shop");
        Self { sandbox, url, key, server }
    }

    /// Runs a command; digests, moments and keys, which differ from run to run, are masked.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        let text = shown(&self.sandbox.output(args), self.sandbox.path()).replace(&self.url, "[URL]");
        let mut masked = String::new();
        for line in text.split_inclusive('\n') {
            let cells: Vec<String> = line.split('\t').map(mask).collect();
            masked.push_str(&cells.join("\t"));
        }
        masked
    }

    /// Starts the server again at its address, with this data folder.
    pub(crate) fn restart(&mut self, folder: &str) {
        self.stop();
        let address = self.url.trim_start_matches("http://");
        let mut server = self
            .sandbox
            .command(&["serve", "--data-dir", folder, "--listen", address])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = server.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        self.server = server;
        assert!(line.starts_with("listening on"), "{line:?}");
    }

    /// Stops the server.
    pub(crate) fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    /// The standard output of a command that must succeed.
    pub(crate) fn stdout(&self, args: &[&str]) -> String {
        let out = self.sandbox.output(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("text")
    }
}

fn mask(cell: &str) -> String {
    let bare = cell.trim_end();
    let end = &cell[bare.len()..];
    let is_moment = bare.len() == 20 && bare.ends_with('Z') && bare.as_bytes()[4] == b'-';
    if is_moment { format!("[TIME]{end}") } else { cell.to_owned() }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}
