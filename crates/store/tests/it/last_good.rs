//! The last-good copy: what it restores, and that nothing in it is believed without proof.

use promptsync_core::time::Clock as _;
use promptsync_store::{
    Db,
    aliases::Expected,
    documents,
    last_good::{Copy, Known, Shelf, Stored},
    snapshot,
};
use promptsync_testing::{Sample, db_test, sample::prompt_name};

/// A workspace with two prompts behind an alias.
async fn sample(db: &Db) -> Sample {
    let sample = Sample::new(db).await.unwrap();
    sample.publish(db, &[("one", "1.0.0"), ("two", "1.0.0"), ("two", "1.1.0")]).await.unwrap();
    sample
        .set_alias(db, "production", Expected::Absent, &[("one", "1.0.0"), ("two", "1.1.0")])
        .await
        .unwrap();
    sample
}

/// What has to be stored now.
async fn stored(db: &Db, sample: &Sample, known: &mut Known) -> Stored {
    let mut tx = db.begin_read(&sample.workspace).await.unwrap();
    let copy = Copy::export(&mut tx, &sample.workspace).await.unwrap().unwrap();
    let documents = copy.missing_documents(&mut tx, known).await.unwrap();
    let mut stored = copy.seal(db, known, sample.clock.now()).unwrap();
    stored.documents = documents;
    known.have(&stored.documents);
    stored
}

/// How many prompts of what was stored are refused, and the names of those that are there; nothing when all is refused.
async fn restored(db: &Db, sample: &Sample, stored: Stored) -> Option<(usize, Vec<String>)> {
    let (copy, restored) = db.restored(vec![stored]).await.unwrap();
    let one = restored.first()?;
    let mut tx = copy.begin_read(&sample.workspace).await.unwrap();
    let state = snapshot::load(&mut tx, &sample.project).await.unwrap();
    Some((one.refused, state.prompts.keys().map(ToString::to_string).collect()))
}

fn both() -> (usize, Vec<String>) {
    (0, vec!["one".to_owned(), "two".to_owned()])
}

