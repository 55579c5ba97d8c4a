use promptsync_store::{PageRequest, StoreError, releases};
use promptsync_testing::{
    Sample, db_test,
    sample::{manifest, number},
};

db_test! {
    async fn a_release_names_a_version_of_each_prompt(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let entries = [("greeting", "1.0.0"), ("farewell", "2.0.0")];
        sample.publish(db, &entries).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let id = sample.release(&mut tx, "1.0.0", &entries).await.unwrap();
        sample.commit(tx, "release.create").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let found = releases::get(&mut tx, &sample.project, &number("1.0.0")).await.unwrap().unwrap();
        assert_eq!((&found.id, found.prompt_count), (&id, 2));
        assert_eq!(releases::manifest(&mut tx, &id).await.unwrap(), manifest(&entries));
        assert_eq!(releases::get(&mut tx, &sample.project, &number("2.0.0")).await.unwrap(), None);
    }

    async fn a_release_of_a_version_that_does_not_exist_is_refused(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        for entries in [[("greeting", "1.0.1")], [("Greeting", "1.0.0")], [("farewell", "1.0.0")]] {
            let mut tx = db.begin_system_write().await.unwrap();
            let answer = sample.release(&mut tx, "1.0.0", &entries).await;
            assert!(matches!(answer, Err(StoreError::NotFound { what: "version" })), "{answer:?}");
        }
    }

    async fn a_release_number_is_given_once(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        sample.release(&mut tx, "1.0.0", &[]).await.unwrap();
        let answer = sample.release(&mut tx, "1.0.0", &[]).await;
        assert!(matches!(answer, Err(StoreError::Unique(_))), "{answer:?}");
    }

    async fn releases_come_newest_first_in_pages(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        assert_eq!(releases::newest(&mut tx, &sample.project).await.unwrap(), None);
        for version in ["1.9.0", "1.10.0", "1.0.0", "1.10.0-rc.1"] {
            sample.release(&mut tx, version, &[]).await.unwrap();
        }
        sample.commit(tx, "release.create").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let newest = releases::newest(&mut tx, &sample.project).await.unwrap().unwrap();
        assert_eq!(newest.version, number("1.10.0"));
        let numbers = releases::numbers(&mut tx, &sample.project).await.unwrap();
        assert_eq!(numbers, ["1.0.0", "1.9.0", "1.10.0-rc.1", "1.10.0"].map(number));
        let first = releases::list(&mut tx, &sample.project, &PageRequest::first(3)).await.unwrap();
        let rest = PageRequest { after: first.next.clone(), limit: 3 };
        let second = releases::list(&mut tx, &sample.project, &rest).await.unwrap();
        let seen: Vec<_> = first.items.iter().chain(&second.items).map(|release| release.version.to_string()).collect();
        assert_eq!(seen, ["1.10.0", "1.10.0-rc.1", "1.9.0", "1.0.0"]);
        assert_eq!(second.next, None);
    }
}
