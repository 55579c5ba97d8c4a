//! Files that are written by people.

use std::{fs::File, io::Read as _, num::NonZero, path::Path, thread};

use promptsync_core::{files, limits::Limits, problem::Problem};
use pyo3::{prelude::*, types::PyList};
use serde_json::Value;

use crate::{errors, values};

/// Threads that read files at most.
const READERS: usize = 8;

/// The value of a YAML text, read as prompt files are: strict, one document, no tags, within limits.
#[pyfunction]
pub(crate) fn read_yaml<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let value = files::yaml_value(text.as_bytes(), &Limits::default());
    values::to_python(py, &value.map_err(|problem| errors::invalid(py, &problem))?)
}

/// The values of many YAML files, read by several threads: for each its value, or the exception that says what is wrong.
#[pyfunction]
pub(crate) fn read_yaml_files(py: Python<'_>, paths: Vec<String>) -> PyResult<Bound<'_, PyList>> {
    let found = py.detach(move || read_all(&paths));
    let list = PyList::empty(py);
    for value in found {
        match value {
            Ok(value) => list.append(values::to_python(py, &value)?)?,
            Err(problem) => list.append(errors::invalid(py, &problem).into_value(py))?,
        }
    }
    Ok(list)
}

fn read_all(paths: &[String]) -> Vec<Result<Value, Problem>> {
    let readers = thread::available_parallelism().map_or(1, NonZero::get).min(READERS);
    let share = paths.len().div_ceil(readers).max(1);
    thread::scope(|scope| {
        let parts: Vec<_> = paths
            .chunks(share)
            .map(|part| scope.spawn(|| part.iter().map(|path| read_file(path)).collect::<Vec<_>>()))
            .collect();
        // A thread that panicked read nothing; the others' files keep their places.
        let of = |(part, read): (&[String], thread::ScopedJoinHandle<'_, Vec<_>>)| {
            read.join()
                .unwrap_or_else(|_| part.iter().map(|_| Err(unreadable("its reader failed"))).collect())
        };
        paths.chunks(share).zip(parts).flat_map(of).collect()
    })
}

fn read_file(path: &str) -> Result<Value, Problem> {
    let limits = Limits::default();
    let mut bytes = Vec::new();
    let file = File::open(Path::new(path)).map_err(|error| unreadable(&error.to_string()))?;
    let read = file.take(limits.file_bytes as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error.to_string()))?;
    files::yaml_value(&bytes, &limits)
}

fn unreadable(reason: &str) -> Problem {
    Problem::new("io", format!("it cannot be read: {reason}"))
}
