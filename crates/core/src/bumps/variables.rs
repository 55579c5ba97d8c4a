//! What a change of variables means to callers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Reasons, without};
use crate::{
    interface::InterfaceVariable,
    names::nearest,
    variables::{VariableType, type_name},
    versions::Bump,
};

/// Pairs of added and removed variables among which names that are spelt alike are looked for.
const MAX_PAIRS: usize = 40_000;

type Variables = BTreeMap<String, InterfaceVariable>;

pub(super) fn compare(old: &Variables, new: &Variables, reasons: &mut Reasons) {
    let mut removed: Vec<&str> = only_in(old, new).map(|(name, _)| name).collect();
    let added: Vec<(&str, &InterfaceVariable)> = only_in(new, old).collect();
    for (name, variable) in &added {
        if let Some(former) = former_name(name, variable, added.len(), &removed) {
            removed.retain(|name| *name != former);
            let message = format!("the variable `{former}` is now called `{name}`");
            reasons.add(Bump::Major, "variable_renamed", message);
        } else if variable.required {
            let message = format!("callers must now pass the variable `{name}`");
            reasons.add(Bump::Major, "variable_required_added", message);
        } else {
            let message = format!("callers may now pass the variable `{name}`");
            reasons.add(Bump::Minor, "variable_optional_added", message);
        }
    }
    for name in removed {
        // Calls that still pass it work: values nobody asked for are ignored.
        let message = format!("the variable `{name}` was removed; values passed for it are ignored");
        reasons.add(Bump::Minor, "variable_removed", message);
    }
    for (name, variable) in new {
        if let Some(former) = old.get(name) {
            compare_required(name, former, variable, reasons);
            compare_types(name, former, variable, reasons);
            compare_choices(name, former, variable, reasons);
        }
    }
}

fn only_in<'a>(
    one: &'a Variables,
    other: &'a Variables,
) -> impl Iterator<Item = (&'a str, &'a InterfaceVariable)> {
    one.iter()
        .filter(|(name, _)| !other.contains_key(*name))
        .map(|(name, variable)| (name.as_str(), variable))
}

/// The removed variable that an added one replaces: one spelt alike, or the only one removed when this is the
/// only one added and callers must pass it.
fn former_name<'a>(
    name: &str,
    variable: &InterfaceVariable,
    added: usize,
    removed: &[&'a str],
) -> Option<&'a str> {
    let only = || if added == 1 && variable.required && removed.len() == 1 { Some(removed[0]) } else { None };
    let is_searchable = added * removed.len() <= MAX_PAIRS;
    is_searchable.then(|| nearest(name, removed.iter().copied())).flatten().or_else(only)
}

fn compare_required(name: &str, old: &InterfaceVariable, new: &InterfaceVariable, reasons: &mut Reasons) {
    match (old.required, new.required) {
        (false, true) if old.default.is_some() => reasons.add(
            Bump::Major,
            "variable_default_removed",
            format!("the variable `{name}` lost its default, so callers must now pass it"),
        ),
        (false, true) => reasons.add(
            Bump::Major,
            "variable_became_required",
            format!("the variable `{name}` was optional and is now required"),
        ),
        (true, false) => reasons.add(
            Bump::Minor,
            "variable_became_optional",
            format!("the variable `{name}` was required and is now optional"),
        ),
        _ if old.default.is_some() && new.default.is_none() => reasons.add(
            Bump::Major,
            "variable_default_removed",
            format!("the variable `{name}` lost its default, so calls without it may fail"),
        ),
        _ if old.default.is_some() && old.default != new.default => reasons.add(
            Bump::Patch,
            "variable_default_changed",
            format!("the default of the variable `{name}` changed"),
        ),
        _ => {}
    }
}

fn compare_types(name: &str, old: &InterfaceVariable, new: &InterfaceVariable, reasons: &mut Reasons) {
    if old.kind == new.kind {
        return;
    }
    let (accepted, accepts) = (kind_name(old.kind), kind_name(new.kind));
    let message = format!("the variable `{name}` was {accepted} and is now {accepts}");
    if holds(new, old) {
        reasons.add(Bump::Minor, "variable_type_widened", message);
    } else if holds(old, new) {
        reasons.add(Bump::Major, "variable_type_narrowed", message);
    } else {
        reasons.add(Bump::Major, "variable_type_changed", message);
    }
}

fn kind_name(kind: Option<VariableType>) -> &'static str {
    kind.map_or("of any type", type_name)
}

/// Whether the type of one variable accepts every value that the other accepts.
fn holds(wide: &InterfaceVariable, narrow: &InterfaceVariable) -> bool {
    use VariableType::{Array, Boolean, Enum, Integer, Number, Object, String};
    let choices_are =
        |test: fn(&Value) -> bool| !narrow.choices.is_empty() && narrow.choices.iter().all(test);
    match (wide.kind, narrow.kind) {
        (None, _) | (Some(Number), Some(Integer)) => true,
        (Some(wide), Some(narrow)) if wide == narrow => true,
        (Some(String), Some(Enum) | None) => choices_are(Value::is_string),
        (Some(Integer), Some(Enum) | None) => choices_are(|value| value.is_i64() || value.is_u64()),
        (Some(Number), Some(Enum) | None) => choices_are(Value::is_number),
        (Some(Boolean), Some(Enum) | None) => choices_are(Value::is_boolean),
        (Some(Array), Some(Enum) | None) => choices_are(Value::is_array),
        (Some(Object), Some(Enum) | None) => choices_are(Value::is_object),
        // The choices are compared by themselves.
        (Some(Enum), _) => !narrow.choices.is_empty(),
        _ => false,
    }
}

fn compare_choices(name: &str, old: &InterfaceVariable, new: &InterfaceVariable, reasons: &mut Reasons) {
    match (old.choices.is_empty(), new.choices.is_empty()) {
        (true, true) => {}
        (true, false) => {
            let message = format!("the variable `{name}` now accepts listed values only");
            reasons.add(Bump::Major, "enum_choice_removed", message);
        }
        (false, true) => {
            let message = format!("the variable `{name}` now accepts more than its listed values");
            reasons.add(Bump::Minor, "enum_choice_added", message);
        }
        (false, false) => {
            for gone in without(&old.choices, &new.choices) {
                let message = format!("the variable `{name}` no longer accepts {gone}");
                reasons.add(Bump::Major, "enum_choice_removed", message);
            }
            for added in without(&new.choices, &old.choices) {
                let message = format!("the variable `{name}` now accepts {added}");
                reasons.add(Bump::Minor, "enum_choice_added", message);
            }
        }
    }
}
