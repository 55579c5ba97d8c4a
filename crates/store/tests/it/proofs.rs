//! Signatures on versions, locks, and aliases that demand them.

use promptsync_core::{
    audit::Actor,
    ids::VersionId,
    names::AliasName,
    signing::{KeyLink, PrivateKey, Signature},
    time::Clock as _,
};
use promptsync_store::{
    Db, Manifest, StoreError,
    aliases::{self, Expected},
    audit, documents,
    environments::{self, Environment},
    prompts, snapshot,
    version_locks::{self, VersionLock},
    version_signatures::{self, VersionSignature},
    versions,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{manifest, number, prompt_name},
    tamper,
};

async fn version(db: &Db, sample: &Sample, name: &str, version: &str) -> versions::Version {
    let mut tx = db.begin_read(&sample.workspace).await.unwrap();
    let prompt = prompts::by_name(&mut tx, &sample.project, &prompt_name(name)).await.unwrap().unwrap();
    versions::get(&mut tx, &prompt.id, &number(version)).await.unwrap().unwrap()
}

/// Any signature; the store does not look into it.
pub(crate) fn a_signature(sample: &Sample) -> Signature {
    KeyLink::first("w", &PrivateKey::from_seed(&[1; 32]), sample.clock.now()).signature
}

pub(crate) fn a_lock(sample: &Sample) -> VersionLock {
    VersionLock {
        locked_by: Actor::System,
        locked_at: sample.clock.now(),
        reason: Some("audited".into()),
        signature: a_signature(sample),
    }
}

async fn lock(db: &Db, sample: &Sample, id: &VersionId) {
    let mut tx = db.begin_write(&sample.workspace).await.unwrap();
    version_locks::insert(&mut tx, &sample.workspace, id, &a_lock(sample)).await.unwrap();
    sample.commit(tx, "version.lock").await.unwrap();
}

