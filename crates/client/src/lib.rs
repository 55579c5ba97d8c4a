//! The Rust client of a PromptSync server.
