use serde_json::json;

use super::*;
use crate::{
    documents::{Body, Engine, Message, Placeholder, Said, Variant},
    variables::{VariableSpec, VariableType},
};

fn text(content: &str) -> Document {
    Document { body: Body::Text(content.into()), ..Document::default() }
}

fn said(role: Role, content: &str) -> Message {
    Message::Said(Said { role, name: None, content: content.into() })
}

fn placeholder(name: &str, optional: bool) -> Message {
    Message::Placeholder(Placeholder { placeholder: name.into(), optional })
}

fn chat(messages: Vec<Message>) -> Document {
    Document { body: Body::Messages(messages), ..Document::default() }
}

fn compiled(document: Document) -> CompiledDocument {
    CompiledDocument::new(document, &Partials::new(), &Limits::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn request(variables: &Value) -> RenderRequest {
    RenderRequest { variables: variables.as_object().cloned().unwrap(), ..RenderRequest::default() }
}

fn render(document: Document, variables: &Value) -> Result<Rendered, RenderError> {
    compiled(document).render(&request(variables), &Limits::default())
}

fn declaring(variable: &str, spec: VariableSpec) -> Document {
    let mut document = text("hello");
    document.variables.insert(variable.into(), spec);
    document
}

fn typed(kind: VariableType) -> VariableSpec {
    VariableSpec { kind: Some(kind), ..VariableSpec::default() }
}

fn code(result: Result<Rendered, RenderError>) -> &'static str {
    result.expect_err("the render fails").code()
}

#[test]
fn a_compiled_document_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<CompiledDocument>();
}

#[test]
fn tags_choose_a_variant_and_a_model_its_own_body() {
    let mut document = text("base");
    document.variants.push(Variant {
        tags: BTreeMap::from([("locale".into(), "de".into())]),
        body: Body::Text("deutsch".into()),
    });
    document.models.insert("gpt-4".into(), Body::Messages(vec![said(Role::User, "four")]));
    let document = compiled(document);
    let with = |tag: &str, model: Option<&str>| {
        let request = RenderRequest {
            tags: BTreeMap::from([("locale".into(), tag.into())]),
            model: model.map(str::to_owned),
            ..RenderRequest::default()
        };
        document.render(&request, &Limits::default()).unwrap()
    };
    assert_eq!(with("en", None), Rendered::Text("base".into()));
    assert_eq!(with("de", Some("other")), Rendered::Text("deutsch".into()));
    let four = RenderedMessage { role: Role::User, name: None, content: "four".into() };
    assert_eq!(with("de", Some("gpt-4")), Rendered::Messages(vec![four]));
}

#[test]
fn required_values_must_be_there_and_null_is_no_value() {
    use VariableType::String;
    let optional = VariableSpec { required: Some(false), ..typed(String) };
    let with_default = VariableSpec { default: Some(json!("x")), ..typed(String) };
    for (spec, values, missing) in [
        (typed(String), json!({"name": "Ann"}), false),
        (typed(String), json!({}), true),
        (typed(String), json!({"name": null}), true),
        (VariableSpec::default(), json!({"name": null}), true),
        (optional.clone(), json!({}), false),
        (optional, json!({"name": null}), false),
        (with_default.clone(), json!({}), false),
        (with_default, json!({"name": null}), false),
    ] {
        let result = render(declaring("name", spec.clone()), &values);
        assert_eq!(result.is_err(), missing, "{spec:?} {values}");
        if missing {
            assert_eq!(code(result), "missing_variable");
        }
    }
}

#[test]
fn a_missing_variable_names_the_one_that_was_meant() {
    let values = json!({"custmer_name": "Ann", "company": "Acme"});
    let error = render(declaring("customer_name", typed(VariableType::String)), &values).unwrap_err();
    let problem = Problem::from(&error);
    assert_eq!(problem.hint.as_deref(), Some("you passed `custmer_name`: did you mean `customer_name`?"));
    assert_eq!(problem.path.as_deref(), Some("variables.customer_name"));
}

