//! A prompt that is ready to render.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use promptsync_client::sdk;
use promptsync_core::{
    render::Rendered,
    secrets::{SecretRef, SecretValue, Secrets},
    values::Values,
};
use pyo3::{
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyList, PyString},
};

use crate::{
    errors,
    values::{self, Variables},
};

/// Bytes from which a render lets other threads of Python run: below, giving up the lock costs more than it gives.
const LONG: usize = 16 << 10;

/// A version of a prompt, chosen for a caller. `promptsync.Prompt` is what people see of it.
#[pyclass(frozen, module = "promptsync._core")]
pub(crate) struct Prompt {
    pub(crate) prompt: sdk::Prompt,
    /// Bytes of the last text, as a guess at the next.
    wrote: AtomicUsize,
}

impl From<sdk::Prompt> for Prompt {
    fn from(prompt: sdk::Prompt) -> Self {
        Self { prompt, wrote: AtomicUsize::new(0) }
    }
}

#[pymethods]
impl Prompt {
    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        self.prompt.name().as_str()
    }

    /// Its version; a file of this machine has none.
    #[getter]
    fn version(&self) -> Option<String> {
        self.prompt.version().map(ToString::to_string)
    }

    /// The alias that led there.
    #[getter]
    fn alias(&self) -> Option<&str> {
        self.prompt.alias().map(promptsync_core::names::AliasName::as_str)
    }

    /// The digest of its content.
    #[getter]
    fn digest(&self) -> String {
        self.prompt.digest().to_string()
    }

    /// Where it comes from: `memory`, `file`, `bundle`, `folder` or `server`.
    #[getter]
    fn source(&self) -> &'static str {
        self.prompt.source().as_str()
    }

    /// Seconds since it was known to be what the reference means.
    #[getter]
    fn age_seconds(&self) -> f64 {
        self.prompt.age().as_secs_f64()
    }

    /// Whether it may have been replaced without this program knowing.
    #[getter]
    fn is_stale(&self) -> bool {
        self.prompt.is_stale()
    }

    /// The workspace's revision it was read at.
    #[getter]
    fn revision(&self) -> Option<i64> {
        self.prompt.revision()
    }

    /// The content as it was published.
    #[getter]
    fn document<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::serialized(py, self.prompt.document())
    }

    /// What callers depend on.
    #[getter]
    fn interface<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::serialized(py, &self.prompt.interface())
    }

    /// The draw, where the alias divides the prompt's traffic.
    #[getter]
    fn drawn<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.prompt.drawn().map(|drawn| values::serialized(py, drawn)).transpose()
    }

    /// The secrets that a render asks for.
    #[getter]
    fn secrets(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let asked = self.prompt.secrets().map_err(|error| errors::render(py, &error, Vec::new))?;
        Ok(asked.iter().map(ToString::to_string).collect())
    }

    /// Fills it: a `Text` or `Messages`. Masks stand in place of secrets that are not passed.
    #[pyo3(signature = (variables, secrets = None))]
    fn render<'py>(
        &self,
        py: Python<'py>,
        variables: &Bound<'py, PyDict>,
        secrets: Option<BTreeMap<String, String>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let held = Variables::of(variables);
        let listed = held.listed()?;
        let variables = Values::from(&listed);
        let secrets = match secrets {
            None => Secrets::masked(),
            Some(given) => resolved(py, given)?,
        };
        let render = || self.prompt.render_values(variables.clone(), &secrets);
        let rendered = if self.is_long(&variables) { py.detach(render) } else { render() };
        match rendered {
            Ok(Rendered::Text(text)) => {
                self.wrote.store(text.len(), Ordering::Relaxed);
                class(py, "Text")?.call1((PyString::new(py, &text),))
            }
            Ok(Rendered::Messages(messages)) => {
                self.wrote.store(messages.iter().map(|one| one.content.len()).sum(), Ordering::Relaxed);
                let list = PyList::empty(py);
                for message in messages {
                    let one = PyDict::new(py);
                    one.set_item(intern!(py, "role"), role(py, message.role))?;
                    if let Some(name) = message.name {
                        one.set_item(intern!(py, "name"), name)?;
                    }
                    one.set_item(intern!(py, "content"), message.content)?;
                    list.append(one)?;
                }
                class(py, "Messages")?.call1((list,))
            }
            Err(error) => Err(errors::render(py, &error, || self.prompt.check_values(variables.clone()))),
        }
    }

    fn __repr__(&self) -> String {
        let version = self.version().unwrap_or_else(|| self.digest());
        format!("<promptsync._core.Prompt {}@{version}>", self.name())
    }
}

impl Prompt {
    fn is_long(&self, variables: &Values<'_>) -> bool {
        self.wrote.load(Ordering::Relaxed) > LONG || variables.bytes() > LONG
    }
}

fn resolved(py: Python<'_>, given: BTreeMap<String, String>) -> PyResult<Secrets> {
    let one = |(reference, value): (String, String)| {
        let parsed = SecretRef::parse(&reference);
        let parsed =
            parsed.map_err(|error| errors::value(py, "secrets", &format!("cannot be used: {error}")))?;
        Ok((parsed, SecretValue::new(value)))
    };
    given.into_iter().map(one).collect::<PyResult<_>>().map(Secrets::resolved)
}

fn role(py: Python<'_>, role: promptsync_core::documents::Role) -> &Bound<'_, PyString> {
    use promptsync_core::documents::Role;

    match role {
        Role::System => intern!(py, "system"),
        Role::Developer => intern!(py, "developer"),
        Role::User => intern!(py, "user"),
        Role::Assistant => intern!(py, "assistant"),
        Role::Tool => intern!(py, "tool"),
        Role::Function => intern!(py, "function"),
    }
}

/// A class of `promptsync.rendered`.
fn class<'py>(py: Python<'py>, name: &'static str) -> PyResult<&'py Bound<'py, PyAny>> {
    static TEXT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static MESSAGES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let place = if name == "Text" { &TEXT } else { &MESSAGES };
    place.import(py, "promptsync.rendered", name)
}
