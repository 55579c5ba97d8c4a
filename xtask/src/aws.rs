//! AWS for the tests: moto's server from PyPI, on a port of its own, stopped with this value.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    children::Guarded,
    python,
    steps::{Result, target},
};

/// What Secrets Manager needs of moto, without the packages of the other services.
const PACKAGES: [&str; 3] = ["moto==5.1.22", "flask==3.1.3", "flask-cors==6.0.5"];
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A running server. It stops when this value goes away.
pub(crate) struct Aws {
    _server: Guarded,
    url: String,
}

impl Aws {
    /// Installs what it needs under `target` and starts it.
    pub(crate) fn start() -> Result<Self> {
        let folder = python::environment("test-aws-venv", &PACKAGES)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = target()?.join("test-aws.log");
        let mut command = Command::new(folder.join("bin/moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(fs::File::create(&log)?);
        let mut server = Guarded::spawn(&mut command, Signal::TERM, STOP_LIMIT)?;
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if server.ended()?.is_some() || started.elapsed() > START_LIMIT {
                let log = fs::read_to_string(log).unwrap_or_default();
                return Err(format!("AWS for the tests did not start:\n{log}").into());
            }
            sleep(Duration::from_millis(50));
        }
        Ok(Self { _server: server, url: format!("http://127.0.0.1:{port}") })
    }

    /// Where it is reached.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