db_test! {
    async fn a_copy_reads_like_the_database_it_was_made_of(db: &Db) {
        let sample = sample(db).await;
        let stored = stored(db, &sample, &mut Known::default()).await;
        let (copy, restored) = db.restored(vec![stored]).await.unwrap();
        let mut here = db.begin_read(&sample.workspace).await.unwrap();
        let mut there = copy.begin_read(&sample.workspace).await.unwrap();
        let state = snapshot::load(&mut here, &sample.project).await.unwrap();
        assert_eq!(snapshot::load(&mut there, &sample.project).await.unwrap(), state);
        let revision = promptsync_store::audit::head(&mut here, &sample.workspace).await.unwrap();
        assert_eq!(promptsync_store::audit::head(&mut there, &sample.workspace).await.unwrap(), revision);
        assert_eq!((restored[0].revision, restored[0].refused), (revision.revision, 0));
        for known in state.prompts.values() {
            for facts in known.facts.versions.iter() {
                let content = documents::get(&mut here, &sample.workspace, &facts.digest).await.unwrap();
                assert!(content.is_some());
                assert_eq!(documents::get(&mut there, &sample.workspace, &facts.digest).await.unwrap(), content);
            }
        }
    }

    async fn only_what_changed_is_stored_again(db: &Db) {
        let sample = sample(db).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last-good.db");
        let (shelf, mut known) = (Shelf::open(&path).await.unwrap(), Known::default());
        let first = stored(db, &sample, &mut known).await;
        assert_eq!((first.is_whole, first.parts.len(), first.documents.len()), (true, 2, 3));
        shelf.put(&first).await.unwrap();
        sample.publish(db, &[("one", "2.0.0")]).await.unwrap();
        let later = sample.clock.now() + chrono::TimeDelta::seconds(5);
        shelf.confirm(&sample.workspace, later).await.unwrap();
        assert_eq!(Shelf::read(&path).await.unwrap()[0].confirmed_at, later);
        let second = stored(db, &sample, &mut known).await;
        assert_eq!((second.is_whole, second.parts.len(), second.documents.len()), (false, 1, 1));
        shelf.put(&second).await.unwrap();
        let read = Shelf::read(&path).await.unwrap().pop().unwrap();
        assert_eq!((read.parts.len(), read.documents.len()), (2, 4));
        assert_eq!(restored(db, &sample, read).await, Some(both()));
        assert!(Shelf::read(&folder.path().join("none.db")).await.unwrap().is_empty());
    }

    async fn a_prompt_that_was_altered_in_the_copy_is_refused_alone(db: &Db) {
        let sample = sample(db).await;
        let good = stored(db, &sample, &mut Known::default()).await;
        assert_eq!(restored(db, &sample, good.clone()).await, Some(both()));
        let part = good.parts.keys().next().unwrap().clone();
        let length = good.parts[&part].len();
        for at in (0..length).step_by(length / 40 + 1) {
            let mut bad = good.clone();
            bad.parts.get_mut(&part).unwrap()[at] ^= 1;
            let (refused, names) = restored(db, &sample, bad).await.unwrap();
            assert_eq!((refused, names.len()), (1, 1), "{at}");
        }
        let mut bad = good.clone();
        bad.parts.remove(&part);
        assert_eq!(restored(db, &sample, bad).await.unwrap().0, 1);
    }

    async fn a_document_that_was_altered_in_the_copy_is_refused_with_its_prompt(db: &Db) {
        let sample = sample(db).await;
        let good = stored(db, &sample, &mut Known::default()).await;
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let state = snapshot::load(&mut tx, &sample.project).await.unwrap();
        let digest = state.prompts[&prompt_name("one")].facts.versions[0].digest.to_string();
        for at in 0..good.documents[&digest].len() {
            let mut bad = good.clone();
            bad.documents.get_mut(&digest).unwrap()[at] ^= 1;
            assert_eq!(restored(db, &sample, bad).await, Some((1, vec!["two".to_owned()])), "{at}");
        }
        let mut bad = good.clone();
        let other = bad.documents.keys().find(|known| **known != digest).unwrap().clone();
        let taken = bad.documents[&other].clone();
        bad.documents.insert(digest, taken);
        assert_eq!(restored(db, &sample, bad).await, Some((1, vec!["two".to_owned()])));
    }

    async fn parts_of_an_older_copy_and_of_another_prompt_are_refused(db: &Db) {
        let sample = sample(db).await;
        let mut known = Known::default();
        let old = stored(db, &sample, &mut known).await;
        sample.publish(db, &[("one", "2.0.0")]).await.unwrap();
        let new = stored(db, &sample, &mut known).await;
        let mut mixed = old.clone();
        mixed.base = new.base.clone();
        assert_eq!(restored(db, &sample, mixed).await.unwrap().0, 1);
        let mut swapped = old.clone();
        let ids: Vec<String> = swapped.parts.keys().cloned().collect();
        swapped.parts.insert(ids[0].clone(), old.parts[&ids[1]].clone());
        swapped.parts.insert(ids[1].clone(), old.parts[&ids[0]].clone());
        assert_eq!(restored(db, &sample, swapped).await.unwrap().0, 2);
    }

    async fn a_copy_without_its_beginning_or_its_keys_is_none(db: &Db) {
        let sample = sample(db).await;
        let good = stored(db, &sample, &mut Known::default()).await;
        for at in (0..good.base.len()).step_by(good.base.len() / 40 + 1) {
            let mut bad = good.clone();
            bad.base[at] ^= 1;
            assert_eq!(restored(db, &sample, bad).await, None, "{at}");
        }
        let mut bad = good.clone();
        bad.data_keys.clear();
        assert_eq!(restored(db, &sample, bad).await, None);
        let mut bad = good.clone();
        bad.data_keys[0].sealed[20] ^= 1;
        assert_eq!(restored(db, &sample, bad).await, None);
        let stranger = Db::in_memory(promptsync_store::Keyring::new(Vec::new(), std::sync::Arc::new(|_| ()))).await;
        let (_, restored) = stranger.unwrap().restored(vec![good]).await.unwrap();
        assert!(restored.is_empty());
    }
}
