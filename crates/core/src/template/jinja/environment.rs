//! The environment of every render: what is listed here exists, nothing else.

use std::sync::OnceLock;

use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, value::ValueKind};

use super::{budget, filters, functions, methods, operators, tests};
use crate::limits::Limits;

/// The functions that templates may call.
pub(super) const FUNCTIONS: &[&str] = &["range", "dict", "namespace", "cycler", "joiner"];

/// What one macro call adds to the engine's own depth.
const MACRO_DEPTH: usize = 5;

/// The environment with these limits.
pub(super) fn with(limits: &Limits) -> Environment<'static> {
    static BASE: OnceLock<Environment<'static>> = OnceLock::new();
    let mut environment = BASE.get_or_init(base).clone();
    environment.set_fuel(Some(limits.fuel));
    environment.set_recursion_limit(limits.recursion.saturating_mul(MACRO_DEPTH));
    environment
}

fn base() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // So that undefined values remember the name they were looked up by.
    environment.set_debug(true);
    environment.set_formatter(print);
    environment.set_unknown_method_callback(methods::call);
    operators::add_to(&mut environment);
    filters::add_to(&mut environment);
    tests::add_to(&mut environment);
    functions::add_to(&mut environment);
    environment
}

/// Whether a filter is available.
pub(super) fn has_filter(name: &str) -> bool {
    filters::all().iter().any(|filter| filter.name == name)
}

/// The names of all filters.
pub(super) fn filter_names() -> Vec<&'static str> {
    filters::all().iter().map(|filter| filter.name).collect()
}

/// Whether a test is available.
pub(super) fn has_test(name: &str) -> bool {
    tests::all().iter().any(|(known, _)| *known == name)
}

/// The names of all tests.
pub(super) fn test_names() -> Vec<&'static str> {
    tests::all().iter().map(|(name, _)| *name).collect()
}

/// Writes a value into the output, captured output included, after paying for it.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => return Err(undefined(state, value)),
        ValueKind::String => budget::charge(value.as_str().map_or(0, |text| text.len() as u64))?,
        ValueKind::None | ValueKind::Bool | ValueKind::Number => budget::charge(8)?,
        _ => {
            let weight = budget::weigh(value)?;
            budget::charge(weight)?;
        }
    }
    minijinja::escape_formatter(out, state, value)
}

/// The engine's error for using an undefined value, which knows where the value came from.
pub(super) fn undefined(state: &State<'_, '_>, value: &Value) -> Error {
    match minijinja::filters::string(state, value) {
        Err(error) => error,
        Ok(_) => Error::from(ErrorKind::UndefinedError),
    }
}
