//! Variables: what a caller passes to a render, and what a document says about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
