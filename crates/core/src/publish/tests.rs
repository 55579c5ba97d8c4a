mod releases;

use serde_json::{Map, json};

use super::*;
use crate::{
    documents::{Body, Message, Role, Said, digest},
    files::{Format, Place},
    interface::interface,
    render::CompiledDocument,
    template::Partials,
    variables::VariableSpec,
};

fn name(text: &str) -> PromptName {
    PromptName::parse(text).unwrap()
}

fn version(text: &str) -> VersionNumber {
    VersionNumber::parse(text).unwrap()
}

fn draft(prompt: &str, text: &str) -> PromptDraft {
    PromptDraft {
        name: name(prompt),
        module: ModulePath::parse("").unwrap(),
        version: None,
        git_commit: None,
        changelog: None,
        status: None,
        document: Document { body: Body::Text(text.into()), ..Document::default() },
        origin: Origin { path: format!("{prompt}.yaml"), format: Format::Yaml },
        places: BTreeMap::from([
            ("content".into(), Place::new(5, 3)),
            ("dependencies".into(), Place::new(2, 1)),
        ]),
        warnings: Vec::new(),
    }
}

impl PromptDraft {
    fn version(mut self, text: &str) -> Self {
        self.version = Some(version(text));
        self
    }

    fn depends_on(mut self, prompt: &str, range: &str) -> Self {
        self.document.dependencies.insert(name(prompt), range.into());
        self
    }

    fn declares(mut self, variable: &str, spec: VariableSpec) -> Self {
        self.document.variables.insert(variable.into(), spec);
        self
    }
}

fn push(drafts: Vec<PromptDraft>) -> PushRequest {
    PushRequest { drafts, ..PushRequest::default() }
}

