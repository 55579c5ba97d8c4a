//! Values of Python as values of minijinja, without a form between.

use minijinja::Value;
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString},
};

/// A dictionary with text for keys.
pub(crate) fn from_dict(fields: &Bound<'_, PyDict>) -> PyResult<Value> {
    let mut pairs = Vec::with_capacity(fields.len());
    for (name, value) in fields.iter() {
        pairs.push((Value::from(name.cast::<PyString>()?.to_str()?), from_any(&value)?));
    }
    // Pairs that are collected would become a list.
    Ok(Value::from_pairs(pairs))
}

fn from_any(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(text) = value.cast::<PyString>() {
        Ok(Value::from(text.to_str()?))
    } else if let Ok(fields) = value.cast::<PyDict>() {
        from_dict(fields)
    } else if let Ok(items) = value.cast::<PyList>() {
        items.iter().map(|item| from_any(&item)).collect::<PyResult<Vec<_>>>().map(Value::from)
    } else if let Ok(flag) = value.cast::<PyBool>() {
        Ok(Value::from(flag.is_true()))
    } else if value.is_instance_of::<PyInt>() {
        value.extract::<i64>().map(Value::from)
    } else if value.is_instance_of::<PyFloat>() {
        value.extract::<f64>().map(Value::from)
    } else if value.is_none() {
        Ok(Value::from(()))
    } else {
        Err(PyTypeError::new_err("neither text, number, boolean, list nor dictionary"))
    }
}
