//! The environment of every render: what is listed here exists, nothing else.

use std::sync::OnceLock;

use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, value::ValueKind};

use super::{budget, filters, functions, methods, operators, print, tests};
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
    environment.set_formatter(emit);
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
fn emit(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let plain = matches!(state.auto_escape(), AutoEscape::None);
    if let Some(text) = value.as_str() {
        budget::charge(text.len() as u64)?;
        if plain {
            return out.write_str(text).map_err(Error::from);
        }
        return minijinja::escape_formatter(out, state, value);
    }
    match value.kind() {
        ValueKind::Undefined => return defined(state, value),
        ValueKind::None | ValueKind::Bool => budget::charge(8)?,
        ValueKind::Number => budget::charge(24)?,
        _ => {
            let weight = budget::weigh(value)?;
            budget::charge(weight)?;
        }
    }
    if plain {
        return out.write_str(&print::text(value)).map_err(Error::from);
    }
    minijinja::escape_formatter(out, state, value)
}

/// Fails for a value that is undefined, saying where it came from. An `if` without `else` gives one that may
/// be used: it is empty text.
pub(super) fn defined(state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() { minijinja::filters::string(state, value).map(drop) } else { Ok(()) }
}
