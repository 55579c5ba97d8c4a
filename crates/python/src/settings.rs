//! What an application is to talk to, as the command finds it.

use std::path::Path;

use pyo3::{prelude::*, types::PyDict};

use crate::errors;

/// The project of a folder: `name`, `url`, `key`, `prompts`, `pin`; none where nothing says anything.
#[pyfunction]
pub(crate) fn project<'py>(py: Python<'py>, folder: &str) -> PyResult<Bound<'py, PyDict>> {
    let found = py
        .detach(|| promptsync_cli::project::find(Path::new(folder)))
        .map_err(|problem| errors::configuration(py, &problem))?;
    let facts = PyDict::new(py);
    facts.set_item("name", found.name)?;
    facts.set_item("url", found.url)?;
    facts.set_item("key", found.key)?;
    facts.set_item("prompts", found.prompts.to_string_lossy().into_owned())?;
    facts.set_item("pin", found.pin)?;
    Ok(facts)
}
