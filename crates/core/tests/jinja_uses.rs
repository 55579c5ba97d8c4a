//! What a Jinja template reads, and where its errors are.

use promptsync_core::{
    documents::Engine,
    limits::Limits,
    template::{Partials, Template, TemplateError, TemplateFault},
};
use serde_json::{Value, json};

fn compile(source: &str, partials: &[(&str, &str)]) -> Result<Template, TemplateError> {
    let partials: Partials = partials.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    Template::compile(Engine::Jinja, source, &partials, &Limits::default())
}

fn refused(source: &str, partials: &[(&str, &str)], values: &Value) -> TemplateError {
    compile(source, partials)
        .and_then(|template| template.render(values.as_object().expect("a map"), &Limits::default()))
        .expect_err("refused")
}

/// `path line:column`, with a `?` when optional.
fn uses(source: &str, partials: &[(&str, &str)]) -> Vec<String> {
    let template = compile(source, partials).expect("compiles");
    template
        .uses()
        .iter()
        .map(|one| format!("{} {}:{}{}", one.path, one.line, one.column, if one.optional { "?" } else { "" }))
        .collect()
}

#[test]
fn variables_are_found_with_path_place_and_need() {
    let none: &[&str] = &[];
    let rows: &[(&str, &[&str])] = &[
        ("text", none),
        ("{{ a }}{{ b }}{{ a }}", &["a 1:4", "b 1:11"]),
        ("é {{ a.b.c }}\n  {{ a['d'] }}{{ a.e[0] }}", &["a.b.c 1:6", "a.d 2:6", "a.e.0 2:18"]),
        ("{{ a | default('x') }}", &["a 1:4?"]),
        ("{{ a | default('x') }}{{ a }}", &["a 1:4"]),
        ("{{ a.b | default('x') }}", &["a.b 1:4"]),
        ("{% if a is defined %}{{ a.b }}{% endif %}", &["a 1:7?", "a.b 1:25?"]),
        ("{% if a is not defined %}x{% else %}{{ a }}{% endif %}", &["a 1:7?"]),
        ("{% if a is defined and a %}{{ a }}{% endif %}", &["a 1:7?"]),
        ("{% if a is defined or b %}{{ a }}{% endif %}", &["a 1:7", "b 1:23"]),
        ("{{ a if a is defined else b }}", &["a 1:9?", "b 1:27"]),
        (
            "{% for x in xs %}{{ x }}{{ loop.index }}{{ y }}{% endfor %}{{ x }}",
            &["xs 1:13", "y 1:44", "x 1:63"],
        ),
        ("{% for k, v in d.items() if v > low %}{{ k }}{% endfor %}", &["d 1:16", "low 1:33"]),
        ("{% set x = y %}{{ x }}", &["y 1:12"]),
        ("{% with x = x %}{{ x }}{% endwith %}", &["x 1:13"]),
        (
            "{% macro m(a, b=c) %}{{ a }}{{ b }}{{ d }}{% endmacro %}{{ m(e) }}",
            &["c 1:17", "d 1:39", "e 1:62"],
        ),
        (
            "{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(a) m() %}{{ a }}{{ b }}{% endcall %}",
            &["b 1:72"],
        ),
        ("{% set ns = namespace(n=a) %}{% set ns.n = b %}{{ ns.n }}", &["a 1:25", "b 1:44"]),
        ("{{ range(n)|join(sep) }}", &["n 1:10", "sep 1:18"]),
        ("{% set x %}{{ a }}{% endset %}{{ x|replace(b, c) }}", &["a 1:15", "b 1:44", "c 1:47"]),
        ("{{ d[key].x }}", &["key 1:6", "d 1:4"]),
    ];
    for (source, expected) in rows {
        assert_eq!(uses(source, &[]), *expected, "{source}");
    }
}

