//! People, their identities, sessions, invitations, and what they decided about devices.

use chrono::TimeDelta;
use promptsync_core::{
    access::Role,
    emails::Email,
    ids::{Ids as _, InvitationId, SessionId, UserId},
    login::{Code, Person, Proof},
    time::{Clock as _, Timestamp},
};
use promptsync_store::{
    PageRequest, StoreError, Tx, bindings, devices,
    identities::{self, Identity},
    invitations::{self, Invitation},
    members,
    roles::RoleRef,
    sessions::{self, Kind, Session},
    users::{self, User},
};
use promptsync_testing::{Sample, db_test};

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn a_user(sample: &Sample, address: &str) -> User {
    User {
        id: UserId::new(sample.ids.next()),
        email: email(address),
        name: "Ann".into(),
        password_hash: Some("$argon2id$…".into()),
        operator: false,
        active: true,
        created_at: sample.clock.now(),
        last_login_at: None,
    }
}

async fn insert(tx: &mut Tx, sample: &Sample, address: &str) -> User {
    let user = a_user(sample, address);
    users::insert(tx, &user).await.unwrap();
    user
}

fn a_session(sample: &Sample, user: &UserId) -> Session {
    let now = sample.clock.now();
    Session {
        id: SessionId::new(sample.ids.next()),
        user: user.clone(),
        workspace: sample.workspace.clone(),
        proof: Proof::Password,
        kind: Kind::Browser,
        client: "a browser".into(),
        created_at: now,
        refreshed_at: now,
        idle_until: now + TimeDelta::minutes(30),
        ends_at: now + TimeDelta::hours(12),
        revoked_at: None,
    }
}

fn an_invitation(sample: &Sample, hash: u8) -> Invitation {
    Invitation {
        id: InvitationId::new(sample.ids.next()),
        workspace: sample.workspace.clone(),
        token_hash: vec![hash; 32],
        email: email("ann@example.com"),
        user: None,
        role: Some(RoleRef::BuiltIn(Role::Editor)),
        project: Some(sample.project.clone()),
        created_by: "01J".into(),
        created_at: sample.clock.now(),
        expires_at: sample.clock.now() + TimeDelta::hours(72),
        spent_at: None,
    }
}

