//! Variables: what a caller passes to a render, and what a document says about it.

use minijinja::value::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::values::Given;

/// What a document declares about one variable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableSpec {
    /// The type a value must have; any type when absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<VariableType>,
    /// Whether the caller must pass it. When absent: yes, unless there is a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// The value used when the caller passes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What the variable means, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The values allowed, for [`VariableType::Enum`].
    #[serde(default, rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
}

impl VariableSpec {
    /// Whether a caller must pass a value.
    pub fn is_required(&self) -> bool {
        self.required.unwrap_or(self.default.is_none()) && self.default.is_none()
    }
}

/// The type of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VariableType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// A map from names to values.
    Object,
    /// One of the listed values.
    Enum,
}

/// One place of a template that reads a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariableUse {
    /// The variable: the first segment of the path.
    pub name: String,
    /// The whole path as written, for example `user.address.city`.
    pub path: String,
    /// Line in the template, from 1.
    pub line: u32,
    /// Column in that line, in characters, from 1.
    pub column: u32,
    /// Whether the template copes with its absence (`default`, `is defined`, `{{#if}}`).
    pub optional: bool,
}

/// A value that does not fit its variable. Carries what was expected and a word for what was found, never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {expected}, not {found}")]
pub struct WrongValue {
    /// What is declared: `an integer`, `one of "a", "b"`.
    pub expected: String,
    /// The type that was found: `a string`.
    pub found: &'static str,
}

/// Choices that are written out in a message before the rest is only counted.
const CHOICES_SHOWN: usize = 10;

/// Whether a value fits a declaration. Strict: `true` is no string, `"5"` and `5.0` are no integers.
pub fn check_value(spec: &VariableSpec, value: &Value) -> Result<(), WrongValue> {
    let kind = spec.kind.unwrap_or(VariableType::Enum);
    if !is_of_type(kind, value) {
        return Err(WrongValue { expected: type_name(kind).to_owned(), found: found_name(value) });
    }
    if spec.choices.is_empty() || spec.choices.contains(value) {
        return Ok(());
    }
    let same_type = spec.choices.iter().any(|choice| found_name(choice) == found_name(value));
    let found = if same_type { "another value" } else { found_name(value) };
    Err(WrongValue { expected: one_of(&spec.choices), found })
}

/// The same for a value that may be kept in another form.
pub(crate) fn check_given(spec: &VariableSpec, value: Given<'_>) -> Result<(), WrongValue> {
    let fits = spec.choices.is_empty() && value.kind().is_some_and(|kind| is_of_kind(spec.kind, kind));
    if fits { Ok(()) } else { check_value(spec, &value.to_json()) }
}

/// Whether a value of this kind certainly has the type; a number may be a whole one or not.
fn is_of_kind(wanted: Option<VariableType>, kind: ValueKind) -> bool {
    match wanted {
        None | Some(VariableType::Enum) => true,
        Some(VariableType::String) => kind == ValueKind::String,
        Some(VariableType::Number) => kind == ValueKind::Number,
        Some(VariableType::Boolean) => kind == ValueKind::Bool,
        Some(VariableType::Array) => kind == ValueKind::Seq,
        Some(VariableType::Object) => kind == ValueKind::Map,
        Some(VariableType::Integer) => false,
    }
}

fn is_of_type(kind: VariableType, value: &Value) -> bool {
    match kind {
        VariableType::String => value.is_string(),
        VariableType::Integer => value.is_i64() || value.is_u64(),
        VariableType::Number => value.is_number(),
        VariableType::Boolean => value.is_boolean(),
        VariableType::Array => value.is_array(),
        VariableType::Object => value.is_object(),
        VariableType::Enum => true,
    }
}

/// A type with its article, as it is written in messages.
pub(crate) fn type_name(kind: VariableType) -> &'static str {
    match kind {
        VariableType::String => "a string",
        VariableType::Integer => "an integer",
        VariableType::Number => "a number",
        VariableType::Boolean => "a boolean",
        VariableType::Array => "an array",
        VariableType::Object => "an object",
        VariableType::Enum => "one of the listed values",
    }
}

fn found_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction or exponent",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn one_of(choices: &[Value]) -> String {
    let shown: Vec<_> = choices.iter().take(CHOICES_SHOWN).map(Value::to_string).collect();
    let rest = choices.len() - shown.len();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("one of {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn typed(kind: VariableType) -> VariableSpec {
        VariableSpec { kind: Some(kind), ..VariableSpec::default() }
    }

    #[test]
    fn types_are_strict() {
        use VariableType::{Array, Boolean, Integer, Number, Object, String};
        let values =
            [json!("5"), json!(5), json!(5.0), json!(1e20), json!(true), json!(null), json!([]), json!({})];
        for (kind, fitting) in [
            (String, vec![json!("5")]),
            (Integer, vec![json!(5)]),
            (Number, vec![json!(5), json!(5.0), json!(1e20)]),
            (Boolean, vec![json!(true)]),
            (Array, vec![json!([])]),
            (Object, vec![json!({})]),
        ] {
            for value in &values {
                assert_eq!(
                    check_value(&typed(kind), value).is_ok(),
                    fitting.contains(value),
                    "{kind:?} {value}"
                );
            }
        }
        assert!(check_value(&typed(Integer), &json!(u64::MAX)).is_ok());
    }

    #[test]
    fn without_a_type_any_value_fits() {
        for value in [json!(1), json!(null), json!([1]), json!("x")] {
            assert!(check_value(&VariableSpec::default(), &value).is_ok());
        }
    }

    #[test]
    fn choices_hold_with_and_without_the_enum_type() {
        for kind in [None, Some(VariableType::Enum), Some(VariableType::String)] {
            let spec =
                VariableSpec { kind, choices: vec![json!("warm"), json!("dry")], ..VariableSpec::default() };
            assert_eq!(check_value(&spec, &json!("warm")), Ok(()));
            let wrong = check_value(&spec, &json!("secret")).unwrap_err();
            assert_eq!(wrong.to_string(), "must be one of \"warm\", \"dry\", not another value");
        }
        let spec = VariableSpec { choices: (0..12).map(|n| json!(n)).collect(), ..typed(VariableType::Enum) };
        let wrong = check_value(&spec, &json!("x")).unwrap_err();
        assert_eq!(wrong.to_string(), "must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more, not a string");
    }

    #[test]
    fn a_variable_with_a_default_is_never_required() {
        let with =
            |required, default| VariableSpec { required, default, ..VariableSpec::default() }.is_required();
        assert!(with(None, None) && with(Some(true), None));
        assert!(!with(None, Some(json!(1))) && !with(Some(true), Some(json!(1))) && !with(Some(false), None));
    }
}
