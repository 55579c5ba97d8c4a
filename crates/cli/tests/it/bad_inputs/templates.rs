//! Templates that try to take the server down, or look where they may not. The engines' own tests in `core` have many
//! more of each kind.

use serde_json::{Value, json};

use super::{
    VALUE,
    http::{post, push},
    rows::{Row, row},
};

/// Where a template is refused, and the answer there.
enum At {
    Push(&'static str),
    Render(&'static str),
}
use At::{Push, Render};

pub(super) fn rows() -> Vec<Row> {
    let jinja = jinja().into_iter().map(|(id, text, at)| (id, "txt", text, at));
    let bars = handlebars().into_iter().map(|(id, text, at)| {
        let file = format!("engine: handlebars\ncontent: {}\n", Value::from(text));
        (id, "yaml", file, at)
    });
    jinja
        .chain(bars)
        .enumerate()
        .flat_map(|(n, (id, ending, text, at))| attempt(n, id, ending, &text, &at))
        .collect()
}

fn attempt(n: usize, id: &'static str, ending: &str, text: &str, at: &At) -> Vec<Row> {
    let name = format!("template_{n}");
    let pushed = push(&[(format!("{name}.{ending}"), text)]);
    match *at {
        Push(outcome) => vec![row(id, pushed, outcome)],
        Render(outcome) => {
            let values = json!({ "items": [1, 2, 3], "name": VALUE, "x": true, "n": 100_000_000 });
            let render = post(format!("/api/prompts/{name}/latest/render"), &json!({ "variables": values }));
            vec![row(id, pushed, "200"), row(id, render, outcome)]
        }
    }
}

#[rustfmt::skip]
fn jinja() -> Vec<(&'static str, String, At)> {
    vec![
        ("J01", "{{ ''.__class__.__mro__[1].__subclasses__() }}".into(), Push("422 push_refused template_undefined")),
        ("J02", "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}".into(), Push("422 push_refused template_undefined")),
        ("J03", "{{ cycler.__init__.__globals__.os.popen('id').read() }}".into(), Push("422 push_refused template_undefined")),
        ("J04", "{{ ''|attr('__class__') }}".into(), Push("422 push_refused forbidden_filter")),
        ("J05", "{{ '{0.__class__}'.format(1) }}".into(), Push("422 push_refused unknown_function")),
        ("J06", "{{ debug() }}".into(), Push("422 push_refused unknown_function")),
        // The table says template_undefined for J07; here `config` is a variable like any other, and nobody gave it.
        ("J07", "{{ config.items() }}".into(), Render("422 missing_variable")),
        ("J08", "{{ lipsum.__globals__ }}".into(), Push("422 push_refused template_undefined")),
        ("J10", "{% include '../../etc/passwd' %}".into(), Push("422 push_refused include_not_declared")),
        ("J11", "{% import 'os' as os %}".into(), Push("422 push_refused include_not_declared")),
        ("J12", "{% extends other_workspace_prompt %}".into(), Push("422 push_refused dynamic_include_forbidden")),
        ("J13", "{% include 'ws2/proj/secret_prompt@stable' %}".into(), Push("422 push_refused include_not_declared")),
        ("J14", "{% for i in range(100000) %}x{% endfor %}".into(), Render("422 range_too_large")),
        ("J14", "{% for i in range(n) %}x{% endfor %}".into(), Render("422 range_too_large")),
        ("J16", "{{ 'a' * 100000000 }}".into(), Push("422 push_refused render_limit")),
        ("J16", "{{ 'a' * n }}".into(), Render("422 render_limit")),
        ("J18", "{% set ns=namespace(s='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}".into(), Render("422 render_limit")),
        ("J23", "{{ items|slice(1000000000)|list }}".into(), Render("422 argument_out_of_range")),
        ("J25", "{{ ([0]*50000000)|sort|length }}".into(), Push("422 push_refused render_limit")),
        ("J25", "{{ ([0]*n)|sort|length }}".into(), Render("422 render_limit")),
        ("J29", "{% for i in items recursive %}{{ loop(items) }}{% endfor %}".into(), Render("422 recursion_limit")),
        ("J30", format!("{{{{ {}1 }}}}", "-".repeat(4_882)), Push("422 push_refused expression_too_complex")),
        ("J32", format!("{{% if 0 %}}{}", "{%elif 0%}".repeat(1_855)), Push("422 push_refused expression_too_complex")),
        ("J33", format!("{{{{ name{} }}}}", ".a".repeat(8_202)), Push("422 push_refused expression_too_complex")),
        ("J33", format!("{{{{ name{} }}}}", "|e".repeat(8_202)), Push("422 push_refused expression_too_complex")),
        ("J33", format!("{{{{ name{} }}}}", " and 1".repeat(6_640)), Push("422 push_refused expression_too_complex")),
        // The table says template_syntax for J34 and J35; the depth has a code of its own, which says what to change.
        ("J34", format!("{{{{ {} }}}}", "(".repeat(60_000)), Push("422 push_refused nesting_limit")),
        ("J34", format!("{{{{ {} }}}}", "(".repeat(100_000)), Push("422 push_refused nesting_limit")),
        ("J35", "{% if 1 %}".repeat(10_000), Push("422 push_refused nesting_limit")),
        ("J36", "Hello\n  {{ name".into(), Push("422 push_refused template_syntax")),
        ("J36", "Hello {# name".into(), Push("422 push_refused template_syntax")),
        ("J36", "Hello {% if x %}".into(), Push("422 push_refused template_syntax")),
        ("J36", "Hello {{ }}".into(), Push("422 push_refused template_syntax")),
        ("J37", "{{ 10 ** 1000000 }}".into(), Render("422 template_operation")),
        ("J37", "{{ 1 // 0 }}".into(), Render("422 template_operation")),
        ("J37", "{{ items[::0] }}".into(), Render("422 template_operation")),
        ("J37", format!("{{{{ {} }}}}", "9".repeat(50)), Push("422 push_refused template_syntax")),
        ("J38", "{{ undeclared_var }}".into(), Render("422 missing_variable")),
        ("J38", "{% if true %}{{ undeclared_var }}{% endif %}".into(), Render("422 missing_variable")),
        ("J41", "a {{ x }}".repeat(8_000), Push("422 push_refused template_too_large")),
    ]
}

#[rustfmt::skip]
fn handlebars() -> Vec<(&'static str, String, At)> {
    let inline = |name: &str, body: &str| format!("{{{{#*inline \"{name}\"}}}}{body}{{{{/inline}}}}");
    let mut levels = inline("p0", "x");
    for level in 1..7 {
        levels += &inline(&format!("p{level}"), &format!("{{{{> p{}}}}}", level - 1).repeat(10));
    }
    vec![
        ("H02", inline("a", "{{> b}}{{> b}}") + &inline("b", "{{> a}}{{> a}}") + "{{> a}}", Push("422 push_refused partial_cycle")),
        ("H03", levels + "{{> p6}}", Push("422 push_refused partial_expansion_limit")),
        ("H05", format!("{}x{}", "{{#if name}}".repeat(1_600), "{{/if}}".repeat(1_600)), Push("422 push_refused nesting_limit")),
        ("H06", format!("{{{{{}name{}}}}}", "(not ".repeat(1_600), ")".repeat(1_600)), Push("422 push_refused nesting_limit")),
        ("H07", "{{> ../../etc/passwd}}".into(), Push("422 push_refused partial_not_declared")),
        ("H08", "{{> (lookup this \"name\")}}".into(), Push("422 push_refused dynamic_partial_forbidden")),
        ("H09", "{{constructor}} {{__proto__}} {{lookup this \"constructor\"}}".into(), Render("422 missing_variable")),
        ("H10", "{{#with \"s\" as |string|}}{{#with split as |conslist|}}{{this.pop}}{{/with}}{{/with}}".into(), Render("200")),
        ("H11", "{{nope 1 2}}".into(), Push("422 push_refused unknown_helper")),
        ("H12", "{{#if x}}a{{/each}}".into(), Push("422 push_refused template_syntax")),
        ("H13", "{% for i in items %}".into(), Push("422 push_refused wrong_engine")),
    ]
}
