use std::sync::Arc;

use promptsync_core::{
    audit::Actor,
    ids::{AliasId, Ids as _},
    names::AliasName,
    splits::AliasSplits,
    time::Clock as _,
};
use promptsync_store::{
    PageRequest, StoreError, alias_history,
    aliases::{self, Expected, Move},
    prompts,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{manifest, number, prompt_name},
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

        let mut tx = db.begin_system_read().await.unwrap();
        let alias = aliases::list(&mut tx, &sample.project).await.unwrap().remove(0);
        assert_eq!(alias.revision, second.revision);
        let entries = aliases::entries(&mut tx, &alias.id).await.unwrap();
        assert_eq!(entries, manifest(&[("greeting", "1.1.0")]));
        let before = alias_history::before(&mut tx, &alias.id, alias.revision).await.unwrap().unwrap();
        assert_eq!(before.entries, manifest(&[("greeting", "1.0.0"), ("farewell", "1.0.0")]));
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

db_test! {
    async fn of_sixteen_moves_from_one_revision_one_wins(db: &Db) {
        let sample = Arc::new(Sample::new(db).await.unwrap());
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        let made = sample.set_alias(db, "stable", Expected::Absent, &[]).await.unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (db, sample) = (db.clone(), sample.clone());
            writers.spawn(async move {
                let expected = Expected::Revision(made.revision);
                sample.set_alias(&db, "stable", expected, &[("greeting", "1.0.0")]).await
            });
        }
        let outcomes = writers.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let stale = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Stale { .. }))).count();
        assert_eq!(stale, 15, "{outcomes:?}");
    }

    async fn of_eight_that_create_an_alias_one_does(db: &Db) {
        let sample = Arc::new(Sample::new(db).await.unwrap());
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (db, sample) = (db.clone(), sample.clone());
            writers.spawn(async move { sample.set_alias(&db, "stable", Expected::Absent, &[]).await });
        }
        let outcomes = writers.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(StoreError::Stale { .. }))));
    }

    async fn an_alias_whose_name_differs_only_in_case_is_refused(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.set_alias(db, "stable", Expected::Absent, &[]).await.unwrap();
        let answer = sample.set_alias(db, "Stable", Expected::Anything, &[]).await;
        assert!(matches!(answer, Err(StoreError::Stale { current: None })), "{answer:?}");
    }

    async fn an_alias_cannot_point_at_what_does_not_exist(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let answer = sample.set_alias(db, "stable", Expected::Absent, &[("greeting", "1.0.0")]).await;
        assert!(matches!(answer, Err(StoreError::NotFound { what: "version" })), "{answer:?}");
        let mut tx = db.begin_system_read().await.unwrap();
        assert!(aliases::list(&mut tx, &sample.project).await.unwrap().is_empty());
    }

    async fn an_alias_stands_on_the_release_it_was_moved_to(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        let entries = manifest(&[("greeting", "1.0.0")]);
        let name = AliasName::parse("production").unwrap();
        let by = Actor::User { id: "u1".into(), name: "Ada".into() };
        let mut tx = db.begin_system_write().await.unwrap();
        let release = sample.release(&mut tx, "3.0.0", &[("greeting", "1.0.0")]).await.unwrap();
        let id = AliasId::new(sample.ids.next());
        let change = Move {
            workspace: &sample.workspace,
            project: &sample.project,
            name: &name,
            new_id: &id,
            expected: Expected::Absent,
            entries: &entries,
            release: Some(&release),
            splits: &AliasSplits::default(),
            action: "push",
            moved_by: &by,
            moved_at: sample.clock.now(),
            reason: Some("first release"),
        };
        let moved = aliases::set(&mut tx, &change).await.unwrap();
        assert_eq!(sample.commit(tx, "alias.move").await.unwrap(), moved.revision);

        let mut tx = db.begin_system_read().await.unwrap();
        let alias = aliases::by_name(&mut tx, &sample.project, &name).await.unwrap().unwrap();
        assert_eq!(alias.release, Some(number("3.0.0")));
        assert_eq!((alias.moved_by, alias.reason.as_deref()), (by.clone(), Some("first release")));
        let past = alias_history::get(&mut tx, &alias.id, moved.revision).await.unwrap().unwrap();
        assert_eq!((past.release, past.release_id), (Some(number("3.0.0")), Some(release)));
        assert_eq!((past.action.as_str(), past.moved_by, past.entries), ("push", by, entries));
        assert_eq!(alias_history::get(&mut tx, &alias.id, moved.revision + 1).await.unwrap(), None);
        let other = AliasName::parse("Production").unwrap();
        assert_eq!(aliases::by_name(&mut tx, &sample.project, &other).await.unwrap(), None);
    }

    async fn history_comes_newest_first_in_pages(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut revisions = Vec::new();
        for _ in 0..5 {
            revisions.push(sample.set_alias(db, "dev", Expected::Anything, &[]).await.unwrap().revision);
        }
        revisions.reverse();
        let mut tx = db.begin_system_read().await.unwrap();
        let alias = aliases::list(&mut tx, &sample.project).await.unwrap().remove(0);
        let first = alias_history::list(&mut tx, &alias.id, &PageRequest::first(3)).await.unwrap();
        let rest = PageRequest { after: first.next.clone(), limit: 3 };
        let second = alias_history::list(&mut tx, &alias.id, &rest).await.unwrap();
        let seen: Vec<_> = first.items.iter().chain(&second.items).map(|past| past.revision).collect();
        assert_eq!((seen, second.next), (revisions, None));
        let bad = PageRequest { after: Some("x".into()), limit: 3 };
        let answer = alias_history::list(&mut tx, &alias.id, &bad).await;
        assert!(matches!(answer, Err(StoreError::BadCursor)), "{answer:?}");
    }

    async fn prompts_know_the_aliases_that_point_at_them(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("a", "2.0.0"), ("b", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "dev", Expected::Absent, &[("a", "2.0.0"), ("b", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "stable", Expected::Absent, &[("a", "1.0.0")]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let names = [prompt_name("a"), prompt_name("b")];
        let prompts = prompts::by_names(&mut tx, &sample.project, &names).await.unwrap();
        let ids: Vec<_> = prompts.values().map(|prompt| prompt.id.clone()).collect();
        let found = aliases::of_prompts(&mut tx, &ids).await.unwrap();
        let of_a: Vec<_> = found[&ids[0]].iter().map(|(alias, version)| format!("{alias} {version}")).collect();
        assert_eq!(of_a, ["dev 2.0.0", "stable 1.0.0"]);
        assert_eq!(found[&ids[1]].len(), 1);
    }
}
