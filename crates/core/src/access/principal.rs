//! What somebody was granted, and the one decision made from it.

use super::{Permission, Permissions};
use crate::{
    ids::{ProjectId, WorkspaceId},
    names::{AliasName, ModulePath},
};

/// How far a grant reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything in the workspace.
    Workspace,
    /// One project.
    Project(ProjectId),
    /// The prompts of one module and of the modules in it.
    Module(ProjectId, ModulePath),
    /// One alias, and prompts asked for by it. Nothing else: not another version, no list.
    Environment(ProjectId, AliasName),
}

/// Permissions within a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What may be done.
    pub permissions: Permissions,
    /// Where.
    pub scope: Scope,
}

/// Somebody who asks, with all they were granted in one workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The grants; what one of them allows is allowed.
    pub grants: Vec<Grant>,
}

/// What is to be done something with: a place in a workspace, named as exactly as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    workspace: &'a WorkspaceId,
    project: Option<&'a ProjectId>,
    module: Option<&'a ModulePath>,
    environment: Option<&'a AliasName>,
}

impl<'a> Object<'a> {
    /// The workspace itself.
    pub fn workspace(workspace: &'a WorkspaceId) -> Self {
        Self { workspace, project: None, module: None, environment: None }
    }

    /// A project as a whole.
    pub fn project(workspace: &'a WorkspaceId, project: &'a ProjectId) -> Self {
        Self { project: Some(project), ..Self::workspace(workspace) }
    }

    /// Something in a module of the project; the root is a module too.
    #[must_use]
    pub fn in_module(self, module: &'a ModulePath) -> Self {
        Self { module: Some(module), ..self }
    }

    /// An alias of the project, or a prompt asked for by it.
    #[must_use]
    pub fn in_environment(self, environment: &'a AliasName) -> Self {
        Self { environment: Some(environment), ..self }
    }
}

impl Scope {
    /// The project it lies in; none when it is the whole workspace.
    pub fn in_project(&self) -> Option<&ProjectId> {
        match self {
            Self::Workspace => None,
            Self::Project(project) | Self::Module(project, _) | Self::Environment(project, _) => {
                Some(project)
            }
        }
    }

    fn covers(&self, object: Object<'_>) -> bool {
        let in_project = |project: &ProjectId| object.project == Some(project);
        match self {
            Self::Workspace => true,
            Self::Project(project) => in_project(project),
            Self::Module(project, module) => {
                in_project(project) && object.module.is_some_and(|inner| is_within(inner, module))
            }
            Self::Environment(project, alias) => in_project(project) && object.environment == Some(alias),
        }
    }

    /// The scope as something permissions are asked for.
    pub fn as_object<'a>(&'a self, workspace: &'a WorkspaceId) -> Object<'a> {
        match self {
            Self::Workspace => Object::workspace(workspace),
            Self::Project(project) => Object::project(workspace, project),
            Self::Module(project, module) => Object::project(workspace, project).in_module(module),
            Self::Environment(project, alias) => Object::project(workspace, project).in_environment(alias),
        }
    }
}

/// Whether the principal may do this with that. The only function that decides.
pub fn can(principal: &Principal, permission: Permission, object: Object<'_>) -> bool {
    principal.workspace == *object.workspace
        && principal
            .grants
            .iter()
            .any(|grant| grant.permissions.contains(permission) && grant.scope.covers(object))
}

/// Whether the principal may give this grant to somebody: nobody gives more than they have.
pub fn can_give(principal: &Principal, grant: &Grant) -> bool {
    let object = grant.scope.as_object(&principal.workspace);
    grant.permissions.iter().all(|permission| can(principal, permission, object))
}

/// Whether the principal was granted anything in the project. What somebody does not see does not exist for them.
pub fn sees(principal: &Principal, project: &ProjectId) -> bool {
    principal.grants.iter().any(|grant| grant.scope.in_project().is_none_or(|own| own == project))
}

