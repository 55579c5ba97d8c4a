//! Servers to measure: ours, with a data folder of its own, and the controls.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{Bench, http, machine::SERVERS};
use crate::{
    children::Guarded,
    steps::{Result, capture, target},
};

/// The project in every data folder of the benchmarks.
pub(super) const PROJECT: &str = "bench";
/// Rates are counted, and let everything through.
const SETTINGS: [(&str, &str); 3] = [
    ("PROMPTSYNC_RATE_CALLER", "10000000"),
    ("PROMPTSYNC_RATE_WORKSPACE", "10000000"),
    ("PROMPTSYNC_LOG", "error"),
];

/// A data folder that goes away with this value.
pub(super) struct Data {
    pub(super) folder: PathBuf,
    /// May do everything.
    pub(super) admin: String,
    /// May read the project, by its role.
    pub(super) reader: String,
}

impl Data {
    /// A new data folder with keys.
    pub(super) fn create(bench: &Bench, name: &str) -> Result<Self> {
        let folder = scratch(name)?;
        let key = |role: &str| {
            let mut create = Command::new(&bench.binary);
            create.args(["keys", "create", "--project", PROJECT, "--role", role, "--data-dir"]).arg(&folder);
            Ok::<_, Box<dyn std::error::Error>>(capture(&mut create)?.trim().to_owned())
        };
        let (admin, reader) = (key("admin")?, key("viewer")?);
        Ok(Self { folder, admin, reader })
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// An empty folder below the target folder.
pub(super) fn scratch(name: &str) -> Result<PathBuf> {
    let folder = target()?.join("bench").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A running server.
pub(super) struct Server {
    process: Guarded,
    /// Host and port.
    pub(super) address: String,
    started: Instant,
    /// From start to the line that says it listens.
    pub(super) ready: Duration,
}

impl Server {
    /// Starts ours, on any core, and waits until it listens.
    pub(super) fn start(bench: &Bench, data: &Data) -> Result<Self> {
        Self::ours(Command::new(&bench.binary), data, &[])
    }

    /// Starts ours on the servers' core.
    pub(super) fn pinned(bench: &Bench, data: &Data, settings: &[(&str, &str)]) -> Result<Self> {
        Self::ours(SERVERS.run(&bench.binary), data, settings)
    }

    fn ours(mut command: Command, data: &Data, settings: &[(&str, &str)]) -> Result<Self> {
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data.folder);
        command.current_dir(&data.folder).envs(SETTINGS).envs(settings.iter().copied());
        Self::listening(&mut command)
    }

    /// Starts a control on the servers' core.
    pub(super) fn control(bench: &Bench, arguments: &[&str]) -> Result<Self> {
        Self::listening(SERVERS.run(&bench.tools).args(arguments))
    }

    fn listening(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let started = Instant::now();
        let mut process = Guarded::spawn(command, Signal::TERM, Duration::from_secs(30))?;
        let output = process.process().stdout.take().ok_or("the server has no output")?;
        for line in BufReader::new(output).lines() {
            if let Some((_, address)) = line?.split_once("listening on http://") {
                let (ready, address) = (started.elapsed(), address.trim().trim_end_matches('/').to_owned());
                return Ok(Self { process, address, started, ready });
            }
        }
        Err("the server ended before it was ready".into())
    }

    /// Asks for something, and says how long after the start of the process the answer was there.
    pub(super) fn answered(&self, key: &str, path: &str) -> Result<Duration> {
        http::send(&self.address, key, "GET", path, "")?;
        Ok(self.started.elapsed())
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Memory in use now, in MiB.
    pub(super) fn memory(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// The most memory that was ever in use, in MiB.
    pub(super) fn peak_memory(&self) -> Result<f64> {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field in /proc")?;
        let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes / 1024.0)
    }
}
