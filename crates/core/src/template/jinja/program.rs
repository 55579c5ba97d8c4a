//! A linked program and its render.

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

use minijinja::{
    AutoEscape, Environment,
    machinery::{self, Instructions},
};

use super::{
    budget, environment, errors,
    link::{self, Sources},
    values,
};
use crate::{
    limits::Limits,
    template::{TemplateError, TemplateFault},
    values::Values,
    variables::VariableUse,
};

/// What a render that calls nothing of its own needs: 128 levels of a printed value.
const RED_ZONE: usize = 384 << 10;

self_cell::self_cell!(
    /// Instructions borrow names and text from the sources.
    struct Linked {
        owner: Sources,
        #[covariant]
        dependent: Instructions,
    }
);

/// A compiled template that needs the engine.
pub(super) struct Program {
    linked: Linked,
    names: values::Names,
    /// Bytes of the last text, as a guess at the next.
    wrote: AtomicUsize,
    environment: Environment<'static>,
    compiled_for: Limits,
    needs: link::Needs,
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Program").field("sources", self.linked.borrow_owner()).finish_non_exhaustive()
    }
}

impl Program {
    /// Compiles and links sources that the analysis has passed. `asks_secrets` says that `secret` is the function.
    pub(super) fn build(
        sources: Sources,
        uses: &[VariableUse],
        asks_secrets: bool,
        limits: &Limits,
    ) -> Result<Self, TemplateError> {
        let linked = Linked::try_new(sources, |sources| link::program(sources, asks_secrets, limits))?;
        let needs = link::needs(linked.borrow_dependent());
        Ok(Self {
            linked,
            wrote: AtomicUsize::new(needs.text),
            names: values::names(uses),
            environment: environment::with(limits),
            compiled_for: limits.clone(),
            needs,
        })
    }

    /// Fills the template.
    pub(super) fn render(
        &self,
        values: &Values<'_>,
        uses: &[VariableUse],
        limits: &Limits,
    ) -> Result<String, TemplateError> {
        if *limits != self.compiled_for {
            return self.on_stack(&environment::with(limits), values, uses, limits);
        }
        self.on_stack(&self.environment, values, uses, limits)
    }

    fn on_stack(
        &self,
        environment: &Environment<'_>,
        values: &Values<'_>,
        uses: &[VariableUse],
        limits: &Limits,
    ) -> Result<String, TemplateError> {
        let run = || self.run(environment, values, uses, limits);
        if self.needs.deep {
            stacker::grow(super::STACK, run)
        } else {
            stacker::maybe_grow(RED_ZONE, 4 << 20, run)
        }
    }

    fn run<'a>(
        &'a self,
        environment: &'a Environment<'a>,
        values: &Values<'_>,
        uses: &[VariableUse],
        limits: &Limits,
    ) -> Result<String, TemplateError> {
        let context = values::context(values, &self.names)?;
        let _account = budget::open(limits);
        let guess = self.wrote.load(Ordering::Relaxed).min(limits.output_bytes);
        let mut output = String::with_capacity(guess + guess / 8);
        let blocks = BTreeMap::new();
        let result = machinery::eval(
            environment,
            self.linked.borrow_dependent(),
            context,
            &blocks,
            &mut machinery::make_string_output(&mut output),
            AutoEscape::None,
        )
        .map(drop);
        if let Err(error) = result {
            return Err(errors::render(&error, self.linked.borrow_owner(), uses, values, limits));
        }
        if output.len() > limits.output_bytes {
            let fault =
                TemplateFault::RenderLimit { limit: limits.output_bytes as u64, unit: "bytes of output" };
            return Err(TemplateError { fault, line: None, column: None, partial: None });
        }
        self.wrote.store(output.len(), Ordering::Relaxed);
        Ok(output)
    }
}
