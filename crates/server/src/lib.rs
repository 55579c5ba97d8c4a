//! The PromptSync server.
//!
//! A request walks in one direction: [`listen`] (the accept loop) → `dispatch` (find the route) → `endpoint` (key,
//! project, permission, body) → `routes/<noun>` (extract, call, map) → `app/<noun>` (the use case, one transaction)
//! → `core` and the store. `router` is the index of every address.

pub mod admission;
mod app;
pub mod audit;
mod auth;
pub mod backup;
pub mod config;
mod delivery;
mod dispatch;
pub mod edge;
mod endpoint;
mod http;
mod idempotency;
mod input;
pub mod jobs;
pub mod keys;
pub mod listen;
mod load;
pub mod logging;
mod masters;
mod oidc;
pub mod openapi;
pub mod people;
pub mod proofs;
mod rates;
mod router;
mod routes;
mod start;
mod subjects;
mod system;
mod visit;
pub mod workspaces;

pub use app::{
    App, Random,
    reseal::{ResealError, Resealed, rotate_master},
};
pub use auth::secret::{SecretError, ServerSecret};
pub use config::Config;
pub use delivery::{Following, StreamLimits};
pub use dispatch::Service;
pub use http::{
    answer::AnswerBody,
    body::{BodyError, RequestBody},
};
pub use masters::MasterKeyError;
pub use router::described as routes;
pub use start::{Server, StartError, open, open_or_stand_by, passes_walls, serve};
pub use system::{RandomIds, SystemClock, system_random};