#[test]
fn a_mistyped_value_is_described_and_never_repeated() {
    for (kind, value) in [
        (VariableType::String, json!(true)),
        (VariableType::Integer, json!("5 secret")),
        (VariableType::Integer, json!(1e20)),
        (VariableType::Integer, json!(5.0)),
        (VariableType::Array, json!({"secret": 1})),
    ] {
        let error = render(declaring("name", typed(kind)), &json!({"name": value})).unwrap_err();
        assert_eq!(error.code(), "type_mismatch", "{kind:?}");
        assert!(!error.to_string().contains("secret") && !error.to_string().contains("1e20"), "{error}");
    }
}

#[test]
fn every_wrong_value_is_found_by_a_check() {
    let mut document = declaring("a", typed(VariableType::String));
    document.variables.insert("b".into(), typed(VariableType::Integer));
    document.variables.insert("c".into(), typed(VariableType::Integer));
    let errors = compiled(document).check(&request(&json!({"b": "x", "extra": 1})), &Limits::default());
    let codes: Vec<_> = errors.iter().map(RenderError::code).collect();
    assert_eq!(codes, ["missing_variable", "missing_variable", "type_mismatch"]);
}

#[test]
fn too_many_and_too_large_values_are_refused_before_a_template_runs() {
    let limits = Limits::default();
    let many = |count: usize| Value::Object((0..count).map(|n| (format!("v{n}"), json!(1))).collect());
    let large = |bytes: usize| json!({"v": "x".repeat(bytes - 1)});
    let deep = |levels: usize| {
        let value = (1..levels).fold(json!(1), |inner, _| json!([inner]));
        json!({"v": value})
    };
    for (at, above) in [
        (many(limits.variables), many(limits.variables + 1)),
        (large(limits.variables_bytes), large(limits.variables_bytes + 1)),
        (deep(limits.depth), deep(limits.depth + 1)),
    ] {
        assert!(render(text("x"), &at).is_ok());
        assert_eq!(code(render(text("x"), &above)), "variables_too_large");
    }
    let zeros = json!({"v": vec![0; limits.variables_bytes / 8]});
    assert_eq!(code(render(text("x"), &zeros)), "variables_too_large");
}

#[test]
fn a_history_is_put_in_literally_where_the_placeholder_stands() {
    let document = chat(vec![
        said(Role::System, "be kind"),
        placeholder("history", false),
        said(Role::User, "and now?"),
    ]);
    let values = json!({"history": [
        {"role": "user", "content": "{{ secret }} {% raw"},
        {"role": "assistant", "content": "", "name": "bot"},
    ]});
    let Ok(Rendered::Messages(messages)) = render(document, &values) else { panic!("messages") };
    let seen: Vec<_> = messages.iter().map(|m| (m.role, m.content.as_str())).collect();
    assert_eq!(
        seen,
        [
            (Role::System, "be kind"),
            (Role::User, "{{ secret }} {% raw"),
            (Role::Assistant, ""),
            (Role::User, "and now?"),
        ]
    );
    assert_eq!(messages[2].name.as_deref(), Some("bot"));
}

#[test]
fn an_optional_history_may_be_absent_and_a_required_one_may_not() {
    let optional = chat(vec![placeholder("history", true)]);
    for values in [json!({}), json!({"history": null}), json!({"history": []})] {
        assert_eq!(render(optional.clone(), &values), Ok(Rendered::Messages(Vec::new())), "{values}");
    }
    let required = chat(vec![placeholder("history", false)]);
    assert_eq!(code(render(required.clone(), &json!({}))), "missing_variable");
    assert!(render(required, &json!({"history": []})).is_ok());
}

