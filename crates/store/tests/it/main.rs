//! Every claim about the store, each on SQLite and on PostgreSQL.
#![cfg(test)]

mod access_records;
mod alias_splits;
mod aliases;
mod audit;
mod backup;
mod checkpoints;
mod clients;
mod data_keys;
mod documents;
mod groups;
mod immutable;
mod keys;
mod last_good;
mod oidc;
mod open;
mod people;
mod projects;
mod proofs;
mod publish;
mod raw;
mod reach;
mod registry;
mod releases;
mod reseal;
mod seal;
mod search;
mod secrets;
mod signing_keys;
mod snapshot;
mod tenancy;
mod walls;
