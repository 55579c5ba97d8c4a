//! Templates that try to take the server down or look where they may not: each is refused when it is published or
//! when it is rendered, and the server goes on. The engine's own tests have many more of each kind.

use promptsync_testing::{TestApp, db_test};
use serde_json::json;

fn templates() -> Vec<(&'static str, &'static str, String, &'static str)> {
    let jinja = |id, text: &str, outcome| (id, "jinja", text.to_owned(), outcome);
    let bars = |id, text: &str, outcome| (id, "handlebars", text.to_owned(), outcome);
    vec![
        jinja("J01", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "422 template_undefined"),
        jinja("J04", "{{ ''|attr('__class__') }}", "422 forbidden_filter"),
        jinja("J06", "{{ debug() }}", "422 unknown_function"),
        jinja("J10", "{% include '../../etc/passwd' %}", "422 include_not_declared"),
        jinja("J12", "{% extends other_workspace_prompt %}", "422 dynamic_include_forbidden"),
        jinja("J13", "{% include 'ws2/proj/secret_prompt@stable' %}", "422 include_not_declared"),
        jinja("J14", "{% for i in range(100000) %}x{% endfor %}", "422 range_too_large"),
        jinja("J16", "{{ 'a' * 100000000 }}", "422 render_limit"),
        jinja("J25", "{{ ([0]*50000000)|sort|length }}", "422 render_limit"),
        jinja("J29", "{% for i in items recursive %}{{ loop(items) }}{% endfor %}", "422 recursion_limit"),
        jinja("J30", &format!("{{{{ {}1 }}}}", "-".repeat(4_882)), "422 expression_too_complex"),
        jinja("J32", &format!("{{% if 0 %}}{}", "{%elif 0%}".repeat(1_855)), "422 expression_too_complex"),
        jinja("J33", &format!("{{{{ name{} }}}}", ".a".repeat(8_202)), "422 expression_too_complex"),
        jinja("J35", &"{% if 1 %}".repeat(6_500), "422 nesting_limit"),
        jinja("J36", "Hello\n  {{ name", "422 template_syntax"),
        jinja("J37", "{{ 1 // 0 }}", "422 template_operation"),
        jinja("J38", "{{ undeclared_var }}", "422 missing_variable"),
        jinja("J41", &"a".repeat(65_537), "413 template_too_large"),
        bars(
            "H05",
            &format!("{}x{}", "{{#if name}}".repeat(1_600), "{{/if}}".repeat(1_600)),
            "422 nesting_limit",
        ),
        bars("H07", "{{> ../../etc/passwd}}", "422 partial_not_declared"),
        bars("H08", "{{> (lookup this \"name\")}}", "422 dynamic_partial_forbidden"),
        bars("H11", "{{nope 1 2}}", "422 unknown_helper"),
        bars("H12", "{{#if x}}a{{/each}}", "422 template_syntax"),
        bars("H13", "{% for i in items %}", "422 wrong_engine"),
    ]
}

