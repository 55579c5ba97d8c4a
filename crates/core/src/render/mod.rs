//! From a document and a caller's values to text or messages.

mod check;
mod compile;
mod includes;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    documents::{Choice, ChooseError, Document, Role, choose},
    limits::Limits,
    names::PromptName,
    problem::Problem,
    secrets::{SecretRef, Secrets},
    template::{Partials, TemplateError},
    values::{Given, Values},
    variables::{VariableUse, WrongValue},
};
pub(crate) use compile::CompiledBody;
use compile::{CompiledContent, CompiledMessage};

/// A document whose templates are all compiled: compile once, render often, from any thread.
#[derive(Debug)]
pub struct CompiledDocument {
    document: Document,
    base: CompiledBody,
    variants: Vec<CompiledBody>,
    models: BTreeMap<String, CompiledBody>,
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

/// The same, of somebody who keeps the values.
#[derive(Clone, Debug)]
pub struct RenderInput<'a> {
    /// Values by variable name.
    pub variables: Values<'a>,
    /// Tags that choose a variant.
    pub tags: &'a BTreeMap<String, String>,
    /// The model.
    pub model: Option<&'a str>,
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
        error: Box<TemplateError>,
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
    #[error(
        "`{name}` must be a list of messages, each with a known `role`, a text `content` and maybe a `name`"
    )]
    BadHistory {
        /// The placeholder, with the index of the entry that is wrong: `history[2]`.
        name: String,
    },
    /// No body can be chosen.
    #[error("{0}")]
    Choose(#[from] ChooseError),
}

/// The pieces that templates may include, made from a document's dependencies **and what those depend on**:
/// the text of each, and its own partials. Every side that compiles a version calls this.
pub fn includes<'a>(
    document: &Document,
    dependencies: impl IntoIterator<Item = (&'a PromptName, &'a Document)>,
) -> Result<Partials, Vec<Problem>> {
    includes::collect(document, dependencies)
}

impl CompiledDocument {
    /// Checks and compiles every template of a document. `includes` holds the text of each declared dependency
    /// and of what those include: see [`includes`].
    pub fn new(document: Document, includes: &Partials, limits: &Limits) -> Result<Self, Vec<Problem>> {
        compile::compile(document, includes, limits)
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Variables read by any body, variant or override, with the place of each use.
    pub fn uses(&self) -> &[VariableUse] {
        &self.uses
    }

    /// The secrets that any body, variant or override asks for, each once.
    pub fn secrets(&self) -> BTreeSet<&SecretRef> {
        self.bodies().flat_map(|body| &body.secrets).collect()
    }

    /// The secrets that the body asks for which tags and model choose: what has to be looked up for a render.
    pub fn secrets_of(&self, request: &RenderRequest) -> Result<&[SecretRef], RenderError> {
        self.choose(&request.into()).map(|body| body.secrets.as_slice())
    }

    /// Advice about the document: dependencies that it never includes.
    pub fn warnings(&self) -> Vec<Problem> {
        compile::warnings(self)
    }

    /// Every body: the document's own, then those of variants and models.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = &CompiledBody> {
        std::iter::once(&self.base).chain(&self.variants).chain(self.models.values())
    }

    /// Everything wrong with a caller's values, for the body that tags and model choose; nothing when
    /// [`CompiledDocument::render`] would start. Values that only a template can judge are not looked at.
    pub fn check(&self, request: &RenderRequest, limits: &Limits) -> Vec<RenderError> {
        self.check_input(&request.into(), limits)
    }

    /// The same for values that stay with the caller.
    pub fn check_input(&self, input: &RenderInput<'_>, limits: &Limits) -> Vec<RenderError> {
        match self.choose(input) {
            Ok(body) => check::check(&self.document, body, &input.variables, limits),
            Err(error) => vec![error],
        }
    }

    /// Fills the body chosen by tags and model. Checks types, fills defaults. Of several wrong values the first
    /// is reported; [`CompiledDocument::check`] names them all.
    /// Masks stand in place of secrets.
    pub fn render(&self, request: &RenderRequest, limits: &Limits) -> Result<Rendered, RenderError> {
        self.render_with(request, &Secrets::masked(), limits)
    }

    /// The same with the values of secrets. A reference inside a variable's value is text: it is never looked up.
    pub fn render_with(
        &self,
        request: &RenderRequest,
        secrets: &Secrets,
        limits: &Limits,
    ) -> Result<Rendered, RenderError> {
        self.render_input(&request.into(), secrets, limits)
    }

    /// The same with values that stay with the caller.
    pub fn render_input(
        &self,
        input: &RenderInput<'_>,
        secrets: &Secrets,
        limits: &Limits,
    ) -> Result<Rendered, RenderError> {
        let body = self.choose(input)?;
        if let Some(error) = check::check(&self.document, body, &input.variables, limits).into_iter().next() {
            return Err(error);
        }
        let values = input.variables.clone().with_defaults(&self.document);
        match &body.content {
            CompiledContent::Text(text) => text.render(&values, secrets, limits).map(Rendered::Text),
            CompiledContent::Messages(messages) => {
                render_messages(messages, &values, secrets, limits).map(Rendered::Messages)
            }
        }
    }

    fn choose(&self, input: &RenderInput<'_>) -> Result<&CompiledBody, RenderError> {
        let Choice { variant, model, .. } = choose(&self.document, input.tags, input.model)?;
        let of_model = model.and_then(|model| self.models.get(model));
        let of_variant = variant.and_then(|index| self.variants.get(index));
        Ok(of_model.or(of_variant).unwrap_or(&self.base))
    }
}

impl<'a> From<&'a RenderRequest> for RenderInput<'a> {
    fn from(request: &'a RenderRequest) -> Self {
        Self { variables: (&request.variables).into(), tags: &request.tags, model: request.model.as_deref() }
    }
}

/// Renders each message by itself; the output limit holds for all of them together.
fn render_messages(
    messages: &[CompiledMessage],
    values: &Values<'_>,
    secrets: &Secrets,
    limits: &Limits,
) -> Result<Vec<RenderedMessage>, RenderError> {
    let mut limits = limits.clone();
    let mut rendered = Vec::with_capacity(messages.len());
    for message in messages {
        match message {
            CompiledMessage::Said { role, name, text } => {
                let content = text.render(values, secrets, &limits)?;
                limits.output_bytes = limits.output_bytes.saturating_sub(content.len());
                rendered.push(RenderedMessage { role: *role, name: name.clone(), content });
            }
            CompiledMessage::Placeholder(placeholder) => {
                let history = values.get(&placeholder.placeholder).map(Given::to_json);
                let history = history.as_deref().unwrap_or(&Value::Null);
                rendered.extend(check::history(&placeholder.placeholder, history)?);
            }
        }
    }
    Ok(rendered)
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
            RenderError::Template { path, error } => Problem::from(&**error).at_path(path.clone()),
            RenderError::Missing { name, used_at, nearest } => {
                let message = match used_at {
                    Some((path, line)) => format!("{error}: {path} needs it in line {line}"),
                    None => error.to_string(),
                };
                let mut problem = Problem::new(error.code(), message).at_path(format!("variables.{name}"));
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

impl RenderError {
    fn mistyped(name: &str, wrong: WrongValue) -> Self {
        Self::Mistyped { name: name.to_owned(), expected: wrong.expected, found: wrong.found }
    }
}

#[cfg(test)]
mod tests;
