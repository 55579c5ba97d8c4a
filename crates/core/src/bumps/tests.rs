use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{interface::InterfaceVariable, variables::VariableType};

/// The old side, the new side, and the reasons found between them.
type Case<T> = (T, T, &'static [(Bump, &'static str)]);

fn untyped(required: bool) -> InterfaceVariable {
    InterfaceVariable { required, ..InterfaceVariable::default() }
}

fn typed(kind: VariableType) -> InterfaceVariable {
    InterfaceVariable { kind: Some(kind), ..untyped(true) }
}

fn choice(values: &[&str]) -> InterfaceVariable {
    let choices = values.iter().map(|value| json!(value)).collect();
    InterfaceVariable { choices, ..typed(VariableType::Enum) }
}

fn defaulting(default: &str) -> InterfaceVariable {
    InterfaceVariable { default: Some(json!(default)), ..untyped(false) }
}

fn with<const N: usize>(variables: [(&str, InterfaceVariable); N]) -> Interface {
    let variables = variables.into_iter().map(|(name, variable)| (name.to_owned(), variable)).collect();
    Interface { variables, ..Interface::default() }
}

fn answering(schema: Value) -> Interface {
    Interface { output_schema: Some(schema), ..Interface::default() }
}

/// The codes of the reasons, strongest first, each with its bump.
fn found(old: &Interface, new: &Interface) -> Vec<(Bump, String)> {
    let plan = bump(old, new, true);
    assert_eq!(plan.bump, plan.reasons.iter().map(|reason| reason.bump).max().unwrap());
    assert!(plan.reasons.is_sorted_by_key(|reason| std::cmp::Reverse(reason.bump)));
    plan.reasons.into_iter().map(|reason| (reason.bump, reason.code)).collect()
}

#[track_caller]
fn check(old: &Interface, new: &Interface, expected: &[(Bump, &str)]) {
    let found = found(old, new);
    let found: Vec<_> = found.iter().map(|(bump, code)| (*bump, code.as_str())).collect();
    assert_eq!(found, expected, "{old:#?} → {new:#?}");
}

#[test]
fn equal_interfaces_differ_in_wording_at_most() {
    let one = with([("name", untyped(true))]);
    assert_eq!(bump(&one, &one, false), BumpPlan { bump: Bump::None, reasons: Vec::new() });
    check(&one, &one, &[(Bump::Patch, "wording_changed")]);
}

#[test]
fn another_kind_is_major() {
    let chat = Interface { kind: Kind::Chat, ..Interface::default() };
    check(&Interface::default(), &chat, &[(Bump::Major, "kind_changed")]);
}

#[test]
fn variables_that_come_and_go() {
    use Bump::{Major, Minor};
    let cases: [Case<Interface>; 9] = [
        (Interface::default(), with([("name", untyped(true))]), &[(Major, "variable_required_added")]),
        (Interface::default(), with([("name", untyped(false))]), &[(Minor, "variable_optional_added")]),
        (Interface::default(), with([("name", defaulting("x"))]), &[(Minor, "variable_optional_added")]),
        (with([("name", untyped(true))]), Interface::default(), &[(Minor, "variable_removed")]),
        // Spelt alike: a new name, even for one that may be left out, because its value would be ignored in silence.
        (
            with([("customer_name", untyped(false))]),
            with([("customer_names", untyped(false))]),
            &[(Major, "variable_renamed")],
        ),
        // The only one gone and the only one new, and callers must pass it.
        (
            with([("issue", untyped(true))]),
            with([("problem", untyped(true))]),
            &[(Major, "variable_renamed")],
        ),
        (
            with([("issue", untyped(true))]),
            with([("tone", untyped(false))]),
            &[(Minor, "variable_optional_added"), (Minor, "variable_removed")],
        ),
        (
            with([("issue", untyped(true)), ("zip", untyped(true))]),
            with([("tone", untyped(true))]),
            &[(Major, "variable_required_added"), (Minor, "variable_removed"), (Minor, "variable_removed")],
        ),
        (
            with([("customer_name", untyped(true)), ("zip", untyped(true))]),
            with([("customer", untyped(true)), ("mood", untyped(true))]),
            &[(Major, "variable_renamed"), (Major, "variable_required_added"), (Minor, "variable_removed")],
        ),
    ];
    for (old, new, expected) in cases {
        check(&old, &new, expected);
    }
}

#[test]
fn variables_that_are_needed_more_or_less() {
    use Bump::{Major, Minor, Patch};
    for (old, new, bump, code) in [
        (untyped(false), untyped(true), Major, "variable_became_required"),
        (untyped(true), untyped(false), Minor, "variable_became_optional"),
        (untyped(true), defaulting("x"), Minor, "variable_became_optional"),
        (defaulting("x"), untyped(true), Major, "variable_default_removed"),
        (defaulting("x"), untyped(false), Major, "variable_default_removed"),
        (defaulting("x"), defaulting("y"), Patch, "variable_default_changed"),
        (untyped(false), defaulting("y"), Patch, "wording_changed"),
    ] {
        check(&with([("name", old)]), &with([("name", new)]), &[(bump, code)]);
    }
}

