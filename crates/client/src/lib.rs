//! The Rust client of a PromptSync server.
//!
//! Applications use [`PromptSync`]: it answers from memory, keeps itself up to date in the background, and goes on when
//! the server is away. [`sdk`] says how.
//!
//! Tools use a [`Client`]: one method a route, typed by `promptsync_api`. It holds the server's address and a key.
//! Methods live in one file per noun. Errors are [`ClientError`]: either the server's own answer with its code, or what
//! kept the answer away.
#![warn(missing_docs)]

mod aliases;
mod audit;
mod clients;
mod connectors;
mod documents;
mod environments;
mod error;
mod keys;
mod projects;
mod prompts;
mod releases;
mod requests;
pub mod sdk;
mod sign_in;
mod signing_keys;
mod splits;
mod versions;
mod workspaces;

pub use error::ClientError;
pub use prompts::Wish;
pub use requests::{Client, Tagged};
pub use sdk::PromptSync;
