//! What travels between PromptSync's server and its clients: requests, responses and the table of error codes.
//!
//! Requests refuse unknown fields. Responses are types of their own, never a request echoed back. Lists carry
//! `items` and `next_cursor`. Times are RFC 3339 in UTC, absent values are `null` or left out.
#![warn(missing_docs)]

pub mod aliases;
pub mod audit;
pub mod bindings;
pub mod connectors;
pub mod delivery;
pub mod devices;
pub mod environments;
pub mod error;
pub mod history;
pub mod invitations;
pub mod keys;
pub mod members;
pub mod oidc;
pub mod page;
pub mod projects;
pub mod prompts;
pub mod push;
pub mod releases;
pub mod render;
pub mod roles;
pub mod server;
pub mod sign_in;
pub mod signing_keys;
pub mod splits;
pub mod teams;
pub mod versions;
pub mod workspaces;