#[expect(clippy::needless_pass_by_value, reason = "tests read better without")]
fn planned(request: PushRequest, registry: &Registry) -> PushPlan {
    plan(&request, registry, &Limits::default()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[expect(clippy::needless_pass_by_value, reason = "tests read better without")]
fn refused(request: PushRequest, registry: &Registry) -> Vec<Problem> {
    plan(&request, registry, &Limits::default()).expect_err("the push is refused")
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

/// What the registry holds after a plan was carried out.
fn after(plan: &PushPlan, mut registry: Registry) -> Registry {
    for prompt in &plan.prompts {
        if !registry.names.contains(&prompt.name) {
            registry.names.push(prompt.name.clone());
        }
        if prompt.created {
            let document: Document = serde_json::from_str(&prompt.canonical).unwrap();
            registry.documents.insert(prompt.digest.clone(), document);
            registry.prompts.entry(prompt.name.clone()).or_default().push(PastVersion {
                version: prompt.version.clone(),
                digest: prompt.digest.clone(),
                interface: prompt.interface.clone(),
                dependencies: prompt.dependencies.clone(),
                archived: false,
            });
        }
    }
    if plan.release_created {
        let newest = registry.release.take();
        let mut entries = newest.as_ref().map(|newest| newest.entries.clone()).unwrap_or_default();
        entries.extend(plan.changes.clone());
        let version = newest.map(|newest| newest.version).max(Some(plan.release.clone())).unwrap();
        registry.release = Some(NewestRelease { version, prompt_count: plan.prompt_count, entries });
    }
    registry
}

fn registry_of(pushes: Vec<PushRequest>) -> Registry {
    pushes.into_iter().fold(Registry::default(), |registry, request| {
        let plan = planned(request, &registry);
        after(&plan, registry)
    })
}

fn numbers(plan: &PushPlan) -> Vec<(&str, String, bool)> {
    plan.prompts.iter().map(|p| (p.name.as_str(), p.version.to_string(), p.created)).collect()
}

fn required() -> VariableSpec {
    VariableSpec { required: Some(true), ..VariableSpec::default() }
}

fn optional() -> VariableSpec {
    VariableSpec { required: Some(false), ..VariableSpec::default() }
}

#[test]
fn a_first_push_makes_version_and_release_1_0_0() {
    let plan = planned(push(vec![draft("b", "B"), draft("a", "A").version("0.3.0")]), &Registry::default());
    assert_eq!(numbers(&plan), [("a", "0.3.0".into(), true), ("b", "1.0.0".into(), true)]);
    assert_eq!((plan.release, plan.release_created), (version("1.0.0"), true));
    assert_eq!(plan.changes, BTreeMap::from([(name("a"), version("0.3.0")), (name("b"), version("1.0.0"))]));
    assert_eq!(plan.prompts[1].previous, None);
    assert_eq!(plan.prompts[1].digest, digest(&draft("b", "B").document));
}

#[test]
fn an_unchanged_push_names_what_exists() {
    let registry = registry_of(vec![push(vec![draft("a", "A"), draft("b", "B")])]);
    let plan = planned(push(vec![draft("a", "A")]), &registry);
    assert_eq!(numbers(&plan), [("a", "1.0.0".into(), false)]);
    assert_eq!((plan.release, plan.release_created), (version("1.0.0"), false));
    assert_eq!((plan.changes.len(), plan.prompt_count), (0, 2));
}

#[test]
fn a_change_takes_the_smallest_honest_bump() {
    let registry = registry_of(vec![push(vec![draft("a", "A"), draft("b", "B")])]);
    for (changed, expected, release) in [
        (draft("a", "other words"), "1.0.1", "1.0.1"),
        (draft("a", "A").declares("tone", optional()), "1.1.0", "1.1.0"),
        (draft("a", "A").declares("tone", required()), "2.0.0", "2.0.0"),
    ] {
        let plan = planned(push(vec![changed, draft("b", "B")]), &registry);
        assert_eq!(numbers(&plan), [("a", expected.into(), true), ("b", "1.0.0".into(), false)]);
        assert_eq!(plan.release, version(release));
        assert_eq!(plan.changes, BTreeMap::from([(name("a"), version(expected))]));
        assert_eq!(plan.prompt_count, 2);
        assert_eq!(plan.prompts[0].previous, Some(version("1.0.0")));
        assert!(!plan.prompts[0].reasons.is_empty());
    }
}

#[test]
fn a_version_left_in_the_file_is_refused_with_advice() {
    let registry = registry_of(vec![push(vec![draft("a", "A").version("1.0.0")])]);
    let problems = refused(push(vec![draft("a", "A2").version("1.0.0")]), &registry);
    assert_eq!(codes(&problems), ["version_exists"]);
    assert!(problems[0].hint.as_deref().is_some_and(|hint| hint.contains("push chooses 1.0.1")));
    let same = planned(push(vec![draft("a", "A").version("1.0.0")]), &registry);
    assert!(!same.prompts[0].created);
}

#[test]
fn an_understated_version_is_refused_unless_breaking_is_allowed() {
    let registry = registry_of(vec![push(vec![draft("a", "A")])]);
    let breaking = || draft("a", "A").declares("tone", required()).version("1.1.0");
    let problems = refused(push(vec![breaking()]), &registry);
    assert_eq!(codes(&problems), ["understated_bump"]);
    assert!(problems[0].message.contains("tone"), "{}", problems[0].message);
    assert!(problems[0].hint.as_deref().is_some_and(|hint| hint.contains("2.0.0")));

    let plan = planned(PushRequest { allow_breaking: true, ..push(vec![breaking()]) }, &registry);
    assert_eq!(numbers(&plan), [("a", "1.1.0".into(), true)]);
    assert!(plan.prompts[0].understated);
    assert_eq!(plan.prompts[0].bump, Bump::Major);
    let honest =
        planned(PushRequest { allow_breaking: true, ..push(vec![breaking().version("2.0.0")]) }, &registry);
    assert!(!honest.prompts[0].understated);
}

#[test]
fn a_prerelease_promises_nothing_and_a_release_is_held_to_the_last_release() {
    let breaking = |text: &str| draft("a", text).declares("tone", required());
    let registry = registry_of(vec![
        push(vec![draft("a", "A")]),
        push(vec![draft("a", "A").declares("x", optional()).version("2.0.0-rc.1")]),
    ]);
    let second = planned(push(vec![breaking("A2").version("2.0.0-rc.2")]), &registry);
    assert_eq!(numbers(&second), [("a", "2.0.0-rc.2".into(), true)]);
    let registry = after(&second, registry);
    let last = planned(push(vec![breaking("A2").version("2.0.0")]), &registry);
    assert_eq!(numbers(&last), [("a", "2.0.0".into(), true)]);
    let problems = refused(push(vec![breaking("A2").version("1.5.0")]), &registry);
    assert_eq!(codes(&problems), ["understated_bump"]);
}

#[test]
fn before_1_0_0_a_minor_step_may_break() {
    let registry = registry_of(vec![push(vec![draft("a", "A").version("0.3.0")])]);
    let breaking = draft("a", "A").declares("tone", required());
    assert_eq!(numbers(&planned(push(vec![breaking.clone()]), &registry))[0].1, "0.4.0");
    assert!(planned(push(vec![breaking.clone().version("0.4.0")]), &registry).prompts[0].created);
    assert_eq!(codes(&refused(push(vec![breaking.version("0.3.1")]), &registry)), ["understated_bump"]);
}

#[test]
fn a_backport_is_accepted_with_a_warning() {
    let registry = registry_of(vec![
        push(vec![draft("a", "A")]),
        push(vec![draft("a", "A").declares("tone", required())]),
    ]);
    let plan = planned(push(vec![draft("a", "A, mended").version("1.0.1")]), &registry);
    assert_eq!(numbers(&plan), [("a", "1.0.1".into(), true)]);
    assert_eq!(plan.prompts[0].previous, Some(version("1.0.0")));
    assert_eq!(codes(&plan.warnings), ["older_version"]);
    assert_eq!(plan.warnings[0].file.as_deref(), Some("a.yaml"));
}

#[test]
fn an_archived_number_is_not_used_again_and_not_compared_with() {
    let mut registry = registry_of(vec![
        push(vec![draft("a", "A")]),
        push(vec![draft("a", "A").declares("tone", required())]),
    ]);
    registry.prompts.get_mut(&name("a")).unwrap()[1].archived = true;
    let plan = planned(push(vec![draft("a", "A2")]), &registry);
    assert_eq!(plan.prompts[0].bump, Bump::Patch);
    assert_eq!(plan.prompts[0].version, version("2.0.1"));
    assert_eq!(plan.prompts[0].previous, Some(version("1.0.0")));
}

#[test]
fn dependencies_are_pinned_in_the_push_first() {
    let registry = registry_of(vec![push(vec![draft("tone", "warm")])]);
    // `user` sorts after `tone`, `app` before it: the order of names must not matter.
    let drafts = |text: &str| {
        vec![
            draft("app", "X").depends_on("user", "*"),
            draft("tone", text),
            draft("user", "Y").depends_on("tone", "^1"),
        ]
    };
    let plan = planned(push(drafts("dry")), &registry);
    let pins = |prompt: usize| -> Vec<(String, String)> {
        let pins = &plan.prompts[prompt].dependencies;
        pins.iter().map(|(name, pin)| (name.to_string(), pin.version.to_string())).collect()
    };
    assert_eq!(pins(2), [("tone".into(), "1.0.1".into())]);
    assert_eq!(pins(0), [("tone".into(), "1.0.1".into()), ("user".into(), "1.0.0".into())]);
    assert_eq!(plan.prompts[2].dependencies[&name("tone")].digest, plan.prompts[1].digest);

    let registry = after(&plan, registry);
    let unchanged = planned(push(drafts("dry")), &registry);
    assert!(unchanged.prompts.iter().all(|prompt| !prompt.created));
    let next = planned(push(drafts("neutral")), &registry);
    assert_eq!(next.prompts.iter().filter(|prompt| prompt.created).count(), 3);
    assert_eq!(next.prompts[2].reasons[0].code, "dependency_changed");
    assert_eq!(next.prompts[2].version, version("1.0.1"));
}

#[test]
fn a_dependency_outside_the_push_is_the_newest_match() {
    let mut registry = registry_of(vec![
        push(vec![draft("tone", "1")]),
        push(vec![draft("tone", "2")]),
        push(vec![draft("tone", "3").version("2.0.0")]),
    ]);
    let pinned = |registry: &Registry, range: &str| {
        let plan = planned(push(vec![draft("app", "X").depends_on("tone", range)]), registry);
        plan.prompts[0].dependencies[&name("tone")].version.to_string()
    };
    assert_eq!(pinned(&registry, "*"), "2.0.0");
    assert_eq!(pinned(&registry, "^1"), "1.0.1");
    registry.prompts.get_mut(&name("tone")).unwrap()[1].archived = true;
    assert_eq!(pinned(&registry, "^1"), "1.0.0");
}

#[test]
fn a_plan_made_again_compiles_only_what_has_other_dependencies_now() {
    let before = registry_of(vec![push(vec![draft("tone", "1")])]);
    let request = push(vec![draft("app", "{{ name }}").depends_on("tone", "*"), draft("b", "{{ name }}")]);
    let mut compilations = Compilations::default();
    let ahead = plan_again(&request, &before, &Limits::default(), &mut compilations).unwrap();
    // Under these limits nothing compiles: what is planned was not compiled again.
    let tight = Limits { template_bytes: 1, ..Limits::default() };
    assert_eq!(plan(&request, &before, &tight).unwrap_err().len(), 2);
    let again = plan_again(&request, &before, &tight, &mut compilations).unwrap();
    assert_eq!(numbers(&again), numbers(&ahead));
    assert_eq!(again.prompts[0].interface, ahead.prompts[0].interface);
    let other = after(&planned(push(vec![draft("tone", "2")]), &before), before);
    let problems = plan_again(&request, &other, &tight, &mut compilations).unwrap_err();
    assert_eq!(
        problems.iter().map(|problem| problem.file.as_deref()).collect::<Vec<_>>(),
        [Some("app.yaml")]
    );
}

#[test]
fn a_pushed_version_outside_the_range_leaves_the_registry_to_answer() {
    let registry = registry_of(vec![push(vec![draft("tone", "1")])]);
    let drafts = vec![draft("app", "X").depends_on("tone", "^1"), draft("tone", "2").version("2.0.0")];
    let plan = planned(push(drafts), &registry);
    assert_eq!(plan.prompts[0].dependencies[&name("tone")].version, version("1.0.0"));
}

#[test]
fn what_cannot_be_depended_on_is_named() {
    let registry = registry_of(vec![push(vec![draft("tone", "1"), {
        let mut chat = draft("chat", "");
        chat.document.body =
            Body::Messages(vec![Message::Said(Said { role: Role::User, name: None, content: "hi".into() })]);
        chat
    }])]);
    for (dependency, range, code, hint) in [
        ("tones", "*", "dependency_not_found", Some("did you mean `tone`?")),
        ("zzz", "*", "dependency_not_found", Some("push it together with this prompt, or before")),
        ("tone", "^2", "dependency_not_found", Some("the newest version is 1.0.0")),
        ("tone", "one", "semver", None),
        ("chat", "*", "dependency_conflict", None),
        ("app", "*", "dependency_cycle", None),
    ] {
        let problems = refused(push(vec![draft("app", "X").depends_on(dependency, range)]), &registry);
        assert_eq!(codes(&problems), [code], "{dependency}");
        assert_eq!(problems[0].hint.as_deref(), hint, "{dependency}");
        assert_eq!((problems[0].file.as_deref(), problems[0].line), (Some("app.yaml"), Some(2)));
    }
}

#[test]
fn cycles_are_refused_once_each() {
    let drafts = vec![
        draft("a", "").depends_on("b", "*"),
        draft("b", "").depends_on("c", "*"),
        draft("c", "").depends_on("b", "*"),
        draft("d", "").depends_on("d", "*"),
        draft("e", "fine"),
    ];
    let problems = refused(push(drafts), &Registry::default());
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["dependencies form a cycle: b → c → b", "dependencies form a cycle: d → d"]);

    let registry =
        registry_of(vec![push(vec![draft("b", "B")]), push(vec![draft("a", "A").depends_on("b", "*")])]);
    let through_the_registry = refused(push(vec![draft("b", "B2").depends_on("a", "*")]), &registry);
    assert_eq!(codes(&through_the_registry), ["dependency_cycle"]);
}

#[test]
fn chains_of_eight_dependencies_are_allowed_and_of_nine_are_not() {
    let chain = |length: usize| {
        (0..=length)
            .map(|index| match index {
                0 => draft("p0", "x"),
                _ => draft(&format!("p{index}"), "x").depends_on(&format!("p{}", index - 1), "*"),
            })
            .collect::<Vec<_>>()
    };
    planned(push(chain(8)), &Registry::default());
    assert_eq!(codes(&refused(push(chain(9)), &Registry::default())), ["dependency_depth"]);
    let registry = registry_of(vec![push(chain(8))]);
    let problems = refused(push(vec![draft("top", "x").depends_on("p8", "*")]), &registry);
    assert_eq!(codes(&problems), ["dependency_depth"]);
}

#[test]
fn one_name_never_stands_for_two_texts() {
    let registry = registry_of(vec![
        push(vec![draft("tone", "warm"), draft("greeting", "G").depends_on("tone", "*")]),
        push(vec![draft("tone", "dry")]),
    ]);
    let app = || draft("app", "X").depends_on("greeting", "*").depends_on("tone", "*");
    let problems = refused(push(vec![app()]), &registry);
    assert_eq!(codes(&problems), ["dependency_conflict"]);
    let together = push(vec![app(), draft("greeting", "G").depends_on("tone", "*")]);
    assert_eq!(planned(together, &registry).prompts[0].dependencies.len(), 2);
}

#[test]
fn names_that_differ_only_in_case_are_refused() {
    let registry = registry_of(vec![push(vec![draft("greeting", "A")])]);
    let drafts = vec![draft("Greeting", "A"), draft("other", "x"), draft("Other", "x"), draft("other", "y")];
    let problems = refused(push(drafts), &registry);
    assert_eq!(codes(&problems), ["name_case_conflict", "name_case_conflict", "name_exists"]);
}

#[test]
fn every_problem_of_every_draft_is_reported_at_once() {
    let huge = "x".repeat(Limits::default().document_bytes);
    let registry = registry_of(vec![push(vec![draft("old", "A")])]);
    let drafts = vec![
        draft("old", "B").version("1.0.0"),
        draft("huge", &huge),
        draft("lost", "x").depends_on("nowhere", "*"),
        draft("behind", "x").depends_on("lost", "*"),
        draft("fine", "x"),
    ];
    let problems = refused(push(drafts), &registry);
    let mut found: Vec<_> =
        problems.iter().map(|p| (p.file.as_deref().unwrap_or_default(), p.code.as_str())).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("huge.yaml", "document_too_large"),
            ("lost.yaml", "dependency_not_found"),
            ("old.yaml", "version_exists"),
        ]
    );
}

