//! Secrets on this machine: masks unless they are asked for.

use insta::assert_snapshot;

use crate::{Sandbox, sandbox::shown};

const PROMPT: &str = "key: {{ secret('payments/openai#key') }}";

fn rendered(sandbox: &Sandbox, more: &[&str]) -> String {
    let args = ["render", "prompts/pay.txt"].iter().chain(more).copied().collect::<Vec<_>>();
    shown(&sandbox.output(&args), sandbox.path())
}

#[test]
fn a_secret_is_a_mask_until_it_is_asked_for() {
    let files = [("prompts/pay.txt", PROMPT), ("promptsync.toml", "[secrets]\nbackend = \"environment\"\n")];
    let sandbox = Sandbox::with(&files).env("PROMPTSYNC_SECRET_PAYMENTS__OPENAI__KEY", "sk-canary");
    assert_snapshot!(rendered(&sandbox, &[]), @r"
    exit: 0
    --- stdout
    key: ••••••
    ");
    assert_snapshot!(rendered(&sandbox, &["--reveal-secrets"]), @r"
    exit: 0
    --- stdout
    key: sk-canary
    ");
    let config = shown(&sandbox.output(&["config", "show"]), sandbox.path());
    assert!(!config.contains("sk-canary"), "{config}");
}

#[test]
fn a_secret_in_a_file_is_found_beside_the_project_file() {
    let files = [
        ("prompts/pay.txt", PROMPT),
        ("promptsync.toml", "[secrets]\nbackend = \"file\"\nfolder = \"private\"\n"),
        ("private/payments/openai/key", "sk-canary\n"),
    ];
    assert_snapshot!(rendered(&Sandbox::with(&files), &["--reveal-secrets"]), @r"
    exit: 0
    --- stdout
    key: sk-canary
    ");
}

#[test]
fn a_secret_that_cannot_be_read_leaves_no_text() {
    let files = [("prompts/pay.txt", PROMPT), ("promptsync.toml", "[secrets]\nbackend = \"environment\"\n")];
    let absent = rendered(&Sandbox::with(&files), &["--reveal-secrets"]);
    assert!(absent.starts_with("exit: 1") && absent.contains("payments/openai#key"), "{absent}");
    assert!(!absent.contains("key: "), "{absent}");
    let nowhere = rendered(&Sandbox::with(&files[..1]), &["--reveal-secrets"]);
    assert!(nowhere.starts_with("exit: 2") && nowhere.contains("[secrets]"), "{nowhere}");
}
