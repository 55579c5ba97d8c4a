//! The release of a push.

use super::*;

#[test]
fn a_new_prompt_moves_the_release_by_a_minor_step() {
    let registry = registry_of(vec![push(vec![draft("a", "A")])]);
    let plan = planned(push(vec![draft("b", "B")]), &registry);
    assert_eq!((plan.release, plan.changes.len(), plan.prompt_count), (version("1.1.0"), 1, 2));
}

#[test]
fn a_release_number_is_used_once() {
    let registry = registry_of(vec![push(vec![draft("a", "A")])]);
    let other = PushRequest { version: Some(version("1.0.0")), ..push(vec![draft("b", "B")]) };
    let problems = refused(other, &registry);
    assert_eq!(codes(&problems), ["version_exists"]);
    assert_eq!(problems[0].file, None);
}

#[test]
fn an_older_release_is_named_when_all_it_would_hold_exists() {
    let registry = registry_of(vec![push(vec![draft("a", "A")]), push(vec![draft("a", "A2")])]);
    let registry = Registry { has_wanted_release: true, ..registry };
    let older = |text| PushRequest { version: Some(version("1.0.0")), ..push(vec![draft("a", text)]) };
    let plan = planned(older("A"), &registry);
    assert_eq!((plan.release, plan.release_created), (version("1.0.0"), false));
    assert_eq!(plan.prompts[0].version, version("1.0.0"));
    assert_eq!(codes(&refused(older("A3"), &registry)), ["version_exists"]);
}

#[test]
fn a_release_below_the_newest_takes_its_number_and_the_next_one_follows_the_newest() {
    let registry = registry_of(vec![push(vec![draft("a", "A")]), push(vec![draft("a", "A2")])]);
    let older = PushRequest { version: Some(version("0.9.0")), ..push(vec![draft("b", "B")]) };
    let plan = planned(older, &registry);
    assert_eq!((plan.release, plan.release_created), (version("0.9.0"), true));
    assert_eq!((plan.changes, plan.prompt_count), (BTreeMap::from([(name("b"), version("0.9.0"))]), 2));
    assert_eq!(planned(push(vec![draft("a", "A3")]), &registry).release, version("1.0.2"));
}

#[test]
fn a_release_has_another_fingerprint_after_every_other_past_number_and_change() {
    let changes = |version_of_a: &str| BTreeMap::from([(name("a"), version(version_of_a))]);
    let first = fingerprint(None, &version("1.0.0"), &changes("1.0.0"));
    let all = [
        first.clone(),
        fingerprint(Some(&first), &version("1.0.0"), &changes("1.0.0")),
        fingerprint(None, &version("1.0.1"), &changes("1.0.0")),
        fingerprint(None, &version("1.0.0"), &changes("1.0.1")),
        fingerprint(None, &version("1.0.0"), &BTreeMap::new()),
    ];
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    assert_eq!(first, fingerprint(None, &version("1.0.0"), &changes("1.0.0")));
}

#[test]
fn a_push_with_a_version_gives_it_to_every_prompt() {
    let registry = registry_of(vec![push(vec![draft("a", "A"), draft("b", "B")])]);
    let request = |a: &str| PushRequest {
        version: Some(version("1.2.3")),
        ..push(vec![draft("a", a), draft("b", "B")])
    };
    let plan = planned(request("A2"), &registry);
    assert_eq!(numbers(&plan), [("a", "1.2.3".into(), true), ("b", "1.2.3".into(), true)]);
    assert_eq!((&plan.release, plan.release_created), (&version("1.2.3"), true));
    assert_eq!(plan.prompts[1].digest, registry.prompts[&name("b")][0].digest);

    let registry = after(&plan, registry);
    let again = planned(request("A2"), &registry);
    assert_eq!(numbers(&again), [("a", "1.2.3".into(), false), ("b", "1.2.3".into(), false)]);
    assert_eq!((again.release, again.release_created), (version("1.2.3"), false));

    let problems = refused(request("A3"), &registry);
    assert_eq!(codes(&problems), ["version_exists"]);
    assert_eq!(problems[0].file.as_deref(), Some("a.yaml"));
}
