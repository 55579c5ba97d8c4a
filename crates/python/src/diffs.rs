//! What differs between two prompts.

use promptsync_core::diffs::{self, Side};
use pyo3::prelude::*;

use crate::{prompt::Prompt, values};

/// Compares two prompts as `promptsync diff` does: `old`, `new`, `bump`, `changes` and `fields`.
#[pyfunction]
pub(crate) fn diff<'py>(
    py: Python<'py>,
    old: &Prompt,
    new: &Prompt,
    old_label: String,
    new_label: String,
) -> PyResult<Bound<'py, PyAny>> {
    let (old, new) = (&old.prompt, &new.prompt);
    let (before, after) = (old.interface(), new.interface());
    let found = diffs::diff(
        &Side { label: old_label, document: old.document(), interface: &before },
        &Side { label: new_label, document: new.document(), interface: &after },
    );
    values::serialized(py, &found)
}
