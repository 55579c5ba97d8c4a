//! The golden corpus: templates with the text that Python's Jinja2 3.1.6 gives. `check_jinja2.py` beside the
//! corpus renders the same file with the real one.

use std::collections::BTreeSet;

use promptsync_core::{
    documents::Engine,
    limits::Limits,
    template::{Partials, Template, TemplateError},
};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Case {
    name: String,
    template: String,
    #[serde(default)]
    context: Map<String, Value>,
    #[serde(default)]
    partials: Partials,
    expected: Option<String>,
    error: Option<String>,
    differs: Option<String>,
}

fn corpus() -> Vec<Case> {
    serde_json::from_str(include_str!("jinja/corpus.json")).expect("the corpus is JSON")
}

fn render(case: &Case) -> Result<String, TemplateError> {
    let limits = Limits::default();
    Template::compile(Engine::Jinja, &case.template, &case.partials, &limits)?.render(&case.context, &limits)
}

#[test]
fn every_case_gives_its_text_or_its_error() {
    let mut wrong = Vec::new();
    for case in corpus() {
        let got = render(&case);
        let right = match (&got, &case.expected, &case.error) {
            (Ok(text), Some(expected), None) => text == expected,
            (Err(error), None, Some(code)) => error.code() == code,
            _ => false,
        };
        if !right {
            let expected = case.expected.or(case.error);
            wrong.push(format!("{}\n     got {got:?}\n  wanted {expected:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_corpus_has_distinct_names_and_few_differences() {
    let cases = corpus();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.len() >= 110, "{} cases", cases.len());
    let differing = cases.iter().filter(|case| case.differs.is_some()).count();
    assert!(differing * 10 < cases.len(), "{differing} of {} differ on purpose", cases.len());
}

#[test]
fn every_difference_is_documented() {
    let guide = include_str!("../../../docs/reference/jinja.md");
    for case in corpus() {
        if let Some(reason) = case.differs {
            assert!(guide.contains(&reason), "docs/reference/jinja.md does not say: {reason}");
        }
    }
}
