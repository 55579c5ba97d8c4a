use chrono::TimeDelta;
use promptsync_core::time::Clock as _;
use promptsync_store::clients::{self, Client};
use promptsync_testing::{Sample, db_test};
use serde_json::json;

fn client(sample: &Sample, instance: &str, minutes: i64) -> Client {
    Client {
        workspace: sample.workspace.clone(),
        project: sample.project.clone(),
        instance: instance.into(),
        report: json!({ "said": minutes }),
        last_seen: sample.clock.now() + TimeDelta::minutes(minutes),
    }
}

db_test! {
    async fn of_an_application_the_last_report_is_kept_until_it_is_silent_for_long(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let (a, b) = (client(&sample, "a", 5), client(&sample, "b", 1));
        clients::note(db, &[a.clone(), b.clone()], now).await.unwrap();
        // What comes late from another server is not news.
        clients::note(db, &[client(&sample, "a", 4)], now).await.unwrap();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        assert_eq!(clients::of_project(&mut tx, &sample.project, now).await.unwrap(), [a.clone(), b.clone()]);
        let since = now + TimeDelta::minutes(2);
        assert_eq!(clients::of_project(&mut tx, &sample.project, since).await.unwrap(), [a.clone()]);
        drop(tx);
        clients::note(db, &[], since).await.unwrap();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        assert_eq!(clients::of_project(&mut tx, &sample.project, now).await.unwrap(), [a]);
    }
}
