use std::sync::Arc;

use promptsync_core::{
    digest::Digest,
    ids::{Ids as _, ProjectId, PromptId, VersionId},
    names::ModulePath,
    time::Clock as _,
};
use promptsync_store::{
    OnUnique as _, PageRequest, StoreError,
    documents::{self, DocumentText},
    prompts, versions,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{a_document, number, prompt_name},
};

use crate::raw;

db_test! {
    async fn a_published_version_reads_back_whole(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let canonical = a_document("Hello");
        let digest = Digest::of(canonical.as_bytes());
        let prompt = sample.a_prompt("greeting", "1.0.0-rc.1");
        let mut version = sample.a_version(&prompt.id, "1.0.0-rc.1", &digest);
        version.reasons = vec![promptsync_core::bumps::Reason {
            bump: promptsync_core::versions::Bump::Minor,
            code: "variable_added".into(),
            message: "“name” was added".into(),
        }];
        version.origin = Some(promptsync_core::files::Origin {
            path: "support/greeting.yaml".into(),
            format: promptsync_core::files::Format::YamlList,
        });
        version.interface.output_schema = Some(serde_json::json!({"type": "object", "maxProperties": 3}));
        version.dependencies.insert(
            prompt_name("footer"),
            promptsync_core::publish::Dependency { version: number("2.0.0"), digest: digest.clone() },
        );
        let mut tx = db.begin_system_write().await.unwrap();
        let document = DocumentText { digest: &digest, canonical: &canonical };
        documents::insert_all(&mut tx, &sample.workspace, &[document, document], sample.clock.now()).await.unwrap();
        prompts::put_all(&mut tx, std::slice::from_ref(&prompt)).await.unwrap();
        versions::insert_all(&mut tx, std::slice::from_ref(&version)).await.unwrap();
        sample.commit(tx, "prompt.publish").await.unwrap();

        let mut tx = db.begin_system_read().await.unwrap();
        let found = versions::get(&mut tx, &prompt.id, &version.number).await.unwrap().unwrap();
        assert_eq!(found, version);
        assert_eq!(prompts::by_name(&mut tx, &sample.project, &prompt.name).await.unwrap().unwrap(), prompt);
        assert_eq!(versions::get(&mut tx, &prompt.id, &number("2.0.0")).await.unwrap(), None);
        let text = documents::get(&mut tx, &sample.workspace, &digest).await.unwrap();
        assert_eq!(text.as_deref(), Some(canonical.as_str()));
        let text = documents::get_in_project(&mut tx, &sample.workspace, &sample.project, &digest).await.unwrap();
        assert_eq!(text.as_deref(), Some(canonical.as_str()));
        let elsewhere = ProjectId::new("elsewhere");
        let text = documents::get_in_project(&mut tx, &sample.workspace, &elsewhere, &digest).await.unwrap();
        assert_eq!(text, None);
        let unknown = Digest::of(b"unknown");
        let all = documents::get_all(&mut tx, &sample.workspace, &[digest.clone(), unknown]).await.unwrap();
        assert_eq!(all.into_keys().collect::<Vec<_>>(), [digest]);
    }

    async fn a_second_version_changes_the_prompts_newest_facts_alone(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let name = prompt_name("greeting");
        let first = prompts::by_name(&mut tx, &sample.project, &name).await.unwrap().unwrap();
        sample.clock.advance(chrono::TimeDelta::hours(1));
        let mut second = sample.a_prompt("greeting", "2.0.0");
        second.id = first.id.clone();
        second.owner = Some("somebody else".into());
        second.lifecycle = "retired".into();
        second.module = ModulePath::parse("support").unwrap();
        second.tags = Vec::new();
        prompts::put_all(&mut tx, std::slice::from_ref(&second)).await.unwrap();
        let found = prompts::by_name(&mut tx, &sample.project, &name).await.unwrap().unwrap();
        second.owner = first.owner;
        second.lifecycle = first.lifecycle;
        second.created_at = first.created_at;
        assert_eq!(found, second);
    }

    async fn a_name_that_differs_only_in_case_is_refused(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let answer = match prompts::put_all(&mut tx, &[sample.a_prompt("Greeting", "1.0.0")]).await {
            Ok(()) => tx.settle().await,
            refused => refused,
        };
        assert!(matches!(answer, Err(StoreError::Unique(_))), "{answer:?}");
    }

    async fn names_are_found_as_they_are_spelt(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("Greeting", "1.0.0"), ("farewell", "1.0.0")]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let wanted = [prompt_name("Greeting"), prompt_name("FAREWELL"), prompt_name("none")];
        assert!(prompts::by_name(&mut tx, &sample.project, &wanted[1]).await.unwrap().is_none());
        let found = prompts::by_names(&mut tx, &sample.project, &wanted).await.unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), [&wanted[0]]);
        let alike = prompts::alike(&mut tx, &sample.project, &wanted).await.unwrap();
        assert_eq!(alike.into_keys().collect::<Vec<_>>(), [prompt_name("Greeting"), prompt_name("farewell")]);
        let past = versions::of_prompts(&mut tx, &sample.project, &wanted).await.unwrap();
        assert_eq!(past.keys().collect::<Vec<_>>(), [&wanted[0]]);
        let names = prompts::names(&mut tx, &sample.project).await.unwrap();
        assert_eq!(names, [prompt_name("farewell"), prompt_name("Greeting")]);
    }

    async fn the_highest_version_of_a_prompt_and_the_highest_in_use_decide_its_next_number(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        for version in ["1.0.0", "1.9.0", "1.10.0"] {
            sample.publish(db, &[("greeting", version), ("other", version)]).await.unwrap();
        }
        let name = [prompt_name("greeting")];
        let numbers = async || {
            let mut tx = db.begin_read(&sample.workspace).await.unwrap();
            let past = versions::newest_of_prompts(&mut tx, &sample.project, &name).await.unwrap();
            assert_eq!(past.keys().collect::<Vec<_>>(), [&name[0]]);
            past[&name[0]].iter().map(|past| (past.version.to_string(), past.archived)).collect::<Vec<_>>()
        };
        assert_eq!(numbers().await, [("1.10.0".to_owned(), false)]);
        let id = "SELECT versions.id FROM versions JOIN prompts ON prompts.id = versions.prompt_id
                  WHERE prompts.name = 'greeting' AND version IN ('1.9.0', '1.10.0') ORDER BY sort_key DESC";
        let ids: Vec<_> = raw::strings(db, id).await.into_iter().map(VersionId::new).collect();
        for (archived, left) in ids.iter().zip(["1.9.0", "1.0.0"]) {
            let mut tx = db.begin_write(&sample.workspace).await.unwrap();
            versions::archive(&mut tx, archived, sample.clock.now()).await.unwrap();
            sample.commit(tx, "version.archive").await.unwrap();
            assert_eq!(numbers().await, [(left.to_owned(), false), ("1.10.0".to_owned(), true)]);
        }
    }

    async fn the_past_of_a_prompt_is_in_version_order(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        for version in ["1.9.0", "1.10.0", "1.2.0", "2.0.0-rc.1", "2.0.0"] {
            sample.publish(db, &[("greeting", version)]).await.unwrap();
        }
        let mut tx = db.begin_system_write().await.unwrap();
        let name = prompt_name("greeting");
        let prompt = prompts::by_name(&mut tx, &sample.project, &name).await.unwrap().unwrap();
        let old = versions::get(&mut tx, &prompt.id, &number("1.2.0")).await.unwrap().unwrap();
        versions::archive(&mut tx, &old.id, sample.clock.now()).await.unwrap();
        versions::archive(&mut tx, &old.id, sample.clock.now() + chrono::TimeDelta::hours(1)).await.unwrap();
        sample.commit(tx, "version.archive").await.unwrap();

        let mut tx = db.begin_system_write().await.unwrap();
        let past = versions::of_prompts(&mut tx, &sample.project, std::slice::from_ref(&name)).await.unwrap();
        let numbers: Vec<_> = past[&name].iter().map(|version| (version.version.to_string(), version.archived)).collect();
        let expected = [("1.2.0", true), ("1.9.0", false), ("1.10.0", false), ("2.0.0-rc.1", false), ("2.0.0", false)];
        assert_eq!(numbers, expected.map(|(text, archived)| (text.to_owned(), archived)));
        let found = versions::get(&mut tx, &prompt.id, &number("1.2.0")).await.unwrap().unwrap();
        assert_eq!(found.archived_at, Some(sample.clock.now()));
        versions::restore(&mut tx, &old.id).await.unwrap();
        versions::restore(&mut tx, &old.id).await.unwrap();
        let found = versions::get(&mut tx, &prompt.id, &number("1.2.0")).await.unwrap().unwrap();
        assert_eq!(found.archived_at, None);
    }

    async fn of_a_hundred_publishes_of_one_version_one_wins(db: &Db) {
        #[derive(Debug)]
        #[expect(dead_code, reason = "read by the message of a failing test")]
        enum Refused { Exists, Store(StoreError) }
        impl From<StoreError> for Refused {
            fn from(error: StoreError) -> Self { Self::Store(error) }
        }

        let sample = Arc::new(Sample::new(db).await.unwrap());
        sample.publish(db, &[("greeting", "0.9.0")]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let name = prompt_name("greeting");
        let prompt = prompts::by_name(&mut tx, &sample.project, &name).await.unwrap().unwrap().id;
        drop(tx);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..100 {
            let (db, sample, prompt) = (db.clone(), sample.clone(), prompt.clone());
            writers.spawn(async move {
                let mut tx = db.begin_system_write().await?;
                let canonical = a_document(&format!("by {writer}"));
                let digest = Digest::of(canonical.as_bytes());
                let document = DocumentText { digest: &digest, canonical: &canonical };
                documents::insert_all(&mut tx, &sample.workspace, &[document], sample.clock.now()).await?;
                let version = sample.a_version(&prompt, "1.0.0", &digest);
                versions::insert_all(&mut tx, &[version]).await.on_unique(|| Refused::Exists)?;
                tx.settle().await.on_unique(|| Refused::Exists)?;
                Ok(sample.commit(tx, "prompt.publish").await?)
            });
        }
        let outcomes = writers.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refused::Exists))).count();
        assert_eq!(refused, 99, "{outcomes:?}");
        let documents = raw::strings(db, "SELECT digest FROM documents").await;
        assert_eq!(documents.len(), 2, "the 99 left no document behind");
    }

    async fn a_push_of_fifty_whose_last_fails_leaves_nothing(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let names: Vec<String> = (0..49).map(|index| format!("prompt_{index}")).collect();
        let mut push: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1.0.0")).collect();
        push.push(("PROMPT_7", "1.0.0"));
        let answer = sample.write(&mut tx, &push).await;
        assert!(matches!(answer, Err(StoreError::Unique(_))), "{answer:?}");
        drop(tx);
        for table in ["prompts", "versions", "documents"] {
            assert!(raw::strings(db, &format!("SELECT '1' FROM {table}")).await.is_empty(), "{table}");
        }
        sample.publish(db, &push[..49]).await.unwrap();
        assert_eq!(raw::strings(db, "SELECT id FROM versions").await.len(), 49);
    }

    async fn a_batch_larger_than_one_statement_is_written_whole(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let canonical = a_document("same");
        let digest = Digest::of(canonical.as_bytes());
        let prompts: Vec<_> = (0..2_500).map(|index| sample.a_prompt(&format!("p{index:04}"), "1.0.0")).collect();
        let rows: Vec<_> = prompts.iter().map(|prompt| sample.a_version(&prompt.id, "1.0.0", &digest)).collect();
        let mut tx = db.begin_system_write().await.unwrap();
        let document = DocumentText { digest: &digest, canonical: &canonical };
        documents::insert_all(&mut tx, &sample.workspace, &[document], sample.clock.now()).await.unwrap();
        prompts::put_all(&mut tx, &prompts).await.unwrap();
        versions::insert_all(&mut tx, &rows).await.unwrap();
        sample.commit(tx, "prompt.publish").await.unwrap();

        let mut tx = db.begin_system_read().await.unwrap();
        let names: Vec<_> = prompts.iter().map(|prompt| prompt.name.clone()).collect();
        assert_eq!(prompts::names(&mut tx, &sample.project).await.unwrap(), names);
        assert_eq!(prompts::by_names(&mut tx, &sample.project, &names).await.unwrap().len(), 2_500);
        assert_eq!(versions::of_prompts(&mut tx, &sample.project, &names).await.unwrap().len(), 2_500);
    }

    async fn versions_come_newest_first_in_pages(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        for version in ["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "1.2.0"] {
            sample.publish(db, &[("greeting", version)]).await.unwrap();
        }
        let mut tx = db.begin_system_read().await.unwrap();
        let prompt = prompts::by_name(&mut tx, &sample.project, &prompt_name("greeting")).await.unwrap().unwrap();
        let mut page = PageRequest::first(2);
        let mut seen = Vec::new();
        loop {
            let found = versions::list(&mut tx, &prompt.id, &page).await.unwrap();
            seen.extend(found.items.iter().map(|version| version.number.to_string()));
            page.after = found.next;
            if page.after.is_none() { break }
        }
        assert_eq!(seen, ["2.0.0-rc.1", "1.10.0", "1.9.0", "1.2.0", "1.0.0"]);
        page.after = Some("nonsense".into());
        let answer = versions::list(&mut tx, &prompt.id, &page).await;
        assert!(matches!(answer, Err(StoreError::BadCursor)), "{answer:?}");
    }

    async fn prompts_come_by_name_in_pages_that_stay_stable(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        // Byte order, which a locale would not give.
        let names = ["a-b", "a.b", "a1", "a_b", "Ab", "b"];
        for name in names.iter().rev() {
            sample.publish(db, &[(name, "1.0.0")]).await.unwrap();
        }
        let first = {
            let mut tx = db.begin_system_read().await.unwrap();
            prompts::list(&mut tx, &sample.project, &PageRequest::first(3)).await.unwrap()
        };
        sample.publish(db, &[("a0", "1.0.0"), ("aa", "1.0.0")]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let rest = PageRequest { after: first.next, limit: 10 };
        let second = prompts::list(&mut tx, &sample.project, &rest).await.unwrap();
        let seen: Vec<_> = first.items.iter().chain(&second.items).map(|prompt| prompt.name.as_str()).collect();
        assert_eq!(seen, ["a-b", "a.b", "a1", "a_b", "aa", "Ab", "b"]);
        assert_eq!(second.next, None);
        let all = prompts::list(&mut tx, &sample.project, &PageRequest::first(8)).await.unwrap();
        assert_eq!((all.items.len(), all.next), (8, None));
    }

    async fn a_row_that_lies_is_named(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        raw::execute(db, "UPDATE prompts SET latest_version = 'newest'").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let answer = prompts::list(&mut tx, &sample.project, &PageRequest::first(1)).await;
        assert!(
            matches!(answer, Err(StoreError::Corrupt { table: "prompts", column: "latest_version", .. })),
            "{answer:?}"
        );
    }

    async fn a_version_of_a_prompt_that_does_not_exist_is_refused(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let version = sample.a_version(&PromptId::new(sample.ids.next()), "1.0.0", &Digest::of(b"none"));
        let inserted = versions::insert_all(&mut tx, &[version]).await;
        assert!(inserted.is_err() || tx.settle().await.is_err());
    }
}