#[test]
fn description_and_tags_come_from_the_metadata() {
    let mut with = draft("a", "A");
    with.document.metadata = json!({"description": "Says hello", "tags": ["x", 1, "y"]})
        .as_object()
        .cloned()
        .unwrap_or_else(Map::new);
    let plan = planned(push(vec![with]), &Registry::default());
    assert_eq!(plan.prompts[0].description.as_deref(), Some("Says hello"));
    assert_eq!(plan.prompts[0].tags, ["x", "y"]);
}

#[test]
fn a_comparison_without_a_push_finds_the_same_bump() {
    let registry = registry_of(vec![push(vec![draft("a", "A")])]);
    let past = &registry.prompts[&name("a")][0];
    let changed = draft("a", "A").declares("tone", required()).document;
    let compiled = CompiledDocument::new(changed.clone(), &Partials::new(), &Limits::default()).unwrap();
    let plan = bump_between(past, &digest(&changed), &interface(&changed, &compiled), &BTreeMap::new());
    assert_eq!(plan.bump, Bump::Major);
    assert_eq!(bump_between(past, &past.digest, &past.interface, &past.dependencies).bump, Bump::None);
}

#[test]
fn a_broken_template_is_placed_in_its_file() {
    let problems = refused(push(vec![draft("a", "one\n  {{ a b }}")]), &Registry::default());
    assert_eq!(codes(&problems), ["template_syntax"]);
    // The content starts in line 5 and column 3 of the file.
    assert_eq!((problems[0].file.as_deref(), problems[0].line), (Some("a.yaml"), Some(6)));
}

