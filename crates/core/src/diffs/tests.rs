use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;

use super::*;
use crate::{
    documents::{Body, Document, Kind, Message, Role, Said, Variant},
    interface::interface,
    limits::Limits,
    render::CompiledDocument,
    template::Partials,
    variables::{VariableSpec, VariableType},
};

fn text(content: &str) -> Document {
    Document { body: Body::Text(content.into()), ..Document::default() }
}

fn chat(contents: &[&str]) -> Document {
    let said =
        |content: &&str| Message::Said(Said { role: Role::User, name: None, content: (*content).to_owned() });
    Document {
        kind: Kind::Chat,
        body: Body::Messages(contents.iter().map(said).collect()),
        ..Document::default()
    }
}

fn compared(old: &Document, new: &Document) -> Diff {
    let of = |document: &Document| {
        let compiled = CompiledDocument::new(document.clone(), &Partials::new(), &Limits::default()).unwrap();
        interface(document, &compiled)
    };
    let (old_interface, new_interface) = (of(old), of(new));
    diff(
        &Side { label: "greeting 1.0.0".into(), document: old, interface: &old_interface },
        &Side { label: "greeting 1.1.0".into(), document: new, interface: &new_interface },
    )
}

fn paths(diff: &Diff) -> Vec<&str> {
    diff.fields.iter().map(|field| field.path.as_str()).collect()
}

#[test]
fn each_field_that_differs_is_named_in_document_order() {
    let mut old = text("Hello");
    let mut new = text("Hello, friend");
    let string = |required| VariableSpec {
        kind: Some(VariableType::String),
        required: Some(required),
        ..VariableSpec::default()
    };
    for (document, names) in [(&mut old, ["gone", "kept"]), (&mut new, ["kept", "more"])] {
        for name in names {
            document.variables.insert(name.into(), string(name != "kept"));
        }
        document.variants.push(Variant {
            tags: BTreeMap::from([("tone".into(), "dry".into()), ("locale".into(), "en".into())]),
            body: Body::Text(names[0].into()),
        });
        document.output_schema = Some(json!({"type": "object", "title": names[0]}));
        document.metadata.insert("author".into(), json!(names[1]));
    }
    new.variables["kept"].description = Some("stays".into());
    new.models.insert("gpt-4".into(), Body::Text("four".into()));
    new.partials.insert("sign".into(), "Bye".into());
    let diff = compared(&old, &new);
    assert_eq!(
        paths(&diff),
        [
            "content",
            "variables.gone",
            "variables.kept.description",
            "variables.more",
            "variants[locale=en, tone=dry].content",
            "models.gpt-4.content",
            "partials.sign",
            "output_schema",
            "metadata.author",
        ]
    );
    assert_eq!(diff.bump, crate::versions::Bump::Major);
    let schema: Vec<_> = diff.fields[7].lines.iter().map(|line| line.kind).collect();
    assert_eq!(schema, [LineKind::Same, LineKind::Same, LineKind::Removed, LineKind::Added, LineKind::Same]);
}

#[test]
fn one_message_more_is_one_change() {
    let diff = compared(&chat(&["a", "b", "c"]), &chat(&["a", "new", "b", "c"]));
    assert_eq!(paths(&diff), ["messages[1].role", "messages[1].content"]);
    let diff = compared(&chat(&["a", "b", "c"]), &chat(&["a", "x", "c"]));
    assert_eq!(paths(&diff), ["messages[1].content"]);
    let diff = compared(&text("a"), &chat(&["a"]));
    assert_eq!(paths(&diff), ["kind", "content", "messages[0].role", "messages[0].content"]);
}

#[test]
fn equal_documents_have_no_differences() {
    let diff = compared(&chat(&["a"]), &chat(&["a"]));
    assert_eq!(diff.fields, []);
    assert!(unified(&diff).ends_with("no differences\n"));
    assert!(html(&[diff]).contains("No differences."));
}

#[test]
fn the_plain_text_is_a_unified_diff() {
    let old: String = (1..=9).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "line {n}");
        text
    });
    let new = old.replace("line 5", "line five");
    assert_eq!(
        unified(&compared(&text(&old), &text(&new))),
        "--- greeting 1.0.0\n+++ greeting 1.1.0\npatch: only wording or metadata changed\n\
         @@ content -2,7 +2,7 @@\n line 2\n line 3\n line 4\n-line 5\n+line five\n line 6\n line 7\n line 8\n"
    );
}

#[test]
fn the_page_escapes_every_text_and_loads_nothing() {
    let bad = "</td><script>alert(\"1\")</script> & 'x'";
    let mut old = text(&format!("{bad} old"));
    let mut new = text(&format!("{bad} new"));
    old.metadata.insert(bad.into(), json!(bad));
    new.variables.insert(bad.into(), VariableSpec { required: Some(true), ..VariableSpec::default() });
    new.variants
        .push(Variant { tags: BTreeMap::from([(bad.into(), bad.into())]), body: Body::Text(bad.into()) });
    let mut diff = compared(&old, &new);
    diff.old = bad.into();
    let page = html(&[diff]);
    assert!(!page.contains("<script") && !page.contains("</script"));
    assert_eq!(page.matches("</td>").count(), page.matches("<td").count());
    assert!(page.contains("&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;"));
    assert!(page.contains("<del>old</del>") && page.contains("<ins>new</ins>"));
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    for loading in ["http:", "https:", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(loading), "{loading}");
    }
}

#[test]
fn ten_thousand_changes_are_all_on_the_page() {
    let of = |word: &str| {
        let mut text = String::new();
        for n in 0..10_000 {
            let _ = writeln!(text, "the {word} of {n}\nsame {n}");
        }
        text
    };
    let page = html(&[compared_text(&of("old"), &of("new"))]);
    assert_eq!(page.matches("<del>old</del>").count(), 10_000);
    assert_eq!(page.matches("<ins>new</ins>").count(), 10_000);
}

/// A comparison of two texts that are larger than a template may be.
fn compared_text(old: &str, new: &str) -> Diff {
    Diff {
        old: "old".into(),
        new: "new".into(),
        bump: crate::versions::Bump::Patch,
        changes: Vec::new(),
        fields: vec![FieldDiff { path: "content".into(), lines: lines(old, new) }],
    }
}
