//! The OpenAPI 3.1 document, made from the route table: what is served is what is described.

use hyper::Method;
use promptsync_api::{delivery::ChangeEvent, error::ErrorBody};
use promptsync_core::access::Permission;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::http::query::Parameter;

const JSON: &str = "application/json";
/// What a stream of events answers; the schema is that of one event's data.
const EVENTS: &str = "text/event-stream";

/// One operation of the document.
pub(crate) struct Operation {
    value: Value,
    success: Value,
}

impl Operation {
    /// An operation that answers with a `T`; without a body when `T` is `()`.
    pub(crate) fn new<T: JsonSchema>(
        method: &Method,
        path: &'static str,
        summary: &'static str,
        schemas: &mut SchemaGenerator,
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
        let success = if T::schema_name() == <()>::schema_name() {
            json!({ "description": "Done" })
        } else {
            let schema = schemas.subschema_for::<T>();
            let content = if T::schema_name() == ChangeEvent::schema_name() { EVENTS } else { JSON };
            json!({ "description": "Success", "content": { content: { "schema": schema } } })
        };
        Self { value, success }
    }

    /// The same with the permission its caller needs.
    pub(crate) fn needs(mut self, permission: Permission) -> Self {
        self.value["security"] = json!([{ "key": [] }]);
        self.value["x-permission"] = json!(permission);
        self
    }

    /// The same with parameters of the query.
    pub(crate) fn query(mut self, known: &[Parameter]) -> Self {
        let described = known.iter().map(|parameter| {
            let schema = if parameter.repeated {
                json!({ "type": "array", "items": { "type": "string" } })
            } else {
                json!({ "type": "string" })
            };
            json!({
                "name": parameter.name, "in": "query", "required": false,
                "description": parameter.about, "schema": schema,
            })
        });
        if let Some(parameters) = self.value["parameters"].as_array_mut() {
            parameters.extend(described);
        }
        self
    }

    /// The same with a body.
    pub(crate) fn body(mut self, schema: Option<Schema>) -> Self {
        if let Some(schema) = schema {
            self.value["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
        }
        self
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
