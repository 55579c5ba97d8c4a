//! The promptsync command.
