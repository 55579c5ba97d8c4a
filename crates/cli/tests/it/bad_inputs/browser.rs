//! Texts that a browser would run, if anything showed them as more than text. That every answer carries a policy that
//! runs nothing is tested in the server's crate, for every route.

use serde_json::json;

use super::{
    http::{get, publish},
    rows::{Row, row},
};

const SCRIPT: &str = "<script>alert(1)</script>";

pub(super) fn rows() -> Vec<Row> {
    let diff = "/api/projects/shop/prompts/marked/diff?from=1.0.0&to=1.0.1";
    let marked =
        |content: &str| publish(&json!({ "name": "marked", "content": content, "changelog": SCRIPT }));
    let break_out = "</td></script><script>alert(2)</script>\u{2028}";
    let mut rows = vec![
        row("X01", publish(&json!({ "name": SCRIPT })), "422 name"),
        row("X01", publish(&json!({ "module": SCRIPT })), "422 name"),
        row("X01", publish(&json!({ "alias": SCRIPT })), "422 name"),
        row("X01", publish(&json!({ SCRIPT: 1 })), "422 unknown_field"),
        row("X01", get("/api/prompts/greeting/%3Cscript%3E"), "422 semver"),
        row("X06", marked(&format!("Hi {SCRIPT}")), "201"),
        row("X06", marked(&format!("Ho {break_out}")), "201"),
        row("X06", get(format!("{diff}&format=html")), "200").holding("&lt;script&gt;").lacking("<script"),
        row("X08", get(diff), "200").holding("marked 1.0.1"),
        row(
            "X15",
            publish(&json!({ "name": "proto", "content": "x", "__proto__": { "admin": true } })),
            "422 unknown_field",
        ),
        row("X15", publish(&json!({ "name": "constructor", "content": "x" })), "201"),
        row("X15", get("/api/prompts/constructor/latest"), "200").lacking("native code"),
    ];
    for (name, outcome) in [
        ("__proto__", "404 prompt_not_found"),
        ("constructor", "404 alias_not_found"),
        ("toString", "404 prompt_not_found"),
    ] {
        rows.push(row("X15", get(format!("/api/prompts/{name}/prototype")), outcome));
    }
    for origin in ["https://app.example.evil.example", "http://127.0.0.1:1", "null"] {
        rows.push(row("X12", get("/api/projects/shop/prompts").header(format!("Origin: {origin}")), "200"));
    }
    rows
}
