//! What callers depend on.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    documents::{Document, Kind, Role},
    render::{CompiledBody, CompiledDocument},
    secrets::SecretRef,
    variables::{VariableSpec, VariableType},
};

/// What callers of a prompt depend on: derived from its document, compared to find the honest bump.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Secrets that any body asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretRef>,
}

/// One variable as callers see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// Derives the interface of a document from its declarations and its compiled templates. A variable that no
/// declaration speaks of has any type, and is required unless every use copes with its absence.
pub fn interface(document: &Document, compiled: &CompiledDocument) -> Interface {
    let declared: BTreeMap<String, InterfaceVariable> =
        document.variables.iter().map(|(name, spec)| (name.clone(), declared(spec))).collect();
    let mut variables = BTreeMap::new();
    for usage in compiled.uses().iter().filter(|usage| !declared.contains_key(&usage.name)) {
        let variable: &mut InterfaceVariable = variables.entry(usage.name.clone()).or_default();
        variable.required |= !usage.optional;
    }
    variables.extend(declared);

    let mut placeholders = BTreeMap::new();
    for placeholder in compiled.bodies().flat_map(CompiledBody::placeholders) {
        *placeholders.entry(placeholder.placeholder.clone()).or_insert(true) &= placeholder.optional;
    }
    let roles: BTreeSet<Role> = compiled.bodies().flat_map(CompiledBody::roles).collect();
    let recommended = document.metadata.get("model_recommendations").and_then(Value::as_array);
    let models: BTreeSet<&str> = document
        .models
        .keys()
        .map(String::as_str)
        .chain(recommended.into_iter().flatten().filter_map(Value::as_str))
        .collect();
    Interface {
        kind: document.kind,
        variables,
        roles: roles.into_iter().collect(),
        placeholders,
        variants: document.variants.iter().map(|variant| variant.tags.clone()).collect(),
        models: models.into_iter().map(str::to_owned).collect(),
        output_schema: document.output_schema.clone(),
        secrets: compiled.secrets().into_iter().cloned().collect(),
    }
}

fn declared(spec: &VariableSpec) -> InterfaceVariable {
    InterfaceVariable {
        kind: spec.kind,
        required: spec.is_required(),
        default: spec.default.clone(),
        choices: spec.choices.clone(),
        description: spec.description.clone(),
    }
}

#[cfg(test)]
impl Interface {
    /// A text that asks for these variables; each says whether it is required.
    pub(crate) fn asking(variables: &[(&str, bool)]) -> Self {
        let variable = |(name, required): &(&str, bool)| {
            ((*name).to_owned(), InterfaceVariable { required: *required, ..InterfaceVariable::default() })
        };
        Self { variables: variables.iter().map(variable).collect(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        documents::{Body, Message, Placeholder, Said, Variant},
        limits::Limits,
        template::Partials,
    };

    fn of(document: Document, includes: &Partials) -> Interface {
        let compiled = CompiledDocument::new(document, includes, &Limits::default())
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
        interface(compiled.document(), &compiled)
    }

    fn text(content: &str) -> Document {
        Document { body: Body::Text(content.into()), ..Document::default() }
    }

    fn required(interface: &Interface) -> Vec<(&str, bool)> {
        interface.variables.iter().map(|(name, variable)| (name.as_str(), variable.required)).collect()
    }

    #[test]
    fn variables_that_are_only_used_are_derived() {
        let derived = of(
            text("{{ user.name }} {{ tone | default('warm') }} {{ tone }} {{ size | default('s') }}"),
            &Partials::new(),
        );
        assert_eq!(required(&derived), [("size", false), ("tone", true), ("user", true)]);
        assert!(derived.variables.values().all(|variable| variable.kind.is_none()));
    }

    #[test]
    fn a_declaration_wins_over_what_is_used() {
        let mut document = text("{{ name }} {{ tone }}");
        let spec = VariableSpec {
            kind: Some(VariableType::String),
            default: Some(json!("you")),
            description: Some("Who is addressed".into()),
            ..VariableSpec::default()
        };
        document.variables.insert("name".into(), spec);
        document.variables.insert("unused".into(), VariableSpec::default());
        let found = of(document, &Partials::new());
        assert_eq!(required(&found), [("name", false), ("tone", true), ("unused", true)]);
        assert_eq!(found.variables["name"].kind, Some(VariableType::String));
        assert_eq!(found.variables["name"].default, Some(json!("you")));
    }

    #[test]
    fn every_body_counts() {
        let said = |role, content: &str| Message::Said(Said { role, name: None, content: content.into() });
        let placeholder =
            |optional| Message::Placeholder(Placeholder { placeholder: "history".into(), optional });
        let mut document = text("{{ a }}");
        document.variants.push(Variant {
            tags: BTreeMap::from([("locale".into(), "de".into())]),
            body: Body::Messages(vec![said(Role::User, "{{ b }}"), placeholder(true)]),
        });
        document.models.insert(
            "gpt-4".into(),
            Body::Messages(vec![said(Role::System, "{{ c }}"), placeholder(false), said(Role::User, "x")]),
        );
        document.metadata.insert("model_recommendations".into(), json!(["o3", "gpt-4", 7]));
        let found = of(document, &Partials::new());
        assert_eq!(required(&found), [("a", true), ("b", true), ("c", true)]);
        assert_eq!(found.roles, [Role::System, Role::User]);
        assert_eq!(found.placeholders, BTreeMap::from([("history".into(), false)]));
        assert_eq!(found.models, ["gpt-4", "o3"]);
        assert_eq!(found.variants.len(), 1);
    }

    #[test]
    fn what_an_included_prompt_reads_is_asked_of_the_caller_too() {
        let mut document = text("{% include 'tone' %} {{ name }}");
        document.dependencies.insert(crate::names::PromptName::parse("tone").unwrap(), "*".into());
        let includes = Partials::from([("tone".into(), "Be {{ mood }}.".into())]);
        assert_eq!(required(&of(document, &includes)), [("mood", true), ("name", true)]);
    }
}
