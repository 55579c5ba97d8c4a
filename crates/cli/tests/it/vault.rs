//! A double of a Vault beside the commands, and a server whose master key it wraps.

use std::{fs, ops::Deref, process::Stdio};

use promptsync_testing::{
    VaultDouble,
    vault::{Mood, TOKEN},
};

use crate::{Sandbox, served::Served};

/// A double of a Vault that answers while a test waits for commands.
pub(crate) struct RunningVault {
    double: VaultDouble,
    _runtime: tokio::runtime::Runtime,
}

impl RunningVault {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        Self { double: runtime.block_on(VaultDouble::start()), _runtime: runtime }
    }

    /// A sandbox whose servers may call it.
    pub(crate) fn allowed(&self, sandbox: Sandbox) -> Sandbox {
        sandbox
            .env("PROMPTSYNC_OUTBOUND_ALLOW", "127.0.0.1")
            .env("PROMPTSYNC_OUTBOUND_PORTS", &self.port().to_string())
            .env("PROMPTSYNC_SECRET_TIMEOUT_SECONDS", "1")
    }
}

impl Deref for RunningVault {
    type Target = VaultDouble;

    fn deref(&self) -> &VaultDouble {
        &self.double
    }
}

/// A sandbox whose servers have their master key wrapped.
fn wrapping(vault: &RunningVault) -> Sandbox {
    vault.make_transit_key("promptsync");
    let sandbox = Sandbox::with(&[("prompts/a.txt", "Hello {{ name }}"), ("token", TOKEN)]);
    let token = sandbox.path().join("token").display().to_string();
    vault
        .allowed(sandbox)
        .env("PROMPTSYNC_MASTER_KEY_TRANSIT", "transit/promptsync")
        .env("PROMPTSYNC_VAULT_URL", &vault.url())
        .env("PROMPTSYNC_VAULT_CREDENTIAL_FILE", &token)
}

const SERVE: [&str; 5] = ["serve", "--data-dir", "data", "--listen", "127.0.0.1:0"];
const PUSH: [&str; 5] = ["push", "--path", "prompts", "--alias", "dev"];
const ROTATE: [&str; 4] = ["keys", "rotate-master", "--data-dir", "data"];

#[test]
fn a_server_asks_the_vault_when_it_starts_and_then_does_without() {
    let vault = RunningVault::start();
    let mut served = Served::start(wrapping(&vault), Stdio::inherit());
    let kept = served.sandbox.read("data/master.key");
    assert!(kept.starts_with("vault:v1:"), "{kept}");
    vault.mood(Mood::Fails);
    served.stdout(&PUSH);
    assert!(served.stdout(&["get", "a@dev"]).contains("Hello"));
    served.stop();
    let said = served.sandbox.run(&SERVE);
    assert!(said.starts_with("exit: 5") && said.contains("transit/promptsync"), "{said}");
    assert!(said.contains("status 503") && !said.contains(TOKEN) && !said.contains("vault:v1"), "{said}");
    assert_eq!(served.sandbox.read("data/master.key"), kept);
    vault.mood(Mood::Works);
    served.restart("data");
    assert!(served.stdout(&["get", "a@dev"]).contains("Hello"));
}

#[test]
fn a_wrapped_master_key_is_replaced_under_a_running_server_that_never_asks_the_vault() {
    let vault = RunningVault::start();
    let mut served = Served::start(wrapping(&vault), Stdio::inherit());
    served.stdout(&PUSH);
    let before = served.sandbox.read("data/master.key");
    let wrong = served.sandbox.command(&ROTATE).env("PROMPTSYNC_VAULT_URL", "http://127.0.0.1:1").output();
    let wrong = String::from_utf8(wrong.expect("it runs").stderr).expect("text");
    assert!(wrong.contains("cannot be unwrapped with transit/promptsync"), "{wrong}");
    let done = served.stdout(&ROTATE);
    assert!(done.contains("The master key was replaced"), "{done}");
    vault.mood(Mood::Fails);
    served.sandbox.write("prompts/b.txt", "Bye");
    served.stdout(&PUSH);
    assert!(
        served.stdout(&["get", "a@dev"]).contains("Hello")
            && served.stdout(&["get", "b@dev"]).contains("Bye")
    );
    let after = served.sandbox.read("data/master.key");
    assert!(after.starts_with("vault:v1:") && after.lines().next() != before.lines().next(), "{after}");
    vault.mood(Mood::Works);
    served.restart("data");
    assert!(served.stdout(&["get", "b@dev"]).contains("Bye"));
}

#[test]
fn a_backup_under_a_wrapped_key_opens_with_the_wrapped_key_and_the_vault() {
    let vault = RunningVault::start();
    let mut served = Served::start(wrapping(&vault), Stdio::inherit());
    served.stdout(&PUSH);
    served.stdout(&["backup", "--data-dir", "data", "-o", "one.backup"]);
    served.stop();
    let key = served.sandbox.path().join("data/master.key");
    let restore = |folder: &str| {
        let mut command =
            served.sandbox.command(&["restore", "one.backup", "--data-dir", folder, "--verify"]);
        command.env("PROMPTSYNC_MASTER_KEY_FILE", &key).output().expect("it runs")
    };
    let done = restore("restored");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    vault.mood(Mood::Fails);
    let failed = restore("elsewhere");
    let said = String::from_utf8_lossy(&failed.stderr);
    assert!(!failed.status.success() && said.contains("the setting master_key"), "{said}");
    assert_eq!(fs::read_dir(served.sandbox.path().join("elsewhere")).map_or(0, Iterator::count), 0);
}