db_test! {
    async fn a_user_is_found_by_any_spelling_of_the_address(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        assert!(!users::any(&mut tx).await.unwrap());
        let user = insert(&mut tx, &sample, "Ann@Example.com").await;
        assert!(users::any(&mut tx).await.unwrap());
        assert_eq!(users::by_email(&mut tx, &email("ANN@example.COM")).await.unwrap(), Some(user.clone()));
        assert_eq!(users::by_email(&mut tx, &email("bob@example.com")).await.unwrap(), None);
        assert_eq!(users::by_id(&mut tx, &user.id).await.unwrap(), Some(user.clone()));
        assert!(!format!("{user:?}").contains("argon2"), "no hash in a log");
        sample.commit(tx, "user.create").await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let twice = users::insert(&mut tx, &a_user(&sample, "ann@example.com")).await;
        assert!(matches!(twice, Err(StoreError::Unique(_))), "{twice:?}");
    }

    async fn a_users_password_login_and_activity_change(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let mut tx = db.begin_system_write().await.unwrap();
        let user = insert(&mut tx, &sample, "ann@example.com").await;
        users::set_password(&mut tx, &user.id, "new").await.unwrap();
        users::note_login(&mut tx, &user.id, now).await.unwrap();
        users::set_active(&mut tx, &user.id, false).await.unwrap();
        let changed = User { password_hash: Some("new".into()), last_login_at: Some(now), active: false, ..user };
        assert_eq!(users::by_id(&mut tx, &changed.id).await.unwrap(), Some(changed));
    }

    async fn a_person_has_the_workspaces_they_joined_in_that_order(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let user = insert(&mut tx, &sample, "ann@example.com").await;
        let nowhere = Person { id: user.id.clone(), active: true, workspaces: Vec::new() };
        assert_eq!(users::person(&mut tx, &user).await.unwrap(), nowhere);
        members::insert(&mut tx, &sample.workspace, &user.id, sample.clock.now()).await.unwrap();
        let person = users::person(&mut tx, &user).await.unwrap();
        assert_eq!(person.workspaces, [sample.workspace.clone()]);
        assert!(bindings::principal(&mut tx, &sample.workspace, &user.id).await.unwrap().grants.is_empty());
    }

    async fn an_identity_belongs_to_one_user(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let (ann, bob) = (insert(&mut tx, &sample, "ann@x").await, insert(&mut tx, &sample, "bob@x").await);
        let identity = |user: &User| Identity {
            issuer: "https://id.example".into(),
            subject: "42".into(),
            user: user.id.clone(),
            created_at: sample.clock.now(),
        };
        identities::insert(&mut tx, &identity(&ann)).await.unwrap();
        assert_eq!(identities::user(&mut tx, "https://id.example", "42").await.unwrap(), Some(ann.id.clone()));
        for (issuer, subject) in [("https://id.example", "43"), ("https://id.example/", "42"), ("", "")] {
            assert_eq!(identities::user(&mut tx, issuer, subject).await.unwrap(), None);
        }
        assert_eq!(identities::of_user(&mut tx, &ann.id).await.unwrap(), [identity(&ann)]);
        assert_eq!(identities::of_user(&mut tx, &bob.id).await.unwrap(), []);
        let stolen = identities::insert(&mut tx, &identity(&bob)).await;
        assert!(matches!(stolen, Err(StoreError::Unique(_))), "{stolen:?}");
    }

    async fn a_refresh_token_is_replaced_once_and_remembered_for_a_while(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let mut tx = db.begin_system_write().await.unwrap();
        let user = insert(&mut tx, &sample, "ann@x").await;
        let session = a_session(&sample, &user.id);
        sessions::insert(&mut tx, &session, &[1]).await.unwrap();
        let long_ago = now - TimeDelta::days(1);
        let replace = async |tx: &mut Tx, old: u8, new: u8, at: Timestamp, forget: Timestamp| {
            sessions::replace_token(tx, &session.id, &[old], &[new], at, forget).await.unwrap()
        };
        assert!(replace(&mut tx, 1, 2, now, long_ago).await);
        assert!(!replace(&mut tx, 1, 3, now, long_ago).await, "it is not the current one any more");
        assert!(!replace(&mut tx, 9, 3, now, long_ago).await, "it never was one");
        let old = sessions::token(&mut tx, &[1]).await.unwrap().expect("remembered");
        assert_eq!((old.session, old.replaced_at), (session.id.clone(), Some(now)));
        assert_eq!(sessions::token(&mut tx, &[2]).await.unwrap().expect("current").replaced_at, None);
        assert_eq!(sessions::token(&mut tx, &[3]).await.unwrap(), None);
        let later = now + TimeDelta::days(2);
        assert!(replace(&mut tx, 2, 4, later, later - TimeDelta::days(1)).await);
        assert_eq!(sessions::token(&mut tx, &[1]).await.unwrap(), None, "forgotten");
    }

    async fn a_session_is_renewed_listed_and_revoked_by_its_own_user(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let mut tx = db.begin_system_write().await.unwrap();
        let (ann, bob) = (insert(&mut tx, &sample, "ann@x").await, insert(&mut tx, &sample, "bob@x").await);
        let (one, two) = (a_session(&sample, &ann.id), a_session(&sample, &ann.id));
        sessions::insert(&mut tx, &one, &[1]).await.unwrap();
        sessions::insert(&mut tx, &two, &[2]).await.unwrap();
        assert_eq!(one.end(), one.idle_until);
        let later = now + TimeDelta::minutes(20);
        sessions::renew(&mut tx, &one.id, &sample.workspace, later, later + TimeDelta::minutes(30)).await.unwrap();
        let renewed = Session { refreshed_at: later, idle_until: later + TimeDelta::minutes(30), ..one.clone() };
        assert_eq!(sessions::by_id(&mut tx, &one.id).await.unwrap(), Some(renewed.clone()));
        assert_eq!(sessions::of_user(&mut tx, &ann.id, now).await.unwrap(), [two.clone(), renewed.clone()]);
        assert_eq!(sessions::of_user(&mut tx, &ann.id, now + TimeDelta::minutes(30)).await.unwrap(), [renewed]);
        assert!(!sessions::revoke(&mut tx, &bob.id, &one.id, now).await.unwrap());
        assert!(sessions::revoke(&mut tx, &ann.id, &one.id, now).await.unwrap());
        assert!(!sessions::revoke(&mut tx, &ann.id, &one.id, now).await.unwrap());
        assert_eq!(sessions::revoke_all(&mut tx, &ann.id, now).await.unwrap(), 1);
        assert_eq!(sessions::forget_ended(&mut tx, &ann.id, now).await.unwrap(), 0);
        assert_eq!(sessions::forget_ended(&mut tx, &bob.id, now + TimeDelta::days(1)).await.unwrap(), 0);
        assert_eq!(sessions::forget_ended(&mut tx, &ann.id, now + TimeDelta::seconds(1)).await.unwrap(), 2);
        assert_eq!(sessions::token(&mut tx, &[2]).await.unwrap(), None);
        assert_eq!(sessions::of_user(&mut tx, &ann.id, now).await.unwrap(), []);
    }

    async fn an_invitation_is_spent_once_in_its_own_workspace(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let mut tx = db.begin_system_write().await.unwrap();
        let invitation = an_invitation(&sample, 1);
        invitations::insert(&mut tx, &invitation).await.unwrap();
        assert_eq!(invitations::by_token(&mut tx, &[1; 32]).await.unwrap(), Some(invitation.clone()));
        assert_eq!(invitations::by_token(&mut tx, &[2; 32]).await.unwrap(), None);
        let waiting = Code { workspace: sample.workspace.clone(), person: None, expires_at: invitation.expires_at, spent: false };
        assert_eq!(invitation.code(), waiting);
        let list = async |tx: &mut Tx, now| {
            invitations::list(tx, &sample.workspace, now, &PageRequest::first(10)).await.unwrap().items
        };
        assert_eq!(list(&mut tx, now).await, [invitation.clone()]);
        assert_eq!(list(&mut tx, now + TimeDelta::hours(72)).await, []);
        let elsewhere = promptsync_core::ids::WorkspaceId::new("other");
        assert!(!invitations::spend(&mut tx, &elsewhere, &invitation.id, now).await.unwrap());
        assert!(invitations::spend(&mut tx, &sample.workspace, &invitation.id, now).await.unwrap());
        assert!(!invitations::spend(&mut tx, &sample.workspace, &invitation.id, now).await.unwrap());
        assert_eq!(list(&mut tx, now).await, []);
        assert!(invitations::by_token(&mut tx, &[1; 32]).await.unwrap().expect("kept").code().spent);
    }

    async fn a_users_rights_to_a_new_password_are_withdrawn_together(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let mut tx = db.begin_system_write().await.unwrap();
        let user = insert(&mut tx, &sample, "ann@x").await;
        let reset = |hash| Invitation { user: Some(user.id.clone()), role: None, project: None, ..an_invitation(&sample, hash) };
        for row in [reset(1), reset(2), an_invitation(&sample, 3)] {
            invitations::insert(&mut tx, &row).await.unwrap();
        }
        invitations::spend_resets(&mut tx, &user.id, now).await.unwrap();
        let mut spent = Vec::new();
        for hash in 1..=3 {
            spent.push(invitations::by_token(&mut tx, &[hash; 32]).await.unwrap().expect("kept").spent_at.is_some());
        }
        assert_eq!(spent, [true, true, false]);
    }

    async fn a_device_is_decided_on_once_and_let_in_once(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let now = sample.clock.now();
        let mut tx = db.begin_system_write().await.unwrap();
        let user = insert(&mut tx, &sample, "ann@x").await;
        let decision = |code: u8, approved| devices::Decision {
            code_hash: vec![code],
            user: user.id.clone(),
            workspace: sample.workspace.clone(),
            proof: Proof::Provider,
            approved,
            decided_at: now,
            expires_at: now + TimeDelta::minutes(10),
            redeemed_at: None,
        };
        devices::insert(&mut tx, &decision(1, true)).await.unwrap();
        devices::insert(&mut tx, &decision(2, false)).await.unwrap();
        assert_eq!(devices::by_code(&mut tx, &[1]).await.unwrap(), Some(decision(1, true)));
        assert_eq!(devices::by_code(&mut tx, &[3]).await.unwrap(), None);
        assert!(!devices::redeem(&mut tx, &[2], now).await.unwrap(), "it was refused");
        assert!(devices::redeem(&mut tx, &[1], now).await.unwrap());
        assert!(!devices::redeem(&mut tx, &[1], now).await.unwrap());
        let late = devices::Decision { decided_at: now + TimeDelta::minutes(11), ..decision(3, true) };
        devices::insert(&mut tx, &late).await.unwrap();
        assert_eq!(devices::by_code(&mut tx, &[1]).await.unwrap(), None, "expired ones are forgotten");
        sample.commit(tx, "device.approve").await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let twice = devices::insert(&mut tx, &decision(3, false)).await;
        assert!(matches!(twice, Err(StoreError::Unique(_))), "{twice:?}");
    }
}
