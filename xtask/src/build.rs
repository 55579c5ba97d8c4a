//! What people run: the release binary.

use std::path::PathBuf;

use crate::steps::{self, Result, cargo, target};

/// Builds the release binary and returns its path.
pub(crate) fn binary() -> Result<PathBuf> {
    steps::run(&mut cargo(&["build", "--release", "--package", "promptsync-cli"]))?;
    Ok(target()?.join("release/promptsync"))
}

/// Builds, and says where the result lies.
pub(crate) fn run() -> Result {
    println!("{}", binary()?.display());
    Ok(())
}
