//! Connectors, what a project may ask for, and renders with values: as people type it.

use std::{io::Write as _, process::Stdio};

use promptsync_testing::vault::{Mood, TOKEN};
use serde_json::json;

use crate::{Sandbox, sandbox::shown, served::Served, vault::RunningVault};

const VALUE: &str = "sk-canary-in-vault";

/// A server, a Vault it may call, and the key of an admin of the whole workspace.
struct Scene {
    served: Served,
    vault: RunningVault,
    owner: String,
}

impl Scene {
    fn new() -> Self {
        let vault = RunningVault::start();
        vault.put("payments/openai", json!({ "key": VALUE }));
        let prompt = "key: {{ secret('payments/openai#key') }}";
        let files = [("prompts/pay.txt", prompt), ("token", TOKEN), ("wrong", "hvs.wrong\n")];
        let served = Served::start(vault.allowed(Sandbox::with(&files)), Stdio::inherit());
        let mut command =
            served.sandbox.command(&["keys", "create", "--data-dir", "data", "--role", "admin"]);
        let made = command.env_remove("PROMPTSYNC_PROJECT").output().expect("it runs");
        let owner = String::from_utf8(made.stdout).expect("text").trim().to_owned();
        served.stdout(&["push", "--path", "prompts"]);
        Self { served, vault, owner }
    }

    /// What a command of the owner shows.
    fn run(&self, args: &[&str]) -> String {
        self.run_with(args, "")
    }

    /// The same with something on standard input.
    fn run_with(&self, args: &[&str], input: &str) -> String {
        let mut command = self.served.sandbox.command(args);
        command.env("PROMPTSYNC_API_KEY", &self.owner).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        // A command that needs no input may be gone before it is written.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let out = child.wait_with_output().expect("it ends");
        let text = shown(&out, self.served.sandbox.path());
        for secret in [TOKEN, "hvs.wrong", self.owner.as_str()] {
            assert!(!text.contains(secret), "{args:?} shows a credential: {text}");
        }
        text.replace(&self.vault.url(), "[VAULT]")
    }

    fn set(&self, name: &str, credential: &str) -> String {
        let url = self.vault.url();
        self.run(&[
            "connector",
            "set",
            name,
            "--kind",
            "vault",
            "--at",
            &url,
            "--credential-file",
            credential,
        ])
    }
}

#[test]
fn a_connector_is_set_listed_tested_and_removed() {
    let scene = Scene::new();
    assert_eq!(scene.set("vault", "token"), "exit: 0\n--- stdout\nvault leads to [VAULT]\n");
    let listed = scene.run(&["connector", "list"]);
    assert!(listed.starts_with("exit: 0\n--- stdout\n"), "{listed}");
    let row = listed.lines().find(|line| line.starts_with("vault")).unwrap_or_default();
    assert!(row.contains("[VAULT]") && row.contains("••••••"), "{listed}");
    let json = scene.run(&["connector", "list", "--json"]);
    assert!(json.contains("\"name\":\"vault\"") || json.contains("\"name\": \"vault\""), "{json}");
    assert_eq!(scene.run(&["connector", "test", "vault"]), "exit: 0\n--- stdout\nvault works\n");
    assert_eq!(scene.set("other", "wrong"), "exit: 0\n--- stdout\nother leads to [VAULT]\n");
    let failed = scene.run(&["connector", "test", "other"]);
    assert!(
        failed.starts_with("exit: 1\n--- stderr\n") && failed.contains("other does not work"),
        "{failed}"
    );
    scene.vault.mood(Mood::Fails);
    let failed = scene.run(&["connector", "test", "vault"]);
    assert!(failed.starts_with("exit: 1\n--- stderr\n") && failed.contains("status 503"), "{failed}");
    assert_eq!(scene.run(&["connector", "remove", "other"]), "exit: 0\n--- stderr\nother is gone.\n");
    let gone = scene.run(&["connector", "remove", "other"]);
    assert!(gone.starts_with("exit: 3\n--- stderr\n") && gone.contains("no such connector"), "{gone}");
}

#[test]
fn a_credential_comes_from_a_file_or_standard_input_and_settings_may_be_json() {
    let scene = Scene::new();
    let url = scene.vault.url();
    let set = ["connector", "set", "vault", "--kind", "vault", "--at", &url, "--credential-file", "-"];
    assert!(scene.run_with(&set, &format!("{TOKEN}\n")).starts_with("exit: 0"));
    assert!(scene.run(&["connector", "test", "vault"]).starts_with("exit: 0"));
    scene.vault.let_in("secret-id", 900);
    let approle = [&set[..], &["--setting", "auth={\"method\": \"approle\", \"role_id\": \"r\"}"]].concat();
    assert!(scene.run_with(&approle, "secret-id\n").starts_with("exit: 0"));
    assert!(scene.run(&["connector", "test", "vault"]).starts_with("exit: 0"));
    assert_eq!(scene.vault.count("POST /v1/auth/approle/login"), 1);
    let broken = scene.run_with(&[&set[..], &["--setting", "auth={\"method\""]].concat(), TOKEN);
    assert!(broken.starts_with("exit: 2") && broken.contains("--setting auth"), "{broken}");
    let absent = scene.set("vault", "nowhere");
    assert!(
        absent.starts_with("exit: ") && !absent.starts_with("exit: 0") && absent.contains("nowhere"),
        "{absent}"
    );
    let private =
        ["connector", "set", "x", "--kind", "vault", "--at", "http://10.0.0.1", "--credential-file", "token"];
    let private = scene.run(&private);
    assert!(private.starts_with("exit: 1\n--- stderr\n") && private.contains("private address"), "{private}");
    let kind = scene.run(&["connector", "set", "x", "--kind", "disk"]);
    assert!(kind.starts_with("exit: 2") && kind.contains("vault, aws"), "{kind}");
}

