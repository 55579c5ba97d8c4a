//! A server to measure, with a data folder of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    children::Guarded,
    steps::{Result, capture, target},
};

/// The project in every data folder of the benchmarks.
pub(super) const PROJECT: &str = "bench";

/// A data folder that goes away with this value.
pub(super) struct Data {
    pub(super) folder: PathBuf,
    pub(super) key: String,
}

impl Data {
    /// A new data folder with a key.
    pub(super) fn create(binary: &Path, name: &str) -> Result<Self> {
        let folder = target()?.join("bench").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let mut create = Command::new(binary);
        create.args(["keys", "create", "--project", PROJECT, "--role", "admin", "--data-dir"]).arg(&folder);
        let key = capture(&mut create)?.trim().to_owned();
        Ok(Self { folder, key })
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A running server.
pub(super) struct Server {
    process: Guarded,
    /// Host and port.
    pub(super) address: String,
    /// From start to the line that says it listens.
    pub(super) ready: Duration,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(super) fn start(binary: &Path, data: &Data) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data.folder);
        command.current_dir(&data.folder).stdin(Stdio::null()).stdout(Stdio::piped());
        let started = Instant::now();
        let mut process = Guarded::spawn(&mut command, Signal::TERM, Duration::from_secs(30))?;
        let output = process.process().stdout.take().ok_or("the server has no output")?;
        for line in BufReader::new(output).lines() {
            if let Some((_, address)) = line?.split_once("listening on http://") {
                let ready = started.elapsed();
                return Ok(Self { process, address: address.trim().trim_end_matches('/').to_owned(), ready });
            }
        }
        Err("the server ended before it was ready".into())
    }

    /// Memory in use now, in MiB.
    pub(super) fn memory(&mut self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// The most memory that was ever in use, in MiB.
    pub(super) fn peak_memory(&mut self) -> Result<f64> {
        self.status("VmHWM:")
    }

    fn status(&mut self, field: &str) -> Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.process.process().id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field in /proc")?;
        let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes / 1024.0)
    }
}