#[test]
fn what_is_no_history_is_refused_with_its_place() {
    for (history, place) in [
        (json!("user: hi"), "history"),
        (json!({"role": "user", "content": "hi"}), "history"),
        (json!(["hi"]), "history[0]"),
        (json!([{"role": "user", "content": "ok"}, {"role": "admin", "content": "hi"}]), "history[1]"),
        (json!([{"role": "User", "content": "hi"}]), "history[0]"),
        (json!([{"role": "user"}]), "history[0]"),
        (json!([{"role": "user", "content": null}]), "history[0]"),
        (json!([{"role": "user", "content": ["hi"]}]), "history[0]"),
        (json!([{"role": "user", "content": "hi", "name": 1}]), "history[0]"),
        (json!([{"role": "assistant", "content": "", "tool_calls": []}]), "history[0]"),
    ] {
        let error =
            render(chat(vec![placeholder("history", false)]), &json!({"history": history})).unwrap_err();
        assert_eq!(error, RenderError::BadHistory { name: place.into() }, "{history}");
    }
}

#[test]
fn two_variants_that_one_caller_matches_alike_are_refused() {
    let variant = |tags: &[(&str, &str)]| Variant {
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        body: Body::Text("x".into()),
    };
    let mut document = text("base");
    document.variants = vec![variant(&[("locale", "en")]), variant(&[("tone", "formal")])];
    let compile = |document| CompiledDocument::new(document, &Partials::new(), &Limits::default());
    let problems = compile(document.clone()).unwrap_err();
    assert_eq!((problems.len(), problems[0].code.as_str()), (1, "ambiguous_variant"));
    document.variants.push(variant(&[("locale", "en"), ("tone", "formal")]));
    assert!(compile(document).is_ok());
}

#[test]
fn variants_and_their_tags_have_limits() {
    let limits = Limits { variants: 2, tags: 2, ..Limits::default() };
    let of = |variants: usize, tags: usize| {
        let mut document = text("base");
        document.variants = (0..variants)
            .map(|variant| Variant {
                tags: (0..tags).map(|tag| (format!("tag{tag}"), format!("{variant}"))).collect(),
                body: Body::Text("x".into()),
            })
            .collect();
        CompiledDocument::new(document, &Partials::new(), &limits)
    };
    assert!(of(2, 2).is_ok());
    assert_eq!(of(3, 1).unwrap_err()[0].code, "too_many_variants");
    assert_eq!(of(1, 3).unwrap_err()[0].code, "too_many_tags");
}

#[test]
fn a_conversation_has_a_limit_of_messages() {
    let limits = Limits { messages: 2, ..Limits::default() };
    let of = |count| chat(vec![said(Role::User, "x"); count]);
    assert!(CompiledDocument::new(of(2), &Partials::new(), &limits).is_ok());
    let problems = CompiledDocument::new(of(3), &Partials::new(), &limits).unwrap_err();
    assert_eq!(
        (problems[0].code.as_str(), problems[0].path.as_deref()),
        ("too_many_messages", Some("messages"))
    );
}

#[test]
fn what_a_dependency_brings_is_collected_and_clashes_are_refused() {
    let name = |text: &str| PromptName::parse(text).unwrap();
    let mut with_partial = text("warm");
    with_partial.partials.insert("piece".into(), "p".into());
    let found = includes(&text(""), [(&name("tone"), &with_partial)]).unwrap();
    assert_eq!(found, Partials::from([("tone".into(), "warm".into()), ("piece".into(), "p".into())]));

    let mut other = text("other");
    other.partials.insert("piece".into(), "q".into());
    let clash = includes(&text(""), [(&name("tone"), &with_partial), (&name("other"), &other)]).unwrap_err();
    assert_eq!(clash[0].code, "dependency_conflict");

    let handlebars = Document { engine: Engine::Handlebars, ..text("x") };
    for unusable in [chat(Vec::new()), handlebars] {
        let problems = includes(&text(""), [(&name("tone"), &unusable)]).unwrap_err();
        assert_eq!(problems[0].code, "dependency_conflict");
        assert_eq!(problems[0].path.as_deref(), Some("dependencies.tone"));
    }
}

