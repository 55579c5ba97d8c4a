//! The tests that templates may use after `is`.

use std::sync::OnceLock;

use minijinja::{
    Environment, Error, State, Value, tests,
    value::{Rest, ValueKind, ValueOrKwargs},
};

use super::budget::{charge, weigh};

/// All tests, by name.
pub(super) fn all() -> &'static [(&'static str, Value)] {
    static ALL: OnceLock<Vec<(&'static str, Value)>> = OnceLock::new();
    ALL.get_or_init(build)
}

/// Adds the tests to an environment, each behind a guard that pays for its operands.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    for (name, test) in all() {
        let guarded = move |state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>| -> Result<bool, Error> {
            let values = values.into_values();
            for value in &values {
                match value.kind() {
                    ValueKind::String => charge(value.as_str().map_or(0, |text| text.len() as u64 / 8))?,
                    _ if value.as_object().is_some() => {
                        weigh(value)?;
                    }
                    _ => {}
                }
            }
            test.call(state, &values).map(|result| result.is_true())
        };
        environment.add_test(*name, guarded);
    }
}

fn build() -> Vec<(&'static str, Value)> {
    let equal = Value::from_function(tests::is_eq);
    let unequal = Value::from_function(tests::is_ne);
    let less = Value::from_function(tests::is_lt);
    let most = Value::from_function(tests::is_le);
    let greater = Value::from_function(tests::is_gt);
    let least = Value::from_function(tests::is_ge);
    vec![
        ("undefined", Value::from_function(tests::is_undefined)),
        ("defined", Value::from_function(tests::is_defined)),
        ("none", Value::from_function(tests::is_none)),
        ("boolean", Value::from_function(tests::is_boolean)),
        ("odd", Value::from_function(tests::is_odd)),
        ("even", Value::from_function(tests::is_even)),
        ("divisibleby", Value::from_function(tests::is_divisibleby)),
        ("number", Value::from_function(tests::is_number)),
        ("integer", Value::from_function(tests::is_integer)),
        ("float", Value::from_function(tests::is_float)),
        ("string", Value::from_function(tests::is_string)),
        ("sequence", Value::from_function(is_sequence)),
        ("iterable", Value::from_function(tests::is_iterable)),
        ("mapping", Value::from_function(tests::is_mapping)),
        ("callable", Value::from_function(is_callable)),
        ("lower", Value::from_function(tests::is_lower)),
        ("upper", Value::from_function(tests::is_upper)),
        ("sameas", Value::from_function(tests::is_sameas)),
        ("in", Value::from_function(tests::is_in)),
        ("true", Value::from_function(tests::is_true)),
        ("false", Value::from_function(tests::is_false)),
        ("filter", Value::from_function(tests::is_filter)),
        ("test", Value::from_function(tests::is_test)),
        ("startingwith", Value::from_function(tests::is_startingwith)),
        ("endingwith", Value::from_function(tests::is_endingwith)),
        ("eq", equal.clone()),
        ("equalto", equal.clone()),
        ("==", equal),
        ("ne", unequal.clone()),
        ("!=", unequal),
        ("lt", less.clone()),
        ("lessthan", less.clone()),
        ("<", less),
        ("le", most.clone()),
        ("<=", most),
        ("gt", greater.clone()),
        ("greaterthan", greater.clone()),
        (">", greater),
        ("ge", least.clone()),
        (">=", least),
    ]
}

/// In Python, texts and maps have a length and items too.
fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::String | ValueKind::Iterable)
}

fn is_callable(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.type_name().ends_with("::Macro"))
}
