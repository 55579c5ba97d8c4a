//! The Jinja engine.
//!
//! `scan` bounds the text before the parser sees it, `analysis` finds what it reads and refuses what does not
//! exist, `link` makes one guarded program of it and its partials, and `budget` is what a render may spend.
//! The reasons are in `docs/adr/0002-jinja-guards.md`.

use super::{Included, Partials, TemplateError};
use crate::{
    limits::Limits,
    secrets::{SecretUse, Secrets},
    values::Values,
    variables::VariableUse,
};

mod analysis;
mod budget;
mod environment;
mod errors;
mod filters;
mod folding;
mod functions;
mod json;
mod link;
mod methods;
mod operators;
mod pad;
mod percent;
mod place;
mod prepared;
mod print;
mod program;
mod scan;
mod secrets;
mod tests;
mod text;
mod values;

/// Stack for parsing, compiling and rendering what may recurse; the guards bound how deep.
const STACK: usize = 64 << 20;

/// A compiled Jinja template.
#[derive(Debug)]
pub(super) struct JinjaTemplate {
    uses: Vec<VariableUse>,
    includes: Vec<Included>,
    secrets: Vec<SecretUse>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Prepared(prepared::Prepared),
    Program(Box<program::Program>),
}

impl JinjaTemplate {
    pub(super) fn compile(source: &str, partials: &Partials, limits: &Limits) -> Result<Self, TemplateError> {
        stacker::grow(STACK, || {
            let analysis = analysis::analyse(source, partials, limits)?;
            let body = if analysis.plain {
                Body::Prepared(prepared::Prepared::cut(source, &analysis::parse(source)?))
            } else {
                let sources = link::Sources {
                    main: source.to_owned(),
                    partials: analysis
                        .partials
                        .iter()
                        .map(|name| (name.clone(), partials.get(name).cloned().unwrap_or_default()))
                        .collect(),
                };
                Body::Program(Box::new(program::Program::build(
                    sources,
                    &analysis.uses,
                    !analysis.secrets.is_empty(),
                    limits,
                )?))
            };
            Ok(Self { uses: analysis.uses, includes: analysis.includes, secrets: analysis.secrets, body })
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
        values: &Values<'_>,
        secrets: &Secrets,
        limits: &Limits,
    ) -> Result<String, TemplateError> {
        match &self.body {
            Body::Prepared(prepared) => prepared.join(values, secrets, limits),
            Body::Program(program) => {
                let _open = (!self.secrets.is_empty()).then(|| secrets::open(secrets));
                program.render(values, &self.uses, limits)
            }
        }
    }
}

/// The known name that is spelt most like `name`, when one is near enough to be meant.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    known
        .filter(|known| *known != name)
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= 1 + name.chars().count().max(known.chars().count()) / 4)
        .min()
        .map(|(_, known)| known.to_owned())
}
