//! Whether the database answers, and hearing of commits.

use std::time::Duration;

use promptsync_store::{Db, Pools, StoreError};
use promptsync_testing::{Outage, Postgres, Sample, db_test, keyring};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

db_test! {
    async fn a_commit_is_told_to_whoever_listens(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let Some(mut listener) = db.listen().await.unwrap() else {
            assert!(matches!(db.pools(), Pools::Sqlite { .. }));
            return;
        };
        for version in ["1.0.0", "1.0.1"] {
            let revision = sample.publish(db, &[("greeting", version)]).await.unwrap();
            let told = tokio::time::timeout(PATIENCE, listener.next()).await.expect("it is told").unwrap();
            assert_eq!(told, (sample.workspace.clone(), revision));
        }
        // What did not happen is not told: the next message is of the next commit.
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        sample.write(&mut tx, &[("greeting", "9.0.0")]).await.unwrap();
        drop(tx);
        let revision = sample.publish(db, &[("greeting", "1.0.2")]).await.unwrap();
        let told = tokio::time::timeout(PATIENCE, listener.next()).await.expect("it is told").unwrap();
        assert_eq!(told, (sample.workspace.clone(), revision));
    }

    async fn a_lookout_knows_how_far_every_workspace_is(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut lookout = db.lookout();
        lookout.knock().await.unwrap();
        let revision = sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        assert_eq!(lookout.heads().await.unwrap(), [(sample.workspace.clone(), revision)]);
        let revision = sample.publish(db, &[("greeting", "1.0.1")]).await.unwrap();
        assert_eq!(lookout.heads().await.unwrap(), [(sample.workspace.clone(), revision)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_database_that_is_known_to_be_away() {
    let Some(mut postgres) = Postgres::start() else { return };
    let db = Db::postgres_at(&postgres.url(), keyring()).unwrap();
    assert!(!db.is_prepared());
    db.prepare().await.unwrap();
    assert!(db.is_prepared());
    let sample = Sample::new(&db).await.unwrap();
    let mut lookout = db.lookout();
    lookout.heads().await.unwrap();
    for outage in Outage::ALL {
        let mut open = db.begin_read(&sample.workspace).await.unwrap();
        postgres.take_away(outage);
        let found = lookout.heads().await;
        assert!(matches!(found, Err(StoreError::Unavailable(_))), "{outage:?}: {found:?}");
        // A statement that is under way ends when it is known.
        let statement = async { promptsync_store::audit::heads(&mut open).await.map(drop) };
        let (statement, news) = tokio::join!(statement, async { db.reach().set_away(true) });
        assert!(statement.is_err() && news, "{outage:?}");
        let begun = tokio::time::timeout(Duration::from_secs(1), db.begin_read(&sample.workspace)).await;
        assert!(matches!(begun, Ok(Err(StoreError::Unavailable(_)))), "{outage:?}");
        assert!(matches!(StoreError::away(), StoreError::Unavailable(_)));
        drop(open);
        postgres.bring_back();
        lookout.knock().await.unwrap();
        assert!(db.reach().set_away(false));
        sample.publish(&db, &[(&format!("prompt_{outage:?}").to_lowercase(), "1.0.0")]).await.unwrap();
    }
    db.close().await;
}
