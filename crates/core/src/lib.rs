//! The rules of PromptSync, and nothing else.
//!
//! Everything here is a pure function of its arguments: no I/O, no async, no clock, no randomness. The server,
//! the command line and the SDKs call the same functions, so the same input gives the same answer everywhere.
//!
//! To find a rule, look for its noun: [`documents`] (what a version contains), [`files`] (how people write it),
//! [`template`] (how it is rendered, and the guards around that), [`versions`] and [`references`] (how it is
//! named), [`interface`] and [`bumps`] (what a change means to callers), [`resolve`] (which version a caller
//! gets), [`splits`] (who gets another one), [`compatibility`] and [`callsites`] (whether code fits what it gets),
//! [`diffs`], [`lock`], [`access`], [`audit`], [`access_records`] and [`merkle`] (how reads join the audit log), [`oidc`], [`seal`] (values at rest),
//! [`secrets`] (what a template may ask for), [`connectors`], [`signing`], [`bundle`] (an alias in one file).
#![warn(missing_docs)]

pub mod access;
pub mod access_records;
pub mod audit;
pub mod bumps;
pub mod bundle;
pub mod callers;
pub mod callsites;
pub mod compatibility;
pub mod connectors;
pub mod diffs;
pub mod digest;
pub mod documents;
pub mod emails;
mod fields;
pub mod files;
pub mod ids;
pub mod interface;
pub mod limits;
pub mod lock;
pub mod login;
pub mod merkle;
pub mod names;
pub mod oidc;
pub mod passwords;
pub mod problem;
pub mod publish;
pub mod references;
pub mod render;
pub mod resolve;
pub mod seal;
pub mod secrets;
pub mod signing;
pub mod splits;
pub mod template;
pub mod time;
pub mod values;
pub mod variables;
pub mod versions;
