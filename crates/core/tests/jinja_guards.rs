//! Hostile templates: each is answered with its code, on the stack of an ordinary worker thread.

use promptsync_core::{
    documents::Engine,
    limits::Limits,
    problem::Problem,
    template::{Partials, Template, TemplateError},
};
use serde_json::{Map, Value, json};

fn render(source: &str, values: &Value) -> Result<String, TemplateError> {
    let limits = Limits::default();
    let template = Template::compile(Engine::Jinja, source, &Partials::new(), &limits)?;
    template.render(values.as_object().unwrap_or(&Map::new()), &limits)
}

fn on_stack<R: Send>(bytes: usize, run: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(bytes)
            .spawn_scoped(scope, run)
            .expect("a thread can be started")
            .join()
            .expect("the engine does not panic")
    })
}

/// A name, the template, and the code it is refused with.
type Row = (&'static str, String, &'static str);

#[expect(clippy::too_many_lines, reason = "a table")]
fn rows() -> Vec<Row> {
    let doubling = |body: &str| {
        format!(
            "{{% set ns = namespace(s=['a']) %}}{{% for i in range(40) %}}{{% set ns.s = [ns.s, ns.s] %}}{{% endfor %}}{body}"
        )
    };
    vec![
        ("J01", "{{ ''.__class__.__mro__[1].__subclasses__() }}".into(), "template_undefined"),
        (
            "J02",
            "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}".into(),
            "template_undefined",
        ),
        ("J03", "{{ cycler.__init__.__globals__.os.popen('id').read() }}".into(), "template_undefined"),
        ("J04", "{{ ''|attr('__class__') }}".into(), "forbidden_filter"),
        ("J04 by map", "{{ ['']|map('attr', '__class__')|list }}".into(), "forbidden_filter"),
        ("J05", "{{ '{0.__class__}'.format(1) }}".into(), "unknown_function"),
        ("J06", "{{ debug() }}".into(), "unknown_function"),
        ("J07", "{{ config.items() }}".into(), "template_undefined"),
        ("J08", "{{ lipsum.__globals__ }}".into(), "template_undefined"),
        ("J10", "{% include '../../etc/passwd' %}".into(), "include_not_declared"),
        ("J10 missing", "{% include 'nothing' ignore missing %}".into(), "include_not_declared"),
        ("J11", "{% import 'os' as os %}".into(), "include_not_declared"),
        ("J12", "{% extends other_workspace_prompt %}".into(), "dynamic_include_forbidden"),
        ("J12 in a macro", "{% macro m() %}{% if x is defined %}{% extends 'part' %}{% endif %}{% endmacro %}".into(), "template_syntax"),
        ("J12 in a condition", "{% if x is defined %}{% extends 'part' %}{% endif %}".into(), "template_syntax"),
        ("J12 in a block", "{% block b %}{% extends 'part' %}{% endblock %}".into(), "template_syntax"),
        ("J12 list", "{% include ['a', 'b'] %}".into(), "dynamic_include_forbidden"),
        ("J13", "{% include 'ws2/proj/secret_prompt@stable' %}".into(), "include_not_declared"),
        ("J14", "{% for i in range(100000) %}x{% endfor %}".into(), "range_too_large"),
        (
            "J14 nested",
            "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}".into(),
            "render_limit",
        ),
        ("J16", "{{ 'a' * 100000000 }}".into(), "render_limit"),
        ("J16 late", "{% set n = 100000000 %}{{ 'a' * n }}".into(), "render_limit"),
        ("J16 sum", "{{ 'a' * (10 ** 8) }}".into(), "render_limit"),
        (
            "J18",
            "{% set ns=namespace(s='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}"
                .into(),
            "render_limit",
        ),
        (
            "J18 plus",
            "{% set ns=namespace(s='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.s = ns.s + ns.s %}{% endfor %}"
                .into(),
            "render_limit",
        ),
        (
            "J18 captured",
            "{% set ns=namespace(s='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.s %}{{ ns.s }}{{ ns.s }}{% endset %}{% endfor %}"
                .into(),
            "render_limit",
        ),
        (
            "J18 replaced",
            "{% set ns=namespace(s='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.s = ns.s|replace('a', ns.s) %}{% endfor %}"
                .into(),
            "render_limit",
        ),
        ("J16 under a filter", "{{ ('a' * 100000000)|length }}".into(), "render_limit"),
        ("J16 in a call", "{{ range(('a' * 100000000)|length) }}".into(), "render_limit"),
        ("J18 joined", "{% set s = 'a' * 9000 %}{{ range(9000)|join(s) }}".into(), "render_limit"),
        ("J23", "{{ items|slice(1000000000)|list }}".into(), "argument_out_of_range"),
        ("J23 batch", "{{ items|batch(1000000000, 'x')|list }}".into(), "argument_out_of_range"),
        ("J23 indent", "{{ 'a\nb'|indent(1000000000) }}".into(), "argument_out_of_range"),
        ("J23 center", "{{ 'a'|center(1000000000) }}".into(), "argument_out_of_range"),
        ("J23 ljust", "{{ 'a'.ljust(1000000000) }}".into(), "argument_out_of_range"),
        ("J23 zfill", "{{ 'a'.zfill(1000000000) }}".into(), "argument_out_of_range"),
        ("J23 percent", "{{ '%1000000000d' % 1 }}".into(), "argument_out_of_range"),
        ("J23 precision", "{{ '%.1000000000f' % 1.5 }}".into(), "argument_out_of_range"),
        ("J23 format", "{{ '%1000000000s'|format('x') }}".into(), "argument_out_of_range"),
        ("J23 round", "{{ 1.5|round(1000000000) }}".into(), "argument_out_of_range"),
        ("J23 tojson", "{{ items|tojson(indent=1000000000) }}".into(), "argument_out_of_range"),
        ("J23 wordwrap", "{{ 'a b'|wordwrap(0) }}".into(), "argument_out_of_range"),
        ("J23 truncate", "{{ 'a b'|truncate(1) }}".into(), "argument_out_of_range"),
        ("J25", "{{ ([0]*50000000)|sort|length }}".into(), "render_limit"),
        ("J25 late", "{% set n = 50000000 %}{{ ([0] * n)|sort|length }}".into(), "render_limit"),
        ("shared string", doubling("{{ ns.s|string }}"), "render_limit"),
        ("shared print", doubling("{{ ns.s }}"), "render_limit"),
        ("shared tojson", doubling("{{ ns.s|tojson }}"), "render_limit"),
        ("shared equal", doubling("{{ ns.s == ns.s }}"), "render_limit"),
        (
            "shared by filters",
            "{% set ns = namespace(s=['a']) %}{% for i in range(40) %}{% set ns.s = ns.s|zip(ns.s)|list %}{% endfor %}"
                .into(),
            "render_limit",
        ),
        (
            "deep list",
            "{% set ns = namespace(s=[]) %}{% for i in range(5000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}"
                .into(),
            "template_operation",
        ),
        (
            "cyclic namespace",
            "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}".into(),
            "template_operation",
        ),
        (
            "cyclic by list",
            "{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns }}".into(),
            "template_operation",
        ),
        (
            "cyclic by dict",
            "{% set ns = namespace() %}{% set ns.a = dict(x=ns) %}{{ ns }}".into(),
            "template_operation",
        ),
        ("J29", "{% for i in items recursive %}{{ loop(items) }}{% endfor %}".into(), "recursion_limit"),
        ("J29 macro", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".into(), "recursion_limit"),
        (
            "J29 caller",
            "{% macro m() %}{{ caller() }}{% call m() %}x{% endcall %}{% endmacro %}{% call m() %}y{% endcall %}".into(),
            "recursion_limit",
        ),
        ("J30", format!("{{{{ {}1 }}}}", "-".repeat(4_882)), "expression_too_complex"),
        ("J30 not", format!("{{{{ {}1 }}}}", "not ".repeat(4_882)), "expression_too_complex"),
        ("J30 tilde", format!("{{{{ 1{} }}}}", "~1".repeat(6_640)), "expression_too_complex"),
        ("J30 power", format!("{{{{ 1{} }}}}", "**1".repeat(6_640)), "expression_too_complex"),
        ("J32", format!("{{% if 0 %}}{}{{% endif %}}", "{%elif 0%}".repeat(1_855)), "expression_too_complex"),
        ("J32 open", format!("{{% if 0 %}}{}", "{%elif 0%}".repeat(1_855)), "expression_too_complex"),
        ("J33 attribute", format!("{{{{ name{} }}}}", ".a".repeat(8_202)), "expression_too_complex"),
        ("J33 filter", format!("{{{{ name{} }}}}", "|e".repeat(8_202)), "expression_too_complex"),
        ("J33 and", format!("{{{{ name{} }}}}", " and 1".repeat(6_640)), "expression_too_complex"),
        ("J33 call", format!("{{{{ name{} }}}}", "()".repeat(8_202)), "expression_too_complex"),
        ("J33 index", format!("{{{{ name{} }}}}", "[0]".repeat(8_202)), "expression_too_complex"),
        ("J33 test", format!("{{{{ name{} }}}}", " is odd".repeat(6_640)), "expression_too_complex"),
        ("J33 if", format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(4_000)), "expression_too_complex"),
        ("J33 block filter", format!("{{% filter e{} %}}{{% endfilter %}}", "|e".repeat(8_202)), "expression_too_complex"),
        ("J34", format!("{{{{ {} }}}}", "(".repeat(60_000)), "nesting_limit"),
        ("J34 list", format!("{{{{ {} }}}}", "[".repeat(60_000)), "nesting_limit"),
        ("J34 map", format!("{{{{ {} }}}}", "{1:".repeat(20_000)), "nesting_limit"),
        ("J34 set", format!("{{% set {}a = 1 %}}", "(".repeat(60_000)), "nesting_limit"),
        ("J35", "{% if 1 %}".repeat(6_500), "nesting_limit"),
        ("J35 for", "{% for x in y %}".repeat(4_000), "nesting_limit"),
        ("J36 variable", "Hello {{ name".into(), "template_syntax"),
        ("J36 comment", "Hello {# name".into(), "template_syntax"),
        ("J36 block", "Hello {% if x %}".into(), "template_syntax"),
        ("J36 empty", "Hello {{ }}".into(), "template_syntax"),
        ("J37 power", "{{ 10 ** 1000000 }}".into(), "template_operation"),
        ("J37 zero", "{{ 1 // 0 }}".into(), "template_operation"),
        ("J37 remainder", "{{ 1 % 0 }}".into(), "template_operation"),
        ("J37 slice", "{{ items[::0] }}".into(), "template_operation"),
        ("J37 digits", format!("{{{{ {} }}}}", "9".repeat(50)), "template_syntax"),
        ("J38", "{{ undeclared_var }}".into(), "missing_variable"),
        ("J38 in text", "{% if true %}{{ undeclared_var }}{% endif %}".into(), "missing_variable"),
        ("J38 loop", "{% for x in undeclared_var %}{% endfor %}".into(), "missing_variable"),
        ("J38 sum", "{{ 'a' ~ undeclared_var }}".into(), "missing_variable"),
        ("J38 filter", "{{ undeclared_var|upper }}".into(), "missing_variable"),
        ("J41", "a".repeat(65_537), "template_too_large"),
        ("trim", "{{ ('a' * 9000)|trim('b' * 9000) }}".into(), "argument_out_of_range"),
        ("strip", "{{ ('a' * 9000).strip('b' * 9000) }}".into(), "argument_out_of_range"),
        (
            "changed",
            "{% set l = range(9000) %}{% for i in l %}{{ loop.changed(l) }}{% endfor %}".into(),
            "render_limit",
        ),
        ("splat", "{{ range(*items) }}".into(), "template_syntax"),
    ]
}

