use proptest::prelude::*;

use super::*;

fn spot(line: u32) -> Spot {
    Spot { file: "app.py".into(), line, column: 5 }
}

fn interface(variables: &[(&str, bool)], placeholders: &[(&str, bool)]) -> Interface {
    let placeholders = placeholders.iter().map(|(name, optional)| ((*name).to_owned(), *optional)).collect();
    Interface { placeholders, ..Interface::asking(variables) }
}

fn version(number: u64) -> VersionNumber {
    VersionNumber::new(number, 0, 0)
}

/// `support` 2.0.0 needs `issue` and `name`, copes without `tone`, and takes a history.
fn offer(answers: Answers) -> Offer {
    let name = PromptName::parse("support").unwrap();
    let now = Callable {
        version: Some(version(2)),
        interface: interface(&[("issue", true), ("name", true), ("tone", false)], &[("history", true)]),
    };
    let old = Callable { version: Some(version(1)), interface: interface(&[("issue", true)], &[]) };
    Offer {
        answers,
        names: BTreeSet::from([name.clone()]),
        prompts: BTreeMap::from([(name.clone(), now)]),
        exact: BTreeMap::from([((name.clone(), version(1)), Some(old)), ((name, version(7)), None)]),
    }
}

fn production() -> Offer {
    offer(Answers::Alias(AliasName::parse("production").unwrap()))
}

/// A call like `support@production(issue, name, …)`; without parentheses it fills nothing.
fn call(text: &str) -> CallSite {
    let (asked, filled) = text.split_once('(').map_or((text, None), |(asked, rest)| (asked, Some(rest)));
    let (prompt, reference) =
        asked.split_once('@').map_or((asked, None), |(prompt, reference)| (prompt, Some(reference)));
    let filled = filled.map(|rest| {
        let names: Vec<&str> =
            rest.trim_end_matches(')').split(", ").filter(|name| !name.is_empty()).collect();
        let variables = (20..).zip(&names).filter(|(_, name)| **name != "…");
        Filling {
            variables: variables.map(|(line, name)| ((*name).to_owned(), spot(line))).collect(),
            open: names.contains(&"…"),
            at: spot(11),
        }
    });
    CallSite { prompt: prompt.into(), reference: reference.map(str::to_owned), at: spot(10), filled }
}

fn shown(calls: &[&str], offer: &Offer) -> Vec<String> {
    let calls: Vec<CallSite> = calls.iter().map(|text| call(text)).collect();
    let line = |Misfit { severity, problem }: Misfit| {
        let hint = problem.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        let line = problem.line.unwrap_or_default();
        format!("{severity:?} {} {line}: {}{hint}", problem.code, problem.message)
    };
    check(&calls, offer).into_iter().map(line).collect()
}

#[test]
fn a_call_that_passes_what_is_needed_fits() {
    for text in [
        "support",
        "support@production",
        "support@Production",
        "support(issue, name)",
        "support(issue, name, tone, history)",
        "support(…)",
        "support(issue, …)",
        "support@1.0.0(issue)",
        "support@v1.0.0(issue)",
    ] {
        assert_eq!(shown(&[text], &production()), [""; 0], "{text}");
    }
}

#[test]
fn each_mismatch_has_its_code_its_place_and_a_hint() {
    for (text, expected) in [
        ("supprt", "Error prompt_missing 10: `supprt` is not offered (`support` is: was it renamed?)"),
        ("billing", "Error prompt_missing 10: `billing` is not offered"),
        ("not a name", "Error prompt_missing 10: `not a name` is not offered"),
        ("billing@2.0.0", ""),
        (
            "support(issue)",
            "Error missing_variable 11: support 2.0.0 needs `name`, which this call does not pass",
        ),
        (
            "support(issues, name)",
            "Error missing_variable 11: support 2.0.0 needs `issue`, which this call does not pass \
             (it passes `issues`: was it renamed?)",
        ),
        ("support(issue, name, mood)", "Warning unknown_variable 22: support 2.0.0 does not read `mood`"),
        (
            "support(tones, …)",
            "Warning unknown_variable 20: support 2.0.0 does not read `tones` (it reads `tone`)",
        ),
        ("support@1.0.0(name, issue)", "Warning unknown_variable 20: support 1.0.0 does not read `name`"),
        ("support@7.0.0()", "Error version_missing 10: `support` has no version 7.0.0 (2.0.0 is offered)"),
    ] {
        let expected: Vec<&str> = Some(expected).filter(|text| !text.is_empty()).into_iter().collect();
        assert_eq!(shown(&[text], &production()), expected, "{text}");
    }
}

