//! The index of every address: method, path, permission, whether it changes data, handler, summary. No logic.
//!
//! To add one: write its handler in `routes/`, its use case in `app/`, a line here, and run `cargo xtask gen`.

use hyper::Method;
use promptsync_core::access::Permission::{
    LockVersion, ManageEnvironments, ManageKeys, ManageMembers, ManageProject, ManageSecrets,
    ManageWorkspace, MoveAlias, Publish, Read, ReadAudit, Render,
};

use crate::{
    endpoint::{
        AuditClass::{None, Write},
        Route, open_route as open, public, route,
    },
    routes::{
        aliases, audit, bindings, clients, compatibility, connectors, devices, diffs, documents,
        environments, health, history, invitations, keys, members, oidc, openapi, pages, project_secrets,
        projects, prompts, push, releases, render, roles, search, sessions, sign_in, signing_keys, snapshots,
        splits, streams, teams, versions, whoami, workspaces,
    },
};

const GET: &Method = &Method::GET;
const POST: &Method = &Method::POST;
const PUT: &Method = &Method::PUT;
const DELETE: &Method = &Method::DELETE;

/// Every route.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "an index has a line for each entry")]
pub(crate) fn routes() -> Vec<Route> {
    vec![
        public(GET, "/", None, pages::sign_in, "The sign-in page"),
        public(GET, "/setup", None, pages::set_up, "The page for the first user"),
        public(GET, "/device", None, pages::device, "The page for the code of a device"),
        public(GET, "/invitation", None, pages::invitation, "The page for an invitation or a new password"),
        public(GET, "/assets/pages.js", None, pages::script, "What the pages do"),
        public(GET, "/assets/pages.css", None, pages::style, "How the pages look"),
        open(GET, "/livez", health::livez, "Whether the process runs"),
        open(GET, "/readyz", health::readyz, "Whether requests can be answered"),
        open(GET, "/version", health::version, "The version of the program"),
        route(GET, "/openapi.json", Read, None, openapi::document, "This document"),
        route(GET, "/api/whoami", Read, None, whoami::whoami, "Who the key belongs to and what it may do"),

        public(GET, "/api/auth/options", None, sign_in::options, "What the sign-in page offers"),
        public(POST, "/api/auth/setup", Write, sign_in::set_up, "Makes the first user, once"),
        public(POST, "/api/auth/login", Write, sign_in::password, "Signs in with a password"),
        public(POST, "/api/auth/refresh", Write, sign_in::refresh, "Renews a session"),
        public(POST, "/api/auth/logout", Write, sign_in::sign_out, "Ends a session"),
        public(POST, "/api/auth/link", None, sign_in::link, "Says what a one-time link is for"),
        public(POST, "/api/auth/invitation", Write, sign_in::invitation, "Accepts an invitation"),
        public(POST, "/api/auth/reset", Write, sign_in::reset, "Sets a new password with a link"),
        public(GET, "/auth/oidc/start", None, oidc::start, "Sends a browser to the identity provider"),
        public(GET, crate::oidc::CALLBACK, Write, oidc::callback, "Takes a browser back from the identity provider"),
        public(POST, "/api/auth/oidc/invitation", None, oidc::invitation, "Accepts an invitation at the identity provider"),
        route(POST, "/api/auth/oidc/link", Read, None, oidc::link, "Links oneself to an account at the identity provider"),
        public(POST, "/api/auth/device", None, devices::start, "Gives a device its codes"),
        public(POST, "/api/auth/token", Write, devices::ask, "Lets a device in that somebody approved"),
        route(POST, "/api/auth/device/decision", Read, Write, devices::decide, "Decides about a device"),
        route(GET, "/api/auth/sessions", Read, None, sessions::list, "Lists one's own sessions"),
        route(DELETE, "/api/auth/sessions/{id}", Read, Write, sessions::revoke, "Ends one of one's own sessions"),
        route(POST, "/api/auth/password", Read, Write, sessions::password, "Changes one's own password"),

        route(GET, "/api/invitations", ManageMembers, None, invitations::list, "Lists invitations that wait"),
        route(POST, "/api/invitations", ManageMembers, Write, invitations::create, "Makes an invitation; its link is shown once"),
        route(DELETE, "/api/invitations/{id}", ManageMembers, Write, invitations::withdraw, "Withdraws an invitation"),
        route(POST, "/api/resets", ManageMembers, Write, invitations::reset, "Makes a link to a new password; it is shown once"),

        route(GET, "/api/keys", ManageKeys, None, keys::list, "Lists API keys"),
        route(POST, "/api/keys", ManageKeys, Write, keys::create, "Makes an API key; its secret is shown once"),
        route(POST, "/api/keys/{id}/rotate", ManageKeys, Write, keys::rotate, "Gives an API key a new secret; the old one works until the overlap ends"),
        route(DELETE, "/api/keys/{id}", ManageKeys, Write, keys::revoke, "Revokes an API key"),

        route(GET, "/api/signing-keys", Read, None, signing_keys::list, "The public keys the workspace signs with"),
        route(POST, "/api/signing-keys/rotate", ManageWorkspace, Write, signing_keys::rotate, "Replaces the key the workspace signs with"),

        route(GET, "/api/connectors", ManageSecrets, None, connectors::list, "Lists connectors"),
        route(PUT, "/api/connectors/{name}", ManageSecrets, Write, connectors::set, "Creates or changes a connector; its credential never comes back"),
        route(DELETE, "/api/connectors/{name}", ManageSecrets, Write, connectors::remove, "Removes a connector that nothing uses"),
        route(POST, "/api/connectors/{name}/test", ManageSecrets, None, connectors::test, "Says whether a connector can be used"),
        route(GET, "/api/workspaces", Read, None, workspaces::list, "Lists the workspaces one belongs to"),
        route(POST, "/api/workspaces", ManageWorkspace, Write, workspaces::create, "Makes a workspace; for the server's operator"),
        route(PUT, "/api/workspaces/{workspace}", ManageWorkspace, Write, workspaces::rename, "Gives the workspace another name"),
        route(GET, "/api/members", ManageMembers, None, members::list, "Lists the members of the workspace"),
        route(POST, "/api/members", ManageMembers, Write, members::add, "Makes somebody with an account a member"),
        route(DELETE, "/api/members/{user}", ManageMembers, Write, members::remove, "Takes somebody out of the workspace"),
        route(GET, "/api/teams", ManageMembers, None, teams::list, "Lists teams"),
        route(POST, "/api/teams", ManageMembers, Write, teams::create, "Makes a team"),
        route(DELETE, "/api/teams/{team}", ManageMembers, Write, teams::remove, "Removes a team"),
        route(POST, "/api/teams/{team}/members", ManageMembers, Write, teams::add_member, "Puts a member into a team"),
        route(DELETE, "/api/teams/{team}/members/{user}", ManageMembers, Write, teams::remove_member, "Takes somebody out of a team"),
        route(GET, "/api/roles", ManageMembers, None, roles::list, "Lists roles"),
        route(POST, "/api/roles", ManageMembers, Write, roles::create, "Defines a role"),
        route(PUT, "/api/roles/{role}", ManageMembers, Write, roles::edit, "Changes a role wherever it was given"),
        route(DELETE, "/api/roles/{role}", ManageMembers, Write, roles::remove, "Removes a role that nothing gives"),
        route(GET, "/api/bindings", ManageMembers, None, bindings::list, "Lists the roles that were given"),
        route(POST, "/api/bindings", ManageMembers, Write, bindings::give, "Gives a role to a member or a team"),
        route(DELETE, "/api/bindings/{id}", ManageMembers, Write, bindings::take, "Takes a role away"),

        route(GET, "/api/projects", Read, None, projects::list, "Lists projects"),
        route(POST, "/api/projects", ManageProject, Write, projects::create, "Creates a project"),
        route(GET, "/api/projects/{project}", Read, None, projects::get, "Shows a project"),
        route(GET, "/api/projects/{project}/modules", Read, None, projects::modules, "Lists the modules of a project"),
        route(GET, "/api/projects/{project}/history", Read, None, history::list, "What happened to the project, newest first"),
        route(GET, "/api/projects/{project}/search", Read, None, search::find, "Finds prompts by words and tags"),
        route(POST, "/api/projects/{project}/push", Publish, Write, push::folder, "Pushes a folder: all of it lands or none"),

        route(GET, "/api/projects/{project}/prompts", Read, None, prompts::list, "Lists prompts"),
        route(GET, "/api/projects/{project}/prompts/{name}", Read, None, prompts::summary, "Shows a prompt without content"),
        route(GET, "/api/projects/{project}/prompts/{name}/diff", Read, None, diffs::between, "Compares two versions of a prompt"),
        route(GET, "/api/projects/{project}/prompts/{name}/versions", Read, None, versions::list, "Lists the versions of a prompt"),
        route(GET, "/api/projects/{project}/prompts/{name}/versions/{version}", Read, None, versions::get, "Shows a version without content"),
        route(POST, "/api/projects/{project}/prompts/{name}/versions/{version}/archive", Publish, Write, versions::archive, "Takes a version out of use"),
        route(POST, "/api/projects/{project}/prompts/{name}/versions/{version}/restore", Publish, Write, versions::restore, "Puts an archived version back into use"),
        route(POST, "/api/projects/{project}/prompts/{name}/versions/{version}/lock", LockVersion, Write, versions::lock, "Locks a version for ever"),

        route(GET, "/api/projects/{project}/aliases", Read, None, aliases::list, "Lists aliases"),
        route(GET, "/api/projects/{project}/aliases/{alias}", Read, None, aliases::get, "Shows an alias"),
        route(PUT, "/api/projects/{project}/aliases/{alias}", MoveAlias, Write, aliases::set, "Creates or moves an alias"),
        route(GET, "/api/projects/{project}/aliases/{alias}/history", Read, None, aliases::history, "Lists the moves of an alias"),
        route(POST, "/api/projects/{project}/aliases/{alias}/rollback", MoveAlias, Write, aliases::rollback, "Points an alias back at where it was"),

        route(GET, "/api/projects/{project}/aliases/{alias}/canary", Read, None, splits::list, "Says how an alias divides its traffic"),
        route(POST, "/api/projects/{project}/aliases/{alias}/canary", MoveAlias, Write, splits::set, "Sends part of an alias's traffic to other versions"),
        route(POST, "/api/projects/{project}/aliases/{alias}/canary/promote", MoveAlias, Write, splits::promote, "Gives everybody the version of a canary"),
        route(POST, "/api/projects/{project}/aliases/{alias}/canary/abort", MoveAlias, Write, splits::abort, "Gives everybody the alias's own version again"),

        route(GET, "/api/projects/{project}/environments", Read, None, environments::list, "Lists aliases with a policy"),
        route(GET, "/api/projects/{project}/environments/{alias}", Read, None, environments::get, "Shows the policy of an alias"),
        route(PUT, "/api/projects/{project}/environments/{alias}", ManageEnvironments, Write, environments::set, "Sets the policy of an alias"),
        route(DELETE, "/api/projects/{project}/environments/{alias}", ManageEnvironments, Write, environments::remove, "Takes the policy off an alias"),
        route(GET, "/api/projects/{project}/snapshot", Read, None, snapshots::get, "Where an alias points, signed by the workspace").delivers(),
        route(GET, "/api/projects/{project}/stream", Read, None, streams::open, "Each move of an alias as it is made, as server-sent events").delivers(),
        route(POST, "/api/projects/{project}/clients", Read, None, clients::report, "An application says that it runs, and what it holds").delivers(),
        route(POST, "/api/projects/{project}/documents", Read, None, documents::get_all, "Several documents by their digests").delivers(),
        route(GET, "/api/projects/{project}/secrets", Read, None, project_secrets::list, "Lists the secrets that the project's prompts may ask for"),
        route(PUT, "/api/projects/{project}/secrets", ManageSecrets, Write, project_secrets::allow, "Allows the project's prompts to ask for secrets"),
        route(DELETE, "/api/projects/{project}/secrets", ManageSecrets, Write, project_secrets::remove, "Allows secrets no more"),

        route(GET, "/api/projects/{project}/releases", Read, None, releases::list, "Lists releases"),
        route(GET, "/api/projects/{project}/releases/{reference}", Read, None, releases::get, "Shows a release"),

        route(POST, "/api/prompts", Publish, Write, push::one, "Publishes one prompt"),
        route(GET, "/api/prompts/{name}/{version_or_alias}", Read, None, prompts::resolved, "The prompt a caller should use now").delivers(),
        route(POST, "/api/prompts/{name}/{version_or_alias}/render", Render, None, render::render, "Renders a prompt"),
        route(GET, "/api/aliases/{alias}", Read, None, aliases::get, "Shows an alias"),
        route(PUT, "/api/aliases/{alias}", MoveAlias, Write, aliases::set, "Creates or moves an alias"),
        route(POST, "/api/canary", MoveAlias, Write, splits::set_named, "Sends part of an alias's traffic to other versions"),
        route(GET, "/api/compatibility/status", Read, None, compatibility::status, "The applications that run, and what they hold"),
        route(GET, "/api/compatibility/check", Read, None, compatibility::check, "Whether what applications pass fits an alias or a version"),
        route(GET, "/api/documents/{digest}", Read, None, documents::get, "A document by its digest; it never changes").delivers(),

        route(GET, "/api/audit", ReadAudit, None, audit::list, "What happened in the workspace, newest first"),
        route(GET, "/api/audit/export", ReadAudit, None, audit::export, "The whole audit log with its proofs, page by page"),
        route(GET, "/api/audit/checkpoint", ReadAudit, None, audit::checkpoint, "The newest signed checkpoint of the audit log"),
    ]
}

/// A route as tests and tools see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteFacts {
    /// GET, POST, PUT or DELETE.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// The permission it needs; none when it needs no key.
    pub permission: Option<promptsync_core::access::Permission>,
    /// Whether it changes data.
    pub writes: bool,
}

/// Every route as tests and tools see it.
pub fn described() -> Vec<RouteFacts> {
    let facts = |route: Route| RouteFacts {
        method: route.method.to_string(),
        path: route.path,
        permission: route.permission,
        writes: route.audit == Write,
    };
    routes().into_iter().map(facts).collect()
}
