//! The command as people run it: a process, its output and its exit code.

mod audit;
mod backup;
#[cfg(target_os = "linux")]
mod bad_inputs;
mod browser;
mod bundle;
mod call_sites;
mod canary;
mod config;
mod connectors;
mod database;
mod diffs;
mod edge;
mod errors;
mod folders;
mod help;
mod hostile;
mod init;
mod login;
mod lying_registry;
mod render;
#[cfg(target_os = "linux")]
mod restore_kills;
mod rotate_master;
mod sandbox;
mod sdk;
mod secrets;
mod served;
mod tenancy;
mod tls;
mod tour;
mod two_servers;
mod validate;
mod vault;
mod verify;
mod waiting;
mod watch;

use sandbox::Sandbox;
