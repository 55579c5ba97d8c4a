//! What tests share: fixed clock, seeded ids, databases, a running application. A dev-dependency only.
//!
//! A test of the store is written once and runs on both databases:
//!
//! ```
//! promptsync_testing::db_test! {
//!     async fn a_new_database_has_no_workspace(db: &Db) {
//!         assert!(promptsync_store::workspaces::list(&mut db.begin_system_read().await.unwrap()).await.unwrap().is_empty());
//!     }
//! }
//! ```
#![warn(missing_docs)]

pub mod app;
pub mod authority;
pub mod canaries;
pub mod clock;
pub mod database;
pub mod disk;
pub mod ids;
pub mod keyring;
pub mod lying;
pub mod outage;
pub mod people;
pub mod postgres;
pub mod redis;
pub mod sample;
pub mod streams;
pub mod tamper;
pub mod vault;

pub use app::{Caller, PROJECT, Reply, TestApp, a_key};
pub use authority::Authority;
pub use canaries::Canaries;
pub use clock::FixedClock;
pub use ids::SeededIds;
pub use keyring::keyring;
pub use outage::Outage;
pub use people::Person;
pub use postgres::Postgres;
pub use redis::Redis;
pub use sample::Sample;
pub use streams::{Event, EventReader, Listening};
pub use vault::VaultDouble;
