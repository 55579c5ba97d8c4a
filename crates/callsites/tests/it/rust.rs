use promptsync_callsites::Language::Rust;

use crate::{said, shown};

fn in_function(body: &str) -> String {
    format!(
        "use promptsync_client::PromptSync;\n\
         async fn f() -> Result<(), Error> {{\n\
         let prompts = PromptSync::builder(\"shop\").url(url).start().await?;\n{body}\nOk(())\n}}\n"
    )
}

#[test]
fn each_way_to_ask_and_fill_is_a_call() {
    for (body, expected) in [
        (r#"prompts.get("support", "production").await?;"#, "support@production"),
        (r#"prompts.get("support", "1.2.0").tag("a", "b").unit("u").await?;"#, "support@1.2.0"),
        (r##"prompts.get(r#"support"#, alias).await?;"##, "support"),
        (r#"prompts.get("support", "v1").fetch()?.render(&variables)?;"#, "support@v1 (…)"),
        (
            r#"prompts.get("support", "v1").await?.render(&Map::from_iter([("a".to_owned(), x), ("b".into(), y)]))?;"#,
            "support@v1 (a, b)",
        ),
        (
            r#"prompts.get("support", "v1").cached()?.unwrap().render(&HashMap::from([(String::from("a"), x), (name, y)]))?;"#,
            "support@v1 (a, …)",
        ),
        (
            "let p = prompts.get(\"support\", \"v1\").await?;\nlet v = json!({\"a\": 1, \"b\": [1, {\"c\": 2}]});\np.render(v.as_object().unwrap())?;",
            "support@v1 (a, b)",
        ),
        (
            "let p = prompts.get(\"support\", \"v1\").await?;\nlet v = serde_json::json!({\"a\": 1, name: 2});\np.render(&v)?;",
            "support@v1 (a, …)",
        ),
        (
            "let p = prompts.get(\"support\", \"v1\").await?;\nlet mut v = json!({\"a\": 1});\np.render(&v)?;",
            "support@v1 (…)",
        ),
        (
            "let p = prompts.get(\"support\", \"v1\").await?;\np.render_with(&json!({}), &secrets)?;",
            "support@v1 ()",
        ),
        (
            "let p = prompts.get(\"support\", \"v1\").await?;\nprintln!(\"{:?} {}\", p.render(&json!({\"a\": 1}))?, p.source());",
            "support@v1 (a)",
        ),
        ("assert_eq!(vec![prompts.get(\"support\", \"v1\").await?.render(&v)?], x);", "support@v1 (…)"),
        ("if let Ok(p) = prompts.get(\"support\", \"v1\").await { p.render(&v); }", "support@v1 (…)"),
        (
            "match prompts.get(\"support\", \"v1\").await {\nErr(p) => p.render(&v),\nOk(p) => p.render(&json!({\"a\": 1})),\n}",
            "support@v1 (a)",
        ),
        (
            "let Ok(p) = prompts.get(\"support\", \"v1\").await else { return };\np.render(&v);",
            "support@v1 (…)",
        ),
        (
            "let shared = Arc::new(prompts.clone());\nlet other = Arc::clone(&shared);\nother.get(\"support\", \"v1\").await?;",
            "support@v1",
        ),
        ("tokio::spawn(async move { prompts.get(\"support\", \"v1\").await });", "support@v1"),
        ("const NAME: &str = \"support\";\nprompts.get(NAME, \"v1\").await?;", "support@v1"),
    ] {
        assert_eq!(said(Rust, &in_function(body)), [expected], "{body}");
    }
}

#[test]
fn what_only_looks_like_a_call_is_none() {
    for body in [
        "// prompts.get(\"support\", \"v1\")",
        "/* prompts.get(\"support\", \"v1\") */",
        "let text = \"prompts.get(\\\"support\\\", \\\"v1\\\")\";",
        "println!(\"prompts.get('support')\");",
        "HashMap::new().get(\"support\");",
        "map.get(\"support\");",
        "prompts.status().get(\"support\");",
        "prompts.get(&format!(\"support_{x}\"), \"v1\").await?;",
        "prompts.get(name, \"v1\").await?;",
        "let prompts = BTreeMap::new();\nprompts.get(\"support\");",
        "match x {\nSome(prompts) => prompts.get(\"support\"),\n_ => None,\n};",
        "items.iter().map(|prompts| prompts.get(\"support\"));",
        "unknown.get_prompt(\"support\");",
    ] {
        assert_eq!(said(Rust, &in_function(body)), [""; 0], "{body}");
    }
}

#[test]
fn a_client_is_known_by_its_path_and_type() {
    for (source, is_call) in [
        (
            "fn f(p: &PromptSync) { p.get(\"x\", \"y\"); }\nuse promptsync_client::{PromptSync, SdkError};",
            true,
        ),
        ("use promptsync_client as ps;\nfn f(p: &'a mut ps::PromptSync) { p.get(\"x\", \"y\"); }", true),
        ("use promptsync_client::*;\nfn f(p: Arc<PromptSync>) { p.get(\"x\", \"y\"); }", true),
        ("fn f(p: promptsync_client::Blocking) { p.get(\"x\", \"y\"); }", true),
        (
            "fn f() { promptsync_client::PromptSync::builder(\"a\").start_blocking().unwrap().get(\"x\", \"y\"); }",
            true,
        ),
        (
            "struct S { p: PromptSync }\nimpl S { fn f(&self) { self.p.get(\"x\", \"y\"); } }\nuse promptsync::PromptSync;",
            true,
        ),
        (
            "struct S { p: HashMap<String, PromptSync> }\nimpl S { fn f(&self) { self.p.get(\"x\"); } }\nuse promptsync::PromptSync;",
            false,
        ),
        ("use other::PromptSync;\nfn f(p: &PromptSync) { p.get(\"x\", \"y\"); }", false),
        ("fn f(p: &PromptSync) { p.get(\"x\", \"y\"); }", false),
    ] {
        assert_eq!(!said(Rust, source).is_empty(), is_call, "{source}");
    }
}

#[test]
fn places_in_macros_are_those_of_the_source() {
    let body =
        "let p = prompts.get(\"x\", \"v1\").await?;\nprintln!(\"ä {}\", p.render(&json!({ \"a\": 1 }))?);";
    assert_eq!(shown(Rust, &in_function(body)), ["4:21 x@v1 -> 5:20 (a)"]);
}