fn values() -> Value {
    json!({"items": [1, 2, 3], "name": "n"})
}

#[test]
fn every_hostile_template_is_refused_with_its_code_on_a_small_stack() {
    for (name, source, code) in rows() {
        for bytes in [2 << 20, 512 << 10] {
            let result = on_stack(bytes, || render(&source, &values()));
            match &result {
                Ok(output) => panic!("{name} was rendered: {}", output.chars().take(100).collect::<String>()),
                Err(error) => assert_eq!(error.code(), code, "{name}: {error}"),
            }
        }
    }
}

#[test]
fn every_refusal_at_compile_or_of_a_name_has_a_place() {
    for (name, source, code) in rows() {
        let error = on_stack(2 << 20, || render(&source, &values())).expect_err("refused");
        if code != "template_too_large" {
            assert!(error.line.is_some() && error.column.is_some(), "{name} has no place: {error:?}");
        }
    }
}

#[test]
fn an_object_that_poses_as_markup_is_printed_literally() {
    let output = render("{{ x }}!", &json!({"x": {"__html__": "x"}})).expect("renders");
    assert_eq!(output, "{'__html__': 'x'}!");
}

#[test]
fn a_template_at_its_limits_works() {
    let limits = Limits::default();
    let long = format!("{{{{ 1{} }}}}", "~1".repeat(limits.operators));
    let branches = format!("{{% if 0 %}}{}{{% endif %}}", "{%elif 0%}".repeat(limits.branches));
    let nested = format!("{}x{}", "{% if 1 %}".repeat(limits.nesting), "{% endif %}".repeat(limits.nesting));
    let brackets = format!("{{{{ {}1{} }}}}", "(".repeat(limits.nesting), ")".repeat(limits.nesting));
    let large = "a".repeat(limits.template_bytes);
    for source in [long, branches, nested, brackets, large] {
        let result = on_stack(512 << 10, || render(&source, &json!({})));
        assert!(result.is_ok(), "{:?}", result.map(|text| text.len()));
    }
}