#[test]
fn a_project_is_allowed_a_secret_and_a_render_puts_it_in() {
    let scene = Scene::new();
    scene.set("vault", "token");
    let reveal = ["render", "pay@latest", "--reveal-secrets"];
    let refused = scene.run(&reveal);
    assert!(
        refused.starts_with("exit: 4\n--- stderr\n") && refused.contains("may not use the secret"),
        "{refused}"
    );
    let allowed = scene.run(&["secret", "allow", "payments/**", "--connector", "vault"]);
    assert_eq!(allowed, "exit: 0\n--- stdout\nshop may use payments/** of vault\n");
    let listed = scene.run(&["secret", "list"]);
    let row = listed.lines().find(|line| line.starts_with("payments/**")).unwrap_or_default();
    assert!(listed.starts_with("exit: 0") && row.contains("vault"), "{listed}");
    assert_eq!(scene.run(&["render", "pay@latest"]), "exit: 0\n--- stdout\nkey: ••••••");
    assert_eq!(scene.run(&reveal), format!("exit: 0\n--- stdout\nkey: {VALUE}"));
    let in_use = scene.run(&["connector", "remove", "vault"]);
    assert!(in_use.contains("--- stderr\nerror: ") && !in_use.starts_with("exit: 0"), "{in_use}");
    let removed = scene.run(&["secret", "remove", "payments/**"]);
    assert_eq!(removed, "exit: 0\n--- stderr\nshop may no longer use payments/**.\n");
    let refused = scene.run(&reveal);
    assert!(refused.starts_with("exit: 4\n") && !refused.contains(VALUE), "{refused}");
    let unknown = scene.run(&["secret", "allow", "payments/**", "--connector", "nobody"]);
    assert!(unknown.starts_with("exit: 3\n--- stderr\n") && unknown.contains("connector"), "{unknown}");
    let pattern = scene.run(&["secret", "allow", "../x", "--connector", "vault"]);
    assert!(!pattern.starts_with("exit: 0"), "{pattern}");
    assert!(scene.run(&["connector", "remove", "vault"]).starts_with("exit: 0"));
}

/// A file on this machine, and a Vault that promptsync.toml names.
fn local(vault: &RunningVault, settings: &str) -> Sandbox {
    vault.put("payments/openai", json!({ "key": VALUE }));
    vault.put("team/payments/openai", json!({ "key": "of-the-team" }));
    let toml = format!("[secrets]\nbackend = \"vault\"\n{settings}\n");
    Sandbox::with(&[
        ("prompts/pay.txt", "key: {{ secret('payments/openai#key') }}"),
        ("promptsync.toml", &toml),
    ])
}

#[test]
fn a_render_on_this_machine_asks_the_vault_of_the_project_file() {
    let vault = RunningVault::start();
    let reveal = ["render", "prompts/pay.txt", "--reveal-secrets"];
    let sandbox = local(&vault, &format!("url = \"{}\"\nnamespace = \"a\"", vault.url()));
    let without = sandbox.run(&reveal);
    assert!(without.starts_with("exit: 2") && without.contains("VAULT_TOKEN"), "{without}");
    let sandbox = sandbox.env("VAULT_TOKEN", TOKEN);
    assert_eq!(sandbox.run(&["render", "prompts/pay.txt"]), "exit: 0\n--- stdout\nkey: ••••••");
    assert_eq!(vault.seen(), [], "a mask asks nobody");
    assert_eq!(sandbox.run(&reveal), format!("exit: 0\n--- stdout\nkey: {VALUE}"));
    assert!(vault.seen().iter().all(|seen| seen.namespace == "a" && seen.token == TOKEN));
    for mood in [Mood::Fails, Mood::Floods] {
        vault.mood(mood);
        let failed = sandbox.run(&reveal);
        assert!(
            failed.starts_with("exit: 1\n--- stderr\n") && failed.contains("payments/openai#key"),
            "{failed}"
        );
        assert!(!failed.contains(TOKEN) && !failed.contains("key: "), "{failed}");
    }
}

#[test]
fn the_vault_of_this_machine_may_be_named_by_the_environment() {
    let vault = RunningVault::start();
    let reveal = ["render", "prompts/pay.txt", "--reveal-secrets"];
    let sandbox = local(&vault, "prefix = \"team\"").env("VAULT_TOKEN", TOKEN);
    let nowhere = sandbox.run(&reveal);
    assert!(nowhere.starts_with("exit: 2") && nowhere.contains("VAULT_ADDR"), "{nowhere}");
    let sandbox = sandbox.env("VAULT_ADDR", &vault.url());
    assert_eq!(sandbox.run(&reveal), "exit: 0\n--- stdout\nkey: of-the-team");
    vault.accept(&["another"]);
    let refused = sandbox.run(&reveal);
    assert!(refused.starts_with("exit: 1") && !refused.contains(TOKEN), "{refused}");
    let climbing =
        local(&vault, "mount = \"../sys\"").env("VAULT_TOKEN", TOKEN).env("VAULT_ADDR", &vault.url());
    let climbing = climbing.run(&reveal);
    assert!(climbing.starts_with("exit: 2") && climbing.contains("mount"), "{climbing}");
}
