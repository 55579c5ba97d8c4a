//! Templates: hostile text from users, filled with hostile values from strangers.
//!
//! Both engines stand behind [`Template`]. All guards are here, so that every surface inherits them: limits at
//! parse time (size, nesting, operators per expression, branches, partial expansion), grown stacks, fuel, a writer
//! that stops, bounded filters, strict undefined, no `debug()`, no dynamic include, includes only of pieces that
//! were passed in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{
    documents::Engine,
    limits::Limits,
    secrets::{SecretUse, Secrets},
    values::Values,
    variables::VariableUse,
};

mod error;
mod handlebars;
mod jinja;

pub use error::{TemplateError, TemplateFault};

/// What a user can do about a text that is larger than a file may be.
const ELSEWHERE: &str = "pass long material as a variable";

/// Named template sources that a template may include: the document's own partials and its declared dependencies.
pub type Partials = BTreeMap<String, String>;

/// A piece that a template includes, and the first place where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// The name of the piece.
    pub name: String,
    /// The piece whose text includes it, when not the template itself.
    pub within: Option<String>,
    /// Line in the text that includes it, from 1.
    pub line: u32,
    /// Column in that line, in characters, from 1.
    pub column: u32,
}

/// The function that stands for a secret's value: its argument is written out.
const SECRET: &str = "secret";

/// The secrets of a template, each with the first place that asks for it.
fn first_uses(uses: impl IntoIterator<Item = SecretUse>) -> Vec<SecretUse> {
    let mut seen = BTreeSet::new();
    uses.into_iter().filter(|one| seen.insert(one.reference.clone())).collect()
}

/// A compiled template: compile once, render often, from any thread.
#[derive(Debug)]
pub struct Template(Compiled);

#[derive(Debug)]
enum Compiled {
    Jinja(jinja::JinjaTemplate),
    Handlebars(handlebars::HandlebarsTemplate),
}

impl Template {
    /// Checks and compiles a template. Never aborts, hangs or grows beyond `limits`, whatever the text.
    pub fn compile(
        engine: Engine,
        source: &str,
        partials: &Partials,
        limits: &Limits,
    ) -> Result<Self, TemplateError> {
        match engine {
            Engine::Jinja => jinja::JinjaTemplate::compile(source, partials, limits).map(Compiled::Jinja),
            Engine::Handlebars => {
                handlebars::HandlebarsTemplate::compile(source, partials, limits).map(Compiled::Handlebars)
            }
        }
        .map(Self)
    }

    /// The variables this template and its partials read, in order of first use.
    pub fn uses(&self) -> &[VariableUse] {
        match &self.0 {
            Compiled::Jinja(template) => template.uses(),
            Compiled::Handlebars(template) => template.uses(),
        }
    }

    /// The pieces that this template includes, and those that they include: each pair once.
    pub fn includes(&self) -> &[Included] {
        match &self.0 {
            Compiled::Jinja(template) => template.includes(),
            Compiled::Handlebars(template) => template.includes(),
        }
    }

    /// The secrets that this template and its pieces ask for, each once, in order of first use.
    pub fn secrets(&self) -> &[SecretUse] {
        match &self.0 {
            Compiled::Jinja(template) => template.secrets(),
            Compiled::Handlebars(template) => template.secrets(),
        }
    }

    /// Fills the template with values, and masks in place of secrets. A missing variable is an error, never empty
    /// text.
    pub fn render(&self, values: &Map<String, Value>, limits: &Limits) -> Result<String, TemplateError> {
        self.render_with(values, &Secrets::masked(), limits)
    }

    /// Fills the template with values and secrets.
    pub fn render_with(
        &self,
        values: &Map<String, Value>,
        secrets: &Secrets,
        limits: &Limits,
    ) -> Result<String, TemplateError> {
        self.render_values(&values.into(), secrets, limits)
    }

    /// The same with values of any kind.
    pub fn render_values(
        &self,
        values: &Values<'_>,
        secrets: &Secrets,
        limits: &Limits,
    ) -> Result<String, TemplateError> {
        match &self.0 {
            Compiled::Jinja(template) => template.render(values, secrets, limits),
            Compiled::Handlebars(template) => template.render(&values.to_map(), secrets, limits),
        }
        .map_err(|error| error.covered(secrets))
    }
}
