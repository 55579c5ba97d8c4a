//! Who may name whom.

use super::{File, Finding};

const LAYERS: [Layer; 6] = [
    Layer {
        rule: "routes-without-store",
        folder: "crates/server/src/routes/",
        forbidden: &["promptsync_store"],
        reason: "routes call app/, which owns the transactions",
    },
    Layer {
        rule: "store-without-api",
        folder: "crates/store/src/",
        forbidden: &["promptsync_api", "promptsync_server", "axum"],
        reason: "the store speaks in the words of core",
    },
    Layer {
        rule: "pure-core",
        folder: "crates/core/src/",
        forbidden: &IMPURE_WORDS,
        reason: "core has no I/O, async, clock or randomness",
    },
    Layer {
        rule: "pure-callsites",
        folder: "crates/callsites/src/",
        forbidden: &IMPURE_WORDS,
        reason: "call sites are read from texts; who has the texts is the command line's business",
    },
    Layer {
        rule: "api-without-server",
        folder: "crates/api/src/",
        forbidden: &["promptsync_server", "promptsync_store", "axum"],
        reason: "clients use these types too",
    },
    Layer {
        rule: "client-without-server",
        folder: "crates/client/src/",
        forbidden: &["promptsync_server", "promptsync_store"],
        reason: "a client knows the server by its API alone",
    },
];

/// What a pure function cannot do.
const IMPURE_WORDS: [&str; 9] = [
    "async fn",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread::sleep",
    "SystemTime::now",
    "Instant::now",
    "Utc::now",
];

/// What the manifest of core may not depend on.
const IMPURE: [&str; 10] =
    ["async-std", "axum", "getrandom", "hyper", "rand", "reqwest", "sqlx", "tokio", "ulid", "uuid"];

struct Layer {
    rule: &'static str,
    folder: &'static str,
    forbidden: &'static [&'static str],
    reason: &'static str,
}

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for layer in &LAYERS {
        for file in files.iter().filter(|file| file.is_rust() && file.path.starts_with(layer.folder)) {
            for (number, line) in file.code() {
                for word in layer.forbidden.iter().filter(|word| line.contains(**word)) {
                    let message = format!("`{word}` may not appear here: {}", layer.reason);
                    findings.push(file.finding(layer.rule, number, message));
                }
            }
        }
    }
    for manifest in files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        findings.extend(check_manifest(manifest));
    }
    findings
}

fn check_manifest(manifest: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut section = "";
    for (number, line) in manifest.lines() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if manifest.path == "crates/core/Cargo.toml"
            && section == "[dependencies]"
            && IMPURE.contains(&dependency)
        {
            let message =
                format!("core may not depend on `{dependency}`: it has no I/O, async, clock or randomness");
            findings.push(manifest.finding("pure-core", number, message));
        }
        if section == "[dependencies]" && dependency == "promptsync-testing" {
            let message = "promptsync-testing is for [dev-dependencies] alone";
            findings.push(manifest.finding("testing-in-tests", number, message));
        }
    }
    let is_package = manifest.text.contains("[package]");
    if is_package && !manifest.text.contains("[lints]\nworkspace = true") {
        findings.push(manifest.finding("lints", 1, "the crate does not take the workspace's lints"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{file, places};

    #[test]
    fn a_layer_that_names_a_forbidden_one_is_found() {
        let cases = [
            ("crates/server/src/routes/prompts.rs", "use promptsync_store::prompts;"),
            ("crates/store/src/prompts.rs", "use promptsync_api::prompts::Prompt;"),
            ("crates/core/src/resolve.rs", "pub async fn resolve() {}"),
            ("crates/core/src/files/mod.rs", "let text = std::fs::read(path);"),
            ("crates/client/src/lib.rs", "use promptsync_server::App;"),
            ("crates/api/src/page.rs", "use axum::Json;"),
            ("crates/callsites/src/read.rs", "let text = std::fs::read(path);"),
        ];
        for (path, text) in cases {
            assert_eq!(places(&check(&[file(path, text)])), [format!("{path}:1")], "{text}");
        }
    }

    #[test]
    fn comments_and_other_layers_are_left_alone() {
        let files = [
            file("crates/core/src/lib.rs", "//! No `async fn`, no `std::fs`."),
            file("crates/server/src/app/prompts.rs", "use promptsync_store::prompts;"),
        ];
        assert_eq!(places(&check(&files)), [""; 0]);
    }

    #[test]
    fn manifests_are_held_to_the_same() {
        let lints = "[package]\n[lints]\nworkspace = true\n";
        let files = [
            file("crates/core/Cargo.toml", &format!("{lints}[dependencies]\ntokio.workspace = true\n")),
            file(
                "crates/server/Cargo.toml",
                &format!("{lints}[dependencies]\npromptsync-testing.workspace = true\n"),
            ),
            file(
                "crates/cli/Cargo.toml",
                &format!("{lints}[dev-dependencies]\npromptsync-testing.workspace = true\n"),
            ),
            file("crates/api/Cargo.toml", "[package]\n"),
        ];
        let expected = ["crates/core/Cargo.toml:5", "crates/server/Cargo.toml:5", "crates/api/Cargo.toml:1"];
        assert_eq!(places(&check(&files)), expected);
    }
}
