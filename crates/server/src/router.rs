//! The index of every address: method, path, permission, whether it changes data, handler, summary. No logic.
//!
//! To add one: write its handler in `routes/`, its use case in `app/`, a line here, and run `cargo xtask gen`.

use hyper::Method;
use promptsync_core::access::Permission::{
    ManageKeys, ManageProject, ManageWorkspace, MoveAlias, Publish, Read, Render,
};

use crate::{
    endpoint::{
        AuditClass::{None, Write},
        Route, open_route as open, route,
    },
    routes::{
        aliases, diffs, documents, health, history, keys, openapi, projects, prompts, push, releases, render,
        search, sign_in, signing_keys, versions, whoami,
    },
};

const GET: &Method = &Method::GET;
const POST: &Method = &Method::POST;
const PUT: &Method = &Method::PUT;
const DELETE: &Method = &Method::DELETE;

/// Every route.
#[rustfmt::skip]
pub(crate) fn routes() -> Vec<Route> {
    vec![
        open(GET, "/", sign_in::page, "The sign-in page"),
        open(GET, "/livez", health::livez, "Whether the process runs"),
        open(GET, "/readyz", health::readyz, "Whether requests can be answered"),
        open(GET, "/version", health::version, "The version of the program"),
        route(GET, "/openapi.json", Read, None, openapi::document, "This document"),
        route(GET, "/api/whoami", Read, None, whoami::whoami, "Who the key belongs to and what it may do"),

        route(GET, "/api/keys", ManageKeys, None, keys::list, "Lists API keys"),
        route(POST, "/api/keys", ManageKeys, Write, keys::create, "Makes an API key; its secret is shown once"),
        route(POST, "/api/keys/{id}/rotate", ManageKeys, Write, keys::rotate, "Gives an API key a new secret; the old one works until the overlap ends"),
        route(DELETE, "/api/keys/{id}", ManageKeys, Write, keys::revoke, "Revokes an API key"),

        route(GET, "/api/signing-keys", Read, None, signing_keys::list, "The public keys the workspace signs with"),
        route(POST, "/api/signing-keys/rotate", ManageWorkspace, Write, signing_keys::rotate, "Replaces the key the workspace signs with"),

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

        route(GET, "/api/projects/{project}/aliases", Read, None, aliases::list, "Lists aliases"),
        route(GET, "/api/projects/{project}/aliases/{alias}", Read, None, aliases::get, "Shows an alias"),
        route(PUT, "/api/projects/{project}/aliases/{alias}", MoveAlias, Write, aliases::set, "Creates or moves an alias"),
        route(GET, "/api/projects/{project}/aliases/{alias}/history", Read, None, aliases::history, "Lists the moves of an alias"),
        route(POST, "/api/projects/{project}/aliases/{alias}/rollback", MoveAlias, Write, aliases::rollback, "Points an alias back at where it was"),

        route(GET, "/api/projects/{project}/releases", Read, None, releases::list, "Lists releases"),
        route(GET, "/api/projects/{project}/releases/{reference}", Read, None, releases::get, "Shows a release"),

        route(POST, "/api/prompts", Publish, Write, push::one, "Publishes one prompt"),
        route(GET, "/api/prompts/{name}/{version_or_alias}", Read, None, prompts::resolved, "The prompt a caller should use now"),
        route(POST, "/api/prompts/{name}/{version_or_alias}/render", Render, None, render::render, "Renders a prompt"),
        route(GET, "/api/aliases/{alias}", Read, None, aliases::get, "Shows an alias"),
        route(PUT, "/api/aliases/{alias}", MoveAlias, Write, aliases::set, "Creates or moves an alias"),
        route(GET, "/api/documents/{digest}", Read, None, documents::get, "A document by its digest; it never changes"),
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
