//! Requests nobody should send, to the process that people run. Each gets its answer; the process lives on, keeps its
//! size, answers the next good request, and tells nobody what it should not.
//!
//! Ids such as J01 name rows of the project's table of bad inputs, so that a row without a test is found by searching. Slow
//! and silent clients have their tests in the server's crate, where the time limits can be short.

mod access;
mod browser;
mod canaries;
mod files;
mod http;
mod names;
mod process;
mod protocol;
mod rows;
mod templates;
mod values;

use http::{get, post, push};
use process::Process;
use rows::{Row, row};

/// A value of a variable, as a caller sends it.
const VALUE: &str = "canary-value-4711";

/// A value that stands in a prompt, as the default of a variable.
const DEFAULT: &str = "canary-default-4711";

/// How much the process may grow while it answers one request, and from the first to the last.
const GROWTH: u64 = 64 << 20;

#[test]
fn each_bad_request_gets_its_answer_and_the_process_lives_on() {
    let mut process = Process::start();
    let good = post("/api/prompts", &serde_json::json!({ "name": "greeting", "content": "Hi {{ name }}" }));
    process.check(&row("good", good, "201"));
    let tables: [Vec<Row>; 7] = [
        templates::rows(),
        files::rows(),
        names::rows(),
        values::rows(),
        protocol::rows(),
        access::rows(&process),
        browser::rows(),
    ];
    process.warm_up();
    let before = process.resident();
    let wrong: Vec<String> = tables.iter().flatten().filter_map(|row| process.wrong(row)).collect();
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
    access::a_key_ends_and_is_not_guessed(&mut process);
    let after = process.resident();
    assert!(after < before + GROWTH, "grew from {before} to {after} bytes");
    process.log_holds_no_secret();
}

#[test]
fn a_push_with_broken_files_lands_nothing_and_names_each_place() {
    let process = Process::start();
    let files = [
        ("good.txt", "Hi {{ name }}"),
        ("text.txt", "Hello\n  {{ name"),
        ("support/twice.yaml", "content: a\ncontent: b\n"),
        ("support/block.yaml", "description: x\ncontent: |\n  Hello\n  {% if x %}\n"),
        ("bars.yaml", "engine: handlebars\ncontent: \"a {{#if x}}b\"\n"),
    ];
    let answer = process.send(&push(&files));
    let body = answer.json();
    let mut places: Vec<String> = Vec::new();
    for error in body["errors"].as_array().expect("a list of problems") {
        let file = error["file"].as_str().expect("a file");
        places.push(format!("{file}:{}:{} {}", error["line"], error["column"], error["code"]));
    }
    places.sort_unstable();
    let expected = [
        "bars.yaml:2:13 \"template_syntax\"",
        "support/block.yaml:4:3 \"template_syntax\"",
        "support/twice.yaml:2:1 \"yaml_duplicate_key\"",
        "text.txt:2:3 \"template_syntax\"",
    ];
    assert_eq!((answer.status, places), (422, expected.map(str::to_owned).to_vec()), "{}", answer.text);
    let stored = process.send(&get("/api/projects/shop/prompts")).json();
    assert_eq!(stored["items"], serde_json::json!([]));
}
