use promptsync_store::{
    StoreError, alias_history,
    aliases::{self, Expected},
    snapshot,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{manifest, prompt_name},
};

db_test! {
    async fn an_alias_points_where_it_was_moved_last(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0"), ("farewell", "1.0.0")]).await.unwrap();
        sample.publish(db, &[("greeting", "1.1.0")]).await.unwrap();
        let first = sample
            .set_alias(db, "stable", Expected::Absent, &[("greeting", "1.0.0"), ("farewell", "1.0.0")])
            .await
            .unwrap();
        assert!(first.created);
        let second = sample
            .set_alias(db, "stable", Expected::Revision(first.revision), &[("greeting", "1.1.0")])
            .await
            .unwrap();
        assert!(!second.created);
        assert_eq!(second.revision, first.revision + 1);

        let mut tx = db.begin_read().await.unwrap();
        let alias = aliases::list(&mut tx, &sample.project).await.unwrap().remove(0);
        assert_eq!(alias.revision, second.revision);
        let entries = aliases::entries(&mut tx, &alias.id).await.unwrap();
        assert_eq!(entries, manifest(&[("greeting", "1.1.0")]));
        let before = alias_history::before(&mut tx, &alias.id, alias.revision).await.unwrap().unwrap();
        assert_eq!(before.entries, manifest(&[("greeting", "1.0.0"), ("farewell", "1.0.0")]));
        let whole = snapshot::load(&mut tx, &sample.project).await.unwrap();
        assert_eq!(whole.prompts[&prompt_name("greeting")].len(), 2);
    }

    async fn a_move_that_expects_another_revision_is_stale(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        let entries = [("greeting", "1.0.0")];
        let made = sample.set_alias(db, "stable", Expected::Anything, &entries).await.unwrap();
        for expected in [Expected::Absent, Expected::Revision(made.revision + 1)] {
            let answer = sample.set_alias(db, "stable", expected, &entries).await;
            let current = Some(made.revision);
            assert!(matches!(answer, Err(StoreError::Stale { current: c }) if c == current), "{answer:?}");
        }
    }
}
