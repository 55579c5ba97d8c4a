//! Secrets in templates: found when compiled, put in when rendered, and never told by an error.

use promptsync_core::{
    documents::{Body, Document, Engine},
    interface::interface,
    limits::Limits,
    render::{CompiledDocument, RenderRequest, Rendered},
    secrets::{MASK, SecretRef, SecretValue, Secrets},
    template::{Partials, Template, TemplateError},
};
use serde_json::{Value, json};

const CANARY: &str = "canary-S3CR3T";

fn compile(engine: Engine, source: &str) -> Result<Template, TemplateError> {
    let partials: Partials = [
        ("jinja", "[{{ secret('in/piece#k') }}]"),
        ("bars", "[{{secret \"in/piece#k\"}}]"),
        ("asks", "{% macro m() %}{{ secret('in/macro') }}{% endmacro %}"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    Template::compile(engine, source, &partials, &Limits::default())
}

fn reference(text: &str) -> SecretRef {
    SecretRef::parse(text).expect(text)
}

/// The canary for each of these references.
fn known(references: &[&str]) -> Secrets {
    let value = || SecretValue::new(CANARY.to_owned());
    Secrets::resolved(references.iter().map(|text| (reference(text), value())).collect())
}

fn render(engine: Engine, source: &str, values: &Value, secrets: &Secrets) -> Result<String, TemplateError> {
    let values = values.as_object().cloned().unwrap_or_default();
    compile(engine, source)?.render_with(&values, secrets, &Limits::default())
}

/// `reference line:column`
fn asked(engine: Engine, source: &str) -> Vec<String> {
    let template = compile(engine, source).unwrap_or_else(|error| panic!("{source}: {error}"));
    let shown =
        |one: &promptsync_core::secrets::SecretUse| format!("{} {}:{}", one.reference, one.line, one.column);
    template.secrets().iter().map(shown).collect()
}

#[test]
fn a_template_says_which_secrets_it_asks_for_and_where() {
    let jinja: &[(&str, &[&str])] = &[
        ("text {{ x }}", &[]),
        ("é {{ secret('a/b#k') }}{{ secret(\"a/b#k\") }}", &["a/b#k 1:6"]),
        ("{% if x %}\n{{ secret('a') | upper }}{% endif %}", &["a 2:4"]),
        ("{% set k = secret('a') %}{{ k ~ secret('b') }}", &["a 1:12", "b 1:33"]),
        ("\n {% include 'jinja' %}", &["in/piece#k 2:13"]),
        ("{% from 'asks' import m %}{{ m() }}", &["in/macro 1:9"]),
        ("{# {{ secret('a') }} #}{% raw %}{{ secret('b') }}{% endraw %}", &[]),
    ];
    let bars: &[(&str, &[&str])] = &[
        ("text {{x}}", &[]),
        ("é {{secret \"a/b#k\"}}{{secret 'a/b#k'}}", &["a/b#k 1:3"]),
        ("{{#if x}}\n{{secret 'a'}}{{/if}}{{#if (eq x (secret 'b'))}}{{/if}}", &["a 2:1", "b 2:22"]),
        ("\n {{> bars}}", &["in/piece#k 2:2"]),
        ("{{! {{secret 'a'}} }}{{{{raw}}}}{{secret 'b'}}{{{{/raw}}}}", &[]),
    ];
    for (engine, rows) in [(Engine::Jinja, jinja), (Engine::Handlebars, bars)] {
        for (source, expected) in rows {
            assert_eq!(asked(engine, source), *expected, "{source}");
        }
    }
}

#[test]
fn values_stand_where_they_are_asked_for_and_masks_where_there_are_none() {
    let rows = [
        (Engine::Jinja, "key {{ secret('a#k') }}.", "key canary-S3CR3T."),
        (
            Engine::Jinja,
            "{% for i in range(2) %}{{ secret('a#k') | upper }}{% endfor %}",
            "CANARY-S3CR3TCANARY-S3CR3T",
        ),
        (Engine::Jinja, "{% include 'jinja' %}", "[canary-S3CR3T]"),
        (Engine::Jinja, "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(secret('a#k')) }}", CANARY),
        (Engine::Handlebars, "key {{secret \"a#k\"}}.", "key canary-S3CR3T."),
        (Engine::Handlebars, "{{> bars}}", "[canary-S3CR3T]"),
        (Engine::Handlebars, "{{#if (eq (secret 'a#k') 'x')}}y{{else}}n{{/if}}", "n"),
    ];
    for (engine, source, expected) in rows {
        let secrets = known(&["a#k", "in/piece#k"]);
        assert_eq!(render(engine, source, &json!({}), &secrets).as_deref(), Ok(expected), "{source}");
        let masked = render(engine, source, &json!({}), &Secrets::masked()).expect(source);
        assert_eq!(masked, expected.replace(CANARY, MASK).replace("CANARY-S3CR3T", MASK), "{source}");
        let missing = render(engine, source, &json!({}), &known(&["other"])).expect_err(source);
        assert_eq!(missing.code(), "secret_unavailable", "{source}");
        assert!(missing.line.is_some(), "{source}");
    }
}

#[test]
fn a_reference_is_written_out_and_cannot_leave_its_place() {
    let rows = [
        (Engine::Jinja, "\n{{ secret(x) }}", "dynamic_secret_forbidden", (2, 4)),
        (Engine::Jinja, "{{ secret('a' ~ x) }}", "dynamic_secret_forbidden", (1, 4)),
        (Engine::Jinja, "{{ secret() }}", "dynamic_secret_forbidden", (1, 4)),
        (Engine::Jinja, "{{ secret('a', 'b') }}", "dynamic_secret_forbidden", (1, 4)),
        (Engine::Jinja, "{{ secret(name='a') }}", "dynamic_secret_forbidden", (1, 4)),
        (Engine::Jinja, "{{ secret(*['a']) }}", "dynamic_secret_forbidden", (1, 4)),
        (Engine::Jinja, "{{ secret(1) }}", "dynamic_secret_forbidden", (1, 4)),
        (Engine::Jinja, "{{ secret('vault://../../sys/raw') }}", "secret_ref", (1, 4)),
        (Engine::Jinja, "{{ secret('a/%2e%2e/b') }}", "secret_ref", (1, 4)),
        (Engine::Jinja, "{{ secret('') }}", "secret_ref", (1, 4)),
        (Engine::Jinja, "{{ secrt('a') }}", "unknown_function", (1, 4)),
        (Engine::Handlebars, "\n{{secret x}}", "dynamic_secret_forbidden", (2, 1)),
        (Engine::Handlebars, "{{secret (lookup x 'y')}}", "dynamic_secret_forbidden", (1, 1)),
        (Engine::Handlebars, "{{secret 1}}", "dynamic_secret_forbidden", (1, 1)),
        (Engine::Handlebars, "{{secret '../x'}}", "secret_ref", (1, 1)),
        (Engine::Handlebars, "{{secret 'a//b'}}", "secret_ref", (1, 1)),
        (Engine::Handlebars, "{{secret 'a' 'b'}}", "template_syntax", (1, 1)),
    ];
    for (engine, source, code, (line, column)) in rows {
        let error = compile(engine, source).expect_err(source);
        let found = (error.code(), error.line, error.column);
        assert_eq!(found, (code, Some(line), Some(column)), "{source}");
    }
}

#[test]
fn a_reference_in_a_value_is_text() {
    let values = json!({"x": "{{ secret('a') }} {{secret 'a'}} secret(\"a\") vault:a"});
    for (engine, source) in
        [(Engine::Jinja, "{{ x }}{{ secret('a') }}"), (Engine::Handlebars, "{{x}}{{secret 'a'}}")]
    {
        let text = render(engine, source, &values, &known(&["a"])).expect("renders");
        assert_eq!(text, format!("{}{CANARY}", values["x"].as_str().expect("a text")));
    }
}

#[test]
fn a_variable_may_be_called_secret_where_no_secret_is_asked_for() {
    let values = json!({"secret": "mine"});
    for (engine, source) in [
        (Engine::Jinja, "{{ secret }}"),
        (Engine::Jinja, "{{ secret | default('none') }}"),
        (Engine::Jinja, "{% macro secret(x) %}{{ x }}{% endmacro %}{{ secret('mine') }}"),
        (Engine::Handlebars, "{{secret}}"),
        (Engine::Handlebars, "{{#secret}}{{this}}{{/secret}}"),
    ] {
        assert_eq!(render(engine, source, &values, &known(&[])).as_deref(), Ok("mine"), "{source}");
    }
    let absent = render(Engine::Jinja, "{{ secret | default('none') }}", &json!({}), &known(&[]));
    assert_eq!(absent.as_deref(), Ok("none"));
    for both in [
        "{{ secret }}{{ secret('a') }}",
        "{{ secret('a') }}{% set secret = 1 %}",
        "{{ secret('a') }}{% for secret in [1] %}{% endfor %}",
        "{{ secret('a') }}{% macro m(secret) %}{% endmacro %}",
        "{{ secret('a') }}{% if x %}{% macro secret() %}{% endmacro %}{% endif %}",
        "{% set f = secret %}{{ f('b') }}{{ secret('a') }}",
    ] {
        assert_eq!(compile(Engine::Jinja, both).expect_err(both).code(), "template_undefined", "{both}");
    }
}

/// Operations that fail on a text, in the words of the engine or of our guards.
const FAILING: &[&str] = &[
    "{{ {}[secret('a')] }}",
    "{{ {}[secret('a')].x }}",
    "{{ secret('a').x }}",
    "{{ secret('a')['x'].y }}",
    "{{ secret('a').frob() }}",
    "{{ secret('a') + 1 }}",
    "{{ 1 + secret('a') }}",
    "{{ secret('a') - secret('a') }}",
    "{{ secret('a') / 2 }}",
    "{{ secret('a') % {} }}",
    "{{ '%d' % secret('a') }}",
    "{{ secret('a') * secret('a') }}",
    "{{ secret('a') < 1 }}",
    "{{ -secret('a') }}",
    "{{ range(secret('a')) }}",
    "{{ secret('a')() }}",
    "{{ [1][secret('a')] }}",
    "{{ [1] | map(secret('a')) | list }}",
    "{{ [1] | select(secret('a')) | list }}",
    "{{ [{}] | map(attribute=secret('a')) | list | first | upper }}",
    "{{ [{}] | sort(attribute=secret('a')) }}",
    "{{ [{}] | groupby(secret('a')) }}",
    "{{ secret('a') | round }}",
    "{{ secret('a') | abs }}",
    "{{ secret('a') | sum }}",
    "{{ secret('a') | items }}",
    "{{ secret('a') | dictsort }}",
    "{{ 'x' | indent(secret('a')) | upper | frob }}",
    "{{ 'x' | truncate(secret('a')) }}",
    "{{ 'x' | wordwrap(secret('a')) }}",
    "{{ dict(secret('a')) }}",
    "{{ namespace(secret('a')) }}",
    "{% set ns = namespace() %}{{ ns[secret('a')] }}",
    "{% for x, y in [secret('a')] %}{% endfor %}",
    "{% for x in 5 %}{{ secret('a') }}{% endfor %}",
    "{% macro m(x) %}{{ x.y.z }}{% endmacro %}{{ m(secret('a')) }}",
    "{% macro m(x) %}{% endmacro %}{{ m(**{secret('a'): 1}) }}",
    "{{ secret('a') is divisibleby(2) }}",
    "{{ secret('a') is sameas }}",
    "{{ {'a': 1}[secret('a')] | upper }}",
    "{{ 'abc'[secret('a'):] }}",
    "{{ 'abc'.replace(secret('a')) }}",
    "{{ 'abc'.split(secret('a'), secret('a')) }}",
    "{{ 'abc' in secret('a') in 5 }}",
    "{{ secret('a') | tojson(indent=secret('a')) }}",
    "{{ secret('a') | batch(secret('a')) | list }}",
    "{{ secret('a') | int(base=99) }}",
];

#[test]
fn no_error_tells_a_secret() {
    let mut failed = 0;
    for source in FAILING {
        let Err(error) = render(Engine::Jinja, source, &json!({}), &known(&["a"])) else { continue };
        failed += 1;
        let told = format!("{error} {error:?} {:?}", promptsync_core::problem::Problem::from(&error));
        assert!(!told.contains(CANARY), "{source}: {told}");
    }
    assert!(failed > 30, "only {failed} of {} templates fail", FAILING.len());
    for source in [
        "{{#if (gt (secret 'a') 1)}}{{/if}}",
        "{{len (lookup (secret 'a') 'x')}}",
        "{{lookup x (secret 'a')}}",
    ] {
        let error = render(Engine::Handlebars, source, &json!({}), &known(&["a"])).expect_err(source);
        assert!(!format!("{error:?}").contains(CANARY), "{source}: {error:?}");
    }
}

#[test]
fn the_limits_of_a_render_count_secrets() {
    let limits = Limits { output_bytes: 20, ..Limits::default() };
    let sources = [
        (Engine::Jinja, "{{ secret('a') }}{{ secret('a') }}"),
        (Engine::Jinja, "{% if 1 %}{{ secret('a') }}{{ secret('a') }}{% endif %}"),
        (Engine::Handlebars, "{{secret 'a'}}{{secret 'a'}}"),
    ];
    for (engine, source) in sources {
        let template = compile(engine, source).expect(source);
        let error = template.render_with(&serde_json::Map::new(), &known(&["a"]), &limits).expect_err(source);
        assert_eq!(error.code(), "render_limit", "{source}");
    }
}

#[test]
fn a_document_says_what_its_bodies_ask_for_and_its_digest_does_not_depend_on_values() {
    let variant = promptsync_core::documents::Variant {
        tags: [("locale".to_owned(), "de".to_owned())].into(),
        body: Body::Text("{{ secret('b#k') }}".into()),
    };
    let document = Document {
        body: Body::Text("{{ secret('a#k') }}".into()),
        variants: vec![variant],
        ..Document::default()
    };
    let compiled = CompiledDocument::new(document, &Partials::new(), &Limits::default()).expect("compiles");
    let digest = promptsync_core::documents::digest(compiled.document());
    assert_eq!(interface(compiled.document(), &compiled).secrets, [reference("a#k"), reference("b#k")]);
    let request = RenderRequest::default();
    assert_eq!(compiled.secrets_of(&request).expect("a body"), [reference("a#k")]);
    let rendered = compiled.render_with(&request, &known(&["a#k"]), &Limits::default());
    assert_eq!(rendered, Ok(Rendered::Text(CANARY.into())));
    assert_eq!(promptsync_core::documents::digest(compiled.document()), digest);
    let german = RenderRequest { tags: [("locale".to_owned(), "de".to_owned())].into(), ..request };
    assert_eq!(compiled.secrets_of(&german).expect("a body"), [reference("b#k")]);
}
