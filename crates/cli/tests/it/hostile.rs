//! What strangers put into texts does not reach a terminal.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
};

use crate::Sandbox;

const HOSTILE: &str =
    "clear \u{1b}[2J link \u{1b}]8;;http://x\u{1b}\\ copy \u{1b}]52;c;eA==\u{7} \u{9b}2J \u{202e}back";

/// A server that answers everything with texts that do harm on a terminal.
fn evil_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 8192];
            let length = stream.read(&mut request).unwrap_or_default();
            let (status, body) = answer(&String::from_utf8_lossy(&request[..length]));
            let body = body.to_string();
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    url
}

fn answer(request: &str) -> (&'static str, serde_json::Value) {
    let at = "2026-11-21T12:00:00Z";
    let actor = serde_json::json!({ "kind": "user", "id": "u", "name": HOSTILE });
    let page =
        |item: serde_json::Value| ("200 OK", serde_json::json!({ "items": [item], "next_cursor": null }));
    if request.starts_with("GET /api/projects/p/prompts") {
        page(
            serde_json::json!({ "name": "hi", "module": "", "kind": "text", "description": HOSTILE, "tags": [HOSTILE],
            "latest": "1.0.0", "aliases": {}, "updated_at": at }),
        )
    } else if request.starts_with("GET /api/projects/p/history") {
        page(serde_json::json!({ "revision": 1, "action": HOSTILE, "actor": actor, "target": HOSTILE,
            "reason": HOSTILE, "at": at }))
    } else {
        (
            "404 Not Found",
            serde_json::json!({ "type": "", "title": HOSTILE, "status": 404, "code": "not_found",
            "detail": HOSTILE, "hint": HOSTILE, "trace_id": HOSTILE,
            "errors": [{ "code": HOSTILE, "message": HOSTILE, "hint": HOSTILE, "file": HOSTILE, "line": 1 }] }),
        )
    }
}

/// Runs the command on a terminal, by `script`; gives what the terminal got.
fn on_terminal(sandbox: &Sandbox, args: &str) -> String {
    let line = format!("{} {args}", env!("CARGO_BIN_EXE_promptsync"));
    let command = sandbox.command(&[]);
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).current_dir(sandbox.path());
    script.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let out = script.env("NO_COLOR", "1").output().expect("script runs");
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn escape_sequences_of_others_do_not_reach_a_terminal() {
    let sandbox = Sandbox::new().env("PROMPTSYNC_URL", &evil_server()).env("PROMPTSYNC_PROJECT", "p");
    for args in ["list", "list --json", "history", "history --json", "get hi", "get hi --json", "status"] {
        let shown = on_terminal(&sandbox, args);
        let harmful = |c: char| (c.is_control() && !matches!(c, '\n' | '\r')) || c == '\u{202e}';
        assert!(shown.contains("clear") && !shown.contains(harmful), "{args}: {shown:?}");
    }
    assert!(on_terminal(&sandbox, "list").contains("DESCRIPTION"), "`script` gives no terminal");
}
