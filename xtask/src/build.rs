//! What people run: the release binary, and the Python package.

use std::path::PathBuf;

use crate::{
    steps::{self, Result, cargo, target},
    wheel,
};

/// Builds the release binary and returns its path.
pub(crate) fn binary() -> Result<PathBuf> {
    steps::run(&mut cargo(&["build", "--release", "--package", "promptsync-cli"]))?;
    Ok(target()?.join("release/promptsync"))
}

/// Builds, and says where the results lie.
pub(crate) fn run() -> Result {
    let binary = binary()?;
    let venv = wheel::install_release()?;
    println!("{}\n{}", binary.display(), venv.display());
    Ok(())
}
