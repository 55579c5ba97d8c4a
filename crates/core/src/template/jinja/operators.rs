//! Operators whose cost depends on their operands, as filters that pay first.
//!
//! Their names begin with `@`, which no template can write. The linker puts them where the engine's own
//! instructions stood.

use minijinja::{
    Environment, Error, State, Value,
    value::{Rest, ValueKind, ValueOrKwargs},
};

use super::{
    budget::{self, NODE, charge, is_namespace, refused, settle, weigh},
    environment, percent, print,
};

/// `a + b`.
pub(super) const ADD: &str = "@add";
/// `a * b`.
pub(super) const MUL: &str = "@mul";
/// `a % b`.
pub(super) const REM: &str = "@rem";
/// `a ~ b`.
pub(super) const CONCAT: &str = "@concat";
/// `a[b:c:d]`.
pub(super) const SLICE: &str = "@slice";
/// `{a: b}`.
pub(super) const MAP: &str = "@map";
/// Pays for a traversal of the value on top.
pub(super) const WEIGH: &str = "@weigh";
/// Pays for the start of a loop.
pub(super) const ITERATE: &str = "@iterate";
/// Pays for a list, tuple or set of named arguments that was just built.
pub(super) const BUILT: &str = "@built";
/// Checks a value before a namespace keeps it.
pub(super) const STORED: &str = "@stored";

/// Adds the guarded operators to an environment.
pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter(ADD, add);
    environment.add_filter(MUL, mul);
    environment.add_filter(REM, rem);
    environment.add_filter(CONCAT, concat);
    environment.add_filter(SLICE, slice);
    environment.add_filter(MAP, map);
    environment.add_filter(WEIGH, |value: Operand| pass(value, weigh_operand));
    environment.add_filter(ITERATE, iterate);
    environment.add_filter(BUILT, |value: Operand| pass(value, built));
    environment.add_filter(STORED, |value: Operand| pass(value, stored));
}

/// Whether comparing with or adding this constant costs nothing worth counting.
pub(super) fn is_small(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None | ValueKind::Bool | ValueKind::Number => true,
        ValueKind::String => value.as_str().is_some_and(|text| text.len() <= 64),
        _ => false,
    }
}

type Operand = ValueOrKwargs;

fn pass(value: Operand, check: impl Fn(&Value) -> Result<(), Error>) -> Result<Value, Error> {
    let value = Value::from(value);
    check(&value)?;
    Ok(value)
}

fn weigh_operand(value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => charge(text.len() as u64 / 16),
        None if value.as_object().is_some() => weigh(value).map(drop),
        None => Ok(()),
    }
}

/// A loop over a text goes over its characters; as a list, so that the loop knows how many.
fn iterate(value: Operand) -> Result<Value, Error> {
    let value = Value::from(value);
    let Some(text) = value.as_str() else {
        charge(value.len().map_or(0, |length| length as u64 * 8))?;
        return Ok(value);
    };
    charge(text.len() as u64 * NODE)?;
    Ok(Value::from(text.chars().map(Value::from).collect::<Vec<_>>()))
}

fn built(value: &Value) -> Result<(), Error> {
    if value.is_kwargs() {
        let Some(pairs) = value.as_object().and_then(minijinja::value::DynObject::try_iter_pairs) else {
            return Ok(());
        };
        for (_, value) in pairs {
            if value.as_object().is_some() && !is_namespace(&value) {
                weigh(&value)?;
            }
        }
        return Ok(());
    }
    charge(value.len().map_or(0, |length| length as u64 * NODE))?;
    weigh(value).map(drop)
}

fn stored(value: &Value) -> Result<(), Error> {
    if is_namespace(value) {
        return Err(refused("a namespace cannot be put into another value"));
    }
    if value.as_object().is_some() { weigh(value).map(drop) } else { Ok(()) }
}

/// Fails for undefined operands, as the engine's own operators do.
fn defined(state: &State<'_, '_>, values: &[&Value]) -> Result<(), Error> {
    values.iter().try_for_each(|value| environment::defined(state, value))
}

fn unsupported(operator: &str, left: &Value, right: &Value) -> Error {
    refused(format!("`{operator}` cannot be used between {} and {}", left.kind(), right.kind()))
}

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

fn add(state: &State<'_, '_>, left: &Value, right: &Value) -> Result<Value, Error> {
    defined(state, &[left, right])?;
    if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
        charge((a.len() + b.len()) as u64)?;
        return Ok(Value::from([a, b].concat()));
    }
    if is_list(left) && is_list(right) && left.is_tuple() == right.is_tuple() {
        let mut items = Vec::new();
        for item in left.try_iter()?.checked().chain(right.try_iter()?.checked()) {
            charge(NODE)?;
            items.push(item?);
        }
        return Ok(sequence(items, left.is_tuple()));
    }
    number(left, right, i128::checked_add, |a, b| a + b).unwrap_or_else(|| Err(unsupported("+", left, right)))
}

fn sequence(items: Vec<Value>, tuple: bool) -> Value {
    if tuple { Value::from(minijinja::value::Tuple::from(items)) } else { Value::from(items) }
}

