//! Versions, names, aliases, references and comparisons.

use serde_json::json;

use super::{
    http::{get, post, publish, push, put},
    rows::{Row, row},
};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = names();
    rows.extend(versions());
    rows.extend(aliases());
    rows.extend(reads());
    rows
}

fn names() -> Vec<Row> {
    let long = "x".repeat(129);
    let mut rows = Vec::new();
    for (id, names) in [
        ("V11", &["../x", "a/b", "a%2Fb", "a\\b"][..]),
        ("V12", &["CON", "aux.yaml", "nul", ".", "..", ".git", "x.", "x "]),
        ("V13", &[&long, "", "   "]),
        // The table says that the second is taken; here neither is a name.
        ("V15", &["\u{e9}", "e\u{301}"]),
    ] {
        rows.extend(names.iter().map(|name| row(id, publish(&json!({ "name": name })), "422 name")));
    }
    rows.push(row("V11", publish(&json!({ "module": "../x" })), "422 name"));
    rows.push(row("names", get("/api/prompts/fresh/latest"), "404 prompt_not_found"));
    rows
}

fn versions() -> Vec<Row> {
    let version = |id, name: &str, content: &str, version: &str, outcome| {
        row(id, publish(&json!({ "name": name, "content": content, "version": version })), outcome)
    };
    vec![
        version("V01", "fresh", "Hi", "1.2", "422 semver"),
        version("V05", "fresh", "Hi", "18446744073709551616.0.0", "422 semver"),
        version("V08", "fresh", "Hi", "1.2.3/../..", "422 semver"),
        row("Y32", publish(&json!({ "git_commit": "--upload-pack=x" })), "422 bad_commit"),
        version("V03", "v3", "Hi", "v1.2.3", "201").holding("\"version\":\"1.2.3\""),
        version("V09", "v9", "Hi", "9007199254740993.0.0", "201").holding("\"9007199254740993.0.0\""),
        version("V10", "old", "one", "1.0.0", "201"),
        version("V10", "old", "two {{ x }}", "2.0.0", "201"),
        row("V10", put("/api/aliases/backport", &json!({ "version": "2.0.0", "prompt": "old" })), "201"),
        version("V10", "old", "one, corrected", "1.0.1", "201").holding("\"warnings\":[{"),
        row("V10", get("/api/prompts/old/backport"), "200").holding("\"version\":\"2.0.0\""),
        row("V10", get("/api/prompts/old/latest"), "200").holding("\"version\":\"2.0.0\""),
        version("C04", "old", "another text", "1.0.0", "409 version_exists"),
        row("C04", get("/api/prompts/old/1.0.0"), "200").holding("\"content\":\"one\""),
    ]
}

fn aliases() -> Vec<Row> {
    let alias = "/api/aliases/guarded";
    let to = |version: &str| json!({ "version": version, "prompt": "gone" });
    let first = "/api/projects/shop/prompts/gone/versions/1.0.0";
    vec![
        row("V22", publish(&json!({ "name": "gone", "content": "one" })), "201"),
        row("V22", publish(&json!({ "name": "gone", "content": "two" })), "201"),
        row("V17", put(alias, &to("1.0.1")), "201"),
        row("V18", put(alias, &to("1.0.0")), "428 precondition_required"),
        row("V18", put(alias, &to("1.0.0")).header("If-Match: \"1\""), "412 stale"),
        row("V17", put(alias, &to("9.9.9")).header("If-Match: *"), "404 version_not_found"),
        row("V22", post(format!("{first}/archive"), &json!({})), "200"),
        row("V22", put(alias, &to("1.0.0")).header("If-Match: *"), "409 not_publishable"),
        row("V17", get(alias), "200").holding("\"gone\":\"1.0.1\""),
        row("C05", post(format!("{first}/archive").replace("1.0.0", "1.0.1"), &json!({})), "409 in_use"),
        row("V20", put("/api/aliases/1.0.0", &to("1.0.1")), "422 name"),
        row("V20", publish(&json!({ "alias": "1.0.0" })), "422 name"),
        row("V26", get("/api/prompts/gone/%3C1.0.1"), "404 no_match"),
    ]
}

fn reads() -> Vec<Row> {
    let diff = "/api/projects/shop/prompts/greeting/diff";
    let line = |seed: u32| {
        let word = |n: u32| format!("{:x}", n.wrapping_mul(2_654_435_761).wrapping_add(seed) & 0xffff);
        (0..12_000).map(word).collect::<Vec<_>>().join(" ")
    };
    vec![
        row("V26", get("/api/prompts/greeting/%5E7"), "404 no_match"),
        row("V26", get("/api/prompts/greeting/%3E%3D7%20%3C8"), "404 no_match"),
        row("V27", get(format!("/api/prompts/greeting/{}", "x".repeat(201))), "404 version_not_found"),
        row("V27", get(format!("/api/prompts/greeting/{}", "9".repeat(10_000))), "414 uri_too_long"),
        row("V28", get(format!("{diff}?from=v1&to=v1")), "200"),
        row("V28", get(format!("{diff}?from=9.9.9")), "404 version_not_found"),
        row("V28", get("/api/projects/other/prompts/greeting/diff?from=v1"), "404 project_not_found"),
        row("V29", push(&[("long.txt", line(1))]), "200"),
        row("V29", push(&[("long.txt", line(77_777))]), "200"),
        row("V29", get("/api/projects/shop/prompts/long/diff?from=1.0.0"), "200"),
    ]
}
