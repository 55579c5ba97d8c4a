//! Workspaces, members, teams, roles and what they come to.

use promptsync_core::{
    access::{Grant, Permission, Role, Scope},
    ids::{BindingId, Ids as _, RoleId, TeamId, UserId, WorkspaceId},
    names::{ModulePath, RoleName, TeamName},
    time::Clock as _,
};
use promptsync_store::{
    PageRequest, StoreError, Tx,
    bindings::{self, Binding, Holder},
    members,
    roles::{self, CustomRole, RoleRef},
    teams::{self, Team},
    workspaces::{self, Workspace},
};
use promptsync_testing::{
    Sample, db_test,
    sample::{alias_name, workspace_name},
};

use crate::raw;

/// A person, written as the rest of the store sees one.
async fn a_user(db: &promptsync_store::Db, name: &str) -> UserId {
    let sql = format!(
        "INSERT INTO users (id, email, folded_email, name, password_hash, operator, active, created_at)
         VALUES ('{name}', '{name}@Example.org', '{name}@example.org', '{name}', NULL, FALSE, TRUE, '2026-11-01T12:00:00Z')"
    );
    raw::execute(db, &sql).await.unwrap();
    UserId::new(name)
}

fn a_role(sample: &Sample, name: &str, permissions: &[Permission]) -> CustomRole {
    CustomRole {
        id: RoleId::new(sample.ids.next()),
        workspace: sample.workspace.clone(),
        name: RoleName::parse(name).unwrap(),
        description: "for releases".into(),
        permissions: permissions.iter().copied().collect(),
        created_at: sample.clock.now(),
        updated_at: sample.clock.now(),
    }
}

fn a_team(sample: &Sample, name: &str) -> Team {
    Team {
        id: TeamId::new(sample.ids.next()),
        workspace: sample.workspace.clone(),
        name: TeamName::parse(name).unwrap(),
        created_at: sample.clock.now(),
    }
}

async fn give(tx: &mut Tx, sample: &Sample, holder: Holder, role: RoleRef, scope: Scope) -> Binding {
    let binding = Binding {
        id: BindingId::new(sample.ids.next()),
        workspace: sample.workspace.clone(),
        holder,
        role,
        scope,
        created_at: sample.clock.now(),
    };
    bindings::insert(tx, &binding).await.unwrap();
    binding
}

