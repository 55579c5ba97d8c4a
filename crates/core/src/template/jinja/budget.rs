//! What one render may build: every copy, print and traversal is paid for before it happens.
//!
//! Fuel bounds the number of instructions, not what one instruction does. So each operation that can multiply
//! data weighs its operands here first. A render is synchronous, so the account is a thread-local cell.

use std::cell::Cell;

use minijinja::{Error, ErrorKind, Value, value::ValueKind};

use crate::{limits::Limits, template::TemplateFault};

/// What one node of a list or map costs: the size of a value in memory.
pub(super) const NODE: u64 = 32;

/// Levels a value may be nested: printing, comparing and dropping recurse.
pub(super) const DEPTH: usize = 128;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(0) };
    static TERMS: Cell<Terms> = const { Cell::new(Terms { limit: 0, range: 0 }) };
}

#[derive(Clone, Copy)]
struct Terms {
    limit: u64,
    range: usize,
}

/// The account of a running render; the one before it comes back on drop.
pub(super) struct Opened {
    left: u64,
    terms: Terms,
}

/// Opens the account of a render on this thread.
pub(super) fn open(limits: &Limits) -> Opened {
    let limit = limits.intermediate_bytes as u64;
    Opened { left: LEFT.replace(limit), terms: TERMS.replace(Terms { limit, range: limits.range }) }
}

impl Drop for Opened {
    fn drop(&mut self) {
        LEFT.set(self.left);
        TERMS.set(self.terms);
    }
}

/// Pays for `bytes`, or fails when the render has spent its budget.
pub(super) fn charge(bytes: u64) -> Result<(), Error> {
    if let Some(left) = LEFT.get().checked_sub(bytes) {
        LEFT.set(left);
        return Ok(());
    }
    LEFT.set(0);
    Err(fault(TemplateFault::RenderLimit { limit: TERMS.get().limit, unit: "bytes of memory" }))
}

/// The longest `range()` of this render.
pub(super) fn range_limit() -> usize {
    TERMS.get().range
}

/// A fault of ours on its way through the engine.
pub(super) fn fault(fault: TemplateFault) -> Error {
    Error::new(ErrorKind::InvalidOperation, "a guard refused this").with_source(fault)
}

/// An error about types or values, in our words.
pub(super) fn refused(message: impl Into<String>) -> Error {
    fault(TemplateFault::Operation { message: message.into() })
}

/// An argument beyond what a function accepts.
pub(super) fn out_of_range(name: &str, message: impl Into<String>) -> Error {
    fault(TemplateFault::ArgumentOutOfRange { name: name.to_owned(), message: message.into() })
}

/// The size of a value when every shared part is written out, paid for while it is measured.
///
/// Values that share parts (`[a, a]` forty times over) are exponentially larger than their memory; whatever
/// prints, compares or copies them would take that long. Namespaces inside other values are refused: they
/// can be changed later, into a cycle.
pub(super) fn weigh(value: &Value) -> Result<u64, Error> {
    match value.kind() {
        ValueKind::String => Ok(NODE + text_length(value)),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::Plain => weigh_object(value),
        _ => Ok(NODE),
    }
}

fn text_length(value: &Value) -> u64 {
    value.as_str().map_or(0, |text| text.len() as u64)
}

#[inline(never)]
fn weigh_object(value: &Value) -> Result<u64, Error> {
    let mut total = 0;
    let mut open = vec![(value.clone(), 1)];
    while let Some((value, depth)) = open.pop() {
        let mut cost = NODE;
        match value.kind() {
            ValueKind::String => total += text_length(&value),
            ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::Plain => {
                if depth > DEPTH {
                    return Err(refused("a value is nested too deep"));
                }
                if depth > 1 && is_namespace(&value) {
                    return Err(refused("a namespace cannot be put into another value"));
                }
                if let Some(items) = children(&value)? {
                    for item in items {
                        charge(NODE)?;
                        cost += NODE;
                        if !is_scalar(&item) {
                            open.push((item, depth + 1));
                        }
                    }
                }
            }
            _ => {}
        }
        total += cost;
    }
    Ok(total)
}

fn is_scalar(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Undefined | ValueKind::None | ValueKind::Bool | ValueKind::Number)
}

/// Whether this is what `namespace()` made.
pub(super) fn is_namespace(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.type_name().ends_with("::Namespace"))
}

type Children = Box<dyn Iterator<Item = Value> + Send + Sync>;

fn children(value: &Value) -> Result<Option<Children>, Error> {
    if value.kind() == ValueKind::Map {
        let Some(pairs) = value.as_object().and_then(minijinja::value::DynObject::try_iter_pairs) else {
            return Ok(None);
        };
        return Ok(Some(Box::new(pairs.flat_map(|(key, value)| [key, value]))));
    }
    if value.kind() == ValueKind::Plain {
        return Ok(None);
    }
    Ok(Some(Box::new(value.try_iter()?)))
}

/// A value as an operation may hand it on: lazy sequences become lists, and what was built is paid for.
pub(super) fn settle(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String => {
            charge(text_length(&value))?;
            Ok(value)
        }
        ValueKind::Iterable if !value.is_tuple() => {
            let mut items = Vec::new();
            for item in value.try_iter()?.checked() {
                charge(NODE)?;
                items.push(item?);
            }
            let list = Value::from(items);
            weigh(&list)?;
            Ok(list)
        }
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            weigh(&value)?;
            Ok(value)
        }
        _ => Ok(value),
    }
}
