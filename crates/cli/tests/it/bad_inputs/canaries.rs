//! L01, L02, L03, L07: made-up secrets, four of each kind, go through everything that takes one, and turn up nowhere: not
//! in the log at its finest level, not in the audit log, not in the files of the database, not on a page, not in what the
//! command line prints; and not when the server fails at each of them, because its database or a Vault does. What is
//! encrypted at rest is tested beside the store.

use std::{fs, path::Path};

use promptsync_testing::{Canaries, canaries::OF_EACH_KIND, database, vault::Mood};
use serde_json::json;

use super::{
    http::{NO_KEY, Request, get, post, post_bytes, push},
    process::Process,
};
use crate::{Sandbox, vault::RunningVault};

/// Where secrets come from: the first word of these kinds is the kind of connector.
const BACKENDS: [&str; 3] = ["environment value", "file value", "vault value"];

const KINDS: [&str; 14] = [
    "environment value",
    "file value",
    "vault value",
    "vault credential",
    "value",
    "mistyped value",
    "unknown variable",
    "cut body",
    "bearer",
    "basic password",
    "cookie",
    "key in query",
    "password in url",
    "key of the command line",
];

const RENDER: &str = "/api/prompts/typed/latest/render";

/// A request that carries a secret of this kind, when it goes over HTTP.
fn request(kind: &str, number: usize, secret: &str) -> Option<Request> {
    if let Some(prompt) = prompt(kind, number) {
        return Some(resolve(&prompt));
    }
    let list = "/api/projects/shop/prompts";
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let rendered = |variables| post(RENDER, &json!({ "variables": variables }));
    Some(match kind {
        "value" => rendered(json!({ "name": secret, "count": 1 })),
        "mistyped value" => rendered(json!({ "name": "x", "count": secret })),
        "unknown variable" => rendered(json!({ "name": { "deep": [secret] }, "cuont": secret })),
        "cut body" => post_bytes(RENDER, format!("{{\"variables\": {{\"name\": {}", json!(secret))),
        "bearer" => get(list).header(format!("Authorization: Bearer {secret}")),
        "basic password" => get(list).header(format!("Authorization: Basic admin:{secret}")),
        "cookie" => {
            get(list).header(NO_KEY).header(format!("Cookie: __Host-refresh={secret}; session={secret}"))
        }
        "key in query" => get(format!("{list}?api_key={percent}")).header(NO_KEY),
        "password in url" => get(format!("http://admin:{percent}@127.0.0.1{list}")),
        _ => return None,
    })
}

/// Every file below a folder but those that hold keys by purpose.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.extension().is_none_or(|ending| ending != "key") {
            all.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
    all
}

/// The first word of a kind, and the number: what a connector and the secret of its backend are called.
fn name(kind: &str, number: usize) -> String {
    format!("{}{number}", kind.split(' ').next().unwrap_or_default())
}

/// The prompt that asks for a secret of this kind.
fn prompt(kind: &str, number: usize) -> Option<String> {
    BACKENDS.contains(&kind).then(|| name(kind, number))
}

fn resolve(prompt: &str) -> Request {
    post(format!("/api/prompts/{prompt}/latest/render"), &json!({ "secrets": "resolve" }))
}

/// The canaries with their numbers in their kind.
fn numbered(canaries: &Canaries) -> impl Iterator<Item = (&'static str, usize, &str)> {
    canaries.all().enumerate().map(|(index, (kind, text))| (kind, index % OF_EACH_KIND, text))
}

/// A sandbox whose backends hold the canaries that are values.
fn backends(canaries: &Canaries, vault: &RunningVault) -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = sandbox.path().join("private").display().to_string();
    let mut sandbox = vault
        .allowed(sandbox)
        .env("PROMPTSYNC_SECRET_BACKENDS", "vault, environment, file")
        .env("PROMPTSYNC_SECRET_FOLDER", &folder);
    let credentials: Vec<_> = (0..OF_EACH_KIND).map(|n| canaries.text("vault credential", n)).collect();
    vault.accept(&credentials);
    for (kind, number, secret) in numbered(canaries) {
        let name = name(kind, number);
        match kind {
            "environment value" => {
                let variable = format!("PROMPTSYNC_SECRET_{}__KEY", name.to_uppercase());
                sandbox = sandbox.env(&variable, secret);
            }
            "file value" => drop(sandbox.write(&format!("private/{name}/key"), secret)),
            "vault value" => vault.put(&name, json!({ "key": secret })),
            "vault credential" => drop(sandbox.write(&format!("credential{number}"), secret)),
            _ => {}
        }
    }
    sandbox
}

/// Sets up connectors and prompts that ask for each secret; gives what the command line said.
fn connect(
    process: &Process,
    owner: &str,
    canaries: &Canaries,
    vault: &RunningVault,
) -> Vec<(String, Vec<u8>)> {
    let url = vault.url();
    let mut said = Vec::new();
    let mut prompts = Vec::new();
    for (kind, number, _) in numbered(canaries) {
        let Some(name) = prompt(kind, number) else { continue };
        let backend = kind.split(' ').next().unwrap_or_default();
        let credential = format!("credential{number}");
        let set = ["connector", "set", &name, "--kind", backend];
        let more = ["--at", &url, "--credential-file", &credential];
        let set = [&set[..], if backend == "vault" { &more } else { &[] }].concat();
        said.push(process.command_with_key(owner, &set));
        let pattern = format!("{name}#key");
        said.push(process.command_with_key(owner, &["secret", "allow", &pattern, "--connector", &name]));
        said.push(process.command_with_key(owner, &["connector", "test", &name]));
        prompts.push((format!("{name}.txt"), format!("{{{{ secret('{pattern}') }}}}")));
    }
    assert_eq!(process.send(&push(&prompts)).status, 200);
    for args in [&["connector", "list"][..], &["connector", "list", "--json"], &["secret", "list"]] {
        said.push(process.command_with_key(owner, args));
    }
    said
}

