//! Other people's servers, on the servers' core: nginx, Redis, FastAPI.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{
    load::Place,
    machine::{LOAD, SERVERS, need},
    server::scratch,
};
use crate::{
    children::Guarded,
    python::environment,
    steps::{Result, capture, root},
};

const PATIENCE: Duration = Duration::from_secs(30);
const PYTHON: [&str; 4] = ["fastapi==0.165.0", "uvicorn[standard]==0.54.0", "redis==8.1.0", "hiredis==3.5.0"];

/// A running one.
pub(super) struct Service {
    process: Guarded,
    /// Host and port.
    pub(super) address: String,
}

impl Service {
    /// nginx with one file, which it keeps open.
    pub(super) fn nginx(file: &Path) -> Result<Self> {
        need("nginx", "nginx-light")?;
        let (folder, address) = (scratch("nginx")?, free_address()?);
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let paths = paths.map(|name| format!("{name}_temp_path {}/{name};", folder.display())).join(" ");
        let configuration = format!(
            "daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/log warn;\n\
             events {{ worker_connections 16000; }}\n\
             http {{ access_log off; sendfile on; tcp_nodelay on; keepalive_timeout 300s;\n\
               keepalive_requests 100000000; open_file_cache max=100 inactive=60s; default_type application/json;\n\
               {paths}\n\
               server {{ listen {address}; location = /prompt {{ alias {file}; }} }} }}\n",
            folder = folder.display(),
            file = file.display(),
        );
        let path = folder.join("nginx.conf");
        fs::write(&path, configuration)?;
        Self::start(SERVERS.run("nginx").arg("-p").arg(&folder).arg("-c").arg(&path), address)
    }

    /// Redis in memory alone.
    pub(super) fn redis() -> Result<Self> {
        need("redis-server", "redis-server")?;
        let (folder, address) = (scratch("redis")?, free_address()?);
        let mut command = SERVERS.run("redis-server");
        command.args(["--port", port(&address), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--maxclients", "16000", "--dir"]).arg(&folder);
        Self::start(&mut command, address)
    }

    /// FastAPI that asks Redis at each request.
    pub(super) fn fastapi(redis: &Self) -> Result<Self> {
        let (programs, address) = (environment("bench-venv", &PYTHON)?.join("bin"), free_address()?);
        let mut command = SERVERS.run(programs.join("uvicorn"));
        command.args([
            "fastapi_redis:app",
            "--port",
            port(&address),
            "--no-access-log",
            "--log-level",
            "error",
        ]);
        command.current_dir(root().join("crates/bench")).env("REDIS_ADDRESS", &redis.address);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        Self::start(&mut command, address)
    }

    fn start(command: &mut Command, address: String) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = Guarded::spawn(command, Signal::TERM, PATIENCE)?;
        let asked = Instant::now();
        while TcpStream::connect(&address).is_err() {
            if process.ended()?.is_some() || asked.elapsed() > PATIENCE {
                return Err(format!(
                    "{} does not listen",
                    command.get_args().next().unwrap_or_default().display()
                )
                .into());
            }
            sleep(Duration::from_millis(5));
        }
        Ok(Self { process, address })
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Where it answers with the prompt.
    pub(super) fn place(&self, others: &[u32]) -> Place {
        let pids = std::iter::once(self.pid()).chain(others.iter().copied()).collect();
        Place { address: self.address.clone(), path: "/prompt".to_owned(), key: String::new(), pids }
    }

    /// Puts the contents of a file under `prompt` into Redis.
    pub(super) fn hold(&self, file: &Path) -> Result {
        let mut set = Command::new("redis-cli");
        let set = set.args(["-p", port(&self.address), "-x", "set", "prompt"]);
        let output = set.stdin(fs::File::open(file)?).output()?;
        if output.status.success() { Ok(()) } else { Err("redis-cli did not set the prompt".into()) }
    }

    /// How often Redis answers a GET a second, asked in its own language by its own program.
    pub(super) fn gets(&self, requests: u32) -> Result<f64> {
        let mut command = LOAD.run("redis-benchmark");
        command.args(["-p", port(&self.address), "-c", "64", "-n", &requests.to_string(), "--csv"]);
        let output = capture(command.args(["GET", "prompt"]))?;
        let line = output.lines().rfind(|line| line.contains("GET")).ok_or("redis-benchmark said nothing")?;
        let value = line.split(',').nth(1).ok_or("redis-benchmark counted nothing")?;
        Ok(value.trim_matches('"').parse()?)
    }
}

/// An address of this machine that nobody listens on now.
fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap_or(address)
}
