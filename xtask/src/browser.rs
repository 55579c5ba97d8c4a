//! A browser for the tests of the pages: Debian's Chromium, driven by a script whose packages come from npm.

use std::path::PathBuf;

use crate::{
    node,
    steps::{Result, exists, install},
};

const SOURCE: &str = "crates/cli/tests/browser";
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The script's folder and the browser's program.
pub(crate) struct Browser {
    folder: PathBuf,
    program: PathBuf,
}

impl Browser {
    /// Installs what is missing.
    pub(crate) fn find() -> Result<Self> {
        let folder = node::installed(SOURCE, "browser", "the pages")?;
        let known = || PROGRAMS.into_iter().find(|program| exists(program));
        let name = if let Some(name) = known() {
            name
        } else {
            install("chromium")?;
            known().ok_or("the package `chromium` brought no browser")?
        };
        let places = std::env::var_os("PATH").unwrap_or_default();
        let program =
            std::env::split_paths(&places).map(|place| place.join(name)).find(|path| path.is_file());
        Ok(Self { folder, program: program.ok_or("the browser's program is not on the path")? })
    }

    /// What the tests are told, `folder:program`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.folder.display(), self.program.display())
    }
}
