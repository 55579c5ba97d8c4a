//! Child processes that do not outlive this one, and the signals that end both.

use std::{
    process::{Child, Command, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::steps::Result;

const POLL: Duration = Duration::from_millis(20);

/// Whether somebody asked this command to stop.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on Ctrl-C, hang-up and terminate raise the flag instead of ending the process.
    pub(crate) fn listen() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// Whether the flag is raised.
    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A child that is stopped when this value goes away, however that happens.
pub(crate) struct Guarded {
    child: Child,
    stop: Signal,
    grace: Duration,
}

impl Guarded {
    /// Starts a child. `stop` is the signal it is asked with; after `grace` it is killed.
    pub(crate) fn spawn(command: &mut Command, stop: Signal, grace: Duration) -> Result<Self> {
        let child = command
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", command.get_program().display()))?;
        Ok(Self { child, stop, grace })
    }

    /// The process itself.
    pub(crate) fn process(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) -> Result {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, when it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it ends by itself or the flag is raised; `None` means the flag.
    pub(crate) fn wait(&mut self, interrupt: &Interrupt) -> Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if interrupt.is_raised() {
                return Ok(None);
            }
            sleep(POLL);
        }
    }

    fn ask_to_stop(&self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended on its own a moment ago, which is as good.
            let _ = kill_process(pid, self.stop);
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        self.ask_to_stop();
        let asked = Instant::now();
        while asked.elapsed() < self.grace {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            sleep(POLL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read, process::Stdio};

    use super::*;

    #[test]
    fn a_child_that_ignores_the_signal_is_killed_after_its_grace() {
        let grace = Duration::from_millis(100);
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo ready; while :; do :; done"]).stdout(Stdio::piped());
        let mut child = Guarded::spawn(&mut command, Signal::TERM, grace).unwrap();
        let pid = child.process().id();
        let mut said = [0; 5];
        child.process().stdout.take().unwrap().read_exact(&mut said).unwrap();
        let asked = Instant::now();
        drop(child);
        assert!(asked.elapsed() >= grace);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }

    #[test]
    fn waiting_ends_when_the_flag_is_raised() {
        let interrupt = Interrupt(Arc::new(AtomicBool::new(true)));
        let mut command = Command::new("sleep");
        let mut child = Guarded::spawn(command.arg("60"), Signal::TERM, Duration::from_secs(5)).unwrap();
        assert!(child.wait(&interrupt).unwrap().is_none());
    }
}