#[test]
fn one_more_than_each_limit_is_refused() {
    let limits = Limits::default();
    let too_long = format!("{{{{ 1{} }}}}", "~1".repeat(limits.operators + 1));
    let branches = format!("{{% if 0 %}}{}{{% endif %}}", "{%elif 0%}".repeat(limits.branches + 1));
    let depth = limits.nesting + 1;
    let nested = format!("{}x{}", "{% if 1 %}".repeat(depth), "{% endif %}".repeat(depth));
    let brackets = format!("{{{{ {}1{} }}}}", "(".repeat(depth), ")".repeat(depth));
    let codes: Vec<_> = [too_long, branches, nested, brackets]
        .iter()
        .map(|source| render(source, &json!({})).expect_err("refused").code())
        .collect();
    assert_eq!(codes, ["expression_too_complex", "expression_too_complex", "nesting_limit", "nesting_limit"]);
}

#[test]
fn deep_values_print_on_a_small_stack() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    for source in ["{{ x }}", "{% if true %}{{ x }}{{ x|tojson }}{{ x == x }}{{ x|pprint }}{% endif %}"] {
        let result = on_stack(512 << 10, || render(source, &json!({"x": deep})));
        assert!(result.is_ok(), "{result:?}");
    }
}

#[test]
fn raw_text_does_not_count_towards_the_size_of_a_template() {
    let limits = Limits::default();
    let example = "<b>{{ header ? header : 'Notes' }}</b> {% if %}\n".repeat(2_000);
    for (open, close) in [("{% raw %}", "{% endraw %}"), ("{%- raw -%}", "{%-endraw+%}")] {
        let source = format!("Hello {{{{ name }}}}:{open}{example}{close}!");
        let rendered = render(&source, &values()).expect("renders");
        assert_eq!(rendered.len(), "Hello n:!".len() + example.len() - usize::from(open.contains('-')));
    }
    let filler = "a".repeat(limits.template_bytes - "{% raw %}{% endraw %}".len());
    assert!(render(&format!("{{% raw %}}{example}{{% endraw %}}{filler}"), &values()).is_ok());
    let one_more = render(&format!("{{% raw %}}{example}{{% endraw %}}{filler}a"), &values());
    let error = one_more.expect_err("too large");
    assert_eq!(error.code(), "template_too_large");
    assert!(error.to_string().contains("65537"), "{error}");
    let hint = Problem::from(&error).hint.expect("a hint");
    assert!(hint.contains("{% raw %}"), "{hint}");
}

