use promptsync_testing::{Canaries, TestApp, database::bytes_of, db_test};
use serde_json::json;

/// One prompt of each shape; `at` gives the canaries, four of each of ten kinds.
fn files(canaries: &Canaries, round: usize) -> Vec<(String, String)> {
    let at = |kind: usize| canaries.word(round * 10 + kind);
    let text = format!(
        "description: plain\nversion: 1.{round}.0\n\
         content: \"Say {} to {{{{ name }}}} and {{{{ tone }}}}\"\n\
         variables:\n  name: {{type: string, default: {}, description: {}}}\n  tone: {{type: enum, enum: [{}, b], default: b}}\n\
         variants:\n  - {{tags: {{locale: de}}, content: \"{} {{{{ name }}}}\"}}\n\
         models: {{gpt-x: \"{} {{{{ name }}}}\"}}\n\
         output_schema: {{type: object, examples: [{{a: {}}}]}}\n\
         custom: {{note: {}}}\n",
        at(0),
        at(1),
        at(2),
        at(3),
        at(4),
        at(5),
        at(6),
        at(7),
    );
    let chat = format!(
        "version: 1.{round}.0\nmessages:\n  - system: \"Obey {}\"\n  - user: \"{{{{ q }}}} {}\"\n",
        at(8),
        at(9),
    );
    vec![(format!("text_{round}.yaml"), text), (format!("chat_{round}.yaml"), chat)]
}

db_test! {
    async fn nothing_a_document_says_stands_in_the_database_in_clear(db: &Db) {
        let (app, canaries) = (TestApp::on(db).await, Canaries::words(41));
        let editor = app.editor().await;
        for round in 0..4 {
            let files = files(&canaries, round);
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            // Kept answers quote what was pushed.
            let retried = editor.clone().header("idempotency-key", &format!("push-{round}"));
            let reply = retried.try_push(&files, json!({})).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
        }
        // A changed set of values is quoted in the reasons of the next version.
        let (path, text) = files(&canaries, 0).swap_remove(0);
        let changed = text.replace(canaries.word(3), "other").replace("version: 1.0.0\n", "");
        editor.push(&[(path.as_str(), changed.as_str())]).await;
        let open = canaries.word(40);
        let described = format!("description: {open}\ncontent: hello\n");
        editor.push(&[("described.yaml", described.as_str())]).await;
        let found = editor.get(&format!("/api/projects/shop/search?q={}", &canaries.word(10)[..6])).await.json();
        assert_eq!(found["items"][0]["name"], "text_1", "{found}");

        // Descriptions stand in clear, so this test sees something.
        assert_eq!(canaries.found_in(&bytes_of(db).await), ["word 40, raw"]);
    }
}
