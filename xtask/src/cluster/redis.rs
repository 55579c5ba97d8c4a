//! A Redis server in a folder of its own.

use std::{
    fs,
    net::TcpStream,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{children::Guarded, postgres::free_port, steps::Result};

const LIMIT: Duration = Duration::from_secs(20);

/// It stops when this value goes away.
pub(super) struct Redis {
    process: Option<Guarded>,
    folder: PathBuf,
    port: u16,
}

impl Redis {
    /// Starts one on a free port of the loopback address.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let mut redis = Self { process: None, folder: folder.to_owned(), port: free_port()? };
        redis.go()?;
        Ok(redis)
    }

    /// Where it is reached.
    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Starts it, with what it had written to its folder.
    pub(super) fn go(&mut self) -> Result {
        if self.process.is_some() {
            return Err("redis runs already".into());
        }
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--appendonly", "yes"]);
        command.arg("--dir").arg(&self.folder).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Guarded::spawn(&mut command, Signal::TERM, LIMIT)?;
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Some(status) = process.ended()? {
                return Err(format!("Redis ended with {status}").into());
            }
            if started.elapsed() > LIMIT {
                return Err(format!("Redis is not ready after {LIMIT:?}").into());
            }
            sleep(Duration::from_millis(20));
        }
        self.process = Some(process);
        Ok(())
    }

    /// Kills it.
    pub(super) fn kill(&mut self) -> Result {
        self.process.take().ok_or("redis does not run")?.kill()
    }
}