#[test]
fn a_template_with_all_it_includes_is_no_larger_than_a_file() {
    let limits = Limits::default();
    let raw = |bytes: usize| format!("{{% raw %}}{}{{% endraw %}}", "a".repeat(bytes - 21));
    assert_eq!(render(&raw(limits.file_bytes), &values()).expect("renders").len(), limits.file_bytes - 21);
    let error = render(&raw(limits.file_bytes + 1), &values()).expect_err("too large");
    assert_eq!(error.code(), "template_too_large");
    assert!(error.to_string().contains("1048577"), "{error}");

    let partials: Partials = (0..3).map(|i| (format!("p{i}"), raw(400_000))).collect();
    let compile = |source: &str| {
        Template::compile(Engine::Jinja, source, &partials, &limits).map_err(|error| error.code())
    };
    assert!(compile("{% include 'p0' %}{% include 'p1' %}{% include 'p1' %}").is_ok());
    let three = compile("{% include 'p0' %}{% include 'p1' %}{% include 'p2' %}");
    assert_eq!(three.expect_err("too large"), "template_too_large");
    let copies = "{% include 'p0' %}".repeat(3_000);
    assert_eq!(compile(&copies).expect_err("too large"), "template_too_large");
}

#[test]
fn a_fault_with_a_place_comes_before_the_size() {
    let example =
        format!("<template>\n<h4>{{{{ header ? header : 'Notes' }}}}</h4>\n{}", "a\n".repeat(40_000));
    let error = render(&example, &values()).expect_err("refused");
    assert_eq!((error.code(), error.line, error.column), ("template_syntax", Some(2), Some(15)));
    let hint = Problem::from(&error).hint.expect("a hint");
    assert!(hint.contains("{% raw %}"), "{hint}");
}

#[test]
fn many_variables_behind_a_long_text_are_placed_quickly() {
    let long = "a".repeat(900_000);
    let source = format!("{{% raw %}}{long}{{% endraw %}}{}", "{{a}}{{b if c}}".repeat(4_000));
    let start = std::time::Instant::now();
    let template = Template::compile(Engine::Jinja, &source, &Partials::new(), &Limits::default());
    let columns: Vec<_> = template.expect("compiles").uses().iter().map(|one| one.column).collect();
    assert_eq!(columns, [900_024, 900_034, 900_029]);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