#[test]
fn variables_of_partials_stand_at_their_include() {
    let part = [("part", "\n\n{{ x }}{{ y }}"), ("lib", "{% macro m(a) %}{{ a }}{{ z }}{% endmacro %}")];
    assert_eq!(uses("{% for x in xs %}\n{% include 'part' %}{% endfor %}", &part), ["xs 1:13", "y 2:12"]);
    assert_eq!(uses("{% from 'lib' import m %}{{ m(1) }}", &part), ["z 1:9"]);
}

#[test]
fn a_missing_variable_is_named_with_place_and_nearest_name() {
    let error = refused("Dear\n  {{ custommer_name|upper }}", &[], &json!({"customer_name": "Ada"}));
    assert_eq!((error.line, error.column), (Some(2), Some(6)));
    let TemplateFault::MissingVariable { path, nearest } = error.fault else { panic!("{error:?}") };
    assert_eq!((path.as_str(), nearest.as_deref()), ("custommer_name", Some("customer_name")));
}

#[test]
fn an_unknown_filter_is_named_with_place_and_nearest_name() {
    let error = compile("a\n{{ x | uper }}", &[]).expect_err("refused");
    assert_eq!((error.line, error.column), (Some(2), Some(8)));
    let TemplateFault::Unavailable { what, name, nearest } = error.fault else { panic!("{error:?}") };
    assert_eq!((what, name.as_str(), nearest.as_deref()), ("filter", "uper", Some("upper")));
}

#[test]
fn an_error_in_a_partial_names_the_partial_and_its_own_place() {
    let broken = refused("{% include 'part' %}", &[("part", "a\n{{ x")], &json!({}));
    assert_eq!(
        (broken.partial.as_deref(), broken.line, broken.code()),
        (Some("part"), Some(2), "template_syntax")
    );
    let failing = refused("abc {% include 'part' %}", &[("part", "a\n {{ 1 // x }}")], &json!({"x": 0}));
    assert_eq!(
        (failing.partial.as_deref(), failing.line, failing.column, failing.code()),
        (Some("part"), Some(2), Some(5), "template_operation")
    );
}

#[test]
fn partials_that_include_each_other_are_refused_with_their_path() {
    let partials = [("a", "{% include 'b' %}"), ("b", "{% include 'a' %}")];
    let error = compile("{% include 'a' %}", &partials).expect_err("refused");
    let TemplateFault::PartialCycle { path } = error.fault else { panic!("{error:?}") };
    assert_eq!(path, ["a", "b", "a"]);
}

#[test]
fn partials_that_multiply_are_refused() {
    let mut partials: Vec<(String, String)> = Vec::new();
    for level in 0..20 {
        partials.push((format!("p{level}"), format!("{{% include 'p{}' %}}", level + 1).repeat(4)));
    }
    partials.push(("p20".into(), "x".into()));
    let partials: Vec<_> = partials.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let error = compile("{% include 'p0' %}", &partials).expect_err("refused");
    assert_eq!(error.code(), "partial_expansion_limit");
}

#[test]
fn a_missing_and_a_foreign_include_read_the_same() {
    let text =
        |name: &str| compile(&format!("{{% include '{name}' %}}"), &[]).expect_err("refused").to_string();
    assert_eq!(text("missing").replace("missing", "N"), text("other/secret").replace("other/secret", "N"));
}

#[test]
fn handlebars_text_is_recognised() {
    for source in
        ["{{#if x}}a{{/if}}", "Hi\n{{/each}}", "{{> part}}", "{{{name}}}", "{{else}}", "{{^x}}{{/x}}"]
    {
        assert_eq!(compile(source, &[]).expect_err("refused").code(), "wrong_engine", "{source}");
    }
}

#[test]
fn what_is_not_closed_is_shown_where_it_opens() {
    for (source, place) in [
        ("a\nb {{ name", (2, 3)),
        ("a {% if x", (1, 3)),
        ("a\n\n {# note", (3, 2)),
        ("x {% if a %} {% for b in c %} {% endfor %}", (1, 3)),
        ("{% raw %} {{ x }}", (1, 1)),
    ] {
        let error = compile(source, &[]).expect_err("refused");
        assert_eq!((error.line, error.column), (Some(place.0), Some(place.1)), "{source}: {error}");
    }
}
