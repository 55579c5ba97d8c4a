//! The pages in a real browser, which the test command finds: see `pages.mjs` in the folder beside this one.

use std::{path::Path, process::Command};

use crate::login::Server;

/// Names the folder of the script with its packages, and the browser: `folder:program`.
const VARIABLE: &str = "PROMPTSYNC_TEST_BROWSER";

#[expect(clippy::disallowed_methods, reason = "a test finds the browser it was started with")]
fn place() -> Option<String> {
    let place = std::env::var(VARIABLE).ok();
    if place.is_none() {
        #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
        {
            eprintln!("SKIPPED in a browser: {VARIABLE} is not set");
        }
    }
    place
}

#[test]
fn people_come_in_and_out_in_a_real_browser_without_a_complaint() {
    let Some(place) = place() else { return };
    let (folder, program) = place.split_once(':').expect("folder and program");
    let server = Server::start();
    let out = Command::new("node")
        .arg(Path::new(folder).join("pages.mjs"))
        .env_remove("NODE_OPTIONS")
        .env("PROMPTSYNC_URL", &server.url)
        .env("SET_UP", format!("{}/setup#{}", server.url, server.token))
        .env("CHROMIUM", program)
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}\n{}", String::from_utf8_lossy(&out.stderr));
    let looked_at = said.lines().filter(|line| line.starts_with("ok  ")).count();
    assert_eq!(looked_at, 10, "{said}");
}
