//! Requests with a marker in each place where a caller can put a string, made from the description of the interface.

use hyper::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use promptsync_server::openapi;
use serde_json::{Map, Value, json};

/// Stands where a string will be put.
const MARKER: &str = "\u{1}marker\u{1}";
/// Schemas refer to each other; deeper than this nothing new comes.
const DEPTH: usize = 5;

/// A request with one marker.
pub(super) struct Request {
    pub(super) method: Method,
    target: String,
    body: Option<Value>,
}

impl Request {
    /// Address and body with this string in the marker's place.
    pub(super) fn with(&self, text: &str) -> (String, String) {
        let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body = self.body.as_ref().map(|body| put(body, text).to_string());
        (self.target.replace(MARKER, &encoded), body.unwrap_or_default())
    }

    /// Whether it only reads.
    pub(super) fn reads(&self) -> bool {
        self.method == Method::GET
    }

    /// Method and address, for people.
    pub(super) fn shown(&self) -> String {
        let body = self.body.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{} {} {body}", self.method, self.target)
            .replace(MARKER, "…")
            .replace("\\u0001marker\\u0001", "…")
    }
}

/// Every request of every route. `good` gives a value that is fine for a parameter or field of a name.
pub(super) fn all(good: &dyn Fn(&str) -> &'static str) -> Vec<Request> {
    let document = openapi::document();
    let mut requests = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            requests.extend(of_route(&document, &method, path, operation, good));
        }
    }
    requests
}

fn of_route(
    document: &Value,
    method: &Method,
    path: &str,
    operation: &Value,
    good: &dyn Fn(&str) -> &'static str,
) -> Vec<Request> {
    let empty = Vec::new();
    let parameters = operation["parameters"].as_array().unwrap_or(&empty);
    let name = |parameter: &Value| parameter["name"].as_str().unwrap_or_default().to_owned();
    let filled = |marked: &str| {
        path.split('/')
            .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) if name == marked => MARKER.to_owned(),
                Some(name) => good(name).to_owned(),
                None => part.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("/")
    };
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schemas = Schemas { document, good };
    let has_body = !schema.is_null();
    let plain = has_body.then(|| schemas.example(schema, 0));
    let request = |target: String, body: Option<Value>| Request { method: method.clone(), target, body };
    let mut requests = Vec::new();
    for parameter in parameters {
        let name = name(parameter);
        let target = match parameter["in"].as_str() {
            Some("path") => filled(&name),
            _ => format!("{}?{name}={MARKER}", filled("")),
        };
        requests.push(request(target, plain.clone()));
    }
    if has_body {
        let bodies = schemas.marked(schema, 0);
        requests.extend(bodies.into_iter().map(|body| request(filled(""), Some(body))));
    }
    requests
}

struct Schemas<'a> {
    document: &'a Value,
    good: &'a dyn Fn(&str) -> &'static str,
}

impl Schemas<'_> {
    /// The schema behind references and alternatives.
    fn resolved<'b>(&'b self, schema: &'b Value) -> &'b Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            return self.resolved(&self.document["components"]["schemas"][name]);
        }
        for alternatives in ["anyOf", "oneOf", "allOf"] {
            let first =
                schema[alternatives].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"));
            if let Some(first) = first {
                return self.resolved(first);
            }
        }
        schema
    }

    /// A value that is fine as far as the schema tells: what is required and nothing else.
    fn example(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolved(schema);
        if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
            return first.clone();
        }
        match kind(schema) {
            "object" if depth < DEPTH => {
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let properties = schema["properties"].as_object().cloned().unwrap_or_default();
                // A prompt without content is refused before anything is looked up.
                let wanted = |name: &String| required.iter().any(|one| one == name) || name == "content";
                let fields = properties.iter().filter(|(name, _)| wanted(name));
                Value::Object(
                    fields.map(|(name, schema)| (name.clone(), self.field(name, schema, depth))).collect(),
                )
            }
            "object" => json!({}),
            "array" if depth < DEPTH => json!([self.example(&schema["items"], depth + 1)]),
            "array" => json!([]),
            "integer" | "number" => json!(1),
            "boolean" => json!(false),
            _ => json!("x"),
        }
    }

    fn field(&self, name: &str, schema: &Value, depth: usize) -> Value {
        match self.example(schema, depth + 1) {
            Value::String(text) if text == "x" => json!((self.good)(name)),
            other => other,
        }
    }

    /// One value for each place where a string can stand, with a marker there.
    fn marked(&self, schema: &Value, depth: usize) -> Vec<Value> {
        let schema = self.resolved(schema);
        if depth >= DEPTH {
            return vec![json!(MARKER)];
        }
        match kind(schema) {
            "integer" | "number" | "boolean" => Vec::new(),
            "array" => {
                self.marked(&schema["items"], depth + 1).into_iter().map(|item| json!([item])).collect()
            }
            "object" => {
                let mut values = Vec::new();
                for (name, property) in schema["properties"].as_object().unwrap_or(&Map::new()) {
                    for value in self.marked(property, depth + 1) {
                        let mut whole = self.example(schema, depth);
                        whole[name.as_str()] = value;
                        values.push(whole);
                    }
                }
                if schema["additionalProperties"] != json!(false) {
                    values.push(json!({ MARKER: "x" }));
                    values.push(json!({ "x": MARKER }));
                }
                values
            }
            _ => vec![json!(MARKER)],
        }
    }
}

/// The type of a schema that is not `null`.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(all) => {
            all.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or_default()
        }
        one => one.as_str().unwrap_or_default(),
    }
}

/// The value with the string in the marker's place, among keys too.
fn put(value: &Value, text: &str) -> Value {
    match value {
        Value::String(one) => json!(one.replace(MARKER, text)),
        Value::Array(all) => all.iter().map(|one| put(one, text)).collect(),
        Value::Object(all) => {
            Value::Object(all.iter().map(|(key, one)| (key.replace(MARKER, text), put(one, text))).collect())
        }
        other => other.clone(),
    }
}
