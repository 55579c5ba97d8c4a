//! The Rust client of a PromptSync server: one method a route, typed by `promptsync_api`.
//!
//! A [`Client`] holds the server's address and a key. Methods live in one file per noun. Errors are
//! [`ClientError`]: either the server's own answer with its code, or what kept the answer away.
#![warn(missing_docs)]

mod aliases;
mod audit;
mod clients;
mod connectors;
mod environments;
mod error;
mod keys;
mod projects;
mod prompts;
mod releases;
mod requests;
mod sign_in;
mod signing_keys;
mod splits;
mod versions;
mod workspaces;

pub use error::ClientError;
pub use prompts::Wish;
pub use requests::{Client, Tagged};
