//! What was read and refused is in the audit log, without an entry each.

use std::net::IpAddr;

use promptsync_core::access_records::{AccessRecord, root};
use promptsync_server::jobs;
use promptsync_store::{access_records, audit, workspaces};
use promptsync_testing::{TestApp, db_test};
use serde_json::json;

/// Writes what was noted; gives the batches since `after` with the root their audit entry carries.
async fn flushed(app: &TestApp, after: i64) -> Vec<(Vec<AccessRecord>, String)> {
    jobs::access_records::run_once(app.app()).await.expect("the batch is written");
    let mut tx = app.app().db.begin_system_read().await.expect("the database answers");
    let workspace = workspaces::list(&mut tx).await.expect("workspaces").remove(0).id;
    let entries = audit::since(&mut tx, &workspace, after, 1_000).await.expect("entries");
    let mut batches = Vec::new();
    for chained in entries.iter().filter(|chained| chained.entry.action == "access.batch") {
        let placed =
            access_records::between(&mut tx, &workspace, chained.revision - 1, chained.revision).await;
        let records: Vec<_> = placed.expect("records").into_iter().map(|placed| placed.record).collect();
        assert_eq!(chained.entry.details["count"], json!(records.len()));
        batches.push((records, chained.entry.details["root"].as_str().expect("a root").to_owned()));
    }
    batches
}

fn line(record: &AccessRecord) -> String {
    let AccessRecord { action, target, outcome, count, .. } = record;
    let target = target.split('#').next().unwrap_or_default();
    let who = if record.actor.is_some() { "known" } else { "nobody" };
    let from = record.address.as_deref().unwrap_or("-");
    format!("{count} {who} {from} {action} {target} {outcome}")
}

db_test! {
    async fn reads_renders_and_refusals_are_counted_and_their_root_is_in_the_chain(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "Hello {{ name }}")]).await;
        let address = IpAddr::from([10, 0, 0, 1]);
        let viewer = app.viewer().await.from_address(address);
        for _ in 0..3 {
            viewer.get("/api/prompts/greeting/latest").await;
        }
        viewer.post("/api/prompts/greeting/latest/render", json!({"variables": {"name": "A"}})).await;
        viewer.post("/api/prompts/greeting/latest/render", json!({"variables": {}})).await;
        viewer.post("/api/projects", json!({"name": "x"})).await;
        viewer.get("/api/projects/other").await;
        app.nobody().from_address(address).get("/api/prompts/greeting/latest").await;
        app.nobody().from_address(address).get("/livez").await;
        app.nobody().with_key("ps_wrong").get("/api/prompts/greeting/latest").await;

        let batches = flushed(&app, 0).await;
        let lines: Vec<Vec<_>> = batches.iter().map(|(records, _)| records.iter().map(line).collect()).collect();
        assert_eq!(lines, [
            vec![
                "3 known 10.0.0.1 prompt.read prompt:greeting@1.0.0 ok",
                "1 known 10.0.0.1 prompt.render prompt:greeting@1.0.0 ok",
                "1 known 10.0.0.1 prompt.render prompt:greeting@1.0.0 missing_variable",
                "1 known 10.0.0.1 change POST /api/projects insufficient_scope",
                "1 known 10.0.0.1 read GET /api/projects/other project_not_found",
            ],
            vec![
                "1 nobody 10.0.0.1 read GET /api/prompts/{name}/{version_or_alias} unauthenticated",
                "1 nobody - read GET /api/prompts/{name}/{version_or_alias} unauthenticated",
            ],
        ]);
        for (records, promised) in &batches {
            assert_eq!(root(records).as_str(), promised);
        }
        assert_eq!(flushed(&app, 0).await.len(), 2, "nothing new, no new batch");
    }
}
