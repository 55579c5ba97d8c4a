//! The machine: which core does what, how many files may be open, which programs are there.

use std::{ffi::OsStr, fs, process::Command};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::steps::{Result, exists, install};

/// Where servers run: ours and those it is compared with.
pub(super) const SERVERS: Core = Core("0");
/// Where load is made.
pub(super) const LOAD: Core = Core("1");
/// Ten thousand connections, on both ends, and some.
const FILES: u64 = 20_000;
/// The kernel counts processor time in hundredths of a second.
const TICKS: f64 = 100.0;

/// One of the machine's.
#[derive(Clone, Copy)]
pub(super) struct Core(&'static str);

impl Core {
    /// A program that runs there.
    pub(super) fn run(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", self.0]).arg(program);
        command
    }
}

/// Lets this program and those it starts open many files.
pub(super) fn allow_many_files() -> Result {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= FILES) {
        return Ok(());
    }
    let maximum = limit.maximum.map(|maximum| maximum.max(FILES));
    setrlimit(Resource::Nofile, Rlimit { current: Some(FILES), maximum })
        .map_err(|error| format!("{FILES} files cannot be opened at once ({error}): ulimit -n {FILES}"))?;
    Ok(())
}

/// Installs what is missing of a program.
pub(super) fn need(program: &str, package: &str) -> Result {
    if exists(program) { Ok(()) } else { install(package) }
}

/// Seconds of processor time that processes have taken so far.
pub(super) fn processor_time(processes: &[u32]) -> Result<f64> {
    let mut ticks = 0.0;
    for process in processes {
        let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name, in parentheses, may hold anything; user and system time are the 14th and 15th field.
        let fields = text.rsplit_once(") ").ok_or("a process without a name")?.1;
        for field in fields.split(' ').skip(11).take(2) {
            ticks += field.parse::<f64>()?;
        }
    }
    Ok(ticks / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_this_process_does_not_run_backwards() {
        let processes = [std::process::id()];
        let before = processor_time(&processes).unwrap();
        assert!(processor_time(&processes).unwrap() >= before);
        assert!(processor_time(&[u32::MAX]).is_err());
    }
}
