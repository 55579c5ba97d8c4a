//! The functions that templates may call.

use minijinja::{
    Environment, Error, State, Value, functions,
    value::{Rest, ValueOrKwargs},
};
use minijinja_contrib::globals;

use super::{
    budget::{self, NODE, charge, fault, refused, weigh},
    secrets,
};
use crate::template::TemplateFault;

/// Adds the functions to an environment.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_function("range", range);
    environment.add_function("dict", dict);
    environment.add_function(secrets::FUNCTION, secrets::secret);
    environment.add_function("namespace", namespace);
    environment.add_function("cycler", |Rest(items): Rest<Value>| {
        items.iter().try_for_each(|item| weigh(item).map(drop))?;
        globals::cycler(items)
    });
    environment.add_function("joiner", |separator: Option<Value>| -> Result<Value, Error> {
        separator.iter().try_for_each(|value| weigh(value).map(drop))?;
        Ok(globals::joiner(separator))
    });
}

fn range(first: i64, end: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let (start, end) = end.map_or((0, first), |end| (first, end));
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(refused("the step of range() cannot be zero"));
    }
    let distance =
        if step > 0 { i128::from(end) - i128::from(start) } else { i128::from(start) - i128::from(end) };
    let count = if distance <= 0 { 0 } else { (distance - 1) / i128::from(step).abs() + 1 };
    let limit = budget::range_limit();
    match usize::try_from(count) {
        Ok(count) if count <= limit => {
            charge(count as u64 * NODE)?;
            let mut next = start;
            let items = std::iter::repeat_with(|| {
                let item = next;
                next = next.saturating_add(step);
                Value::from(item)
            });
            Ok(Value::from(items.take(count).collect::<Vec<_>>()))
        }
        _ => Err(fault(TemplateFault::RangeTooLarge { limit })),
    }
}

fn dict(state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let values = values.into_values();
    values.iter().try_for_each(|value| weigh(value).and_then(charge))?;
    Value::from_function(functions::dict).call(state, &values)
}

fn namespace(state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let values = values.into_values();
    values.iter().try_for_each(|value| weigh(value).and_then(charge))?;
    Value::from_function(functions::namespace).call(state, &values)
}
