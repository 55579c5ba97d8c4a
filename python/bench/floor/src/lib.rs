//! The least a render can cost from Python: PyO3 and minijinja, with nothing between them.
//!
//! It checks nothing, limits nothing and knows no versions. Whatever the SDK costs above it is the price of what the
//! SDK does more.

mod values;

use std::sync::{PoisonError, RwLock};

use ahash::AHashMap;
use minijinja::{Environment, Error, Value};
use pyo3::{
    exceptions::{PyKeyError, PyValueError},
    prelude::*,
    types::PyDict,
};

/// What the one template of an environment is called; a name without an ending escapes nothing.
const TEMPLATE: &str = "prompt";

/// A compiled template.
#[pyclass(frozen)]
struct Prompt {
    environment: Environment<'static>,
}

#[pymethods]
impl Prompt {
    #[new]
    fn new(source: String) -> PyResult<Self> {
        let mut environment = Environment::new();
        environment.add_template_owned(TEMPLATE, source).map_err(|error| refused(&error))?;
        Ok(Self { environment })
    }

    /// Fills it with values by name.
    #[pyo3(signature = (**variables))]
    fn format(&self, variables: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
        let variables = variables.map_or(Ok(Value::UNDEFINED), values::from_dict)?;
        let template = self.environment.get_template(TEMPLATE).map_err(|error| refused(&error))?;
        template.render(variables).map_err(|error| refused(&error))
    }
}

/// Prompts by name, then by alias: a lookup needs no key of its own.
#[pyclass(frozen)]
#[derive(Default)]
struct Manager {
    prompts: RwLock<AHashMap<String, AHashMap<String, Py<Prompt>>>>,
}

#[pymethods]
impl Manager {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Keeps a prompt.
    fn put(&self, name: String, alias: String, prompt: Py<Prompt>) {
        let mut prompts = self.prompts.write().unwrap_or_else(PoisonError::into_inner);
        prompts.entry(name).or_default().insert(alias, prompt);
    }

    /// The prompt that was kept under this name and alias.
    fn get_prompt(&self, py: Python<'_>, name: &str, alias: &str) -> PyResult<Py<Prompt>> {
        let prompts = self.prompts.read().unwrap_or_else(PoisonError::into_inner);
        let found = prompts.get(name).and_then(|aliases| aliases.get(alias));
        found.map(|prompt| prompt.clone_ref(py)).ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }
}

fn refused(error: &Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

#[pymodule]
fn promptsync_floor(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Prompt>()?;
    module.add_class::<Manager>()
}
