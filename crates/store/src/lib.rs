//! All SQL of PromptSync: migrations and one file of functions per table family, for SQLite and PostgreSQL.
//!
//! One query text serves both databases ([`conn`] says how). To add a table: write the next file in `migrations/`
//! with types both understand, then a file here named after the noun, with free functions that take `&mut ReadTx`
//! or `&mut Tx` first. Rows are private structs that become types of `core`; a column that lies is
//! [`StoreError::Corrupt`]. Only what one database alone understands goes into `migrations/sqlite` and
//! `migrations/postgres`: triggers, and the full-text index that [`search`] asks in two dialects.
//!
//! A change ends in [`Tx::commit`] with its audit entry. There is no other way to commit.
#![warn(missing_docs)]

pub mod access_records;
pub mod alias_history;
pub mod alias_splits;
pub mod aliases;
pub mod audit;
pub mod backup;
pub mod bindings;
mod blind;
pub mod checkpoints;
pub mod clients;
pub mod conn;
pub mod connectors;
pub mod data_keys;
pub mod devices;
pub mod documents;
pub mod entries;
pub mod environments;
pub mod error;
mod group;
pub mod idempotency;
pub mod identities;
pub mod invitations;
pub mod keyring;
pub mod keys;
pub mod last_good;
mod later;
pub mod listener;
pub mod lookout;
pub mod members;
pub mod meta;
pub mod modules;
pub mod oidc;
mod open;
pub mod page;
pub mod project_secrets;
pub mod projects;
pub mod prompts;
pub mod reach;
pub mod registry;
mod release_entries;
pub mod releases;
pub mod reseal;
pub mod roles;
mod rows;
pub mod seal;
pub mod search;
pub mod search_pending;
pub mod sessions;
pub mod signing_keys;
pub mod snapshot;
mod sort_key;
mod standing;
pub mod teams;
pub mod users;
pub mod version_locks;
pub mod version_signatures;
pub mod versions;
mod walls;
pub mod workspaces;

pub use conn::{Db, Pools, ReadTx, Tx};
pub use entries::Manifest;
pub use error::{OnUnique, Result, StoreError};
pub use keyring::Keyring;
pub use page::{Page, PageRequest};
pub use reach::Reach;
