//! A template by itself, without a prompt around it.

use std::collections::BTreeMap;

use promptsync_core::{documents::Engine, limits::Limits, secrets::Secrets, template, values::Values};
use pyo3::{prelude::*, types::PyDict};

use crate::{errors, values::Variables};

/// A compiled template: compiled once, rendered often, from any thread.
#[pyclass(frozen, module = "promptsync._core")]
pub(crate) struct Template {
    template: template::Template,
    limits: Limits,
}

#[pymethods]
impl Template {
    /// Checks and compiles a template of `jinja` or `handlebars`, with the pieces it may include.
    #[new]
    #[pyo3(signature = (source, engine = "jinja", partials = None))]
    fn new(
        py: Python<'_>,
        source: &str,
        engine: &str,
        partials: Option<BTreeMap<String, String>>,
    ) -> PyResult<Self> {
        let engine = match engine {
            "jinja" => Engine::Jinja,
            "handlebars" => Engine::Handlebars,
            _ => return Err(errors::value(py, "engine", "is neither jinja nor handlebars")),
        };
        let (limits, partials) = (Limits::default(), partials.unwrap_or_default());
        let compiled = py.detach(|| template::Template::compile(engine, source, &partials, &limits));
        Ok(Self { template: compiled.map_err(|error| errors::template(py, &error))?, limits })
    }

    /// The variables that it and its pieces read, in order of first use.
    #[getter]
    fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for one in self.template.uses() {
            if !names.contains(&one.name.as_str()) {
                names.push(&one.name);
            }
        }
        names
    }

    /// Fills it with values. A missing one is an error, never empty text.
    fn render(&self, py: Python<'_>, variables: &Bound<'_, PyDict>) -> PyResult<String> {
        let held = Variables::of(variables);
        let listed = held.listed()?;
        let values = Values::from(&listed);
        py.detach(|| self.template.render_values(&values, &Secrets::masked(), &self.limits))
            .map_err(|error| errors::template(py, &error))
    }
}