#[test]
fn a_text_may_include_what_it_depends_on_directly_and_through_others() {
    let drafts = |sign: &str| {
        vec![
            draft("letter", "Dear {{ name }}{% include 'close' %}").depends_on("close", "*"),
            draft("close", "{% include 'sign' %}").depends_on("sign", "*"),
            draft("sign", sign),
        ]
    };
    let registry = registry_of(vec![push(drafts("Bye"))]);
    let letter = |plan: &PushPlan| plan.prompts.iter().find(|p| p.name == name("letter")).cloned().unwrap();
    // What the included text newly asks for, the callers of the letter must pass.
    let plan = planned(push(drafts("Bye, {{ agent }}")), &registry);
    assert_eq!(letter(&plan).version, version("2.0.0"));
    assert_eq!(letter(&plan).reasons[0].code, "variable_required_added");
    assert_eq!(letter(&plan).dependencies.len(), 2);
    assert_eq!(plan.warnings, []);
    let undeclared = refused(push(vec![draft("letter", "{% include 'sign' %}")]), &registry);
    assert_eq!(codes(&undeclared), ["include_not_declared"]);
    // That the sign comes along with the close is not the letter's to rely on.
    let direct = draft("letter", "{% include 'close' %}\n{% include 'sign' %}").depends_on("close", "*");
    let undeclared = refused(push(vec![direct]), &registry);
    assert_eq!(codes(&undeclared), ["include_not_declared"]);
    assert_eq!((undeclared[0].line, undeclared[0].file.as_deref()), (Some(6), Some("letter.yaml")));
    let unused = draft("letter", "Dear {{ name }}").depends_on("close", "*");
    let warnings = planned(push(vec![unused]), &registry).warnings;
    assert_eq!(codes(&warnings), ["unused_dependency"]);
    assert_eq!((warnings[0].line, warnings[0].file.as_deref()), (Some(2), Some("letter.yaml")));
}

#[test]
fn a_prompt_depends_on_a_hundred_others_at_most() {
    let many = |count: usize| {
        let parts = (0..count).map(|index| draft(&format!("p{index}"), "x"));
        let whole =
            (0..count).fold(draft("whole", "x"), |whole, index| whole.depends_on(&format!("p{index}"), "*"));
        parts.chain([whole]).collect::<Vec<_>>()
    };
    planned(push(many(100)), &Registry::default());
    assert_eq!(codes(&refused(push(many(101)), &Registry::default())), ["too_many_dependencies"]);
    let mut through_another = many(100);
    through_another.push(draft("top", "x").depends_on("whole", "*"));
    assert_eq!(codes(&refused(push(through_another), &Registry::default())), ["too_many_dependencies"]);
}
