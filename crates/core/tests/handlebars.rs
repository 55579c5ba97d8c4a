//! The Handlebars engine against recorded behaviour, hostile inputs and random texts.

use std::collections::BTreeMap;

use promptsync_core::{
    documents::Engine,
    limits::Limits,
    template::{Partials, Template, TemplateError, TemplateFault},
};
use serde_json::{Map, Value, json};

fn compile(source: &str, partials: &Partials) -> Result<Template, TemplateError> {
    Template::compile(Engine::Handlebars, source, partials, &Limits::default())
}

fn render_with(source: &str, partials: &[(&str, &str)], values: &Value) -> Result<String, TemplateError> {
    let partials: Partials =
        partials.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let values = values.as_object().cloned().unwrap_or_default();
    compile(source, &partials)?.render(&values, &Limits::default())
}

fn render(source: &str, values: &Value) -> Result<String, TemplateError> {
    render_with(source, &[], values)
}

mod vectors {
    use super::*;

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Vector {
        template: String,
        variables: Map<String, Value>,
        #[serde(default)]
        partials: BTreeMap<String, String>,
        #[serde(default)]
        output: Option<String>,
        #[serde(default)]
        error: bool,
    }

    /// Rows in which we differ from the recorded engine: row, our output (`Err` with a code), why.
    const DIFFERENT: &[(usize, Result<&str, &str>, &str)] = &[
        (35, Err("template_syntax"), "an unclosed tag drops the rest of the text"),
        (36, Err("template_syntax"), "an unclosed tag drops the rest of the text"),
        (41, Ok("a  b"), "a comment between `--` ends at its `--}}`"),
        (43, Ok("a\r\nb1\r\n"), "line ends are the author's"),
        (52, Ok("2"), "`else if` is looked at"),
        (55, Ok("E"), "`unless` has an else"),
        (59, Ok("T"), "`includeZero` is part of the language"),
        (71, Ok("12"), "`../` works inside `with`"),
        (72, Ok("none"), "`with` has an else for what is missing"),
        (84, Err("unknown_helper"), "an unknown block helper prints nothing"),
        (91, Err("dynamic_partial_forbidden"), "data must not choose what is included"),
        (92, Err("template_syntax"), "a broken partial prints nothing"),
        (95, Ok("  - 1\n  - 2\n"), "each item of a list keeps its line end"),
        (97, Ok("a\n- 1\n- 2\n"), "each item of a list keeps its line end"),
        (116, Err("missing_variable"), "internals of the engine's language are readable"),
        (117, Err("missing_variable"), "internals of the engine's language are readable"),
        (119, Err("wrong_engine"), "a Jinja statement is printed as text"),
    ];