db_test! {
    async fn a_version_without_a_signature_is_found_until_it_has_one(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("b", "1.0.0")]).await.unwrap();
        let (a, b) = (version(db, &sample, "a", "1.0.0").await, version(db, &sample, "b", "1.0.0").await);
        let now = sample.clock.now();
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let signed = VersionSignature { signature: a_signature(&sample), record: Some(a.digest.clone()) };
        let signatures = [(a.id.clone(), signed)];
        version_signatures::insert_all(&mut tx, &sample.workspace, &signatures).await.unwrap();
        let missing = version_signatures::missing(&mut tx, &sample.workspace, now, 10).await.unwrap();
        let [(id, statement)] = missing.as_slice() else { panic!("{missing:?}") };
        assert_eq!((id, &statement.prompt, &statement.version), (&b.id, &prompt_name("b"), &b.number));
        assert_eq!((statement.project.as_str(), &statement.digest), ("shop", &b.digest));
        assert_eq!((&statement.author, statement.created_at), (&b.author, b.created_at));
        let earlier = now - chrono::TimeDelta::microseconds(1);
        assert_eq!(version_signatures::missing(&mut tx, &sample.workspace, earlier, 10).await.unwrap(), []);
        let found = version_signatures::of_versions(&mut tx, &[a.id.clone(), b.id]).await.unwrap();
        assert_eq!(found, std::collections::BTreeMap::from(signatures.clone()));
        let again = match version_signatures::insert_all(&mut tx, &sample.workspace, &signatures).await {
            Ok(()) => tx.settle().await,
            refused => refused,
        };
        assert!(matches!(again, Err(StoreError::Unique(_))), "{again:?}");
    }

    async fn a_locked_version_is_not_archived_nor_an_archived_one_locked(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("a", "1.1.0")]).await.unwrap();
        let (old, new) = (version(db, &sample, "a", "1.0.0").await, version(db, &sample, "a", "1.1.0").await);
        lock(db, &sample, &new.id).await;
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let locks = version_locks::of_versions(&mut tx, &[old.id.clone(), new.id.clone()]).await.unwrap();
        assert_eq!(locks, std::collections::BTreeMap::from([(new.id.clone(), a_lock(&sample))]));
        let refused = versions::archive(&mut tx, &new.id, sample.clock.now()).await;
        assert!(matches!(refused, Err(StoreError::Immutable(_))), "{refused:?}");
        drop(tx);

        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        versions::archive(&mut tx, &old.id, sample.clock.now()).await.unwrap();
        let refused = version_locks::insert(&mut tx, &sample.workspace, &old.id, &a_lock(&sample)).await;
        assert!(matches!(refused, Err(StoreError::Immutable(_))), "{refused:?}");
    }

    async fn what_is_not_locked_in_a_manifest_is_named(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("b", "1.0.0"), ("b", "2.0.0")]).await.unwrap();
        lock(db, &sample, &version(db, &sample, "a", "1.0.0").await.id).await;
        lock(db, &sample, &version(db, &sample, "b", "2.0.0").await.id).await;
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        for (wanted, left) in [
            (manifest(&[("a", "1.0.0"), ("b", "2.0.0")]), Manifest::new()),
            (manifest(&[("a", "1.0.0"), ("b", "1.0.0")]), manifest(&[("b", "1.0.0")])),
            (manifest(&[("c", "1.0.0")]), manifest(&[("c", "1.0.0")])),
            (Manifest::new(), Manifest::new()),
        ] {
            assert_eq!(version_locks::unlocked(&mut tx, &sample.project, &wanted).await.unwrap(), left);
        }
    }

    async fn the_policy_of_an_alias_holds_however_its_name_is_cased(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let alias = AliasName::parse("production").unwrap();
        let policy =
            Environment { alias: alias.clone(), locked_only: true, created_at: now, updated_at: now };
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        environments::put(&mut tx, &sample.workspace, &sample.project, &policy).await.unwrap();
        let cased = AliasName::parse("Production").unwrap();
        let found = environments::of_alias(&mut tx, &sample.project, &cased).await.unwrap();
        assert_eq!(found.as_ref(), Some(&policy));

        let later = now + chrono::TimeDelta::minutes(1);
        let open = Environment { locked_only: false, created_at: later, updated_at: later, ..policy.clone() };
        environments::put(&mut tx, &sample.workspace, &sample.project, &open).await.unwrap();
        let changed = Environment { created_at: now, ..open };
        assert_eq!(environments::list(&mut tx, &sample.project).await.unwrap(), [changed]);
        assert!(environments::delete(&mut tx, &sample.project, &alias).await.unwrap());
        assert!(!environments::delete(&mut tx, &sample.project, &alias).await.unwrap());
        assert_eq!(environments::of_alias(&mut tx, &sample.project, &alias).await.unwrap(), None);
    }

    async fn a_snapshot_to_be_signed_has_version_and_digest_of_each_prompt(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("a", "1.1.0"), ("b", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "dev", Expected::Absent, &[("a", "1.0.0"), ("b", "1.0.0")]).await.unwrap();
        let old = version(db, &sample, "a", "1.0.0").await;
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let alias = aliases::by_name(&mut tx, &sample.project, &AliasName::parse("dev").unwrap()).await.unwrap();
        let found = snapshot::signed_entries(&mut tx, &alias.unwrap().id).await.unwrap();
        assert_eq!(found.len(), 2);
        let entry = &found[&prompt_name("a")];
        assert_eq!((&entry.version, &entry.content.digest), (&old.number, &old.digest));
    }

    async fn what_stands_behind_a_proof_is_listed_as_it_is(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("b", "1.0.0")]).await.unwrap();
        let (a, b) = (version(db, &sample, "a", "1.0.0").await, version(db, &sample, "b", "1.0.0").await);
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let names = versions::names(&mut tx, &sample.workspace, "", 10).await.unwrap();
        let shown: Vec<_> = names.iter().map(|name| (name.id.as_str(), name.prompt.as_deref())).collect();
        assert_eq!(shown, [(a.id.as_str(), Some("a")), (b.id.as_str(), Some("b"))]);
        let rest = versions::names(&mut tx, &sample.workspace, a.id.as_str(), 10).await.unwrap();
        assert_eq!((rest.len(), rest[0].project.as_deref(), rest[0].version.as_str()), (1, Some("shop"), "1.0.0"));
        assert_eq!(versions::by_id(&mut tx, &a.id).await.unwrap(), Some(a.clone()));
        assert_eq!(versions::by_id(&mut tx, &VersionId::new("nobody")).await.unwrap(), None);
        let mut digests = vec![a.digest.to_string(), b.digest.to_string()];
        digests.sort();
        assert_eq!(documents::digests(&mut tx, &sample.workspace, "", 10).await.unwrap(), digests);
        assert_eq!(documents::digests(&mut tx, &sample.workspace, &digests[0], 10).await.unwrap(), digests[1..]);
        let published = audit::targets(&mut tx, &sample.workspace, "prompt.publish").await.unwrap();
        assert_eq!(published, [(Some(sample.project.to_string()), "project:shop".to_owned())]);
    }

    async fn a_signature_and_a_lock_without_their_version_are_astray(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0")]).await.unwrap();
        let a = version(db, &sample, "a", "1.0.0").await;
        lock(db, &sample, &a.id).await;
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let signed = VersionSignature { signature: a_signature(&sample), record: None };
        version_signatures::insert_all(&mut tx, &sample.workspace, &[(a.id.clone(), signed)]).await.unwrap();
        sample.commit(tx, "version.sign").await.unwrap();
        for expected in [vec![], vec![a.id.clone()]] {
            let mut tx = db.begin_read(&sample.workspace).await.unwrap();
            assert_eq!(version_signatures::astray(&mut tx, &sample.workspace).await.unwrap(), expected);
            assert_eq!(version_locks::astray(&mut tx, &sample.workspace).await.unwrap(), expected);
            drop(tx);
            tamper::remove_where(db, "versions", "version", "1.0.0").await;
        }
    }
}
