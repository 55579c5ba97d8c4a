//! Handlers: take what the request says, call the use case, say how the answer is cached. One file a noun.
//!
//! They know neither the database nor the rules. A new one gets its line in `router.rs`.

pub(crate) mod aliases;
pub(crate) mod audit;
pub(crate) mod bindings;
pub(crate) mod clients;
pub(crate) mod compatibility;
pub(crate) mod connectors;
pub(crate) mod devices;
pub(crate) mod diffs;
pub(crate) mod documents;
pub(crate) mod environments;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod members;
pub(crate) mod oidc;
pub(crate) mod openapi;
pub(crate) mod pages;
pub(crate) mod project_secrets;
pub(crate) mod projects;
pub(crate) mod prompts;
pub(crate) mod push;
pub(crate) mod releases;
pub(crate) mod render;
pub(crate) mod roles;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod signing_keys;
pub(crate) mod snapshots;
pub(crate) mod splits;
pub(crate) mod streams;
pub(crate) mod teams;
pub(crate) mod versions;
pub(crate) mod whoami;
pub(crate) mod workspaces;
