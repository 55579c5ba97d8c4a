//! The OpenAPI 3.1 document, made from the route table: what is served is what is described.

use std::borrow::Cow;

use hyper::Method;
use promptsync_api::error::ErrorBody;
use promptsync_core::access::Permission;
use schemars::{Schema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::http::query::Parameter;

/// One operation of the document.
pub(crate) struct Operation {
    value: Value,
    success: Value,
}

impl Operation {
    /// An operation that needs a key with a permission.
    #[expect(clippy::too_many_arguments, reason = "the fields of one description, named at their only call")]
    pub(crate) fn keyed(
        method: &Method,
        path: &'static str,
        summary: &'static str,
        permission: Permission,
        query: &[Parameter],
        input: Option<Schema>,
        output_name: Cow<'_, str>,
        output: Schema,
    ) -> Self {
        let mut operation = Self::open(method, path, summary, output_name, output);
        let value = &mut operation.value;
        value["security"] = json!([{ "key": [] }]);
        value["x-permission"] = json!(permission);
        for parameter in query {
            let schema = if parameter.repeated {
                json!({ "type": "array", "items": { "type": "string" } })
            } else {
                json!({ "type": "string" })
            };
            let described = json!({
                "name": parameter.name, "in": "query", "required": false,
                "description": parameter.about, "schema": schema,
            });
            if let Some(parameters) = value["parameters"].as_array_mut() {
                parameters.push(described);
            }
        }
        if let Some(schema) = input {
            value["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
        }
        operation
    }

    /// An operation that needs no key.
    pub(crate) fn open(
        method: &Method,
        path: &'static str,
        summary: &'static str,
        output_name: Cow<'_, str>,
        output: Schema,
    ) -> Self {
        let segments = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<_> = segments
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let value = json!({
            "operationId": operation_id(method, path),
            "summary": summary,
            "parameters": parameters,
        });
        let success = if output_name == "null" {
            json!({ "description": "Done" })
        } else {
            json!({ "description": "Success", "content": { "application/json": { "schema": output } } })
        };
        Self { value, success }
    }

    fn finish(mut self, error: &Schema) -> Value {
        self.value["responses"] = json!({
            "2XX": self.success,
            "default": {
                "description": "A problem",
                "content": { "application/problem+json": { "schema": error } },
            },
        });
        self.value
    }
}

/// The whole document.
pub fn document() -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let error = schemas.subschema_for::<ErrorBody>();
    let mut paths = Map::new();
    for route in crate::router::routes() {
        let operation = (route.describe)(&mut schemas).finish(&error);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    let mut definitions = schemas.take_definitions(true);
    definitions.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "PromptSync",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The registry your code can trust with its prompts.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// `get_api_prompts_by_name`: unique because method and path are.
fn operation_id(method: &Method, path: &str) -> String {
    let words = path.split(['/', '.']).filter(|segment| !segment.is_empty()).map(|segment| {
        segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .map_or_else(|| segment.to_owned(), |name| format!("by_{name}"))
    });
    std::iter::once(method.as_str().to_ascii_lowercase()).chain(words).collect::<Vec<_>>().join("_")
}
