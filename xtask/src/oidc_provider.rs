//! An OpenID provider for the tests: a certified one from npm, on a port of its own, stopped with this value.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use rustix::process::Signal;

use crate::{children::Guarded, node, steps::Result};

const SOURCE: &str = "crates/server/tests/oidc_provider";
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A running provider. It stops when this value goes away, or when this process does: then its input ends.
pub(crate) struct OidcProvider {
    _server: Guarded,
    issuer: String,
}

impl OidcProvider {
    /// Installs what it needs under `target`, as its lock file says, and starts it.
    pub(crate) fn start() -> Result<Self> {
        let folder = node::installed(SOURCE, "oidc-provider", "single sign-on")?;
        let mut command = Command::new("node");
        command.arg("server.mjs").current_dir(&folder).env_remove("NODE_OPTIONS");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(folder.join("log"))?);
        let mut server = Guarded::spawn(&mut command, Signal::TERM, STOP_LIMIT)?;
        let output = server.process().stdout.take().ok_or("the provider has no output")?;
        let (said, first_line) = mpsc::channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            let _ = output.read_line(&mut line).map(|_| said.send(line));
            // Whatever it says later must not fill the pipe and stop it.
            let _ = std::io::copy(&mut output, &mut std::io::sink());
        });
        let issuer = first_line.recv_timeout(START_LIMIT).unwrap_or_default().trim().to_owned();
        if issuer.is_empty() {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(format!("the OpenID provider for the tests did not start:\n{log}").into());
        }
        Ok(Self { _server: server, issuer })
    }

    /// What it is called, and where it is reached.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }
}
