//! A PostgreSQL server of a test's own, that can be killed, stopped and made to refuse.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::disk::{self, Disk, Moment};
use crate::outage::{Outage, Refusal, free_port, send};

/// The server. It ends when this value goes away.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    user: Option<(u32, u32)>,
    port: u16,
    process: Option<Child>,
    refusal: Option<Refusal>,
    settings: Vec<String>,
    /// What stands before the command.
    before: Vec<OsString>,
}

impl Postgres {
    /// Starts one on a free port; nothing when PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a folder");
        let user = user();
        if let Some((id, group)) = user {
            chown(folder.path(), Some(id), Some(group)).expect("the folder can be given away");
        }
        let port = free_port();
        let mut server = Self {
            programs,
            folder,
            user,
            port,
            process: None,
            refusal: None,
            settings: Vec::new(),
            before: Vec::new(),
        };
        let made = server
            .command("initdb")
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            .arg("--wal-segsize=1")
            .arg("-D")
            .arg(server.folder.path().join("data"))
            .stdout(Stdio::null())
            .status();
        assert!(made.expect("initdb runs").success(), "initdb made no cluster");
        server.go();
        Some(server)
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Takes it away.
    pub fn take_away(&mut self, outage: Outage) {
        match outage {
            Outage::Killed => self.kill(),
            Outage::Stopped => self.signal(Signal::STOP),
            Outage::Refusing => {
                self.kill();
                self.refusal = Some(Refusal::on(self.port));
            }
        }
    }

    /// Brings it back; it answers when this returns.
    pub fn bring_back(&mut self) {
        self.refusal = None;
        if self.process.is_some() {
            self.signal(Signal::CONT);
            self.wait_until_ready();
        } else {
            self.go();
        }
    }

    /// Stops it in order and starts it again with these settings, while strace writes its calls to the file `trace` of
    /// its folder. Gives a copy of its data as it was in between, when all of it was certain.
    pub fn trace(&mut self, settings: &[&str]) -> PathBuf {
        if let Some(mut process) = self.process.take() {
            send(process.id(), Signal::INT);
            process.wait().expect("it ends");
        }
        let before = self.folder.path().join("before");
        let copied = self.command_of("cp").arg("-a").arg(self.data()).arg(&before).status();
        assert!(copied.expect("cp runs").success(), "the data is copied");
        self.settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        self.before = disk::traced(&self.folder.path().join("trace"));
        self.go();
        self.before.clear();
        before
    }

    /// Kills it and gives what strace saw; `before` is what [`Postgres::trace`] gave.
    pub fn traced(&mut self, before: &Path) -> Disk {
        self.kill();
        Disk::read(&self.folder.path().join("trace"), &self.data(), before)
    }

    /// Starts it with what is left after the power was cut at this moment; says whether it starts.
    pub fn start_after_cut(&mut self, disk: &Disk, moment: Moment, survives: impl FnMut() -> bool) -> bool {
        self.kill();
        fs::remove_dir_all(self.data()).expect("the data is removed");
        disk.cut(moment, survives, &self.data());
        let _ = fs::remove_file(self.data().join("postmaster.pid"));
        if let Some((id, group)) = self.user {
            let owner = format!("{id}:{group}");
            let given = Command::new("chown").arg("-R").arg(owner).arg(self.data()).status();
            assert!(given.expect("chown runs").success(), "the data is given away");
        }
        self.spawn();
        while !self.answers() {
            let process = self.process.as_mut().expect("it was started");
            if process.try_wait().expect("a child can be asked").is_some() {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        true
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn go(&mut self) {
        self.spawn();
        self.wait_until_ready();
    }

    fn spawn(&mut self) {
        let log = fs::File::create(self.folder.path().join("log")).expect("a file");
        let mut command = match self.before.split_first() {
            None => self.command("postgres"),
            Some((first, rest)) => {
                let mut command = self.command_of(first);
                command.args(rest).arg(self.programs.join("postgres"));
                command
            }
        };
        command.arg("-D").arg(self.folder.path().join("data")).arg("-p").arg(self.port.to_string());
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=60"] {
            command.args(["-c", setting]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let process = command.stdout(log.try_clone().expect("a file")).stderr(log).spawn();
        self.process = Some(process.expect("PostgreSQL starts"));
    }

    fn answers(&self) -> bool {
        let port = format!("--port={}", self.port);
        let asked = self.command("pg_isready").args(["--quiet", "--host=127.0.0.1", &port]).status();
        asked.is_ok_and(|status| status.success())
    }

    fn wait_until_ready(&self) {
        let started = Instant::now();
        while !self.answers() {
            assert!(started.elapsed() < Duration::from_mins(1), "PostgreSQL is not ready");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        // One that stands still starts no child that nobody knows of.
        send(process.id(), Signal::STOP);
        let children = children_of(process.id());
        for id in children.iter().copied().chain([process.id()]) {
            send(id, Signal::KILL);
        }
        process.wait().expect("it was killed");
        // As long as one of them lives, the memory they share keeps the next server from starting.
        while children.iter().any(|id| is_alive(*id)) {
            thread::sleep(Duration::from_millis(1));
        }
        // A server that starts must not find the children of the one before.
        let _ = fs::remove_file(self.folder.path().join("data/postmaster.pid"));
    }

    /// Sends a signal to the server and to all of its children.
    fn signal(&self, signal: Signal) {
        let Some(process) = &self.process else { return };
        let parent = process.id();
        let children = children_of(parent);
        for id in std::iter::once(parent).chain(children) {
            send(id, signal);
        }
    }

    fn command(&self, program: &str) -> Command {
        self.command_of(self.programs.join(program))
    }

    /// A command as the server's user.
    fn command_of(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((id, group)) = self.user {
            command.uid(id).gid(group);
        }
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The name in parentheses may hold spaces; what follows is the state, then the parent.
        let after = status.rsplit_once(')').map_or("", |(_, rest)| rest);
        after.split_whitespace().nth(1).is_some_and(|found| found == parent.to_string())
    })
    .collect()
}

/// Whether a process has not ended; one that nobody has waited for yet has.
fn is_alive(id: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let after = status.rsplit_once(')').map_or("Z", |(_, rest)| rest);
    !after.trim_start().starts_with(['Z', 'X'])
}

fn programs() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders.map(|folder| folder.path().join("bin")).collect();
    found.retain(|programs| programs.join("initdb").is_file());
    found.sort();
    found.pop()
}

/// Whom it runs as: it refuses to run as root.
fn user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("accounts");
    let account = accounts.lines().find(|line| line.starts_with("postgres:")).expect("the user postgres");
    let mut fields = account.split(':').skip(2).map(|field| field.parse().expect("a number"));
    Some((fields.next().expect("an id"), fields.next().expect("a group")))
}