    #[test]
    fn recorded_behaviour_is_ours_except_where_the_recorded_engine_is_wrong() {
        let vectors: Vec<Vector> = serde_json::from_str(include_str!("handlebars/vectors.json")).unwrap();
        let mut wrong = Vec::new();
        for (row, vector) in (1..).zip(&vectors) {
            let ours = compile(&vector.template, &vector.partials)
                .and_then(|template| template.render(&vector.variables, &Limits::default()));
            let ours = ours.as_deref().map_err(TemplateError::code);
            let agrees = match &vector.output {
                Some(output) => ours == Ok(output),
                None => vector.error && ours.is_err(),
            };
            let exception = DIFFERENT.iter().find(|(known, ..)| *known == row);
            let template = &vector.template;
            match (agrees, exception) {
                (true, None) => {}
                (true, Some(_)) => wrong.push(format!("row {row} is no exception any more: {template:?}")),
                (false, Some((_, expected, _))) if *expected == ours => {}
                (false, _) => {
                    wrong
                        .push(format!("row {row} {template:?}: ours {ours:?}, recorded {:?}", vector.output));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

mod hostile {
    use super::*;

    fn nested(open: &str, close: &str, depth: usize) -> String {
        format!("{}x{}", open.repeat(depth), close.repeat(depth))
    }

    fn code(source: &str, partials: &[(&str, &str)], values: &Value) -> &'static str {
        render_with(source, partials, values).map_or_else(|error| error.code(), |_| "ok")
    }

    /// Runs on the stack of a usual worker thread.
    fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work);
        assert!(thread.is_ok_and(|thread| thread.join().is_ok()), "the thread failed");
    }

    #[test]
    fn each_hostile_template_gets_its_code() {
        on_a_small_stack(|| {
            let inline = |name: &str, body: &str| format!("{{{{#*inline \"{name}\"}}}}{body}{{{{/inline}}}}");
            let mut levels = inline("p0", "x");
            for level in 1..7 {
                levels += &inline(&format!("p{level}"), &format!("{{{{> p{}}}}}", level - 1).repeat(10));
            }
            let cases: Vec<(String, &str)> = vec![
                (inline("a", "{{> b}}{{> b}}") + &inline("b", "{{> a}}{{> a}}") + "{{> a}}", "partial_cycle"),
                (inline("a", "{{> a}}"), "partial_cycle"),
                (levels + "{{> p6}}", "partial_expansion_limit"),
                (nested("{{#if name}}", "{{/if}}", 1_600), "nesting_limit"),
                (nested("{{#if name}}", "", 3_000), "nesting_limit"),
                (format!("{{{{{}name{}}}}}", "(not ".repeat(1_600), ")".repeat(1_600)), "nesting_limit"),
                ("{{> ../../etc/passwd}}".into(), "partial_not_declared"),
                ("{{> (lookup this \"name\")}}".into(), "dynamic_partial_forbidden"),
                ("{{constructor}}".into(), "missing_variable"),
                ("{{__proto__}}".into(), "missing_variable"),
                ("{{lookup this \"constructor\"}}".into(), "ok"),
                (
                    "{{#with \"s\" as |string|}}{{#with split as |conslist|}}{{this.pop}}{{/with}}{{/with}}"
                        .into(),
                    "ok",
                ),
                ("{{nope 1 2}}".into(), "unknown_helper"),
                ("{{#if x}}a{{/each}}".into(), "template_syntax"),
                ("{% for i in items %}".into(), "wrong_engine"),
                ("{{ name | upper }}".into(), "wrong_engine"),
                (
                    "{{#if x}}1{{else if x}}2".to_owned() + &"{{else if x}}3".repeat(70) + "{{/if}}",
                    "expression_too_complex",
                ),
                (format!("{{{{name{}}}}}", ".a".repeat(8_000)), "expression_too_complex"),
                (format!("{{{{or{}}}}}", " name".repeat(8_000)), "expression_too_complex"),
                (format!("{{{{{}}}}}", "a".repeat(20_000)), "template_syntax"),
                ("{{{{".repeat(10_000), "template_syntax"),
                ("{{!--".repeat(10_000), "template_syntax"),
                ("{{[".repeat(10_000), "template_syntax"),
                ("{{\"".repeat(10_001), "template_syntax"),
                ("x".repeat((64 << 10) + 1), "template_too_large"),
            ];
            for (source, expected) in cases {
                let shown: String = source.chars().take(60).collect();
                assert_eq!(code(&source, &[], &json!({"name": "n"})), expected, "{shown}");
            }
        });
    }

    #[test]
    fn raw_text_does_not_count_towards_the_size_of_a_template() {
        let raw =
            |bytes: usize| format!("{{{{{{{{raw}}}}}}}}{}{{{{{{{{/raw}}}}}}}}", "{{#x".repeat(bytes / 4));
        let values = json!({"name": "n"});
        assert_eq!(render(&(raw(200_000) + "{{name}}"), &values).unwrap().len(), 200_001);
        let filler = "x".repeat(64 << 10);
        assert_eq!(code(&(raw(200_000) + &filler), &[], &values), "template_too_large");
        assert_eq!(code(&raw(1 << 20), &[], &values), "template_too_large");
        let pieces = [("a", raw(400_000)), ("b", raw(400_000)), ("c", raw(400_000))];
        let pieces: Vec<(&str, &str)> = pieces.iter().map(|(name, text)| (*name, text.as_str())).collect();
        assert_eq!(code("{{> a}}{{> b}}{{> b}}", &pieces, &values), "ok");
        assert_eq!(code("{{> a}}{{> b}}{{> c}}", &pieces, &values), "template_too_large");
    }

    #[test]
    fn what_is_just_within_the_limits_renders_on_a_small_stack() {
        on_a_small_stack(|| {
            let values = json!({"name": "n"});
            let deep = nested("{{#if name}}", "{{/if}}", 32);
            assert_eq!(render(&deep, &values).unwrap(), "x");
            let calls = format!("{{{{{}name{}}}}}", "(not ".repeat(32), ")".repeat(32));
            assert_eq!(render(&calls, &values).unwrap(), "true");
            let chain = "{{#if a}}1".to_owned() + &"{{else if a}}2".repeat(64) + "{{else}}3{{/if}}";
            assert_eq!(render(&chain, &values).unwrap(), "3");
            // The deepest there can be: a chain of partials, each including the next inside 32 blocks.
            let body = |next: &str| nested("{{#if name}}", "{{/if}}", 32).replace('x', next);
            let partials: Partials = (0..64)
                .map(|i| {
                    (
                        format!("p{i}"),
                        if i == 63 { body("x") } else { body(&format!("{{{{> p{}}}}}", i + 1)) },
                    )
                })
                .collect();
            let template = compile("{{> p0}}", &partials).unwrap();
            assert_eq!(template.render(values.as_object().unwrap(), &Limits::default()).unwrap(), "x");
            let longer: Partials =
                partials.into_iter().chain([("start".to_owned(), "{{> p0}}".to_owned())]).collect();
            assert_eq!(compile("{{> start}}", &longer).unwrap_err().code(), "recursion_limit");
        });
    }

    #[test]
    fn a_render_stops_at_its_steps_and_at_its_bytes() {
        let items = json!({"x": (0..1_000).collect::<Vec<_>>(), "big": "y".repeat(1 << 16)});
        let steps = |error: TemplateError| match error.fault {
            TemplateFault::RenderLimit { unit, .. } => unit,
            other => panic!("{other:?}"),
        };
        let cubed = "{{#each x}}{{#each @root.x}}{{#each @root.x}}{{/each}}{{/each}}{{/each}}";
        assert_eq!(render(cubed, &items).map_err(steps), Err("steps"));
        let compared = "{{#each x}}{{#if (eq @root.big @root.big)}}{{/if}}{{/each}}";
        assert_eq!(render(compared, &items).map_err(steps), Err("steps"));
        let literals = format!("{{{{#each x}}}}{}{{{{/each}}}}", "{{#if 1}}{{/if}}".repeat(1_000));
        assert_eq!(render(&literals, &items).map_err(steps), Err("steps"));
        assert_eq!(
            render("{{#each x}}{{@root.big}}{{/each}}", &items).map_err(steps),
            Err("bytes of output")
        );
        assert_eq!(render("{{#each x}}{{/each}}", &items).unwrap(), "");
    }

    #[test]
    fn a_template_inside_a_value_stays_text() {
        assert_eq!(render("{{x}}", &json!({"x": "{{#each}}{{> p}}"})).unwrap(), "{{#each}}{{> p}}");
    }

    mod soup {
        use proptest::prelude::*;

        use super::*;

        fn token() -> impl Strategy<Value = &'static str> {
            prop::sample::select(vec![
                "{{",
                "}}",
                "{{{",
                "}}}",
                "{{{{raw}}}}",
                "{{{{/raw}}}}",
                "{{#if ",
                "{{#each ",
                "{{#with ",
                "{{^",
                "{{/if}}",
                "{{/each}}",
                "{{/with}}",
                "{{else}}",
                "{{else if ",
                "{{> p}}",
                "{{> q a=b}}",
                "{{#*inline \"q\"}}",
                "{{/inline}}",
                "{{!",
                "{{!--",
                "--}}",
                "~",
                "(",
                ")",
                "lookup ",
                "eq ",
                "and ",
                "a",
                "a.b",
                "../",
                "this",
                ".",
                "@index",
                "@root.",
                "[",
                "]",
                "\"",
                "'",
                "\\",
                "=",
                "as |x y|",
                "|",
                " ",
                "\n",
                "\r\n",
                "é",
                "0",
                "-1.5",
                "true",
                "{%",
                "for ",
                "%}",
                "x",
                "{{x}}",
                "{{/x}}",
                "{{#x}}",
            ])
        }

        proptest! {
            #[test]
            fn random_texts_are_read_or_refused_and_never_panic(
                tokens in prop::collection::vec(token(), 0..60),
                partial in prop::collection::vec(token(), 0..10),
            ) {
                let source: String = tokens.concat();
                let partial: String = partial.concat();
                let values = json!({"a": {"b": [1, {"a": null}]}, "x": ["é", 2], "b": true});
                if let Err(error) = render_with(&source, &[("p", &partial)], &values) {
                    prop_assert!(error.line.is_none_or(|line| line >= 1 && (line as usize) <= source.matches('\n').count().max(partial.matches('\n').count()) + 1));
                    prop_assert!(!error.code().is_empty());
                }
            }
        }
    }
}

mod language {
    use super::*;

