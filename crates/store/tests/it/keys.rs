use chrono::TimeDelta;
use promptsync_core::{
    access::{Role, Scope},
    audit::Actor,
    ids::{Ids as _, KeyId, WorkspaceId},
    time::Clock as _,
};
use promptsync_store::{
    PageRequest, StoreError,
    idempotency::{self, Answered},
    keys::{self, Key},
    roles::RoleRef,
};
use promptsync_testing::{Sample, db_test, sample::alias_name};

fn a_key(sample: &Sample, prefix: &str) -> Key {
    Key {
        id: KeyId::new(sample.ids.next()),
        workspace: sample.workspace.clone(),
        scope: Scope::Workspace,
        project_name: None,
        name: "build server".into(),
        role: RoleRef::BuiltIn(Role::Editor),
        role_name: "editor".into(),
        permissions: Role::Editor.permissions(),
        prefix: prefix.into(),
        secret_hash: vec![0, 1, 255],
        last4: "x9Qz".into(),
        created_by: Some(Actor::System),
        created_at: sample.clock.now(),
        not_before: None,
        expires_at: Some(sample.clock.now() + TimeDelta::days(1)),
        revoked_at: None,
        rotated_at: None,
        previous: None,
        last_used_at: None,
    }
}

db_test! {
    async fn a_key_is_found_by_the_start_of_its_secret(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut key = a_key(&sample, "ps_aaaa");
        key.scope = Scope::Environment(sample.project.clone(), alias_name("production"));
        let mut tx = db.begin_system_write().await.unwrap();
        keys::insert(&mut tx, &key).await.unwrap();
        keys::insert(&mut tx, &a_key(&sample, "ps_bbbb")).await.unwrap();
        sample.commit(tx, "key.create").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        key.project_name = Some(promptsync_core::names::ProjectName::parse("shop").unwrap());
        assert_eq!(keys::by_prefix(&mut tx, "ps_aaaa").await.unwrap(), Some(key.clone()));
        assert_eq!(keys::by_prefix(&mut tx, "ps_AAAA").await.unwrap(), None);
        assert_eq!(keys::by_id(&mut tx, &sample.workspace, &key.id).await.unwrap(), Some(key.clone()));
        assert_eq!(keys::by_id(&mut tx, &WorkspaceId::new("other"), &key.id).await.unwrap(), None);
        assert!(!format!("{key:?}").contains("255"), "the hash stays out of logs");
        let first = keys::list(&mut tx, &sample.workspace, &PageRequest::first(1)).await.unwrap();
        let rest = PageRequest { after: first.next, limit: 1 };
        let second = keys::list(&mut tx, &sample.workspace, &rest).await.unwrap();
        assert_eq!((first.items[0].prefix.as_str(), second.items[0].prefix.as_str()), ("ps_aaaa", "ps_bbbb"));
        assert_eq!(second.next, None);
    }

    async fn a_prefix_is_given_once(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        keys::insert(&mut tx, &a_key(&sample, "ps_aaaa")).await.unwrap();
        let answer = keys::insert(&mut tx, &a_key(&sample, "ps_aaaa")).await;
        assert!(matches!(answer, Err(StoreError::Unique(_))), "{answer:?}");
    }

    async fn a_key_is_revoked_once_and_by_its_own_workspace(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let key = a_key(&sample, "ps_aaaa");
        let mut tx = db.begin_system_write().await.unwrap();
        keys::insert(&mut tx, &key).await.unwrap();
        let now = sample.clock.now() + TimeDelta::hours(1);
        assert!(!keys::revoke(&mut tx, &WorkspaceId::new("other"), &key.id, now).await.unwrap());
        assert!(keys::revoke(&mut tx, &sample.workspace, &key.id, now).await.unwrap());
        assert!(!keys::revoke(&mut tx, &sample.workspace, &key.id, now).await.unwrap());
        let found = keys::by_prefix(&mut tx, "ps_aaaa").await.unwrap().unwrap();
        assert_eq!(found.revoked_at, Some(now));
    }

    async fn a_rotated_key_keeps_its_old_secret_for_a_while(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let key = a_key(&sample, "ps_aaaa");
        let (now, until) = (sample.clock.now(), sample.clock.now() + TimeDelta::hours(1));
        let mut tx = db.begin_system_write().await.unwrap();
        keys::insert(&mut tx, &key).await.unwrap();
        assert!(keys::rotate(&mut tx, &key, &[9], "new4", until, now).await.unwrap());
        let found = keys::by_prefix(&mut tx, "ps_aaaa").await.unwrap().unwrap();
        assert_eq!((found.secret_hash, found.last4.as_str()), (vec![9], "new4"));
        assert_eq!((found.previous, found.rotated_at), (Some((key.secret_hash.clone(), until)), Some(now)));
        assert!(!keys::rotate(&mut tx, &key, &[8], "late", until, now).await.unwrap(), "rotated by somebody else");
    }

    async fn the_last_use_of_a_key_is_kept_without_an_audit_entry(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let key = a_key(&sample, "ps_aaaa");
        let mut tx = db.begin_system_write().await.unwrap();
        keys::insert(&mut tx, &key).await.unwrap();
        let revision = sample.commit(tx, "key.create").await.unwrap();
        let now = sample.clock.now();
        keys::note_uses(db, &[(key.id.clone(), now)]).await.unwrap();
        keys::note_uses(db, &[(key.id.clone(), now - TimeDelta::minutes(5))]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let found = keys::by_prefix(&mut tx, "ps_aaaa").await.unwrap().unwrap();
        assert_eq!(found.last_used_at, Some(now));
        let head = promptsync_store::audit::head(&mut tx, &sample.workspace).await.unwrap();
        assert_eq!(head.revision, revision);
    }

    async fn an_answer_is_kept_for_the_caller_that_got_it(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let (ours, theirs) = (a_key(&sample, "ps_aaaa"), a_key(&sample, "ps_bbbb"));
        let answered = Answered {
            workspace: ours.workspace.clone(),
            caller: ours.id.to_string(),
            key: "try-1".into(),
            request_hash: "sha256:00".into(),
            status: 201,
            body: b"{\"a\":1}".to_vec(),
            created_at: sample.clock.now(),
        };
        let mut tx = db.begin_system_write().await.unwrap();
        keys::insert(&mut tx, &ours).await.unwrap();
        keys::insert(&mut tx, &theirs).await.unwrap();
        idempotency::insert(&mut tx, &answered).await.unwrap();
        sample.commit(tx, "test.change").await.unwrap();

        let mut tx = db.begin_system_write().await.unwrap();
        assert_eq!(idempotency::get(&mut tx, ours.id.as_str(), "try-1").await.unwrap(), Some(answered.clone()));
        assert_eq!(idempotency::get(&mut tx, theirs.id.as_str(), "try-1").await.unwrap(), None);
        let moment = sample.clock.now();
        assert_eq!(idempotency::delete_before(&mut tx, moment).await.unwrap(), 0);
        let moment = moment + TimeDelta::microseconds(1);
        assert_eq!(idempotency::delete_before(&mut tx, moment).await.unwrap(), 1);
        idempotency::insert(&mut tx, &answered).await.unwrap();
        let answer = idempotency::insert(&mut tx, &answered).await;
        assert!(matches!(answer, Err(StoreError::Unique(_))), "{answer:?}");
    }
}