#[test]
fn types_that_accept_more_less_or_other_values() {
    use VariableType::{Array, Boolean, Integer, Number, Object, String};
    let kinds = [String, Integer, Number, Boolean, Array, Object];
    for old in kinds {
        for new in kinds {
            let expected: &[(Bump, &str)] = match (old, new) {
                _ if old == new => &[(Bump::Patch, "wording_changed")],
                (Integer, Number) => &[(Bump::Minor, "variable_type_widened")],
                (Number, Integer) => &[(Bump::Major, "variable_type_narrowed")],
                _ => &[(Bump::Major, "variable_type_changed")],
            };
            check(&with([("v", typed(old))]), &with([("v", typed(new))]), expected);
        }
        check(
            &with([("v", typed(old))]),
            &with([("v", untyped(true))]),
            &[(Bump::Minor, "variable_type_widened")],
        );
        check(
            &with([("v", untyped(true))]),
            &with([("v", typed(old))]),
            &[(Bump::Major, "variable_type_narrowed")],
        );
    }
}

#[test]
fn choices_that_come_and_go() {
    use Bump::{Major, Minor};
    let cases: [Case<InterfaceVariable>; 6] = [
        (choice(&["a", "b"]), choice(&["b", "a", "c"]), &[(Minor, "enum_choice_added")]),
        (choice(&["a", "b"]), choice(&["a"]), &[(Major, "enum_choice_removed")]),
        (choice(&["a"]), choice(&["b"]), &[(Major, "enum_choice_removed"), (Minor, "enum_choice_added")]),
        (
            choice(&["a"]),
            typed(VariableType::String),
            &[(Minor, "variable_type_widened"), (Minor, "enum_choice_added")],
        ),
        (
            typed(VariableType::String),
            choice(&["a"]),
            &[(Major, "variable_type_narrowed"), (Major, "enum_choice_removed")],
        ),
        (
            choice(&["a"]),
            typed(VariableType::Integer),
            &[(Major, "variable_type_changed"), (Minor, "enum_choice_added")],
        ),
    ];
    for (old, new, expected) in cases {
        check(&with([("v", old)]), &with([("v", new)]), expected);
    }
}

#[test]
fn a_hundred_thousand_choices_are_compared_at_once_and_only_some_are_listed() {
    let of = |from: usize| {
        let choices = (from..from + 100_000).map(|n| json!(n)).collect();
        InterfaceVariable { choices, ..typed(VariableType::Enum) }
    };
    let plan = bump(&with([("v", of(0))]), &with([("v", of(50_000))]), true);
    assert_eq!((plan.bump, plan.reasons.len()), (Bump::Major, 2 * MAX_OF_A_CODE));
}

#[test]
fn placeholders_that_come_go_and_are_needed() {
    let of = |placeholders: &[(&str, bool)]| {
        let placeholders =
            placeholders.iter().map(|(name, optional)| ((*name).to_owned(), *optional)).collect();
        Interface { placeholders, ..Interface::default() }
    };
    for (old, new, bump, code) in [
        (of(&[]), of(&[("history", false)]), Bump::Major, "placeholder_required_added"),
        (of(&[]), of(&[("history", true)]), Bump::Minor, "placeholder_optional_added"),
        (of(&[("history", true)]), of(&[]), Bump::Major, "placeholder_removed"),
        (of(&[("history", true)]), of(&[("history", false)]), Bump::Major, "placeholder_became_required"),
        (of(&[("history", false)]), of(&[("history", true)]), Bump::Minor, "placeholder_became_optional"),
    ] {
        check(&old, &new, &[(bump, code)]);
    }
}

#[test]
fn roles_variants_and_models_may_come_but_not_go() {
    let tags = BTreeMap::from([("locale".to_owned(), "de".to_owned())]);
    for (what, more) in [
        ("role", Interface { roles: vec![Role::System], ..Interface::default() }),
        ("variant", Interface { variants: vec![tags], ..Interface::default() }),
        ("model", Interface { models: vec!["gpt-4".into()], ..Interface::default() }),
    ] {
        check(&Interface::default(), &more, &[(Bump::Minor, &format!("{what}_added"))]);
        check(&more, &Interface::default(), &[(Bump::Major, &format!("{what}_removed"))]);
    }
}