#[test]
fn secrets_of_every_kind_turn_up_nowhere_not_even_when_the_server_fails() {
    let (canaries, vault) = (Canaries::new(&KINDS), RunningVault::start());
    let mut process = Process::in_sandbox(backends(&canaries, &vault));
    let file = "content: '{{ name }} {{ count }}'\nvariables:\n  name: {}\n  count: {type: integer}\n";
    assert_eq!(process.send(&push(&[("typed.yaml", file)])).status, 200);
    let owner = process.make_owner();
    let mut artefacts = connect(&process, &owner, &canaries, &vault);
    for (kind, number, secret) in numbered(&canaries) {
        if let Some(request) = request(kind, number, secret) {
            let answer = process.send(&request);
            let whole = format!("{}\r\n\r\n{}", answer.head, answer.text);
            if kind == "value" || BACKENDS.contains(&kind) {
                assert!(
                    answer.status == 200 && answer.json().to_string().contains("Cnry"),
                    "{kind}: {whole}"
                );
            } else {
                // An address with a user name before the host is answered like any other.
                let expected = if kind == "password in url" { 200..300 } else { 400..500 };
                assert!(expected.contains(&answer.status), "{kind}: {whole}");
                artefacts.push((format!("answer to {kind}"), whole.into_bytes()));
            }
        } else if kind == "key of the command line" {
            artefacts.push(process.command_with_key(secret, &["list"]));
        }
    }
    for target in [
        "/",
        "/api/keys",
        "/api/projects/shop/history",
        "/api/projects/shop/prompts/typed/diff?from=v1&format=html",
    ] {
        let answer = process.send(&get(target));
        assert_eq!(answer.status, 200, "{target}: {}", answer.text);
        artefacts.push((target.to_owned(), answer.text.into_bytes()));
    }
    for args in [
        &["list"][..],
        &["history"],
        &["keys", "list"],
        &["get", "typed"],
        &["get", "vault0"],
        &["render", "vault0@latest"],
        &["diff", "typed", "v1", "v1", "--format", "html"],
        &["status"],
        &["doctor"],
        &["config", "show"],
        &["config", "show", "--server"],
    ] {
        artefacts.push(process.command(args));
    }
    vault.mood(Mood::Fails);
    let (name, said) = process.command_with_key(&owner, &["connector", "test", "vault0"]);
    assert!(String::from_utf8_lossy(&said).contains("503"), "{}", String::from_utf8_lossy(&said));
    artefacts.push((name, said));
    artefacts.extend(failures(&process, &canaries));
    let stored = files(&process.folder().join("data"));
    assert!(stored.iter().any(|(path, bytes)| path.ends_with("promptsync.db") && !bytes.is_empty()));
    artefacts.extend(stored);
    let log = fs::read(process.folder().join("server.log")).expect("a log");
    let text = String::from_utf8_lossy(&log).into_owned();
    let answered = text.matches("answered").count();
    assert!(answered > 9 * OF_EACH_KIND && text.contains("DEBUG"), "{answered} lines");
    assert!(text.matches("the request failed").count() > 4 * OF_EACH_KIND, "the failures are in the log");
    artefacts.push(("log".to_owned(), log));
    let mut leaks = Vec::new();
    for (name, bytes) in &artefacts {
        leaks.extend(canaries.found_in(bytes).into_iter().map(|canary| format!("{name} holds {canary}")));
        for key in process.all_keys() {
            if bytes.windows(key.len()).any(|window| window == key.as_bytes()) {
                leaks.push(format!("{name} holds a key that opens something"));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// The same requests once more, to a server whose database has lost a table; gives the answers.
fn failures(process: &Process, canaries: &Canaries) -> Vec<(String, Vec<u8>)> {
    let mut artefacts = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(database::drop_table(&process.folder().join("data/promptsync.db"), "versions"));
    for (kind, number, secret) in numbered(canaries) {
        if let Some(request) = request(kind, number, secret) {
            let answer = process.send(&request);
            let whole = format!("{}\r\n\r\n{}", answer.head, answer.text);
            let well_formed = kind == "value" || BACKENDS.contains(&kind);
            assert!(if well_formed { answer.status == 500 } else { answer.status >= 400 }, "{kind}: {whole}");
            artefacts.push((format!("answer to {kind} by a server that fails"), whole.into_bytes()));
        } else if kind == "key of the command line" {
            artefacts.push(process.command_with_key(secret, &["list"]));
        }
    }
    for args in [&["get", "typed"][..], &["render", "vault0@latest", "--reveal-secrets"]] {
        artefacts.push(process.command(args));
    }
    artefacts
}
