//! Keys: wrong, cut, of others, of too little power.

use serde_json::json;

use super::{
    http::{NO_KEY, Request, get, post, push},
    process::Process,
    rows::{Row, row},
};

const LIST: &str = "/api/projects/shop/prompts";

/// Fewer than 20 of these send a wrong key, which is how many an address may send in a minute.
pub(super) fn rows(process: &Process) -> Vec<Row> {
    let nobody = |target: &str| get(target).header(NO_KEY);
    let with = |header: String| get(LIST).header(format!("Authorization: {header}"));
    let (admin, viewer, foreign) = (&process.keys[0], &process.viewer, &process.foreign);
    let bearer = |key: &str| with(format!("Bearer {key}"));
    let flipped = format!("{}{}", &admin[..admin.len() - 1], if admin.ends_with('a') { 'b' } else { 'a' });
    let as_viewer = |request: Request| request.header(format!("Authorization: Bearer {viewer}"));
    // The header says `{"alg":"none"}`; no token but a key of this server's own opens anything.
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.";
    let token = |head: &str| bearer(&format!("{head}.eyJzdWIiOiJhZG1pbiIsImV4cCI6OTk5OTk5OTk5OX0.AA"));
    vec![
        row("A01", nobody(LIST), "401 unauthenticated"),
        row("A01", with(String::new()), "401 unauthenticated"),
        row("A01", with("Bearer".into()), "401 unauthenticated"),
        row("A01", with("Bearer  x".into()), "401 unauthenticated"),
        row("A01", nobody(&format!("{LIST}?api_key={viewer}")), "400 key_in_query"),
        row("A03", bearer(foreign), "401 unauthenticated"),
        row("A03", bearer(&flipped), "401 unauthenticated"),
        row("A03", bearer(&admin.to_uppercase()), "401 unauthenticated"),
        row("A12", bearer(unsigned), "401 unauthenticated"),
        // {"alg":"None"}, {"alg":"nOnE"}, {"alg":"HS256"}; a key to fetch elsewhere; unknown `crit`; a compressed claim.
        row("A12", token("eyJhbGciOiJOb25lIn0"), "401 unauthenticated"),
        row("A12", token("eyJhbGciOiJuT25FIn0"), "401 unauthenticated"),
        row("A12", token("eyJhbGciOiJIUzI1NiJ9"), "401 unauthenticated"),
        row(
            "A15",
            token("eyJhbGciOiJFZERTQSIsImprdSI6Imh0dHA6Ly8xMjcuMC4wLjE6MS9rIn0"),
            "401 unauthenticated",
        ),
        row("A21", token("eyJhbGciOiJFZERTQSIsImNyaXQiOlsieCJdLCJ4IjoxfQ"), "401 unauthenticated"),
        row("A21", token("eyJhbGciOiJFZERTQSIsInppcCI6IkRFRiJ9"), "401 unauthenticated"),
        row("A24", bearer(&"x.".repeat(4_096)), "401 unauthenticated"),
        row(
            "A05",
            post(
                "/api/keys",
                &json!({ "name": "late", "role": "viewer", "project": "shop", "expires_at": "2020-01-01T00:00:00Z" }),
            ),
            "422 invalid",
        ),
        row("A06", as_viewer(push(&[("viewer.txt", "x")])), "403 insufficient_scope"),
        row("A06", as_viewer(get("/api/keys")), "403 insufficient_scope"),
        row("A07", get("/api/projects/other/prompts"), "404 project_not_found"),
        row("A07", get("/api/prompts/greeting/latest?project=other"), "404 project_not_found"),
        row("A08", post("/api/keys", &json!({ "name": "all", "role": "viewer" })), "403 insufficient_scope"),
        row(
            "A08",
            post("/api/keys", &json!({ "name": "abroad", "role": "viewer", "project": "other" })),
            "403 insufficient_scope",
        ),
        row("A09", get("/api/keys"), "200").holding("\u{2026}"),
        row("Z04", get(format!("{LIST}?workspace_id=ws2")), "422 unknown_field"),
        row("Z11", nobody("/metrics"), "404 not_found"),
        row("Z11", nobody("/debug"), "404 not_found"),
        row("Z11", nobody("/openapi.json"), "401 unauthenticated"),
        row("Z11", nobody("/livez"), "200"),
        row("Z11", nobody("/readyz"), "200"),
    ]
}

/// A04, A09 and A10: a key is shown once, opens nothing when revoked, and is not found by guessing.
pub(super) fn a_key_ends_and_is_not_guessed(process: &mut Process) {
    let made = process
        .send(&post("/api/keys", &json!({ "name": "ci", "role": "viewer", "project": "shop" })))
        .json();
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    process.keys.push(secret.clone());
    let list = get(LIST).header(format!("Authorization: Bearer {secret}"));
    process.check(&row("A04", list, "200"));
    assert!(!process.send(&get("/api/keys")).text.contains(&secret[16..]), "A09: a secret is shown again");
    let revoke = Request::Http {
        method: "DELETE",
        target: format!("/api/keys/{}", made["id"].as_str().expect("an id")),
        headers: Vec::new(),
        body: Vec::new(),
    };
    process.check(&row("A04", revoke, "204"));
    let list = get(LIST).header(format!("Authorization: Bearer {secret}"));
    process.check(&row("A04", list, "401 unauthenticated"));
    let guess =
        |n| get(LIST).header("Authorization: Bearer ps_wrong").header(format!("X-Forwarded-For: 1.2.3.{n}"));
    let statuses: Vec<u16> = (0..25).map(|n| process.send(&guess(n)).status).collect();
    assert!(statuses.is_sorted() && statuses[24] == 429, "A10, P16 {statuses:?}");
    process.check(&row("A10", guess(99), "429 rate_limited"));
}