#[test]
fn a_partial_cannot_take_the_name_of_a_dependency() {
    let mut document = text("x");
    document.dependencies.insert(PromptName::parse("tone").unwrap(), "*".into());
    document.partials.insert("tone".into(), "mine".into());
    let theirs = Partials::from([("tone".into(), "theirs".into())]);
    let problems = CompiledDocument::new(document.clone(), &theirs, &Limits::default()).unwrap_err();
    assert_eq!(problems[0].code, "name_exists");
    let problems = CompiledDocument::new(document, &Partials::new(), &Limits::default()).unwrap_err();
    assert_eq!(problems[0].code, "dependency_not_found");
}

#[test]
fn declared_defaults_reach_the_template_and_a_callers_text_stays_literal() {
    let mut document = text("Dear {{ name }}, {{ tone }}");
    let default = VariableSpec { default: Some(json!("warmly")), ..typed(VariableType::String) };
    document.variables.insert("tone".into(), default);
    let rendered = |values: Value| render(document.clone(), &values).unwrap();
    assert_eq!(rendered(json!({"name": "Ann"})), Rendered::Text("Dear Ann, warmly".into()));
    assert_eq!(
        rendered(json!({"name": "{{ tone }}", "tone": "x", "extra": 1})),
        Rendered::Text("Dear {{ tone }}, x".into())
    );
}

#[test]
fn a_missing_variable_is_reported_with_the_line_that_needs_it() {
    let document = chat(vec![said(Role::System, "hi"), said(Role::User, "Dear\n{{ customer_name }}")]);
    let error = render(document, &json!({"customr_name": "Ann"})).unwrap_err();
    assert_eq!(
        error,
        RenderError::Missing {
            name: "customer_name".into(),
            used_at: Some(("messages[1].content".into(), 2)),
            nearest: Some("customr_name".into()),
        }
    );
    let message = Problem::from(&error).message;
    assert_eq!(message, "the variable `customer_name` is missing: messages[1].content needs it in line 2");
}

#[test]
fn only_the_body_that_is_rendered_needs_its_variables() {
    let mut document = text("{{ base }}");
    document.variants.push(Variant {
        tags: BTreeMap::from([("locale".into(), "de".into())]),
        body: Body::Text("{{ de }}".into()),
    });
    let document = compiled(document);
    let with = |locale: &str, values: Value| {
        let tags = BTreeMap::from([("locale".into(), locale.into())]);
        document.render(&RenderRequest { tags, ..request(&values) }, &Limits::default())
    };
    assert_eq!(with("de", json!({"de": "x"})), Ok(Rendered::Text("x".into())));
    assert_eq!(code(with("en", json!({"de": "x"}))), "missing_variable");
}

#[test]
fn the_output_limit_holds_for_all_messages_together() {
    let limits = Limits { output_bytes: 100, ..Limits::default() };
    let document = |count| compiled(chat(vec![said(Role::User, "{{ x }}"); count]));
    let values = request(&json!({"x": "y".repeat(40)}));
    assert!(document(2).render(&values, &limits).is_ok());
    assert_eq!(code(document(3).render(&values, &limits)), "render_limit");
}

#[test]
fn every_broken_template_is_reported_with_its_field_and_place() {
    let mut document = chat(vec![said(Role::System, "fine"), said(Role::User, "one\n{{ a b }}")]);
    document.variants.push(Variant {
        tags: BTreeMap::from([("locale".into(), "de".into())]),
        body: Body::Text("{% if %}".into()),
    });
    document.models.insert("gpt-4".into(), Body::Text("{% include 'secret' %}".into()));
    let problems = CompiledDocument::new(document, &Partials::new(), &Limits::default()).unwrap_err();
    let found: Vec<_> =
        problems.iter().map(|p| (p.path.as_deref().unwrap_or_default(), p.code.as_str(), p.line)).collect();
    assert_eq!(
        found,
        [
            ("messages[1].content", "template_syntax", Some(2)),
            ("variants[0].content", "template_syntax", Some(1)),
            ("models.gpt-4.content", "include_not_declared", Some(1)),
        ]
    );
}