/// Whether the principal may do this with some part of the project (or of the workspace, without one). The parts are
/// then decided one by one.
pub fn can_somewhere(principal: &Principal, permission: Permission, project: Option<&ProjectId>) -> bool {
    let touches = |grant: &Grant| match (grant.scope.in_project(), project) {
        (Some(own), Some(asked)) => own == asked,
        _ => true,
    };
    principal.grants.iter().any(|grant| grant.permissions.contains(permission) && touches(grant))
}

/// The same for parts that are more than one alias: a project, a module of it. Whoever may use an alias alone neither
/// lists nor pushes anything.
pub fn can_within(principal: &Principal, permission: Permission, project: Option<&ProjectId>) -> bool {
    let touches = |grant: &Grant| match &grant.scope {
        Scope::Workspace => true,
        Scope::Environment(..) => false,
        Scope::Project(own) | Scope::Module(own, _) => project.is_none_or(|asked| own == asked),
    };
    principal.grants.iter().any(|grant| grant.permissions.contains(permission) && touches(grant))
}

/// Whether a module is another or lies in it.
fn is_within(inner: &ModulePath, outer: &ModulePath) -> bool {
    match inner.as_str().strip_prefix(outer.as_str()) {
        Some(rest) => rest.is_empty() || outer.as_str().is_empty() || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::access::Role;

    fn project(id: &str) -> ProjectId {
        ProjectId::new(id)
    }
    fn module(path: &str) -> ModulePath {
        ModulePath::parse(path).unwrap()
    }
    fn alias(name: &str) -> AliasName {
        AliasName::parse(name).unwrap()
    }
    fn principal(scope: Scope) -> Principal {
        let grants = vec![Grant { permissions: Role::Viewer.permissions(), scope }];
        Principal { workspace: WorkspaceId::new("w1"), grants }
    }

    #[test]
    fn an_alias_alone_is_no_part_of_a_project() {
        let holder = |scope| Principal {
            workspace: WorkspaceId::new("w"),
            grants: vec![Grant { permissions: Role::Admin.permissions(), scope }],
        };
        let (one, other) = (project("one"), project("other"));
        for (scope, within_one, within_other, anywhere) in [
            (Scope::Workspace, true, true, true),
            (Scope::Project(one.clone()), true, false, true),
            (Scope::Module(one.clone(), module("support")), true, false, true),
            (Scope::Environment(one.clone(), alias("production")), false, false, false),
        ] {
            let principal = holder(scope.clone());
            let asked = [Some(&one), Some(&other), None]
                .map(|project| can_within(&principal, Permission::Read, project));
            assert_eq!(asked, [within_one, within_other, anywhere], "{scope:?}");
        }
    }

    #[test]
    fn each_scope_covers_exactly_this() {
        let (own, other, foreign) = (WorkspaceId::new("w1"), project("p2"), WorkspaceId::new("w2"));
        let (p1, support, email, supporters) =
            (project("p1"), module("support"), module("support/email"), module("supporters"));
        let (production, dev, root) = (alias("production"), alias("dev"), module(""));
        let in_p1 = Object::project(&own, &p1);
        let in_p2 = Object::project(&own, &other);
        let objects = [
            ("workspace", Object::workspace(&own)),
            ("foreign", Object::workspace(&foreign)),
            ("foreign project of the same id", Object::project(&foreign, &p1)),
            ("project", in_p1),
            ("root", in_p1.in_module(&root)),
            ("support", in_p1.in_module(&support)),
            ("support/email", in_p1.in_module(&email)),
            ("supporters", in_p1.in_module(&supporters)),
            ("production", in_p1.in_environment(&production)),
            ("support in production", in_p1.in_module(&support).in_environment(&production)),
            ("dev", in_p1.in_environment(&dev)),
            ("other project", in_p2),
            ("support of the other", in_p2.in_module(&support)),
            ("production of the other", in_p2.in_environment(&production)),
        ];
        let p1 = || project("p1");
        let table: [(Scope, &[&str]); 5] = [
            (
                Scope::Workspace,
                &[
                    "workspace",
                    "project",
                    "root",
                    "support",
                    "support/email",
                    "supporters",
                    "production",
                    "support in production",
                    "dev",
                    "other project",
                    "support of the other",
                    "production of the other",
                ],
            ),
            (
                Scope::Project(p1()),
                &[
                    "project",
                    "root",
                    "support",
                    "support/email",
                    "supporters",
                    "production",
                    "support in production",
                    "dev",
                ],
            ),
            (Scope::Module(p1(), module("support")), &["support", "support/email", "support in production"]),
            (
                Scope::Module(p1(), module("")),
                &["root", "support", "support/email", "supporters", "support in production"],
            ),
            (Scope::Environment(p1(), alias("production")), &["production", "support in production"]),
        ];
        for (scope, covered) in table {
            let principal = principal(scope);
            for (name, object) in objects {
                let expected = covered.contains(&name);
                assert_eq!(
                    can(&principal, Permission::Read, object),
                    expected,
                    "{:?}: {name}",
                    principal.grants
                );
                assert!(!can(&principal, Permission::Publish, object), "a viewer publishes nowhere");
            }
        }
    }

    #[test]
    fn what_somebody_was_granted_nothing_in_does_not_exist_for_them() {
        let (p1, p2) = (project("p1"), project("p2"));
        for scope in [
            Scope::Project(p1.clone()),
            Scope::Module(p1.clone(), module("support")),
            Scope::Environment(p1.clone(), alias("production")),
        ] {
            let principal = principal(scope);
            assert!(sees(&principal, &p1) && !sees(&principal, &p2));
            assert!(can_somewhere(&principal, Permission::Read, Some(&p1)));
            assert!(can_somewhere(&principal, Permission::Read, None));
            assert!(!can_somewhere(&principal, Permission::Read, Some(&p2)));
            assert!(!can_somewhere(&principal, Permission::Publish, Some(&p1)));
        }
        let nobody = Principal { workspace: WorkspaceId::new("w1"), grants: Vec::new() };
        assert!(!sees(&nobody, &p1) && !can_somewhere(&nobody, Permission::Read, None));
        assert!(sees(&principal(Scope::Workspace), &p2));
    }

    fn any_scope() -> impl Strategy<Value = Scope> {
        let any_project = || prop_oneof![Just("p1"), Just("p2")].prop_map(ProjectId::new);
        let any_module = prop_oneof![Just(""), Just("a"), Just("a/b"), Just("ab")].prop_map(module);
        let any_alias = prop_oneof![Just("dev"), Just("production")].prop_map(alias);
        prop_oneof![
            Just(Scope::Workspace),
            any_project().prop_map(Scope::Project),
            (any_project(), any_module).prop_map(|(project, module)| Scope::Module(project, module)),
            (any_project(), any_alias).prop_map(|(project, alias)| Scope::Environment(project, alias)),
        ]
    }

    fn any_grant() -> impl Strategy<Value = Grant> {
        let permissions = prop::collection::vec(prop::sample::select(Permission::ALL.to_vec()), 0..5);
        (permissions, any_scope())
            .prop_map(|(permissions, scope)| Grant { permissions: permissions.into_iter().collect(), scope })
    }

    proptest! {
        #[test]
        fn nobody_can_give_what_lets_the_receiver_do_more(
            grants in prop::collection::vec(any_grant(), 0..4),
            given in any_grant(),
            asked in any_scope(),
            permission in prop::sample::select(Permission::ALL.to_vec()),
        ) {
            let giver = Principal { workspace: WorkspaceId::new("w1"), grants };
            let receiver = Principal { workspace: WorkspaceId::new("w1"), grants: vec![given.clone()] };
            let object = asked.as_object(&giver.workspace);
            if can_give(&giver, &given) && can(&receiver, permission, object) {
                prop_assert!(can(&giver, permission, object));
            }
        }

        #[test]
        fn whoever_can_do_something_in_a_project_sees_it(
            grants in prop::collection::vec(any_grant(), 0..4),
            asked in any_scope(),
            permission in prop::sample::select(Permission::ALL.to_vec()),
        ) {
            let principal = Principal { workspace: WorkspaceId::new("w1"), grants };
            if let Some(project) = asked.in_project()
                && can(&principal, permission, asked.as_object(&principal.workspace))
            {
                prop_assert!(sees(&principal, project));
                prop_assert!(can_somewhere(&principal, permission, Some(project)));
            }
        }
    }
}
