//! Packages from npm that tests need, exactly as their lock file says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::steps::{Result, exists, root, run, target};

/// A folder under `target` with the files of `source` and its packages.
pub(crate) fn installed(source: &str, name: &str, what: &str) -> Result<PathBuf> {
    if !exists("node") || !exists("npm") {
        return Err(format!(
            "Node.js 20 or newer, with npm, is missing: {what} cannot be tested; \
             on Debian: sudo apt-get install nodejs npm"
        )
        .into());
    }
    let (source, folder) = (root().join(source), target()?.join(name));
    fs::create_dir_all(&folder)?;
    copy_files(&source, &folder)?;
    let (lock, done) = (fs::read(source.join("package-lock.json"))?, folder.join("node_modules/.installed"));
    if fs::read(&done).is_ok_and(|installed| installed == lock) {
        return Ok(folder);
    }
    let mut npm = Command::new("npm");
    run(npm
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder))?;
    fs::write(done, lock)?;
    Ok(folder)
}

fn copy_files(from: &Path, to: &Path) -> Result {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
