//! Tests that need Python.

use std::{fs, path::PathBuf, process::Command};

use crate::steps::{Result, capture, install, root, run, target};

/// The version of Jinja2 our corpus is held against.
pub(crate) const JINJA2: &str = "jinja2==3.1.6";
const CORPUS: &str = "crates/core/tests/jinja/check_jinja2.py";

/// Renders the corpus of Jinja templates with Python's own Jinja2: the expected texts in the tree must be its texts.
/// `None` while the tree has no corpus.
pub(crate) fn check_jinja_corpus() -> Option<Result> {
    let script = root().join(CORPUS);
    script.exists().then(|| {
        run(Command::new(environment("test-venv", &[JINJA2])?.join("bin/python"))
            .arg(&script)
            .current_dir(root()))
    })
}

/// A virtual environment with these packages, made on first use.
pub(crate) fn environment(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = target()?.join(name);
    let installed = folder.join("installed");
    let wanted = packages.join("\n");
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(folder);
    }
    let create = || {
        let _ = fs::remove_dir_all(&folder);
        capture(Command::new("python3").args(["-m", "venv"]).arg(&folder))
    };
    if create().is_err() {
        // Debian ships venv apart from Python itself.
        install("python3-venv")?;
        create()?;
    }
    let mut pip = Command::new(folder.join("bin/python"));
    run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages))?;
    fs::write(installed, wanted)?;
    Ok(folder)
}
