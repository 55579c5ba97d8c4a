//! The description of the interface.

use promptsync_server::{openapi, routes};

#[test]
fn the_committed_document_is_the_one_the_routes_give() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/promptsync.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let made = format!("{:#}\n", openapi::document());
    assert!(committed == made, "openapi/promptsync.json is not up to date: run `cargo xtask gen`");
}

/// What they are asked to do, their address says already.
const WITHOUT_BODY: [&str; 1] = ["/api/connectors/{name}/test"];

#[test]
fn every_route_is_described_with_its_permission() {
    let document = openapi::document();
    for route in routes() {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{}", route.path);
        assert_eq!(operation["x-permission"].is_string(), route.permission.is_some(), "{}", route.path);
        let has_body = operation["requestBody"].is_object();
        let sends = matches!(&*route.method, "POST" | "PUT") && !WITHOUT_BODY.contains(&route.path);
        assert_eq!(has_body, sends, "{} {}", route.method, route.path);
    }
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = openapi::document();
    let text = document.to_string();
    for (at, _) in text.match_indices("\"$ref\":\"#/components/schemas/") {
        let name = text[at..].split('"').nth(3).and_then(|path| path.rsplit('/').next()).expect("a name");
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}