#[test]
fn readers_of_an_answer_may_rely_on_what_its_schema_promised() {
    use Bump::{Major, Minor, Patch};
    let object = |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required});
    let answer = object(json!({"a": {"type": "string"}}), json!(["a"]));
    let cases: [Case<Value>; 18] = [
        (answer.clone(), object(json!({}), json!(["a"])), &[(Major, "output_property_removed")]),
        (
            answer.clone(),
            object(json!({"a": {"type": "string"}}), json!([])),
            &[(Major, "output_property_optional")],
        ),
        (
            answer.clone(),
            object(json!({"a": {"type": "string"}, "b": {}}), json!(["a"])),
            &[(Minor, "output_property_added")],
        ),
        (
            answer.clone(),
            object(json!({"a": {"type": "string"}, "b": {}}), json!(["a", "b"])),
            &[(Minor, "output_property_added"), (Minor, "output_tightened")],
        ),
        (
            answer.clone(),
            object(json!({"a": {"type": "number"}}), json!(["a"])),
            &[(Major, "output_type_changed")],
        ),
        (
            answer.clone(),
            object(json!({"a": {"type": ["string", "null"]}}), json!(["a"])),
            &[(Major, "output_type_changed")],
        ),
        (
            answer,
            object(json!({"a": {"type": "string", "title": "A"}}), json!(["a"])),
            &[(Patch, "wording_changed")],
        ),
        (json!({"type": "number"}), json!({"type": "integer"}), &[(Minor, "output_tightened")]),
        (json!({"type": "integer"}), json!({"type": "number"}), &[(Major, "output_type_changed")]),
        (json!({"type": "string"}), json!({}), &[(Major, "output_type_changed")]),
        (json!({"enum": ["x"]}), json!({"enum": ["x", "y"]}), &[(Major, "output_choice_added")]),
        (json!({"enum": ["x", "y"]}), json!({"enum": ["x"]}), &[(Minor, "output_tightened")]),
        (
            json!({"items": {"type": "string"}}),
            json!({"items": {"type": "object"}}),
            &[(Major, "output_type_changed")],
        ),
        (json!({}), json!({"additionalProperties": false}), &[(Minor, "output_tightened")]),
        (json!({"additionalProperties": false}), json!({}), &[(Major, "output_schema_changed")]),
        (json!({}), json!({"maxLength": 5}), &[(Minor, "output_tightened")]),
        (json!({"maxLength": 5}), json!({"maxLength": 9}), &[(Major, "output_schema_changed")]),
        (
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}),
            &[(Major, "output_type_changed")],
        ),
    ];
    for (old, new, expected) in cases {
        check(&answering(old), &answering(new), expected);
    }
    check(&Interface::default(), &answering(json!({})), &[(Minor, "output_schema_added")]);
    check(&answering(json!({})), &Interface::default(), &[(Major, "output_schema_removed")]);
    check(&answering(json!({})), &answering(json!(true)), &[(Major, "output_schema_changed")]);
}

#[test]
fn a_message_names_what_changed() {
    let plan = bump(&with([("issue", untyped(true))]), &with([("problem", untyped(true))]), true);
    assert_eq!(plan.reasons[0].message, "the variable `issue` is now called `problem`");
    let old = answering(json!({"properties": {"list": {"items": {"properties": {"x": {}}}}}}));
    let new = answering(json!({"properties": {"list": {"items": {"properties": {}}}}}));
    assert_eq!(bump(&old, &new, true).reasons[0].message, "`output.list[].x` was removed");
}

#[test]
fn an_understated_version_says_what_it_would_need() {
    let error = Understated {
        given: VersionNumber::new(1, 1, 0),
        previous: VersionNumber::new(1, 0, 0),
        needed: Bump::Major,
        reasons: Vec::new(),
    };
    assert_eq!(error.to_string(), "1.1.0 understates the change: it needs at least a major step from 1.0.0");
}

fn any_variable() -> impl Strategy<Value = InterfaceVariable> {
    let kind = prop::option::of(prop_oneof![
        Just(VariableType::String),
        Just(VariableType::Integer),
        Just(VariableType::Number)
    ]);
    (kind, any::<bool>(), any::<bool>()).prop_map(|(kind, required, default)| InterfaceVariable {
        kind,
        required: required && !default,
        default: default.then(|| json!(1)),
        choices: Vec::new(),
        description: None,
    })
}

fn any_interface() -> impl Strategy<Value = Interface> {
    let variables = prop::collection::btree_map("[a-d]{1,2}", any_variable(), 0..5);
    let placeholders = prop::collection::btree_map("h[12]", any::<bool>(), 0..2);
    let models = prop::collection::vec("m[1-3]", 0..3);
    (variables, placeholders, models).prop_map(|(variables, placeholders, models)| Interface {
        variables,
        placeholders,
        models,
        ..Interface::default()
    })
}

/// Whether a call that passes exactly these names, each with a value of type string, is accepted.
fn accepts(interface: &Interface, names: &[&String]) -> bool {
    let is_fed = |name: &String| names.contains(&name);
    interface.variables.iter().all(|(name, variable)| {
        let fits = matches!(variable.kind, None | Some(VariableType::String));
        if is_fed(name) { fits } else { !variable.required }
    })
}

proptest! {
    #[test]
    fn without_a_major_reason_every_call_still_works(old in any_interface(), new in any_interface()) {
        if bump(&old, &new, true).bump < Bump::Major {
            let needed: Vec<_> = old.variables.iter().filter(|(_, v)| v.required).map(|(name, _)| name).collect();
            let every: Vec<_> = old.variables.keys().collect();
            for call in [needed, every] {
                prop_assert!(!accepts(&old, &call) || accepts(&new, &call));
            }
        }
    }

    #[test]
    fn nothing_changes_between_an_interface_and_itself(one in any_interface()) {
        prop_assert_eq!(bump(&one, &one, false).bump, Bump::None);
    }
}
