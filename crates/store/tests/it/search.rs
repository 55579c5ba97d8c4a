use promptsync_core::ids::{ProjectId, PromptId, WorkspaceId};
use promptsync_store::{
    Db, PageRequest,
    search::{self, Question, SearchText},
    search_pending,
};
use promptsync_testing::{Sample, db_test};

use crate::raw;

async fn fill(db: &Db) -> Sample {
    let sample = Sample::new(db).await.unwrap();
    let rows = [
        (
            "refund_letter",
            "Answers angry customers",
            vec!["support", "email"],
            "Dear {{ customer }}, Ärger über FEES",
        ),
        (
            "customer_support",
            "Helps people",
            vec!["support"],
            "You are a helpful assistant. Refund when asked.",
        ),
        (
            "summary",
            "Shortens texts",
            vec!["tool"],
            "Summarise: {{ text }} and don't-break C++ or a.b.c/d_e@f.org 1e5",
        ),
    ];
    let mut tx = db.begin_system_write().await.unwrap();
    for (name, description, tags, content) in rows {
        let mut prompt = sample.a_prompt(name, "1.0.0");
        prompt.tags = tags.into_iter().map(str::to_owned).collect();
        prompt.description = Some(description.to_owned());
        promptsync_store::prompts::put_all(&mut tx, std::slice::from_ref(&prompt)).await.unwrap();
        let text = SearchText { prompt: &prompt.id, name, description, tags: &prompt.tags, content };
        search::index_all(&mut tx, &sample.workspace, &[text]).await.unwrap();
    }
    sample.commit(tx, "prompt.publish").await.unwrap();
    sample
}

async fn ask(
    db: &Db,
    (workspace, project): (&WorkspaceId, &ProjectId),
    text: &str,
    tags: &[&str],
) -> Vec<String> {
    let question = Question { text: text.into(), tags: tags.iter().map(|tag| (*tag).to_owned()).collect() };
    let mut tx = db.begin_system_read().await.unwrap();
    let page = search::find(&mut tx, workspace, project, &question, &PageRequest::first(10)).await.unwrap();
    page.items.into_iter().map(|prompt| prompt.name.to_string()).collect()
}

async fn is_behind(db: &Db, workspace: &WorkspaceId) -> bool {
    let mut tx = db.begin_read(workspace).await.unwrap();
    search_pending::is_behind(&mut tx, workspace).await.unwrap()
}