db_test! {
    async fn a_hostile_template_is_refused_and_the_server_goes_on(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "Hi")]).await;
        for (id, engine, content, outcome) in templates() {
            let body = json!({ "name": format!("hostile-{id}"), "engine": engine, "content": content });
            let mut reply = editor.post("/api/prompts", body).await;
            if reply.status == 201 {
                let values = json!({ "variables": { "items": [1, 2, 3], "name": "x", "x": true } });
                reply = editor.post(&format!("/api/prompts/hostile-{id}/latest/render"), values).await;
            }
            assert_eq!(reply.outcome(), outcome, "{id} {}", reply.text());
            assert_eq!(editor.get("/api/prompts/greeting/latest").await.status, 200, "after {id}");
        }
    }

    async fn a_fault_in_a_template_is_named_by_field_line_and_column(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let body = json!({ "name": "a", "content": "Hello\n  {{ name" });
        let error = editor.post("/api/prompts", body).await.json()["errors"][0].clone();
        assert_eq!((&error["file"], &error["path"], &error["line"]), (&json!(null), &json!("content"), &json!(2)), "{error}");
        let pushed = editor.try_push(&[("a.yaml", "description: x\ncontent: |\n  Hello\n  {{ name\n")], json!({})).await;
        let error = pushed.json()["errors"][0].clone();
        assert_eq!((&error["file"], &error["line"]), (&json!("a.yaml"), &json!(4)), "{error}");
    }

    async fn a_push_is_refused_by_the_code_of_each_file(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let maps = "{a: ".repeat(50_000);
        for (id, files, code) in [
            ("Y03", vec![("a.yaml", maps.as_str())], "yaml_depth"),
            ("Y05", vec![("a.yaml", "content: &a [*a]")], "yaml_recursive"),
            ("Y06", vec![("a.yaml", "content: !!python/object/apply:os.system [\"id\"]")], "yaml_tag_forbidden"),
            ("Y11", vec![("a.yaml", "content: a\ncontent: b")], "yaml_duplicate_key"),
            ("Y13", vec![("a.yaml", "content:\n\t- a")], "yaml_syntax"),
            ("Y14", vec![("a.yaml", "content: a\nmetadata: {x: .nan}")], "number_out_of_range"),
            ("Y25", vec![("a.yaml", "# nothing")], "empty_prompt"),
            ("Y27", vec![("a.yaml", "messages: [{role: root, content: x}]")], "invalid_role"),
            ("Y30", vec![("a.yaml", "content: a\nvariants:\n- {tags: {l: en}, content: b}\n- {tags: {l: en}, content: c}")], "ambiguous_variant"),
            ("Y31", vec![("Foo.yaml", "content: a"), ("foo.yaml", "content: b")], "name_case_conflict"),
            ("Y32", vec![("a.yaml", "content: a\ngit_commit: \"abc123; rm -rf /\"")], "bad_commit"),
            ("V11", vec![("../x.txt", "a")], "name"),
            ("V12", vec![("CON.txt", "a")], "name"),
            ("C07", vec![("a.yaml", "content: a\ndependencies: {b: '*'}"), ("b.yaml", "content: b\ndependencies: {a: '*'}")], "dependency_cycle"),
        ] {
            let reply = editor.try_push(&files, json!({})).await;
            assert_eq!(reply.outcome(), "422 push_refused", "{id} {}", reply.text());
            let errors = reply.json()["errors"].clone();
            let codes: Vec<_> = errors.as_array().expect("a list").iter().filter_map(|error| error["code"].as_str()).collect();
            assert!(codes.contains(&code), "{id}: {codes:?}");
        }
        assert_eq!(editor.get("/api/projects/shop/prompts").await.json()["items"], json!([]));
    }

    async fn a_correction_of_an_older_line_lands_with_a_word_and_moves_nothing(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let publish = async |content: &str, version: &str| {
            editor.post("/api/prompts", json!({ "name": "a", "content": content, "version": version })).await
        };
        publish("one", "1.0.0").await;
        publish("two {{ x }}", "2.0.0").await;
        editor.put("/api/aliases/production", json!({ "version": "2.0.0", "prompt": "a" })).await;
        let reply = publish("one, corrected", "1.0.1").await;
        assert_eq!(reply.outcome(), "201", "V10 {}", reply.text());
        assert!(!reply.json()["warnings"].as_array().expect("a list").is_empty(), "V10 {}", reply.text());
        assert_eq!(editor.get("/api/prompts/a/production").await.json()["version"], "2.0.0");
        assert_eq!(editor.get("/api/prompts/a/latest").await.json()["version"], "2.0.0");
        assert_eq!(editor.get("/api/projects/shop/prompts/a").await.json()["latest"], "2.0.0");
    }

    async fn two_long_lines_without_a_common_part_are_compared_quickly(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let line = |seed: u32| -> String {
            (0..12_000_u32).map(|n| format!("{:x} ", n.wrapping_mul(2_654_435_761).wrapping_add(seed) & 0xffff)).take(12_000).collect()
        };
        for seed in [1, 77_777] {
            let reply = editor.post("/api/prompts", json!({ "name": "a", "content": line(seed) })).await;
            assert_eq!(reply.status, 201, "{}", reply.text());
        }
        let diff = tokio::time::timeout(
            std::time::Duration::from_secs(20),
            editor.get("/api/projects/shop/prompts/a/diff?from=1.0.0"),
        );
        assert_eq!(diff.await.expect("V29").outcome(), "200");
    }
}