fn mul(state: &State<'_, '_>, left: &Value, right: &Value) -> Result<Value, Error> {
    defined(state, &[left, right])?;
    let (thing, times) = if left.is_number() { (right, left) } else { (left, right) };
    if thing.as_str().is_some() || is_list(thing) {
        let Ok(times) = i128::try_from(times.clone()) else { return Err(unsupported("*", left, right)) };
        let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
        if let Some(text) = thing.as_str() {
            charge(text.len().saturating_mul(times) as u64)?;
            return Ok(Value::from(text.repeat(if text.is_empty() { 0 } else { times })));
        }
        let items: Vec<_> = thing.try_iter()?.checked().collect::<Result<_, _>>()?;
        charge((items.len() as u64).saturating_mul(times as u64).saturating_mul(NODE))?;
        let length = items.len() * if items.is_empty() { 0 } else { times };
        return Ok(sequence(items.into_iter().cycle().take(length).collect(), thing.is_tuple()));
    }
    number(left, right, i128::checked_mul, |a, b| a * b).unwrap_or_else(|| Err(unsupported("*", left, right)))
}

fn rem(state: &State<'_, '_>, left: &Value, right: &Value) -> Result<Value, Error> {
    defined(state, &[left])?;
    if let Some(format) = left.as_str() {
        defined(state, &[right])?;
        return percent::format(format, right).map(Value::from);
    }
    defined(state, &[right])?;
    let zero = || Err(refused("`%` cannot divide by zero"));
    let whole = |a: i128, b: i128| {
        let rest = a.checked_rem(b)?;
        Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
    };
    let float = |a: f64, b: f64| {
        let rest = a % b;
        if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest.copysign(b) }
    };
    if float_of(right) == Some(0.0) && float_of(left).is_some() {
        return zero();
    }
    number(left, right, whole, float).unwrap_or_else(|| Err(unsupported("%", left, right)))
}

fn number(
    left: &Value,
    right: &Value,
    whole: impl Fn(i128, i128) -> Option<i128>,
    float: impl Fn(f64, f64) -> f64,
) -> Option<Result<Value, Error>> {
    let numeric = |value: &Value| matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if !numeric(left) || !numeric(right) {
        return None;
    }
    let is_whole = |value: &Value| value.is_integer() || value.kind() == ValueKind::Bool;
    if is_whole(left) && is_whole(right) {
        let (a, b) = (whole_of(left)?, whole_of(right)?);
        let Some(result) = whole(a, b) else { return Some(Err(refused("a number is too large"))) };
        return Some(Ok(i64::try_from(result).map_or_else(|_| Value::from(result), Value::from)));
    }
    Some(Ok(Value::from(float(float_of(left)?, float_of(right)?))))
}

fn whole_of(value: &Value) -> Option<i128> {
    if value.kind() == ValueKind::Bool {
        return Some(i128::from(value.is_true()));
    }
    i128::try_from(value.clone()).ok()
}

fn float_of(value: &Value) -> Option<f64> {
    if value.kind() == ValueKind::Bool {
        return Some(f64::from(u8::from(value.is_true())));
    }
    f64::try_from(value.clone()).ok()
}

fn concat(state: &State<'_, '_>, left: &Value, right: &Value) -> Result<Value, Error> {
    defined(state, &[left, right])?;
    charge(weigh(left)? + weigh(right)?)?;
    Ok(Value::from([print::text(left), print::text(right)].concat()))
}

fn slice(
    state: &State<'_, '_>,
    value: &Value,
    start: &Value,
    end: &Value,
    step: &Value,
) -> Result<Value, Error> {
    defined(state, &[value])?;
    let bound = |bound: &Value| {
        if bound.is_none() {
            return Ok(None);
        }
        i64::try_from(bound.clone())
            .map(Some)
            .map_err(|_| refused("the bounds of a slice must be whole numbers"))
    };
    let (start, end, step) = (bound(start)?, bound(end)?, bound(step)?.unwrap_or(1));
    if step == 0 {
        return Err(refused("the step of a slice cannot be zero"));
    }
    let items: Vec<Value> = if let Some(text) = value.as_str() {
        charge(text.len() as u64 * 4)?;
        let characters: Vec<char> = text.chars().collect();
        let picked: String = picks(characters.len(), start, end, step).map(|at| characters[at]).collect();
        return Ok(Value::from(picked));
    } else if is_list(value) {
        value.try_iter()?.checked().collect::<Result<_, _>>()?
    } else if value.is_none() {
        return Ok(Value::from(Vec::<Value>::new()));
    } else {
        return Err(refused(format!("{} cannot be sliced", value.kind())));
    };
    charge(items.len() as u64 * NODE)?;
    let picked = picks(items.len(), start, end, step).map(|at| items[at].clone()).collect();
    Ok(sequence(picked, value.is_tuple()))
}

/// The indices that Python's slice of a sequence of `length` items picks.
fn picks(length: usize, start: Option<i64>, end: Option<i64>, step: i64) -> impl Iterator<Item = usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| if bound < 0 { (bound + length).max(low) } else { bound.min(high) };
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let end = end.map_or(if step > 0 { high } else { low }, clamp);
    let mut next = Some(start);
    std::iter::from_fn(move || {
        let at = next.filter(|at| if step > 0 { *at < end } else { *at > end })?;
        next = at.checked_add(step);
        usize::try_from(at).ok()
    })
}

fn map(Rest(values): Rest<Value>) -> Result<Value, Error> {
    for key in values.iter().step_by(2) {
        if key.as_object().is_some() {
            budget::weigh(key)?;
        }
    }
    let pairs = values.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
    settle(Value::from_pairs(pairs))
}
