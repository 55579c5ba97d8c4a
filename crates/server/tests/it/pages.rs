//! Long lists.

use promptsync_testing::{TestApp, db_test};

db_test! {
    async fn a_list_is_read_page_by_page_without_gaps(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let files: Vec<(String, &str)> = (0..7).map(|n| (format!("p{n}.txt"), "Hi")).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        editor.push(&files).await;
        let (mut names, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = editor.get(&format!("/api/projects/shop/prompts?limit=3{cursor}")).await.json();
            names.extend(page["items"].as_array().expect("a list").iter().map(|item| item["name"].clone()));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((names, pages), (["p0", "p1", "p2", "p3", "p4", "p5", "p6"].map(Into::into).to_vec(), 3));
    }

    async fn a_cursor_that_was_not_given_for_this_list_is_refused(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("a.txt", "Hi"), ("b.txt", "Hi")]).await;
        let page = editor.get("/api/projects/shop/prompts?limit=1").await.json();
        let cursor = page["next_cursor"].as_str().expect("a second page");
        for target in [
            format!("/api/projects/shop/prompts?limit=1&module=x&cursor={cursor}"),
            format!("/api/projects/shop/releases?cursor={cursor}"),
            format!("/api/projects/shop/prompts?cursor={}A", &cursor[..cursor.len() - 1]),
            "/api/projects/shop/prompts?cursor=YQ".to_owned(),
            "/api/projects/shop/prompts?cursor=%00".to_owned(),
            "/api/projects/shop/search?cursor=".to_owned(),
        ] {
            assert_eq!(editor.get(&target).await.outcome(), "400 bad_cursor", "{target}");
        }
    }
}
