use chrono::TimeDelta;
use promptsync_core::{
    access::Role,
    ids::{BindingId, Ids as _, UserId, WorkspaceId},
    time::Clock as _,
};
use promptsync_store::{
    Tx, bindings, members,
    oidc::{self, GroupRole},
    roles::RoleRef,
    users,
};
use promptsync_testing::{Sample, db_test};

async fn a_member(sample: &Sample, tx: &mut Tx) -> UserId {
    let id = UserId::new(sample.ids.next());
    let user = users::User {
        id: id.clone(),
        email: promptsync_core::emails::Email::parse("ann@example.com").unwrap(),
        name: "Ann".into(),
        password_hash: None,
        operator: false,
        active: true,
        created_at: sample.clock.now(),
        last_login_at: None,
    };
    users::insert(tx, &user).await.unwrap();
    members::insert(tx, &sample.workspace, &id, sample.clock.now()).await.unwrap();
    id
}

db_test! {
    async fn an_attempt_is_used_once_until_it_is_forgotten(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let spend = |hash: &'static [u8], now, forget| { let (db, sample) = (db.clone(), &sample); async move {
            let mut tx = db.begin_system_write().await.unwrap();
            let spent = oidc::spend(&mut tx, hash, now, forget).await.unwrap();
            sample.commit(tx, "test").await.unwrap();
            spent
        } };
        assert!(spend(b"one", now, now).await);
        assert!(!spend(b"one", now, now).await);
        assert!(spend(b"two", now, now).await);
        let later = now + TimeDelta::minutes(20);
        assert!(spend(b"one", later, now + TimeDelta::seconds(1)).await, "it is forgotten");
        let mut tx = db.begin_system_write().await.unwrap();
        assert!(oidc::spend(&mut tx, b"three", now, now).await.unwrap());
        drop(tx);
        assert!(spend(b"three", now, now).await, "what was not committed was not used");
    }

    async fn roles_of_groups_are_told_from_those_that_members_gave(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let (workspace, now) = (&sample.workspace, sample.clock.now());
        let mut tx = db.begin_system_write().await.unwrap();
        let ann = a_member(&sample, &mut tx).await;
        let given = bindings::Binding {
            id: BindingId::new(sample.ids.next()),
            workspace: workspace.clone(),
            holder: bindings::Holder::User(ann.clone()),
            role: RoleRef::BuiltIn(Role::Viewer),
            scope: promptsync_core::access::Scope::Workspace,
            created_at: now,
        };
        bindings::insert(&mut tx, &given).await.unwrap();
        let role = GroupRole { id: BindingId::new(sample.ids.next()), role: Role::Editor };
        oidc::give_role(&mut tx, workspace, &ann, &role, now).await.unwrap();
        assert_eq!(oidc::roles(&mut tx, workspace, &ann).await.unwrap(), std::slice::from_ref(&role));
        assert_eq!(oidc::roles(&mut tx, &WorkspaceId::new("other"), &ann).await.unwrap(), []);
        assert_eq!(bindings::principal(&mut tx, workspace, &ann).await.unwrap().grants.len(), 2);
        oidc::take_role(&mut tx, workspace, &given.id).await.unwrap();
        oidc::take_role(&mut tx, &WorkspaceId::new("other"), &role.id).await.unwrap();
        assert_eq!(bindings::principal(&mut tx, workspace, &ann).await.unwrap().grants.len(), 2, "neither was its own");
        oidc::take_role(&mut tx, workspace, &role.id).await.unwrap();
        assert_eq!(oidc::roles(&mut tx, workspace, &ann).await.unwrap(), []);
        assert_eq!(bindings::principal(&mut tx, workspace, &ann).await.unwrap().grants.len(), 1);
        sample.commit(tx, "test").await.unwrap();
    }
}
