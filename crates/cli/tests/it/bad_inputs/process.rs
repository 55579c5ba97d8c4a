//! The running server: what it answers, how large it is, what it logs.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
};

use super::{
    DEFAULT, GROWTH, VALUE,
    http::{self, Answer, Request, get, post},
    rows::Row,
};
use crate::{Sandbox, served::Served};

/// What no answer may hold: the insides of the program, its files, its queries, and what another host claims.
const INSIDE: [&str; 11] = [
    "panicked",
    "stack backtrace",
    "sqlx",
    "SELECT ",
    "INSERT ",
    ".rs:",
    "/rustc/",
    ".cargo",
    "promptsync.db",
    "State {",
    "evil.example",
];

/// The server's process, with keys of several roles.
pub(super) struct Process {
    served: Served,
    address: String,
    pub(super) viewer: String,
    /// The right form, from another server.
    pub(super) foreign: String,
    /// Every key there is, to look for in the log.
    pub(super) keys: Vec<String>,
}

impl Process {
    pub(super) fn start() -> Self {
        Self::in_sandbox(Sandbox::new())
    }

    /// Starts in a sandbox, with the settings that are there.
    pub(super) fn in_sandbox(sandbox: Sandbox) -> Self {
        let sandbox = sandbox.env("PROMPTSYNC_LOG", "trace");
        let make = |folder, project, role| {
            let args = ["keys", "create", "--data-dir", folder, "--project", project, "--role", role];
            String::from_utf8(sandbox.output(&args).stdout).expect("a key is text").trim().to_owned()
        };
        let viewer = make("data", "shop", "viewer");
        let other = make("data", "other", "admin");
        let foreign = make("elsewhere", "shop", "admin");
        let log = File::create(sandbox.path().join("server.log")).expect("a log");
        let served = Served::start(sandbox, Stdio::from(log));
        let address = served.url.trim_start_matches("http://").to_owned();
        let keys = vec![served.key.clone(), viewer.clone(), other, foreign.clone()];
        Self { served, address, viewer, foreign, keys }
    }

    /// Sends a request on a connection of its own.
    pub(super) fn send(&self, request: &Request) -> Answer {
        http::send(&self.address, &request.bytes(&self.address, &self.served.key))
    }

    /// What a command prints that reaches the server, and its name.
    pub(super) fn command(&self, args: &[&str]) -> (String, Vec<u8>) {
        self.command_with_key(&self.served.key, args)
    }

    /// What a command prints that is given this key.
    pub(super) fn command_with_key(&self, key: &str, args: &[&str]) -> (String, Vec<u8>) {
        let output = self.served.sandbox.command(args).env("PROMPTSYNC_API_KEY", key).output();
        let output = output.expect("the command runs");
        (args.join(" "), [output.stdout, output.stderr].concat())
    }

    /// A new key of an admin of the whole workspace.
    pub(super) fn make_owner(&mut self) -> String {
        let args = ["keys", "create", "--data-dir", "data", "--role", "admin"];
        let made = self.served.sandbox.command(&args).env_remove("PROMPTSYNC_PROJECT").output();
        let key = String::from_utf8(made.expect("it runs").stdout).expect("a key is text").trim().to_owned();
        self.keys.push(key.clone());
        key
    }

    /// Where the server's folder and log are.
    pub(super) fn folder(&self) -> &Path {
        self.served.sandbox.path()
    }

    /// Everything that opens something: keys that were given out, and the server's own.
    pub(super) fn all_keys(&self) -> Vec<String> {
        let own = fs::read_dir(self.folder().join("data")).expect("the data folder");
        let own = own.map(|entry| entry.expect("an entry").path());
        let own = own.filter(|path| path.extension().is_some_and(|ending| ending == "key"));
        let own = own.map(|path| fs::read_to_string(path).expect("a key is text").trim().to_owned());
        let own: Vec<_> = own.filter(|key| !key.is_empty()).collect();
        assert!(!own.is_empty(), "the server keeps no key");
        own.into_iter().chain(self.keys.iter().cloned()).collect()
    }

    /// What is wrong with the answer to a row, or with the process after it.
    pub(super) fn wrong(&mut self, row: &Row) -> Option<String> {
        let before = self.resident();
        self.forget_peak();
        let answer = self.send(&row.request);
        let shown: String = answer.text.chars().take(600).collect();
        let grown = self.peak().saturating_sub(before);
        let complaint = if answer.outcome() != row.outcome {
            format!("is `{}`, not `{}`", answer.outcome(), row.outcome)
        } else if let Some(missing) = row.holds.iter().find(|text| !answer.text.contains(*text)) {
            format!("does not hold `{missing}`")
        } else if let Some(text) = row.lacks.iter().find(|text| answer.text.contains(*text)) {
            format!("holds `{text}`")
        } else if let Some(inside) = self.inside(&answer) {
            format!("holds `{inside}`")
        } else if grown > GROWTH {
            format!("cost {grown} bytes")
        } else {
            String::new()
        };
        self.lives(row.id);
        (!complaint.is_empty()).then(|| format!("{}: the answer {complaint}: {shown}", row.id))
    }

    /// A row that must be right.
    pub(super) fn check(&mut self, row: &Row) {
        let wrong = self.wrong(row);
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    }

    /// The process that was started still runs, and answers the next good request.
    fn lives(&mut self, after: &str) {
        let ended = self.served.server.try_wait().expect("a child can be asked");
        assert!(ended.is_none(), "the server ended after {after}: {ended:?}");
        let answer = self.send(&get("/api/prompts/greeting/latest"));
        assert_eq!(answer.status, 200, "after {after}: {}", answer.text);
    }

    /// What the answer holds that nobody outside should see.
    fn inside(&self, answer: &Answer) -> Option<String> {
        let folder = self.served.sandbox.path().display().to_string();
        let refused = [VALUE, DEFAULT].into_iter().filter(|_| answer.status >= 400);
        let never = INSIDE.into_iter().chain([folder.as_str(), env!("CARGO_MANIFEST_DIR")]).chain(refused);
        let head = answer.head.to_lowercase();
        let header =
            ["content-encoding", "access-control-allow-origin"].into_iter().find(|name| head.contains(name));
        header.map(str::to_owned).or_else(|| {
            never.map(str::to_owned).find(|text| answer.text.contains(text) || answer.head.contains(text))
        })
    }

    /// Good requests of each kind, so that what is made once is made.
    pub(super) fn warm_up(&mut self) {
        let render = post(
            "/api/prompts/greeting/latest/render",
            &serde_json::json!({ "variables": { "name": VALUE } }),
        );
        for _ in 0..200 {
            assert_eq!(self.send(&render).status, 200);
            self.lives("a good request");
        }
    }

    /// Bytes of memory the process holds.
    pub(super) fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most it ever held since [`Self::forget_peak`].
    fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.served.server.id()), "5").expect("the peak is reset");
    }

    fn status(&self, name: &str) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.served.server.id())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
    }

    /// The log has a line for each request, and none of what was sent in confidence.
    pub(super) fn log_holds_no_secret(&self) {
        let log = self.served.sandbox.read("server.log");
        assert!(log.lines().filter(|line| line.contains("answered")).count() > 200, "the log is empty");
        assert!(log.contains("DEBUG"), "the log holds no details");
        let secrets = self.keys.iter().map(String::as_str).chain([VALUE, DEFAULT]);
        for secret in secrets {
            assert!(!log.contains(secret), "the log holds {secret}");
        }
        assert!(!log.contains("panicked") && !log.contains("the request failed"), "{log}");
    }
}
