//! Files that are written by people.

use promptsync_core::{files, limits::Limits};
use pyo3::prelude::*;

use crate::{errors, values};

/// The value of a YAML text, read as prompt files are: strict, one document, no tags, within limits.
#[pyfunction]
pub(crate) fn read_yaml<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let value = files::yaml_value(text.as_bytes(), &Limits::default());
    values::to_python(py, &value.map_err(|problem| errors::invalid(py, &problem))?)
}
