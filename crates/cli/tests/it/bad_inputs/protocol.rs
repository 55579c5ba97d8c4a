//! Requests that two programs could read differently, and addresses that are none.

use serde_json::json;

use super::{
    http::{Request, get, post_bytes, push},
    rows::{Row, row},
};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = ambiguous();
    rows.extend(addresses());
    rows.extend(bodies());
    rows
}

fn ambiguous() -> Vec<Row> {
    let post = "POST /api/prompts HTTP/1.1\r\nHost: a\r\n";
    let cases = [
        (
            "P06",
            format!("{post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "400 bad_request",
        ),
        (
            "P06",
            format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
            "400 bad_request",
        ),
        ("P07", format!("{post}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), "400 bad_request"),
        ("P07", format!("{post}Content-Length: -1\r\n\r\n"), "400 bad_request"),
        ("host", "GET / HTTP/1.1\r\n\r\n".to_owned(), "400 bad_request"),
        ("line ends", "GET / HTTP/1.1\nHost: a\n\n".to_owned(), "400 bad_request"),
        ("P13", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "400 bad_request"),
        ("tls", "\u{16}\u{3}\u{1}\n".to_owned(), "400 bad_request"),
        (
            "head",
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(40_000)),
            "431 headers_too_large",
        ),
        (
            "head",
            format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(101)),
            "431 headers_too_large",
        ),
    ];
    cases.into_iter().map(|(id, text, outcome)| row(id, Request::Raw(text.into()), outcome)).collect()
}

fn addresses() -> Vec<Row> {
    let list = "/api/projects/shop/prompts";
    vec![
        row("P17", get("/").header("Host: evil.example").header("X-Forwarded-Host: evil.example"), "200"),
        row("P18", get(format!("{list}?page=-1")), "422 unknown_field"),
        row("P18", get(format!("{list}?limit=1000000000")), "200"),
        row("P18", get(format!("{list}?limit=abc")), "422 bad_limit"),
        row("P18", get(format!("{list}?limit=-1")), "422 bad_limit"),
        row("P18", get(format!("{list}?cursor=forged")), "400 bad_cursor"),
        row("P19", get(format!("{list}?module=a&module=b")), "400 duplicate_parameter"),
        row("P20", get("/api/prompts/a%00b/latest"), "400 bad_path"),
        row("P20", get("/api/prompts/%C0%AE/latest"), "400 bad_path"),
        row("P20", get("/api/prompts/a%2Fb/latest"), "400 bad_path"),
        row("P20", get("/api/prompts/a%5Cb/latest"), "400 bad_path"),
        row("P20", get("/api/prompts/../../etc/passwd"), "404 not_found"),
        row("X12", get(list).header("Origin: null"), "200"),
        row("X12", get(list).header("Origin: https://app.evil.example"), "200"),
        row("X14", get("/?next=//evil.example"), "200"),
    ]
}

fn bodies() -> Vec<Row> {
    let push_to = "/api/projects/shop/push";
    let compressed = |coding: &str| {
        post_bytes(push_to, b"\x1f\x8b\x08\0".as_slice()).header(format!("Content-Encoding: {coding}"))
    };
    let key = json!({ "name": "P23", "role": "viewer", "project": "shop" }).to_string();
    vec![
        row("P10", post_bytes("/api/prompts", vec![b' '; 3 << 20]), "413 too_large"),
        row("P11", compressed("gzip"), "415 unsupported_media_type"),
        row("P11", compressed("br"), "415 unsupported_media_type"),
        row("P21", push(&[("again.txt", "one")]).header("Idempotency-Key: push-1"), "200"),
        row(
            "P21",
            push(&[("again.txt", "two")]).header("Idempotency-Key: push-1"),
            "422 idempotency_mismatch",
        ),
        row("P23", post_bytes("/api/keys", key).header("Accept-Encoding: br, gzip"), "201"),
    ]
}
