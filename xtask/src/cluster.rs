//! Two servers on one PostgreSQL and one Redis, to be killed one after the other by whoever wants to see what happens.

mod redis;

use std::{
    fs,
    io::BufRead as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::Signal;

use self::redis::Redis;
use crate::{
    build,
    children::{Guarded, Interrupt},
    postgres::{self, Postgres},
    start::{Client, PROJECT, ready},
    steps::{Result, capture, exists, install, target},
};

const ADDRESSES: [(&str, &str); 2] = [("a", "127.0.0.1:7981"), ("b", "127.0.0.1:7982")];
const GRACE: Duration = Duration::from_secs(30);
/// How often Ctrl-C is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Everything that runs. Fields are dropped in this order: servers end before what they need.
struct Cluster {
    nodes: Vec<Node>,
    redis: Redis,
    postgres: Postgres,
    binary: PathBuf,
    folder: PathBuf,
}

struct Node {
    name: &'static str,
    address: &'static str,
    process: Option<Guarded>,
}

/// Builds, starts everything, loads the demo project, and does what is typed until Ctrl-C.
pub(crate) fn run(arguments: &[String]) -> Result {
    if !arguments.is_empty() {
        return Err("it takes no arguments; type `kill a` or `start a` once it runs".into());
    }
    let binary = build::binary()?;
    if !exists("redis-server") {
        install("redis-server")?;
    }
    let interrupt = Interrupt::listen()?;
    let mut cluster = Cluster::start(binary)?;
    let key = cluster.admin_key()?;
    for (name, _) in ADDRESSES {
        cluster.begin(name)?;
    }
    let url = format!("http://{}", ADDRESSES[0].1);
    Client { binary: &cluster.binary, url: &url, key: &key }.load_demo()?;
    cluster.welcome(&url);
    let typed = lines();
    while !interrupt.is_raised() {
        match typed.recv_timeout(LOOK) {
            Ok(line) => match cluster.obey(&line) {
                Ok(done) => println!("{done}"),
                Err(refused) => println!("{refused}"),
            },
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            // Whoever pipes commands in may leave it running.
            Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(LOOK),
        }
    }
    println!("\nstopping");
    Ok(())
}

/// What somebody types, line by line.
fn lines() -> mpsc::Receiver<String> {
    let (tell, typed) = mpsc::channel();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(std::result::Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    typed
}

impl Cluster {
    fn start(binary: PathBuf) -> Result<Self> {
        let folder = target()?.join("cluster");
        // The database begins empty, so nothing of an earlier cluster fits it.
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        for name in ["server", "master"] {
            fs::write(folder.join(name), postgres::random_hex(32)?)?;
        }
        let nodes = ADDRESSES.map(|(name, address)| Node { name, address, process: None });
        let redis = Redis::start(&folder.join("redis"))?;
        Ok(Self { nodes: nodes.into(), redis, postgres: Postgres::start()?, binary, folder })
    }

    /// The program with everything that both servers share.
    fn command(&self, node: &str, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .arg("--data-dir")
            .arg(self.folder.join(node))
            .env("DATABASE_URL", self.postgres.url())
            .env("PROMPTSYNC_REDIS_URL", self.redis.url())
            .env("PROMPTSYNC_SERVER_KEY_FILE", self.folder.join("server"))
            .env("PROMPTSYNC_MASTER_KEY_FILE", self.folder.join("master"));
        command
    }

    fn admin_key(&self) -> Result<String> {
        let words = ["keys", "create", "--project", PROJECT, "--role", "admin"];
        let key = capture(&mut self.command(ADDRESSES[0].0, &words))?;
        fs::write(self.folder.join("key"), &key)?;
        Ok(key.trim().to_owned())
    }

    /// Does what a line says, and says what was done.
    fn obey(&mut self, line: &str) -> Result<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["kill", name] => {
                self.kill(name)?;
                Ok(format!("{name} is dead (SIGKILL)"))
            }
            ["start", name] => {
                self.begin(name)?;
                Ok(format!("{name} runs again"))
            }
            _ => {
                Err("type `kill` or `start` and one of postgres, redis, a, b; Ctrl-C stops everything".into())
            }
        }
    }

    fn kill(&mut self, name: &str) -> Result {
        match name {
            "postgres" => self.postgres.kill(),
            "redis" => self.redis.kill(),
            _ => {
                let node = self.node(name)?;
                node.process.take().ok_or_else(|| format!("{name} does not run"))?.kill()
            }
        }
    }

    fn begin(&mut self, name: &str) -> Result {
        match name {
            "postgres" => return self.postgres.start_again(),
            "redis" => return self.redis.go(),
            _ => {}
        }
        let Node { name, address, process } = self.node(name)?;
        if process.is_some() {
            return Err(format!("{name} runs already").into());
        }
        let (name, address) = (*name, *address);
        let mut command = self.command(name, &["serve", "--listen", address]);
        // What a server says about the outages goes to a file: the terminal is for whoever types.
        let log =
            fs::File::options().create(true).append(true).open(self.folder.join(format!("{name}.log")))?;
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut server = Guarded::spawn(&mut command, Signal::TERM, GRACE)?;
        let output = server.process().stdout.take().ok_or("the server has no output")?;
        ready(output)?;
        self.node(name)?.process = Some(server);
        Ok(())
    }

    fn node(&mut self, name: &str) -> Result<&mut Node> {
        let unknown = || format!("`{name}` is none of postgres, redis, a, b");
        Ok(self.nodes.iter_mut().find(|node| node.name == name).ok_or_else(unknown)?)
    }

    fn welcome(&self, url: &str) {
        let nodes: Vec<_> =
            ADDRESSES.iter().map(|(name, address)| format!("{name} on http://{address}")).collect();
        println!(
            "Two servers run, {}, on one PostgreSQL {} and one Redis. In a second terminal:

  export PROMPTSYNC_URL={url}
  export PROMPTSYNC_API_KEY=$(cat {})
  export PROMPTSYNC_PROJECT={PROJECT}
  {} watch customer_support@production

Then type here what is to happen: `kill postgres`, `start postgres`, the same with redis, a and b.
Ctrl-C stops everything.",
            nodes.join(" and "),
            self.postgres.version(),
            shown(&self.folder.join("key")),
            shown(&self.binary),
        );
    }
}

/// A path as short as it can be from where one stands.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
