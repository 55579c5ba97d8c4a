//! What `doctor` says about the role a server connects to PostgreSQL as.

use promptsync_testing::database::{maintenance_url, on_postgres, url_of};

use crate::Sandbox;

/// The line about the database.
fn said(url: &str) -> String {
    let sandbox = Sandbox::with(&[("data/.keep", "")]);
    let out = sandbox.output(&["doctor", "--data-dir", "data", "--database-url", url]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let line = text.lines().find(|line| line.contains("database")).unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_warns_of_a_role_that_row_level_security_does_not_hold() {
    on_postgres(|db| async move {
        assert_eq!(said(&url_of(&db)), "ok database its role is held by row-level security");
        let superuser = said(&maintenance_url().expect("there is a PostgreSQL"));
        assert!(
            superuser.starts_with("note database its role is a superuser or has BYPASSRLS"),
            "{superuser}"
        );
    })
    .await;
    let sandbox = Sandbox::with(&[("data/.keep", "")]);
    let out = sandbox.output(&["doctor", "--data-dir", "data"]);
    assert!(!String::from_utf8_lossy(&out.stdout).contains("row-level"), "SQLite has no roles");
    let wrong = said("postgres://nobody@127.0.0.1:1/nothing");
    assert!(wrong.starts_with("fail database"), "{wrong}");
}