    #[test]
    fn templates_render_as_documented() {
        let values = json!({
            "name": "Ann", "yes": true, "no": false, "zero": 0, "empty": "", "nothing": null,
            "items": [{"n": 1}, {"n": 2}], "user": {"name": "Bo", "tags": ["a", "b"]}, "map": {"k": "v", "l": "w"},
        });
        let cases = [
            (r"\{{name}} \\{{name}}", r"{{name}} \Ann"),
            ("{{{{raw}}}}{{name}} {% if %}{{{{/raw}}}}", "{{name}} {% if %}"),
            ("{{#each items as |item index|}}{{index}}={{item.n}} {{/each}}", "0=1 1=2 "),
            ("{{#each map as |value key|}}{{key}}={{value}} {{/each}}", "k=v l=w "),
            (
                "{{#each user.tags}}{{#each ../items}}{{../this}}{{n}}{{@../index}} {{/each}}{{/each}}",
                "a10 a20 b11 b21 ",
            ),
            (
                "{{#each items}}{{#with @root.user}}{{name}}{{@index}}{{../n}} {{/with}}{{/each}}",
                "Bo01 Bo12 ",
            ),
            ("{{#yes}}{{name}}{{/yes}}{{#no}}x{{else}}-{{/no}}{{^no}}+{{/no}}", "Ann-+"),
            ("{{#user}}{{name}} {{../name}}{{/user}}", "Bo Ann"),
            ("{{#if (and yes (not no) (gt 2 1))}}y{{/if}}{{#if (or no missing)}}n{{/if}}", "y"),
            (
                "{{#eq name \"Ann\"}}eq{{else}}ne{{/eq}} {{eq 1 1.0}} {{len items}} {{lte 'a' 'b'}}",
                "eq true 2 true",
            ),
            ("{{#unless missing.thing}}u{{/unless}}{{#each missing}}x{{else}}e{{/each}}", "ue"),
            ("{{#if zero includeZero=true}}z{{/if}}{{#if zero}}x{{/if}}", "z"),
            ("{{items}} {{yes}}", "[{'n': 1}, {'n': 2}] true"),
            ("{{#each items}}{{n}}{{#unless @last}}, {{/unless}}{{/each}}", "1, 2"),
            ("{{this.user.tags.[1]}} {{user/tags/0}} {{user.tags.length}}", "b a 2"),
            ("a {{~! note ~}} b {{!-- {{name}} --}}c", "ab c"),
            ("{{#*inline \"row\"}}[{{n}}]{{/inline}}{{#each items}}{{> row}}{{/each}}", "[1][2]"),
            ("x\n  {{> lines a=name}}\ny", "x\n  1 Ann\n  2\ny"),
            ("{{> who user}} {{> who user name=\"Cy\"}} {{> who}}", "Bo Cy Ann"),
            ("{{#each items}}{{> up}}{{/each}}", "Ann1 Ann2 "),
            ("{{#if yes}}\n  {{#each items}}\n  - {{n}}\n  {{/each}}\n{{/if}}\nend", "  - 1\n  - 2\nend"),
            ("{{#if yes}} on the line {{/if}}\n", " on the line \n"),
        ];
        let partials = [
            ("lines", "1 {{a}}\n2\n"),
            ("who", "{{name}}"),
            ("up", "{{../name}}{{n}} "),
            ("unused", "{{#if"),
        ];
        for (source, expected) in cases {
            assert_eq!(render_with(source, &partials, &values).as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn faults_name_their_place_and_what_was_probably_meant() {
        let values = json!({"customer_name": "Ann", "nothing": null, "user": {"email": "e"}});
        let cases = [
            ("é {{name", "template_syntax", (1, 3), None),
            ("a\n  {{#if x}}\n b", "template_syntax", (2, 3), None),
            ("a\n {{#if x}}a{{/each}}", "template_syntax", (2, 2), None),
            ("{{/if}}", "template_syntax", (1, 1), None),
            ("{{#if a}}{{else}}{{else}}{{/if}}", "template_syntax", (1, 18), None),
            ("{{#if a b}}{{/if}}", "template_syntax", (1, 1), None),
            ("{{eq a}}", "template_syntax", (1, 1), None),
            ("{{each}}", "template_syntax", (1, 1), None),
            ("{\"a\": {{\"b\": 1}}}", "template_syntax", (1, 7), None),
            ("{{#> p}}x{{/p}}", "template_syntax", (1, 1), None),
            ("x {% for a in b %}", "wrong_engine", (1, 3), None),
            ("\n{{#eech items}}{{/eech}}", "unknown_helper", (2, 1), Some("each")),
            ("\n{{customer_nam}}", "missing_variable", (2, 1), Some("customer_name")),
            ("{{user.emial}}", "missing_variable", (1, 1), Some("email")),
            ("{{nothing}}", "missing_variable", (1, 1), None),
            ("{{#if (eq missing 1)}}{{/if}}", "missing_variable", (1, 1), None),
            ("{{@index}}", "template_undefined", (1, 1), None),
            ("{{#if (gt customer_name 1)}}{{/if}}", "template_operation", (1, 1), None),
        ];
        for (source, code, place, expected) in cases {
            let error = render(source, &values).unwrap_err();
            assert_eq!(error.code(), code, "{source}: {error}");
            assert_eq!((error.line, error.column), (Some(place.0), Some(place.1)), "{source}: {error}");
            let nearest = match error.fault {
                TemplateFault::MissingVariable { nearest, .. }
                | TemplateFault::Unavailable { nearest, .. } => nearest,
                _ => None,
            };
            assert_eq!(nearest.as_deref(), expected, "{source}");
        }
        let error = render_with("{{> p}}", &[("p", "\n {{x}}")], &json!({})).unwrap_err();
        assert_eq!((error.line, error.column, error.partial.as_deref()), (Some(2), Some(2), Some("p")));
    }

    #[test]
    fn uses_are_what_the_caller_passes_with_its_places() {
        let partials: Partials = [
            ("p".to_owned(), "{{greeting}} {{name}} {{#if tone}}{{tone}}{{/if}}{{@root.site}}".to_owned()),
            ("q".to_owned(), "{{> p name=who}}".to_owned()),
        ]
        .into();
        let cases = [
            ("{{a.b}}\n {{a}}", "a.b 1:1, a 2:2"),
            (
                "{{#each items as |item i|}}{{n}}{{item.n}}{{this.n}}{{i}}{{@index}}{{../title}}{{@root.x}}{{/each}}",
                "items? 1:1, title 1:68, x 1:80",
            ),
            ("{{#if a}}{{a.b}}{{b}}{{else}}{{c}}{{/if}}", "a? 1:1, a.b? 1:10, b 1:17, c 1:30"),
            ("{{#unless a}}x{{else}}{{a}}{{/unless}}", "a? 1:1, a? 1:23"),
            ("{{#with user}}{{name}}{{../x}}{{/with}}", "user? 1:1, user.name? 1:15, x 1:23"),
            ("{{#section}}{{inner}}{{/section}}{{^gone}}{{x}}{{/gone}}", "section? 1:1, gone? 1:34, x 1:43"),
            ("{{#if (and a (eq b c))}}{{a}}{{/if}}", "a? 1:1, b 1:1, c 1:1, a? 1:25"),
            ("{{lookup table key}} {{len list}} {{log x}}", "table 1:1, key 1:1, list 1:22, x? 1:35"),
            ("{{> p}}", "greeting 1:1, name 1:1, tone? 1:1, site 1:1"),
            ("x {{> q}}", "who 1:3, greeting 1:3, tone? 1:3, site 1:3"),
            ("{{> p user}}", "user 1:1, site 1:1"),
            ("{{#each users}}{{> p}}{{/each}}", "users? 1:1, site 1:16"),
        ];
        for (source, expected) in cases {
            let template = compile(source, &partials).unwrap();
            let uses = template.uses().iter().map(|found| {
                assert_eq!(found.path.split('.').next(), Some(found.name.as_str()));
                format!(
                    "{}{} {}:{}",
                    found.path,
                    if found.optional { "?" } else { "" },
                    found.line,
                    found.column
                )
            });
            assert_eq!(uses.collect::<Vec<_>>().join(", "), expected, "{source}");
        }
    }
}

/// The crate `handlebars` renders the same text, on the language both have.
mod differential {
    use proptest::prelude::*;

    use super::*;

    fn name() -> impl Strategy<Value = String> {
        prop::sample::select(vec![
            "a",
            "b",
            "o",
            "o.x",
            "this",
            "this.x",
            "../a",
            "../o.x",
            "@root.a",
            "@root.list",
            "list",
            "list.[0]",
            "gone",
            "x",
            "o/x",
            "p",
        ])
        .prop_map(str::to_owned)
    }

    fn condition() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => name(),
            1 => (name(), name()).prop_map(|(left, right)| format!("(and {left} {right})")),
            1 => (name(), name()).prop_map(|(left, right)| format!("(or {left} {right})")),
            1 => name().prop_map(|name| format!("(not {name})")),
            1 => prop::sample::select(vec!["(eq 1 1)", "(gt 1 2)", "(lte 'a' 'b')", "true", "0", "''"])
                .prop_map(str::to_owned),
        ]
    }

    fn template() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            3 => prop::sample::select(vec!["one ", " two", " {", "é}", ""]).prop_map(str::to_owned),
            4 => prop::sample::select(vec!["a", "b", "o.x", "this.x", "../a", "@root.a", "x", "list.[0].x", "@index", "p.x", "gone"])
                .prop_map(|name| format!("{{{{{name}}}}}")),
            1 => Just("{{! note }}".to_owned()),
            1 => Just("{{!-- {{a}} --}}".to_owned()),
            1 => Just("x {{~a}} x".to_owned()),
            1 => Just("{{{a}}}".to_owned()),
            1 => Just("{{> part}}".to_owned()),
            1 => Just("{{> part o}}".to_owned()),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let body = prop::collection::vec(inner, 0..4).prop_map(|parts| parts.concat());
            prop_oneof![
                body.clone(),
                (condition(), body.clone(), body.clone())
                    .prop_map(|(on, yes, no)| format!("{{{{#if {on}}}}}{yes}{{{{else}}}}{no}{{{{/if}}}}")),
                (condition(), condition(), body.clone(), body.clone(), body.clone()).prop_map(
                    |(first, second, one, two, three)| format!(
                        "{{{{#if {first}}}}}{one}{{{{else if {second}}}}}{two}{{{{else}}}}{three}{{{{/if}}}}"
                    )
                ),
                (condition(), body.clone())
                    .prop_map(|(on, body)| format!("{{{{#unless {on}}}}}{body}{{{{/unless}}}}")),
                (name(), body.clone(), body.clone()).prop_map(|(on, one, none)| format!(
                    "{{{{#each {on}}}}}{one}{{{{else}}}}{none}{{{{/each}}}}"
                )),
                (name(), body.clone()).prop_map(|(on, body)| format!(
                    "{{{{#each {on} as |p i|}}}}{body}{{{{i}}}}{{{{/each}}}}"
                )),
                (name(), body).prop_map(|(on, body)| format!("{{{{#with {on}}}}}{body}{{{{/with}}}}")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        #[test]
        fn the_crate_renders_the_same_text(source in template()) {
            // One level down, as the crate reads `../a` at the top as `a`.
            let source = format!("{{{{#with top}}}}{source}{{{{/with}}}}");
            let values = json!({"a": "top", "o": {"x": "above"}, "list": [{"x": "root"}], "top": {
                "a": "A", "b": 7, "o": {"x": "X", "a": "inner"},
                "list": [{"x": 1, "a": "first"}, {"x": 2}, {"a": "third"}],
            }});
            let part = "<{{x}}>";
            let mut crates = handlebars::Handlebars::new();
            crates.register_escape_fn(handlebars::no_escape);
            prop_assert!(crates.register_template_string("part", part).is_ok());
            let ours = render_with(&source, &[("part", part)], &values);
            // What both render is the same. What is missing, the crate prints as nothing and we refuse; a name asked
            // of a list is absent to us and an error to the crate.
            if let (Ok(ours), Ok(theirs)) = (&ours, crates.render_template(&source, &values)) {
                prop_assert_eq!(ours, &theirs, "{}", source);
            }
            // What the crate renders when it is strict, we render. It is stricter: no absent list or object.
            crates.set_strict_mode(true);
            prop_assert!(ours.is_ok() || crates.render_template(&source, &values).is_err(), "{source}: {ours:?}");
        }
    }
}
