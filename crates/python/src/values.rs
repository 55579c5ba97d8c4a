//! Values between Python and JSON. A value that a template cannot get is refused by name and type, never shown.

use pyo3::{
    exceptions::PyOverflowError,
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple},
};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::errors;

/// Levels of lists and dictionaries inside each other.
const DEPTH: usize = 64;

/// The variables of a render.
pub(crate) fn variables(given: &Bound<'_, PyDict>) -> PyResult<Map<String, Value>> {
    let mut found = Map::with_capacity(given.len());
    for (name, value) in given.iter() {
        let name = key(&name, "the variables")?;
        let value = from_python(&value, &name, 0)?;
        found.insert(name, value);
    }
    Ok(found)
}

fn key(key: &Bound<'_, PyAny>, place: &str) -> PyResult<String> {
    match key.cast::<PyString>() {
        Ok(text) => Ok(text.to_str()?.to_owned()),
        Err(_) => Err(refused(key, place, "a key")),
    }
}

/// A value. `name` is the variable it belongs to.
fn from_python(value: &Bound<'_, PyAny>, name: &str, depth: usize) -> PyResult<Value> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::String(text.to_str()?.to_owned()));
    }
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        return integer(value, name);
    }
    if value.is_instance_of::<PyFloat>() {
        return Number::from_f64(value.extract()?)
            .map(Value::Number)
            .ok_or_else(|| errors::value(value.py(), name, "is not a finite number"));
    }
    if depth >= DEPTH {
        return Err(errors::value(value.py(), name, &format!("is nested deeper than {DEPTH} levels")));
    }
    if let Ok(list) = value.cast::<PyList>() {
        return list
            .iter()
            .map(|item| from_python(&item, name, depth + 1))
            .collect::<PyResult<_>>()
            .map(Value::Array);
    }
    if let Ok(fields) = value.cast::<PyDict>() {
        let mut map = Map::with_capacity(fields.len());
        for (field, value) in fields.iter() {
            map.insert(key(&field, name)?, from_python(&value, name, depth + 1)?);
        }
        return Ok(Value::Object(map));
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return tuple
            .iter()
            .map(|item| from_python(&item, name, depth + 1))
            .collect::<PyResult<_>>()
            .map(Value::Array);
    }
    other(value, name, depth)
}

fn integer(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Value> {
    if let Ok(number) = value.extract::<i64>() {
        return Ok(Value::from(number));
    }
    match value.extract::<u64>() {
        Ok(number) => Ok(Value::from(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            Err(errors::value(value.py(), name, "is a whole number beyond 64 bits"))
        }
        Err(error) => Err(error),
    }
}

/// Values that have one obvious text or dictionary: dates, decimals, ids, paths, models.
fn other(value: &Bound<'_, PyAny>, name: &str, depth: usize) -> PyResult<Value> {
    let py = value.py();
    let plain = errors::plain(py)?.call1((value,))?;
    if plain.is(value) {
        return Err(refused(value, name, "a value"));
    }
    from_python(&plain, name, depth + 1)
}

fn refused(value: &Bound<'_, PyAny>, name: &str, what: &str) -> PyErr {
    let kind = value.get_type().qualname().map_or_else(|_| "object".to_owned(), |kind| kind.to_string());
    errors::value(value.py(), name, &format!("has {what} of type {kind}, which a template cannot get"))
}

/// JSON as Python has it.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => number.as_f64().unwrap_or(f64::NAN).into_pyobject(py)?.into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            for (field, value) in fields {
                dict.set_item(field, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// Anything that has a form in JSON.
pub(crate) fn serialized<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    to_python(py, &serde_json::to_value(value).unwrap_or(Value::Null))
}
