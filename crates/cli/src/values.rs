//! Values for a render, from the command line and from files.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use promptsync_core::{interface::Interface, variables::VariableType};
use serde_json::{Map, Value};

use crate::error::{CliError, Result};

/// The most that is read from a file of values, in bytes.
const LARGEST: u64 = 16 << 20;

/// Reads files of values and `name=value` pairs; what comes later wins, and pairs win over files.
pub(crate) fn read(
    files: &[PathBuf],
    pairs: &[(String, String)],
    interface: &Interface,
) -> Result<Map<String, Value>> {
    let mut values = Map::new();
    for file in files {
        values.extend(read_file(file)?);
    }
    for (name, text) in pairs {
        values.insert(name.clone(), value(name, text, interface)?);
    }
    Ok(values)
}

/// The value a text means for a variable: itself, or JSON when the variable's type is no text.
fn value(name: &str, text: &str, interface: &Interface) -> Result<Value> {
    let plain = || Value::String(text.to_owned());
    let expected = if interface.placeholders.contains_key(name) {
        "a list of messages"
    } else {
        let Some(variable) = interface.variables.get(name) else { return Ok(plain()) };
        match variable.kind {
            None | Some(VariableType::String) => return Ok(plain()),
            Some(VariableType::Enum) => {
                let choice = serde_json::from_str(text).ok().filter(|value| variable.choices.contains(value));
                return Ok(choice.filter(|_| !variable.choices.contains(&plain())).unwrap_or_else(plain));
            }
            Some(VariableType::Integer) => "an integer",
            Some(VariableType::Number) => "a number",
            Some(VariableType::Boolean) => "true or false",
            Some(VariableType::Array) => "a JSON array",
            Some(VariableType::Object) => "a JSON object",
        }
    };
    // The value itself stays out of the message: it may be private.
    serde_json::from_str(text).map_err(|_| {
        CliError::usage("type_mismatch", format!("the value of --var {name} cannot be read"))
            .hint(format!("`{name}` is declared as {expected}, so its value is read as JSON"))
    })
}

fn read_file(file: &Path) -> Result<Map<String, Value>> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().take(LARGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(LARGEST).read_to_string(&mut text))
    };
    read.map_err(|error| CliError::file("read", file, &error))?;
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        CliError::usage(
            "json_syntax",
            format!("{} is not a JSON object with values by name: {place}", file.display()),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use promptsync_core::{documents::Kind, interface::InterfaceVariable};
    use serde_json::json;

    use super::*;

    fn declared(kind: Option<VariableType>, choices: Vec<Value>) -> Interface {
        let variable = InterfaceVariable { kind, required: true, default: None, choices, description: None };
        Interface {
            kind: Kind::Text,
            variables: BTreeMap::from([("x".to_owned(), variable)]),
            roles: Vec::new(),
            placeholders: BTreeMap::from([("history".to_owned(), false)]),
            variants: Vec::new(),
            models: Vec::new(),
            output_schema: None,
            secrets: Vec::new(),
        }
    }

    #[test]
    fn a_value_is_text_unless_the_variable_is_declared_as_something_else() {
        let cases = [
            (None, "1", Some(json!("1"))),
            (Some(VariableType::String), "true", Some(json!("true"))),
            (Some(VariableType::Integer), "12", Some(json!(12))),
            (Some(VariableType::Number), "1.5", Some(json!(1.5))),
            (Some(VariableType::Boolean), "true", Some(json!(true))),
            (Some(VariableType::Array), "[1]", Some(json!([1]))),
            (Some(VariableType::Object), r#"{"a":1}"#, Some(json!({"a": 1}))),
            (Some(VariableType::Integer), "twelve", None),
            (Some(VariableType::Array), "a,b", None),
        ];
        for (kind, text, expected) in cases {
            let interface = declared(kind, Vec::new());
            assert_eq!(value("x", text, &interface).ok(), expected, "{kind:?} {text}");
        }
        let interface = declared(Some(VariableType::Enum), vec![json!("low"), json!(3)]);
        for (text, expected) in [("low", json!("low")), ("3", json!(3)), ("other", json!("other"))] {
            assert_eq!(value("x", text, &interface).ok(), Some(expected));
        }
        let history = value("history", r#"[{"role":"user","content":"hi"}]"#, &interface).ok();
        assert_eq!(history, Some(json!([{"role": "user", "content": "hi"}])));
    }

    #[test]
    fn a_value_that_cannot_be_read_is_not_repeated() {
        let error =
            value("x", "s3cret", &declared(Some(VariableType::Integer), Vec::new())).expect_err("no number");
        assert!(!format!("{error:?}").contains("s3cret"));
    }
}
