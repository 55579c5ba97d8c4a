//! Values between Python and templates. A value that a template cannot get is refused by name and type, never shown.

use promptsync_core::values::{Item, ListBuilder, Listed, MapBuilder, Nested, Values};
use pyo3::{
    exceptions::PyOverflowError,
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::errors;

/// Levels of lists and dictionaries inside each other.
const DEPTH: usize = 64;

/// The variables of a render, held while their texts are looked at.
pub(crate) struct Variables<'py>(Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>);

impl<'py> Variables<'py> {
    pub(crate) fn of(given: &Bound<'py, PyDict>) -> Self {
        Self(given.iter().collect())
    }

    /// Texts as they lie in Python's memory; everything else made into what a template gets.
    pub(crate) fn listed(&self) -> PyResult<Listed<'_>> {
        let mut listed = Vec::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let name = key(name, "the variables")?;
            listed.push((name, item(value, name)?));
        }
        Ok(Listed::new(listed))
    }
}

/// A dictionary as JSON.
pub(crate) fn json(given: &Bound<'_, PyDict>) -> PyResult<Map<String, Value>> {
    let variables = Variables::of(given);
    let listed = variables.listed()?;
    Ok(Values::from(&listed).to_map().into_owned())
}

fn key<'a>(key: &'a Bound<'_, PyAny>, place: &str) -> PyResult<&'a str> {
    match key.cast::<PyString>() {
        Ok(text) => text.to_str(),
        Err(_) => Err(refused(key, place, "a key")),
    }
}

fn item<'a>(value: &'a Bound<'_, PyAny>, name: &str) -> PyResult<Item<'a>> {
    match value.cast::<PyString>() {
        Ok(text) => text.to_str().map(Item::Text),
        Err(_) => nested(value, name, 0).map(Item::Nested),
    }
}

/// A value. `name` is the variable it belongs to.
fn nested(value: &Bound<'_, PyAny>, name: &str, depth: usize) -> PyResult<Nested> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.to_str().map(Nested::text);
    }
    if value.is_none() {
        return Ok(Nested::null());
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Nested::boolean(flag.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        return integer(value, name);
    }
    if value.is_instance_of::<PyFloat>() {
        let number: f64 = value.extract()?;
        return if number.is_finite() {
            Ok(Nested::number(number))
        } else {
            Err(errors::value(value.py(), name, "is not a finite number"))
        };
    }
    if depth >= DEPTH {
        return Err(errors::value(value.py(), name, &format!("is nested deeper than {DEPTH} levels")));
    }
    let inner = |item: &Bound<'_, PyAny>| nested(item, name, depth + 1);
    if let Ok(list) = value.cast::<PyList>() {
        let mut made = ListBuilder::with_capacity(list.len());
        for item in list {
            made.push(inner(&item)?);
        }
        return Ok(made.build());
    }
    if let Ok(fields) = value.cast::<PyDict>() {
        // Held before they are looked at: what a value says of itself may change the dictionary.
        let held: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)> = fields.iter().collect();
        let mut made = MapBuilder::with_capacity(held.len());
        for (field, value) in held {
            made.push(key(&field, name)?, inner(&value)?);
        }
        return Ok(made.build());
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        let mut made = ListBuilder::with_capacity(tuple.len());
        for item in tuple {
            made.push(inner(&item)?);
        }
        return Ok(made.build());
    }
    other(value, name, depth)
}

fn integer(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Nested> {
    if let Ok(number) = value.extract::<i64>() {
        return Ok(Nested::integer(number));
    }
    match value.extract::<u64>() {
        Ok(number) => Ok(Nested::unsigned(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            Err(errors::value(value.py(), name, "is a whole number beyond 64 bits"))
        }
        Err(error) => Err(error),
    }
}

/// Values that have one obvious text or dictionary: dates, decimals, ids, paths, models.
fn other(value: &Bound<'_, PyAny>, name: &str, depth: usize) -> PyResult<Nested> {
    let plain = errors::plain(value.py())?.call1((value,))?;
    if plain.is(value) {
        return Err(refused(value, name, "a value"));
    }
    nested(&plain, name, depth + 1)
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
