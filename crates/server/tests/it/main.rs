//! The server from a caller's side: in process where the network does not matter, over TCP where it does.

mod access_records;
mod aliases;
mod authorisation;
mod bad_input;
mod caching;
mod canaries;
mod connections;
mod devices;
mod hostile_templates;
mod idempotency;
mod invitations;
mod keys;
mod locks;
mod matrix;
mod openapi;
mod pages;
mod registry;
mod scopes;
mod secrets;
mod sessions;
mod sign_in;
mod signing;
mod tenancy;
mod versions;
