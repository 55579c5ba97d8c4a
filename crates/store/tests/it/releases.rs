use promptsync_store::{PageRequest, StoreError, releases};
use promptsync_testing::{
    Sample, db_test,
    sample::{manifest, number, prompt_name},
};

use crate::raw;

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
        assert_eq!(releases::manifest(&mut tx, &found).await.unwrap(), manifest(&entries));
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

    async fn a_release_names_all_that_the_newest_does_and_what_it_changes(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let versions = [("greeting", "1.0.0"), ("greeting", "1.0.1"), ("greeting", "1.1.0"), ("farewell", "2.0.0")];
        sample.publish(db, &versions).await.unwrap();
        let steps: [(&str, &[(&str, &str)]); 4] = [
            ("1.0.0", &[("greeting", "1.0.0")]),
            ("1.1.0", &[("farewell", "2.0.0")]),
            // Below the newest: seen by no other release.
            ("1.0.1", &[("greeting", "1.0.1")]),
            ("2.0.0", &[("greeting", "1.1.0")]),
        ];
        let mut tx = db.begin_system_write().await.unwrap();
        for (version, changes) in steps {
            sample.release(&mut tx, version, changes).await.unwrap();
        }
        sample.commit(tx, "release.create").await.unwrap();
        let wanted: [(&str, &[(&str, &str)]); 4] = [
            ("1.0.0", &[("greeting", "1.0.0")]),
            ("1.0.1", &[("greeting", "1.0.1"), ("farewell", "2.0.0")]),
            ("1.1.0", &[("greeting", "1.0.0"), ("farewell", "2.0.0")]),
            ("2.0.0", &[("greeting", "1.1.0"), ("farewell", "2.0.0")]),
        ];
        let mut tx = db.begin_system_read().await.unwrap();
        for (version, entries) in wanted {
            let found = releases::get(&mut tx, &sample.project, &number(version)).await.unwrap().unwrap();
            assert_eq!(found.is_whole, version == "1.0.1", "{version}");
            assert_eq!(releases::manifest(&mut tx, &found).await.unwrap(), manifest(entries), "{version}");
        }
        let some = [prompt_name("farewell"), prompt_name("missing")];
        let (newest, named) = releases::newest_with(&mut tx, &sample.project, &some).await.unwrap().unwrap();
        assert_eq!((newest.version, named), (number("2.0.0"), manifest(&[("farewell", "2.0.0")])));
    }

    async fn changes_follow_a_release_that_is_older_than_they(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0"), ("farewell", "2.0.0")]).await.unwrap();
        raw::execute(db, "INSERT INTO releases (id, project_id, version, sort_key, prompt_count, author, created_at)
            SELECT 'old', project_id, version, sort_key, 1, author, created_at FROM versions WHERE version = '1.0.0'")
            .await
            .unwrap();
        raw::execute(db, "INSERT INTO release_entries (release_id, prompt_id, version_id)
            SELECT 'old', prompt_id, id FROM versions WHERE version = '1.0.0'").await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        sample.release(&mut tx, "1.1.0", &[("farewell", "2.0.0")]).await.unwrap();
        sample.commit(tx, "release.create").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        for (version, is_whole, entries) in [
            ("1.0.0", true, &[("greeting", "1.0.0")][..]),
            ("1.1.0", false, &[("greeting", "1.0.0"), ("farewell", "2.0.0")]),
        ] {
            let found = releases::get(&mut tx, &sample.project, &number(version)).await.unwrap().unwrap();
            assert_eq!((found.is_whole, &found.fingerprint), (is_whole, &None), "{version}");
            assert_eq!(releases::manifest(&mut tx, &found).await.unwrap(), manifest(entries), "{version}");
        }
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