db_test! {
    async fn a_person_may_do_what_they_and_their_teams_were_given(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let (ann, bob) = (a_user(db, "ann").await, a_user(db, "bob").await);
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        members::insert(&mut tx, &sample.workspace, &ann, sample.clock.now()).await.unwrap();
        let (role, team) = (a_role(&sample, "mover", &[Permission::MoveAlias]), a_team(&sample, "Support"));
        roles::insert(&mut tx, &role).await.unwrap();
        teams::insert(&mut tx, &team).await.unwrap();
        assert!(teams::add_member(&mut tx, &team, &ann, sample.clock.now()).await.unwrap());
        assert!(!teams::add_member(&mut tx, &team, &ann, sample.clock.now()).await.unwrap(), "again");
        let refused = teams::add_member(&mut tx, &team, &bob, sample.clock.now()).await;
        assert!(matches!(refused, Err(StoreError::NotFound { what: "member" })), "{refused:?}");
        let project = sample.project.clone();
        let module = ModulePath::parse("support/email").unwrap();
        let scopes = [
            Scope::Workspace,
            Scope::Project(project.clone()),
            Scope::Module(project.clone(), module),
            Scope::Environment(project, alias_name("production")),
        ];
        let mut expected = Vec::new();
        for scope in scopes {
            give(&mut tx, &sample, Holder::User(ann.clone()), RoleRef::BuiltIn(Role::Viewer), scope.clone()).await;
            give(&mut tx, &sample, Holder::Team(team.id.clone()), RoleRef::Custom(role.id.clone()), scope.clone()).await;
            give(&mut tx, &sample, Holder::User(bob.clone()), RoleRef::BuiltIn(Role::Admin), scope.clone()).await;
            expected.push(Grant { permissions: Role::Viewer.permissions(), scope: scope.clone() });
            expected.push(Grant { permissions: role.permissions, scope });
        }
        let principal = bindings::principal(&mut tx, &sample.workspace, &ann).await.unwrap();
        assert_eq!(principal.grants, expected);
        let stranger = bindings::principal(&mut tx, &sample.workspace, &bob).await.unwrap();
        assert_eq!(stranger.grants, [], "who is no member may nothing");
        let other = bindings::principal(&mut tx, &WorkspaceId::new("other"), &ann).await.unwrap();
        assert_eq!(other.grants, [], "nor does a role hold in another workspace");

        assert!(teams::remove_member(&mut tx, &team, &ann).await.unwrap());
        assert!(!teams::remove_member(&mut tx, &team, &ann).await.unwrap(), "again");
        let alone = bindings::principal(&mut tx, &sample.workspace, &ann).await.unwrap();
        assert_eq!(alone.grants.len(), 4);
        assert!(members::remove(&mut tx, &sample.workspace, &ann).await.unwrap());
        assert!(!members::remove(&mut tx, &sample.workspace, &ann).await.unwrap(), "again");
        members::insert(&mut tx, &sample.workspace, &ann, sample.clock.now()).await.unwrap();
        let back = bindings::principal(&mut tx, &sample.workspace, &ann).await.unwrap();
        assert_eq!(back.grants, [], "what they had does not come back");
    }

    async fn bindings_are_listed_with_the_names_of_what_they_hold(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let ann = a_user(db, "ann").await;
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let (role, team) = (a_role(&sample, "mover", &[Permission::MoveAlias]), a_team(&sample, "Support"));
        roles::insert(&mut tx, &role).await.unwrap();
        teams::insert(&mut tx, &team).await.unwrap();
        let first =
            give(&mut tx, &sample, Holder::User(ann), RoleRef::BuiltIn(Role::Admin), Scope::Workspace).await;
        let scope = Scope::Project(sample.project.clone());
        let second =
            give(&mut tx, &sample, Holder::Team(team.id.clone()), RoleRef::Custom(role.id.clone()), scope).await;
        let page = bindings::list(&mut tx, &sample.workspace, &PageRequest::first(1)).await.unwrap();
        let rest = PageRequest { after: page.next, limit: 5 };
        let rest = bindings::list(&mut tx, &sample.workspace, &rest).await.unwrap();
        assert_eq!((&page.items[0].binding, page.items[0].holder_name.as_str()), (&first, "ann@Example.org"));
        assert_eq!((page.items[0].role_name.as_str(), page.items[0].project_name.as_ref()), ("admin", None));
        let found = &rest.items[0];
        assert_eq!((&found.binding, found.holder_name.as_str(), found.role_name.as_str()), (&second, "Support", "mover"));
        assert_eq!((found.permissions, rest.items.len(), rest.next.as_deref()), (role.permissions, 1, None));
        assert_eq!(found.project_name.as_ref().map(ToString::to_string).as_deref(), Some("shop"));
        let other = WorkspaceId::new("other");
        assert_eq!(bindings::by_id(&mut tx, &other, &second.id).await.unwrap(), None);
        assert!(!bindings::remove(&mut tx, &other, &second.id).await.unwrap());
        assert_eq!(bindings::by_id(&mut tx, &sample.workspace, &second.id).await.unwrap().as_ref(), Some(found));
        assert!(bindings::remove(&mut tx, &sample.workspace, &second.id).await.unwrap());
        assert!(!bindings::remove(&mut tx, &sample.workspace, &second.id).await.unwrap(), "again");
    }

    async fn a_role_has_one_name_and_says_where_it_is_used(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let ann = a_user(db, "ann").await;
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let mut role = a_role(&sample, "Mover", &[Permission::MoveAlias, Permission::Read]);
        roles::insert(&mut tx, &role).await.unwrap();
        assert_eq!(roles::uses(&mut tx, &sample.workspace, &role.id).await.unwrap(), 0);
        let holder = Holder::User(ann);
        let given = give(&mut tx, &sample, holder, RoleRef::Custom(role.id.clone()), Scope::Workspace).await;
        assert_eq!(roles::uses(&mut tx, &sample.workspace, &role.id).await.unwrap(), 1);
        role.permissions = [Permission::Read].into_iter().collect();
        role.name = RoleName::parse("Reader").unwrap();
        assert!(roles::update(&mut tx, &role).await.unwrap());
        let found = roles::by_name(&mut tx, &sample.workspace, &RoleName::parse("READER").unwrap()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&role));
        let all = roles::list(&mut tx, &sample.workspace, &PageRequest::first(10)).await.unwrap();
        assert_eq!(all.items, [role.clone()]);
        let foreign = CustomRole { workspace: WorkspaceId::new("other"), ..role.clone() };
        assert!(!roles::update(&mut tx, &foreign).await.unwrap());
        assert!(!roles::remove(&mut tx, &foreign.workspace, &role.id).await.unwrap());
        bindings::remove(&mut tx, &sample.workspace, &given.id).await.unwrap();
        assert!(roles::remove(&mut tx, &sample.workspace, &role.id).await.unwrap());
        roles::insert(&mut tx, &role).await.unwrap();
        let again = a_role(&sample, "reader", &[]);
        assert!(matches!(roles::insert(&mut tx, &again).await, Err(StoreError::Unique(_))));
    }

    async fn teams_and_members_are_those_of_their_workspace(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let ann = a_user(db, "ann").await;
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let other = WorkspaceId::new("other");
        assert!(members::insert(&mut tx, &sample.workspace, &ann, sample.clock.now()).await.unwrap());
        assert!(!members::insert(&mut tx, &sample.workspace, &ann, sample.clock.now()).await.unwrap(), "again");
        for named in ["ann", "ANN@example.ORG"] {
            let found = members::find(&mut tx, &sample.workspace, named).await.unwrap().unwrap();
            assert_eq!((found.user.as_str(), found.email.as_str(), found.active), ("ann", "ann@Example.org", true));
            assert_eq!(members::find(&mut tx, &other, named).await.unwrap(), None);
        }
        assert_eq!(members::list(&mut tx, &sample.workspace, &PageRequest::first(9)).await.unwrap().items.len(), 1);
        assert_eq!(members::list(&mut tx, &other, &PageRequest::first(9)).await.unwrap().items.len(), 0);
        assert_eq!(workspaces::of_user(&mut tx, &ann).await.unwrap()[0].id, sample.workspace);
        let team = a_team(&sample, "Support");
        teams::insert(&mut tx, &team).await.unwrap();
        teams::add_member(&mut tx, &team, &ann, sample.clock.now()).await.unwrap();
        assert_eq!(teams::members(&mut tx, &team).await.unwrap(), [(ann.clone(), "ann@Example.org".to_owned())]);
        let name = TeamName::parse("SUPPORT").unwrap();
        assert_eq!(teams::by_name(&mut tx, &sample.workspace, &name).await.unwrap().as_ref(), Some(&team));
        assert_eq!(teams::by_name(&mut tx, &other, &name).await.unwrap(), None);
        assert_eq!(teams::list(&mut tx, &sample.workspace, &PageRequest::first(9)).await.unwrap().items, [team.clone()]);
        let (holder, admin) = (Holder::Team(team.id.clone()), RoleRef::BuiltIn(Role::Admin));
        assert_eq!(members::admins(&mut tx, &sample.workspace).await.unwrap(), []);
        give(&mut tx, &sample, holder.clone(), admin.clone(), Scope::Project(sample.project.clone())).await;
        assert_eq!(members::admins(&mut tx, &sample.workspace).await.unwrap(), [], "of a project only");
        give(&mut tx, &sample, holder, admin, Scope::Workspace).await;
        assert_eq!(members::admins(&mut tx, &sample.workspace).await.unwrap(), [ann.clone()]);
        assert!(!teams::remove(&mut tx, &other, &team.id).await.unwrap());
        assert!(teams::remove(&mut tx, &sample.workspace, &team.id).await.unwrap());
        assert_eq!(members::admins(&mut tx, &sample.workspace).await.unwrap(), [], "with the team goes its role");
    }

    async fn a_workspace_has_one_name_on_the_server(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let found = workspaces::by_name(&mut tx, &workspace_name("ACME")).await.unwrap().unwrap();
        assert_eq!(found.id, sample.workspace);
        assert!(workspaces::rename(&mut tx, &sample.workspace, &workspace_name("Apex")).await.unwrap());
        let found = workspaces::by_id(&mut tx, &sample.workspace).await.unwrap().unwrap();
        assert_eq!(found.name, workspace_name("Apex"));
        assert!(!workspaces::rename(&mut tx, &WorkspaceId::new("none"), &workspace_name("x")).await.unwrap());
        let id = WorkspaceId::new(sample.ids.next());
        let again = Workspace { id, name: workspace_name("apex"), created_at: sample.clock.now() };
        assert!(matches!(workspaces::insert(&mut tx, &again).await, Err(StoreError::Unique(_))));
    }
}