db_test! {
    async fn words_are_found_in_name_description_tags_and_content(db: &Db) {
        let sample = fill(db).await;
        let cases: [(&str, &[&str], &[&str]); 17] = [
            // A hit in the name comes before one in the content.
            ("refund", &[], &["refund_letter", "customer_support"]),
            ("customer", &[], &["customer_support", "refund_letter"]),
            ("REFUND letter", &[], &["refund_letter"]),
            ("letter refund", &[], &["refund_letter"]),
            ("sum", &[], &["summary"]),
            ("helpful assistant", &[], &["customer_support"]),
            ("ärger", &[], &["refund_letter"]),
            ("arger", &[], &[]),
            ("fees angry", &[], &["refund_letter"]),
            ("c d_e org", &[], &["summary"]),
            ("1e5", &[], &["summary"]),
            ("refund", &["email"], &["refund_letter"]),
            ("", &["support"], &["customer_support", "refund_letter"]),
            ("", &["support", "email"], &["refund_letter"]),
            ("", &["Support"], &[]),
            ("", &[], &["customer_support", "refund_letter", "summary"]),
            ("nowhere", &[], &[]),
        ];
        for (text, tags, expected) in cases {
            assert_eq!(ask(db, (&sample.workspace, &sample.project), text, tags).await, expected, "{text:?} {tags:?}");
        }
        assert!(ask(db, (&sample.workspace, &ProjectId::new("other")), "refund", &[]).await.is_empty());
    }

    async fn no_question_is_an_error_of_syntax(db: &Db) {
        let sample = fill(db).await;
        for text in [
            "\"", "'", "refund\"", "(", ")", "*", "AND", "OR", "NOT", "NEAR(a b)", "name:refund", "refund*", "-", "^a",
            "a:b", "& |", "!", "<->", ":*", "\\", "%", "{}", "' OR 1=1 --", "\u{1F600}", "日本語", "a\tb\nc", "+", "…",
            "refund AND", "\"unclosed", "col : x", ";", "$1", "?", "@", "#",
        ] {
            ask(db, (&sample.workspace, &sample.project), text, &[text]).await;
            ask(db, (&sample.workspace, &sample.project), text, &[]).await;
        }
        assert!(ask(db, (&sample.workspace, &sample.project), "\" ' *", &[]).await.is_empty(), "no word is asked for, so nothing is found");
        let long = "word ".repeat(5_000);
        ask(db, (&sample.workspace, &sample.project), &long, &[]).await;
    }

    async fn a_new_text_takes_the_place_of_the_old(db: &Db) {
        let sample = fill(db).await;
        let mut tx = db.begin_system_write().await.unwrap();
        let name = promptsync_testing::sample::prompt_name("summary");
        let prompt = promptsync_store::prompts::by_name(&mut tx, &sample.project, &name).await.unwrap().unwrap();
        let text = SearchText { prompt: &prompt.id, name: "summary", description: "", tags: &[], content: "Abridge" };
        search::index_all(&mut tx, &sample.workspace, &[text]).await.unwrap();
        sample.commit(tx, "prompt.publish").await.unwrap();
        assert_eq!(ask(db, (&sample.workspace, &sample.project), "abridge", &[]).await, ["summary"]);
        assert!(ask(db, (&sample.workspace, &sample.project), "summarise", &[]).await.is_empty());
        assert_eq!(ask(db, (&sample.workspace, &sample.project), "refund", &[]).await.len(), 2);
    }

    async fn a_noted_prompt_is_found_by_its_newest_text_once_the_index_has_caught_up(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        assert!(!is_behind(db, &sample.workspace).await);
        let id = [PromptId::new(raw::strings(db, "SELECT id FROM prompts").await.remove(0))];
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        search_pending::note(&mut tx, &sample.workspace, &id).await.unwrap();
        sample.commit(tx, "push").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        assert_eq!(search_pending::workspaces(&mut tx).await.unwrap(), [sample.workspace.clone()]);
        drop(tx);
        // Still open while somebody begins to catch up with the first note.
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        sample.write_texts(&mut tx, "greeting", "77.0.0").await.unwrap();
        search_pending::note(&mut tx, &sample.workspace, &id).await.unwrap();
        let (caught_up, committed) =
            tokio::join!(search_pending::catch_up(db, &sample.workspace), sample.commit(tx, "push"));
        assert!(caught_up.is_ok() && committed.is_ok(), "{caught_up:?} {committed:?}");
        search_pending::catch_up(db, &sample.workspace).await.unwrap();
        assert!(!is_behind(db, &sample.workspace).await);
        assert_eq!(ask(db, (&sample.workspace, &sample.project), "77", &[]).await, ["greeting"]);
    }

    async fn a_large_text_is_indexed_as_far_as_it_goes(db: &Db) {
        let sample = fill(db).await;
        let mut tx = db.begin_system_write().await.unwrap();
        let prompt = sample.a_prompt("large", "1.0.0");
        let content = (0..200_000).map(|index| format!("é{index}")).collect::<Vec<_>>().join(" ");
        promptsync_store::prompts::put_all(&mut tx, std::slice::from_ref(&prompt)).await.unwrap();
        let text = SearchText { prompt: &prompt.id, name: "large", description: "", tags: &[], content: &content };
        search::index_all(&mut tx, &sample.workspace, &[text]).await.unwrap();
        sample.commit(tx, "prompt.publish").await.unwrap();
        assert_eq!(ask(db, (&sample.workspace, &sample.project), "é1000", &[]).await, ["large"]);
        assert!(ask(db, (&sample.workspace, &sample.project), "é199999", &[]).await.is_empty());
    }

    async fn results_come_in_pages_without_repeats(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let names: Vec<String> = (0..7).map(|index| format!("note_{index}")).collect();
        for name in &names {
            sample.publish(db, &[(name, "1.0.0")]).await.unwrap();
        }
        let question = Question { text: "note".into(), tags: vec!["demo".into()] };
        let mut tx = db.begin_system_read().await.unwrap();
        let mut page = PageRequest::first(3);
        let mut seen = Vec::new();
        loop {
            let found = search::find(&mut tx, &sample.workspace, &sample.project, &question, &page).await.unwrap();
            seen.extend(found.items.into_iter().map(|prompt| prompt.name.to_string()));
            page.after = found.next;
            if page.after.is_none() { break }
        }
        assert_eq!(seen, names);
        page.after = Some("-1".into());
        assert!(search::find(&mut tx, &sample.workspace, &sample.project, &question, &page).await.is_err());
    }
}
