//! Random templates: whatever the text, the engine answers, and it answers the same twice.

use promptsync_core::{
    documents::Engine,
    limits::Limits,
    template::{Partials, Template},
};
use proptest::prelude::*;
use serde_json::json;

const TOKENS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{%-",
    "-%}",
    "{{-",
    "-}}",
    " ",
    "\n",
    "if ",
    "elif ",
    "else ",
    "endif ",
    "for ",
    "in ",
    "endfor ",
    "set ",
    "endset ",
    "macro ",
    "endmacro ",
    "call ",
    "endcall ",
    "block ",
    "endblock ",
    "include ",
    "extends ",
    "import ",
    "from ",
    "raw ",
    "endraw ",
    "with ",
    "endwith ",
    "filter ",
    "endfilter ",
    "recursive ",
    "break ",
    "continue ",
    "do ",
    "x",
    "y",
    "items",
    "ns",
    "loop",
    "self",
    "super()",
    "caller()",
    "range(3)",
    "namespace(a=1)",
    "m()",
    "m(x)",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "|",
    "~",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "=",
    "==",
    "!=",
    "<",
    ">",
    "and ",
    "or ",
    "not ",
    "is ",
    "defined ",
    "odd ",
    "none",
    "true",
    "'a'",
    "\"b\"",
    "'",
    "\"",
    "1",
    "2.5",
    "0",
    "99999999999",
    "upper",
    "join",
    "list",
    "map",
    "tojson",
    "default",
    "sort",
    "'part'",
    "é",
    "🦀",
    "\\",
    "#if",
    "/if",
    "\u{0}",
];

/// Well-formed pieces, so that a good part of the soup gets as far as a render.
const PIECES: &[&str] = &[
    "{{ x }}",
    "{{ items }}",
    "{{ items|join(x) }}",
    "{% for i in items %}",
    "{% endfor %}",
    "{{ i }}",
    "{% if x is defined %}",
    "{% else %}",
    "{% endif %}",
    "{% set ns = namespace(a=[]) %}",
    "{% set ns.a = [ns.a, ns.a] %}",
    "{% set ns.a = ns.a + [x] %}",
    "{{ ns.a|string|length }}",
    "{% set x = x ~ x %}",
    "{% macro m(a) %}",
    "{% endmacro %}",
    "{{ m(x) }}",
    "{% set y %}",
    "{% endset %}",
    "{{ y }}",
    "{% include 'part' %}",
    "{% import 'part' as p %}",
    "{% block b %}",
    "{% endblock %}",
    "{% extends 'part' %}",
    "{{ x[::-1] }}",
    "{{ '%5s' % x }}",
    "{{ x * 1000 }}",
    "{{ loop.index }}",
    "{% filter upper %}",
    "{% endfilter %}",
    "{{ x.split('b')|list }}",
    "{{ {'a': x}|tojson }}",
    "{% call m(1) %}",
    "{% endcall %}",
    "{{ caller() }}",
    "{{ items|sort|first }}",
    "{{ items|batch(2)|list }}",
    "{{ x|truncate(5) }}",
    "{{ 'a b'|wordwrap(1) }}",
    "{{ x|indent(2) }}",
    "{{ (x, items) == (x, items) }}",
    "text ",
    "{% for a, b in {'k': 1}.items() %}",
];

fn answer(source: &str) -> Result<String, String> {
    let limits = Limits::default();
    let partials = Partials::from([(
        "part".to_owned(),
        "{% macro m(a) %}<{{ a }}>{% endmacro %}p{{ x }}{% block b %}q{% endblock %}".to_owned(),
    )]);
    let values = json!({"x": "abc", "items": [3, "b", [1, null], {"k": 1.5}]});
    let template =
        Template::compile(Engine::Jinja, source, &partials, &limits).map_err(|error| error.to_string())?;
    template.render(values.as_object().expect("a map"), &limits).map_err(|error| error.to_string())
}

#[test]
fn a_parent_is_named_once_and_outside_of_every_tag() {
    for source in [
        "{% macro m(a) %}{% if x is defined %}{% extends 'part' %}{% endif %}{% endmacro %}",
        "{% if x is defined %}{% extends 'part' %}{% endif %}",
        "{% for i in items %}{% extends 'part' %}{% endfor %}",
        "{% extends 'part' %}{% extends 'part' %}",
    ] {
        let refused = answer(source).expect_err(source);
        assert!(refused.contains("`extends` may stand once"), "{source}: {refused}");
    }
    assert_eq!(answer("{% extends 'part' %}{% block b %}c{% endblock %}"), Ok("pabcc".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn soup_of_tokens_is_answered(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..40)) {
        let source = tokens.concat();
        prop_assert_eq!(answer(&source), answer(&source));
    }

    #[test]
    fn soup_inside_one_tag_is_answered(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..12)) {
        let source = format!("{{{{ {} }}}}", tokens.concat());
        prop_assert_eq!(answer(&source), answer(&source));
    }

    #[test]
    fn soup_of_pieces_is_answered(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..25)) {
        let source = pieces.concat();
        prop_assert_eq!(answer(&source), answer(&source));
    }

    #[test]
    fn any_text_is_answered(source in "\\PC{0,200}") {
        prop_assert_eq!(answer(&source), answer(&source));
    }
}
