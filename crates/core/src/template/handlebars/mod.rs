//! The Handlebars engine: an own reader and renderer, so that every guard holds by construction.
//!
//! The text is cut into tags in one pass ([`tags`]), tags are read one by one ([`expressions`]), blocks are matched
//! on a stack ([`parse`]), partials are checked as a graph ([`partials`]). Rendering ([`render`]) counts steps and
//! bytes and never copies a value.

use serde_json::{Map, Value};

use super::{Included, Partials, TemplateError};
use crate::{
    limits::Limits,
    secrets::{SecretUse, Secrets},
    variables::VariableUse,
};

mod expressions;
mod helpers;
mod parse;
mod partials;
mod render;
mod secrets;
mod tags;
mod tree;
mod uses;
mod values;
mod whitespace;

/// A compiled Handlebars template.
#[derive(Debug)]
pub(super) struct HandlebarsTemplate {
    sources: partials::Sources,
    uses: Vec<VariableUse>,
    includes: Vec<Included>,
    secrets: Vec<SecretUse>,
}

impl HandlebarsTemplate {
    pub(super) fn compile(source: &str, partials: &Partials, limits: &Limits) -> Result<Self, TemplateError> {
        grown(|| {
            let sources = partials::read(source, partials, limits)?;
            let uses = uses::collect(&sources);
            let includes = partials::included(&sources);
            let secrets = secrets::collect(&sources);
            Ok(Self { sources, uses, includes, secrets })
        })
    }

    pub(super) fn uses(&self) -> &[VariableUse] {
        &self.uses
    }

    pub(super) fn includes(&self) -> &[Included] {
        &self.includes
    }

    pub(super) fn secrets(&self) -> &[SecretUse] {
        &self.secrets
    }

    pub(super) fn render(
        &self,
        values: &Map<String, Value>,
        secrets: &Secrets,
        limits: &Limits,
    ) -> Result<String, TemplateError> {
        grown(|| render::render(&self.sources, values, secrets, limits))
    }
}

/// Runs with enough stack for the deepest nesting that the limits allow.
fn grown<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(1 << 20, 8 << 20, work)
}
