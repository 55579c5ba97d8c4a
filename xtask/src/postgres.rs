//! A PostgreSQL server for the tests, in a folder of its own that goes away with it.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, test_kill_process},
};

use crate::{
    children::Guarded,
    steps::{Result, exists, install, run},
};

const OLDEST: u32 = 15;
const PACKAGES: &str = "/usr/lib/postgresql";
const PREFIX: &str = "promptsync-postgres-";
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// Below this the folder goes to the disk instead of to memory.
const MEMORY_NEEDED: u64 = 2 << 30;

/// A running server. It stops when this value goes away.
pub(crate) struct Postgres {
    // Fields are dropped in this order: the server stops before its folder is removed.
    server: Guarded,
    folder: Folder,
    port: u16,
    password: String,
    version: String,
}

struct Folder(PathBuf);

/// Who the server runs as: it refuses to run as root.
#[derive(Clone, Copy)]
struct User {
    id: u32,
    group: u32,
}

impl Postgres {
    /// Starts a server on a free port of the loopback address; installs the Debian package first when it is missing.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs()?;
        let user = user()?;
        let folder = Folder::create(user)?;
        let password = random_hex(16)?;
        initialise(&programs, &folder.0, user, &password)?;
        let port = free_port()?;
        let server = serve(&programs, &folder.0, user, port)?;
        let version = crate::steps::capture(Command::new(programs.join("postgres")).arg("--version"))?;
        let version = version.split_whitespace().nth(2).unwrap_or("of unknown version").to_owned();
        let mut postgres = Self { server, folder, port, password, version };
        postgres.wait_until_ready(&programs)?;
        Ok(postgres)
    }

    /// Where it is reached.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(&mut self) -> Result {
        if self.server.ended()?.is_some() {
            return Err("postgres does not run".into());
        }
        self.server.kill()
    }

    /// Starts it again where it was, with what it had made durable.
    pub(crate) fn start_again(&mut self) -> Result {
        if self.server.ended()?.is_none() {
            return Err("postgres runs already".into());
        }
        let programs = programs()?;
        // What its children still hold after it was killed they give up within moments.
        let _ = fs::remove_file(self.folder.0.join("data/postmaster.pid"));
        let started = Instant::now();
        loop {
            self.server = serve(&programs, &self.folder.0, user()?, self.port)?;
            match self.wait_until_ready(&programs) {
                Err(_) if started.elapsed() < START_LIMIT => sleep(Duration::from_millis(200)),
                outcome => return outcome,
            }
        }
    }

    /// Its version, for example `15.18`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result {
        let started = Instant::now();
        loop {
            if let Some(status) = self.server.ended()? {
                return Err(format!("PostgreSQL ended with {status}:\n{}", self.log()).into());
            }
            let mut question = Command::new(programs.join("pg_isready"));
            question.args(["--quiet", "--host=127.0.0.1", &format!("--port={}", self.port)]);
            if question.status()?.success() {
                return Ok(());
            }
            if started.elapsed() > START_LIMIT {
                return Err(format!("PostgreSQL is not ready after {START_LIMIT:?}:\n{}", self.log()).into());
            }
            sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.0.join("log")).unwrap_or_default()
    }
}

impl Folder {
    fn create(user: Option<User>) -> Result<Self> {
        let place = place();
        sweep(&place)?;
        let folder = Self(place.join(format!("{PREFIX}{}", std::process::id())));
        fs::create_dir_all(&folder.0)?;
        fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o700))?;
        if let Some(user) = user {
            chown(&folder.0, Some(user.id), Some(user.group))?;
        }
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes the folders of runs that were killed before they could.
fn sweep(place: &Path) -> Result {
    for entry in fs::read_dir(place)?.flatten() {
        let name = entry.file_name();
        let owner =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse().ok()).and_then(Pid::from_raw);
        if owner.is_some_and(|owner| test_kill_process(owner) == Err(Errno::SRCH)) {
            // Another user's folder stays; it is not in the way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// Memory when there is enough of it: the tests create a database each, with every write made durable.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let free = rustix::fs::statvfs(memory).map_or(0, |facts| facts.f_bavail * facts.f_frsize);
    if free >= MEMORY_NEEDED { memory.to_owned() } else { std::env::temp_dir() }
}

fn initialise(programs: &Path, folder: &Path, user: Option<User>, password: &str) -> Result {
    let secret = folder.join("password");
    fs::write(&secret, password)?;
    if let Some(user) = user {
        chown(&secret, Some(user.id), Some(user.group))?;
    }
    let mut command = Command::new(programs.join("initdb"));
    command
        .args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ])
        .arg(format!("--pwfile={}", secret.display()))
        .arg(folder.join("data"));
    run(becoming(&mut command, user).current_dir(folder).stdout(Stdio::null()))?;
    Ok(fs::remove_file(secret)?)
}

fn serve(programs: &Path, folder: &Path, user: Option<User>, port: u16) -> Result<Guarded> {
    let log = fs::File::create(folder.join("log"))?;
    // The kernel stops the server even when this process is killed outright.
    let mut command = if cfg!(target_os = "linux") && exists("setpriv") {
        let mut command = Command::new("setpriv");
        if let Some(user) = user {
            command.arg(format!("--reuid={}", user.id)).arg(format!("--regid={}", user.group));
            command.arg("--clear-groups");
        }
        command.arg("--pdeathsig=INT").arg("--").arg(programs.join("postgres"));
        command
    } else {
        let mut command = Command::new(programs.join("postgres"));
        becoming(&mut command, user);
        command
    };
    command.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"] {
        command.args(["-c", setting]);
    }
    // A group of its own, so that Ctrl-C reaches the tests first and the server last.
    command.current_dir(folder).process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Guarded::spawn(&mut command, Signal::INT, STOP_LIMIT)
}

fn becoming(command: &mut Command, user: Option<User>) -> &mut Command {
    if let Some(user) = user {
        command.uid(user.id).gid(user.group);
    }
    command
}

fn programs() -> Result<PathBuf> {
    if let Some(found) = find_programs() {
        return Ok(found);
    }
    // The package would create and start a server for the whole machine; nobody asked for that one.
    let settings = Path::new("/etc/postgresql-common/createcluster.conf");
    if rustix::process::geteuid().is_root() && !settings.exists() {
        fs::create_dir_all("/etc/postgresql-common")?;
        fs::write(settings, "create_main_cluster = false\n")?;
    }
    install("postgresql")?;
    find_programs().ok_or_else(|| format!("no PostgreSQL {OLDEST} or newer was found in {PACKAGES}").into())
}

/// The oldest version we support, when it is there: what runs on it runs on the newer ones.
fn find_programs() -> Option<PathBuf> {
    let versions = fs::read_dir(PACKAGES).into_iter().flatten().flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        (version >= OLDEST && programs.join("initdb").exists()).then_some((version, programs))
    });
    versions.min_by_key(|(version, _)| *version).map(|(_, programs)| programs).or_else(|| {
        let folder = crate::steps::capture(Command::new("pg_config").arg("--bindir")).ok()?;
        let programs = PathBuf::from(folder.trim());
        programs.join("initdb").exists().then_some(programs)
    })
}

fn user() -> Result<Option<User>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let account = accounts.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = account.ok_or("the user `postgres` does not exist")?.split(':').skip(2);
    let mut number = || -> Result<u32> { Ok(fields.next().ok_or("/etc/passwd is cut short")?.parse()?) };
    Ok(Some(User { id: number()?, group: number()? }))
}

/// So many random bytes, as hexadecimal digits.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    let mut random = vec![0_u8; bytes];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A port of the loopback address that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
