//! The `promptsync` command that comes with the wheel.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command with these arguments, program name first, and gives its exit code.
#[pyfunction]
pub(crate) fn run(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| promptsync_cli::run(arguments).code())
}
