//! What a program that uses the SDK is to talk to: found as the command finds it.

use std::path::{Path, PathBuf};

use promptsync_core::problem::Problem;

use crate::{
    args::Global,
    error::CliError,
    settings::{Environment, Settings},
};

/// A project as `promptsync.toml`, `pyproject.toml`, the environment and git describe it. It holds a key and is not
/// printed.
#[derive(Clone)]
pub struct Project {
    /// The project, when anything names one.
    pub name: Option<String>,
    /// The server, when anything names one.
    pub url: Option<String>,
    /// The key for that server.
    pub key: Option<String>,
    /// The folder of prompt files; it need not exist.
    pub prompts: PathBuf,
    /// The key of the workspace, when the project file pins it.
    pub pin: Option<String>,
}

/// Finds the project of a folder.
///
/// # Errors
/// When a file with settings cannot be read; the problem says which and where.
pub fn find(folder: &Path) -> Result<Project, Problem> {
    let settings = Settings::load(&Global::default(), &Environment::read(), folder).map_err(problem)?;
    let key = settings.api_key().map_err(problem)?;
    Ok(Project {
        name: settings.find_project().map(|setting| setting.value),
        url: settings.has_server().then(|| settings.url.value.clone()),
        key: key.map(|setting| setting.value),
        prompts: folder.join(&settings.path.value),
        pin: settings.public_key.map(|setting| setting.value.to_string()),
    })
}

fn problem(error: CliError) -> Problem {
    let mut problem = Problem::new(&error.code, error.message);
    problem.hint = error.hints.into_iter().next();
    if let Some(found) = error.problems.into_iter().next() {
        let (file, line, column) = (found.problem.file, found.problem.line, found.problem.column);
        problem = Problem {
            message: format!("{}: {}", problem.message, found.problem.message),
            file,
            line,
            column,
            ..problem
        };
    }
    problem
}
