//! Backends against servers: a double of a Vault, and moto's AWS.

mod aws;
mod cache;
mod vault;