#[test]
fn a_broken_partial_is_reported_once_where_it_stands() {
    for engine in [crate::documents::Engine::Jinja, Engine::Handlebars] {
        let (include, broken) = match engine {
            crate::documents::Engine::Jinja => ("{% include 'sign' %}", "a\n{% if %}"),
            Engine::Handlebars => ("{{> sign}}", "a\n{{#if x}}"),
        };
        let mut document = Document { engine, ..chat(vec![said(Role::User, include); 2]) };
        document.partials.insert("sign".into(), broken.into());
        let problems = CompiledDocument::new(document, &Partials::new(), &Limits::default()).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert_eq!(problems[0].path.as_deref(), Some("partials.sign"), "{engine:?}");
        assert_eq!(problems[0].line, Some(2), "{engine:?}");
    }
}

#[test]
fn what_only_a_dependency_declares_cannot_be_included_directly() {
    let closure =
        |close: &str| Partials::from([("close".into(), close.into()), ("sign".into(), "Bye".into())]);
    let cases = [
        (
            Engine::Jinja,
            "Hi\n  {% include 'sign' %}{% include 'close' %}",
            "{% include 'sign' %}",
            "",
            "include_not_declared",
        ),
        (Engine::Handlebars, "Hi\n  {{> sign}}{{> close}}", "{{> sign}}", "", "partial_not_declared"),
        (
            Engine::Jinja,
            "{% include 'own' %}",
            "{% include 'sign' %}",
            "{% include 'close' %}\n  {% include 'sign' %}",
            "include_not_declared",
        ),
        (Engine::Handlebars, "{{> own}}", "{{> sign}}", "{{> close}}\n  {{> sign}}", "partial_not_declared"),
    ];
    for (engine, main, close, own, code) in cases {
        let mut document = Document { engine, ..text(main) };
        document.dependencies.insert(PromptName::parse("close").unwrap(), "*".into());
        document.partials.insert("own".into(), own.into());
        let problems =
            CompiledDocument::new(document.clone(), &closure(close), &Limits::default()).unwrap_err();
        let path = if own.is_empty() { "content" } else { "partials.own" };
        let found: Vec<_> = problems.iter().map(|p| (p.code.as_str(), p.path.as_deref(), p.line)).collect();
        assert_eq!(found, [(code, Some(path), Some(2))], "{main}");
        assert!(problems[0].column.is_some());
        document.dependencies.insert(PromptName::parse("sign").unwrap(), "*".into());
        let compiled = CompiledDocument::new(document, &closure(close), &Limits::default()).unwrap();
        assert_eq!(compiled.warnings(), [], "{main}");
    }
}

#[test]
fn a_dependency_that_no_body_includes_is_warned_of() {
    let includes = Partials::from([
        ("used".into(), "{% include 'below' %}".into()),
        ("below".into(), "b".into()),
        ("in_variant".into(), "v".into()),
    ]);
    let mut document = text("{% include 'used' %}");
    document.variants.push(Variant {
        tags: [("tone".to_owned(), "formal".to_owned())].into(),
        body: text("{% include 'in_variant' %}").body,
    });
    for name in ["used", "below", "in_variant"] {
        document.dependencies.insert(PromptName::parse(name).unwrap(), "*".into());
    }
    let compiled = CompiledDocument::new(document, &includes, &Limits::default()).unwrap();
    let warnings = compiled.warnings();
    let found: Vec<_> = warnings.iter().map(|p| (p.code.as_str(), p.path.as_deref())).collect();
    assert_eq!(found, [("unused_dependency", Some("dependencies.below"))]);
}