#[test]
fn a_placeholder_that_is_needed_is_a_variable_that_is_needed() {
    let mut offer = production();
    let callable = Callable { version: None, interface: interface(&[], &[("history", false)]) };
    offer.prompts.insert(PromptName::parse("chat").unwrap(), callable);
    assert_eq!(
        shown(&["chat()"], &offer),
        ["Error missing_variable 11: chat needs `history`, which this call does not pass"]
    );
}

#[test]
fn what_something_else_answers_is_not_judged() {
    for text in [
        "support@staging()",
        "billing@staging",
        "support@latest()",
        "support@^1()",
        "support@3.0.0()",
        "support@production@2026-11-01T12:00Z()",
        "support@git:abcdef0()",
        "support@not an alias()",
    ] {
        assert_eq!(shown(&[text], &production()), [""; 0], "{text}");
    }
    assert_eq!(shown(&["support@staging()"], &offer(Answers::AnyAlias)).len(), 2);
    assert_eq!(shown(&["support@latest()"], &offer(Answers::AnyAlias)).len(), 0);
}

#[test]
fn a_question_that_is_filled_twice_is_missing_once_and_errors_come_first() {
    assert_eq!(shown(&["billing(a)", "billing(b)"], &production()).len(), 1);
    let found = shown(&["support(issue, name, mood)", "billing"], &production());
    assert!(found[0].starts_with("Error prompt_missing") && found[1].starts_with("Warning"), "{found:?}");
}

#[test]
fn the_versions_that_calls_name_are_listed_once() {
    let calls =
        ["support@1.0.0", "support@v1.0.0()", "support@production", "other@2.0.0", "a b@1.0.0"].map(call);
    let found: Vec<String> = exact(&calls).iter().map(|(name, number)| format!("{name} {number}")).collect();
    assert_eq!(found, ["other 2.0.0", "support 1.0.0"]);
}

fn names() -> impl Strategy<Value = BTreeMap<String, bool>> {
    prop::collection::btree_map("[a-d]{1,2}", any::<bool>(), 0..6)
}

proptest! {
    #[test]
    fn only_an_unread_value_is_found_in_a_call_that_passes_everything_needed(
        declared in names(), passed in prop::collection::btree_set("[a-f]{1,2}", 0..6), open in any::<bool>()
    ) {
        let pairs: Vec<(&str, bool)> = declared.iter().map(|(name, required)| (name.as_str(), *required)).collect();
        let callable = Callable { version: None, interface: interface(&pairs, &[]) };
        let name = PromptName::parse("x").unwrap();
        let offer = Offer {
            answers: Answers::AnyAlias,
            names: BTreeSet::new(),
            prompts: BTreeMap::from([(name, callable)]),
            exact: BTreeMap::new(),
        };
        let variables = passed.iter().map(|name| (name.clone(), spot(1))).collect();
        let call = CallSite { filled: Some(Filling { variables, open, at: spot(1) }), ..call("x") };
        let found = check(&[call], &offer);
        let fails = !open && declared.iter().any(|(name, required)| *required && !passed.contains(name));
        prop_assert_eq!(found.iter().any(|misfit| misfit.severity == Severity::Error), fails);
        let unread = passed.iter().filter(|name| !declared.contains_key(*name)).count();
        let warned = found.iter().filter(|misfit| misfit.severity == Severity::Warning).count();
        let renamed = found.iter().filter(|misfit| {
            misfit.severity == Severity::Error && misfit.problem.hint.is_some()
        }).count();
        prop_assert_eq!(warned + renamed, unread);
    }
}
