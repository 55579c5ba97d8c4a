//! Who gets what from an edge where an alias divides its traffic.

use serde_json::Value;

use super::{Edge, ask, push, shop};

#[test]
fn an_edge_divides_traffic_as_its_server_does_also_when_that_is_gone() {
    let (mut shop, key) = shop();
    shop.sandbox.write("prompts/greeting.yaml", super::greeting("Welcome"));
    shop.stdout(&["push", "--alias", "dev"]);
    let set = ["canary", "set", "--alias", "production", "--version", "v1.0.1", "--percentage", "30"];
    shop.stdout(&set);
    let mut edge = Edge::of(&shop, &key);
    let paths: Vec<String> =
        (0..60).map(|unit| format!("/api/prompts/greeting/production?unit=user-{unit}")).collect();
    let drawn = |url: &str| -> Vec<(Value, Value, Value)> {
        let one = |path: &String| {
            let (status, mut body) = ask(url, "GET", path, &key, &[]).seen();
            assert_eq!(status, 200, "{path}: {body}");
            (body["version"].take(), body["content"].take(), body["split"].take())
        };
        paths.iter().map(one).collect()
    };
    edge.until(&paths[0], |body| body["split"]["percentage"].is_number());
    let there = drawn(&shop.url);
    let few = there.iter().filter(|(version, _, _)| version == "1.0.1").count();
    assert!((1..60).contains(&few), "{few} of 60");
    assert_eq!(drawn(&edge.url), there);
    assert_eq!(drawn(&edge.url), there, "asked again, from what is ready");

    shop.stop();
    edge.restart(&shop.sandbox);
    assert_eq!(drawn(&edge.url), there, "without the server");

    shop.restart("data");
    let wider = ["canary", "set", "--alias", "production", "--version", "v1.0.1", "--percentage", "60"];
    shop.stdout(&wider);
    let percentage = |body: &Value| body["split"]["percentage"].as_f64();
    let before = there.iter().find(|(version, _, _)| version == "1.0.1").map(|(_, _, split)| split.clone());
    assert!(before.is_some());
    edge.until(&paths[0], |body| {
        body["source"].is_null() && percentage(body) != there[0].2["percentage"].as_f64()
    });
    let wide = drawn(&edge.url);
    assert_eq!(wide, drawn(&shop.url));
    for ((version, _, _), (wider, _, _)) in there.iter().zip(&wide) {
        assert!(version != "1.0.1" || wider == "1.0.1", "nobody moves out of a canary that is widened");
    }
    push(&shop, "Good day");
    edge.until(&paths[0], |body| body["content"] == "Good day");
}
