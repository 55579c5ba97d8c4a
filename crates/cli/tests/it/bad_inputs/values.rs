//! Values of variables.

use serde_json::{Map, Value, json};

use super::{
    DEFAULT, VALUE,
    http::{post, post_bytes, push},
    rows::{Row, row},
};

pub(super) fn rows() -> Vec<Row> {
    let file = format!(
        "content: '{{{{ name }}}} {{{{ count }}}} {{{{ city }}}} {{{{ all }}}}'\nvariables:\n  name: {{type: string}}\n  \
         count: {{type: integer}}\n  city: {{type: string, default: {DEFAULT}}}\n  all: {{required: false, default: x}}\n"
    );
    let mut rows = vec![row("W11", push(&[("typed.yaml", file)]), "200")];
    let render = "/api/prompts/typed/latest/render";
    let with =
        |id, variables: Value, outcome| row(id, post(render, &json!({ "variables": variables })), outcome);
    rows.push(with("W11", json!({ "name": VALUE, "count": 1 }), "200").holding(DEFAULT));
    for (name, count) in [
        (json!(true), json!(1)),
        (json!([VALUE]), json!(1)),
        (json!(VALUE), json!("5")),
        (json!(VALUE), json!(VALUE)),
        (json!(VALUE), json!(1.5)),
        (json!(VALUE), json!(1e20)),
    ] {
        rows.push(with("W11", json!({ "name": name, "count": count }), "422 type_mismatch"));
    }
    // The table says type_mismatch; null stands for a value that is not there.
    rows.push(with("W11", json!({ "name": null, "count": 1 }), "422 missing_variable"));
    rows.push(with("J38", json!({ "nmae": VALUE, "count": 1 }), "422 missing_variable"));
    let many: Map<String, Value> = (0..1_001).map(|n| (format!("v{n}"), json!(VALUE))).collect();
    rows.push(with("W12", Value::Object(many), "422 variables_too_large"));
    rows.push(with(
        "W12",
        json!({ "name": "x".repeat((1 << 20) + 1), "count": 1 }),
        "422 variables_too_large",
    ));
    let markup = json!({ "name": VALUE, "count": 1, "all": { "__html__": "x" } });
    rows.push(with("J40", markup, "200").holding("__html__"));
    let template = "{{ secret('a#b') }} {% include 'x' %} {{ 7 * 7 }}";
    rows.push(with("S17", json!({ "name": template, "count": 1 }), "200").holding(template));
    let deep = format!("{}1{}", "[".repeat(129), "]".repeat(129));
    for (id, body, outcome) in [
        ("J40", format!("{{\"variables\": {{\"all\": {deep}}}}}"), "400 json_depth"),
        ("json", "{\"variables\": {\"all\": NaN}}".to_owned(), "400 json_syntax"),
        ("json", "{\"variables\": {\"all\": 1e999}}".to_owned(), "422 number_out_of_range"),
        ("json", "{\"variables\": {\"all\": 1, \"all\": 2}}".to_owned(), "400 json_duplicate_key"),
        ("json", "{\"variables\": ".to_owned(), "400 json_syntax"),
        ("json", "[]".to_owned(), "422 wrong_type"),
    ] {
        rows.push(row(id, post_bytes(render, body), outcome));
    }
    rows
}
