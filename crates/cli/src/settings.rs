//! Settings and where each comes from: flag, environment, project file, user file, default.
//!
//! The environment is read here and nowhere else.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use promptsync_core::{names::ProjectName, signing::PublicKey};
use serde::Deserialize;

use crate::{
    args::{Folder, Global},
    credentials::Credentials,
    error::{CliError, Kind, Located, Result},
    git,
    secrets::LocalSecrets,
};

/// The server when nothing names one.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:7979";
/// The project file.
pub(crate) const PROJECT_FILE: &str = "promptsync.toml";
/// The lock file.
pub(crate) const LOCK_FILE: &str = "promptsync.lock";

/// What the environment says.
#[expect(clippy::struct_excessive_bools, reason = "each is a variable of its own")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    url: Option<String>,
    upstream: Option<String>,
    project: Option<String>,
    api_key: Option<String>,
    api_key_file: Option<PathBuf>,
    user_folder: Option<PathBuf>,
    /// Whether a keyring of the system can be asked.
    keyring: bool,
    /// What secrets on this machine come from: `PROMPTSYNC_SECRET_…`, `VAULT_…`.
    secrets: Variables,
    /// `NO_COLOR` is set.
    pub(crate) no_color: bool,
    /// `CLICOLOR_FORCE` or `FORCE_COLOR` is set.
    pub(crate) force_color: bool,
    /// `TERM=dumb`.
    pub(crate) dumb_terminal: bool,
}

impl Environment {
    /// Reads the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub(crate) fn read() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let switch = |name: &str| text(name).is_some_and(|value| value != "0");
        let config_home = text("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| text("HOME").map(|home| Path::new(&home).join(".config")));
        Self {
            url: text("PROMPTSYNC_URL"),
            upstream: text("PROMPTSYNC_UPSTREAM"),
            project: text("PROMPTSYNC_PROJECT"),
            api_key: text("PROMPTSYNC_API_KEY"),
            api_key_file: text("PROMPTSYNC_API_KEY_FILE").map(PathBuf::from),
            user_folder: config_home.map(|home| home.join("promptsync")),
            // Without a session bus, asking would start one.
            keyring: !cfg!(target_os = "linux") || text("DBUS_SESSION_BUS_ADDRESS").is_some(),
            secrets: Variables(
                std::env::vars()
                    .filter(|(name, _)| name.starts_with("PROMPTSYNC_SECRET_") || name.starts_with("VAULT_"))
                    .collect(),
            ),
            no_color: text("NO_COLOR").is_some(),
            force_color: switch("CLICOLOR_FORCE") || switch("FORCE_COLOR"),
            dumb_terminal: text("TERM").is_some_and(|term| term == "dumb"),
        }
    }
}

/// Variables whose values are secrets: they are not printed.
#[derive(Clone, Default)]
pub(crate) struct Variables(pub(crate) std::collections::BTreeMap<String, String>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A flag.
    Flag(&'static str),
    /// A variable of the environment.
    Env(&'static str),
    /// A file.
    File(PathBuf),
    /// The remote of the git repository.
    Git,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Env(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Git => f.write_str("git remote"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it comes from.
    pub(crate) source: Source,
}

/// The settings of a run, found but not yet checked: a command checks what it needs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The folder the command runs in.
    pub(crate) folder: PathBuf,
    /// The folder of the project file, when there is one.
    pub(crate) root: Option<PathBuf>,
    /// The server.
    pub(crate) url: Setting<String>,
    /// The project, when it could be found.
    pub(crate) project: Option<Setting<String>>,
    /// The folder of prompts, relative to where the command runs or absolute.
    pub(crate) path: Setting<PathBuf>,
    /// What `promptsync login` kept.
    pub(crate) credentials: Credentials,
    /// The key of the workspace, when the project file pins it.
    pub(crate) public_key: Option<Setting<PublicKey>>,
    api_key: Option<Setting<String>>,
    api_key_file: Option<Setting<PathBuf>>,
    /// Where secrets come from on this machine.
    pub(crate) secrets: Option<LocalSecrets>,
    /// The variables that they may come from.
    pub(crate) variables: Variables,
}

/// `promptsync.toml`, and `[tool.promptsync]` of `pyproject.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    project: Option<String>,
    url: Option<String>,
    path: Option<PathBuf>,
    registry: Option<RegistryTable>,
    secrets: Option<LocalSecrets>,
    /// The server's own settings; it reads them itself.
    #[serde(rename = "server")]
    _server: Option<toml::Table>,
}

/// `[registry]` of the project file: what is known of the workspace.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistryTable {
    public_key: Option<PublicKey>,
}

/// The file in the user's configuration folder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserFile {
    url: Option<String>,
    api_key: Option<String>,
    api_key_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
struct PyProject {
    project: Option<PyProjectName>,
    tool: Option<PyTool>,
}

#[derive(Debug, Deserialize)]
struct PyProjectName {
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PyTool {
    promptsync: Option<ProjectFile>,
}

impl Settings {
    /// The same for an edge: its server is the one that is named as such, before all others.
    pub(crate) fn load_for_edge(
        global: &Global,
        upstream: Option<&String>,
        environment: &Environment,
        folder: &Path,
    ) -> Result<Self> {
        let url = upstream.or(environment.upstream.as_ref()).or(global.url.as_ref()).cloned();
        Self::load(&Global { url, ..global.clone() }, environment, folder)
    }

    /// Finds the settings for a command that runs in `folder`.
    pub(crate) fn load(global: &Global, environment: &Environment, folder: &Path) -> Result<Self> {
        let file = find_upwards(folder, PROJECT_FILE);
        let from_file: ProjectFile =
            file.as_deref().map(read_toml).transpose()?.flatten().unwrap_or_default();
        let user_file = environment.user_folder.as_ref().map(|folder| folder.join("config.toml"));
        let user: UserFile = user_file.as_deref().map(read_toml).transpose()?.flatten().unwrap_or_default();
        let python_file = find_upwards(folder, "pyproject.toml");
        let python: PyProject =
            python_file.as_deref().map(read_toml).transpose()?.flatten().unwrap_or_default();
        let in_python = python.tool.and_then(|tool| tool.promptsync).unwrap_or_default();

        let in_file = |path: &Option<PathBuf>| Source::File(path.clone().unwrap_or_default());
        let setting = |value: Option<String>, source: Source| value.map(|value| Setting { value, source });

        let url = setting(global.url.clone(), Source::Flag("--url"))
            .or_else(|| setting(environment.url.clone(), Source::Env("PROMPTSYNC_URL")))
            .or_else(|| setting(from_file.url, in_file(&file)))
            .or_else(|| setting(in_python.url, in_file(&python_file)))
            .or_else(|| setting(user.url.clone(), in_file(&user_file)))
            .unwrap_or_else(|| Setting { value: DEFAULT_URL.to_owned(), source: Source::Default });

        let project = setting(global.project.clone(), Source::Flag("--project"))
            .or_else(|| setting(environment.project.clone(), Source::Env("PROMPTSYNC_PROJECT")))
            .or_else(|| setting(from_file.project, in_file(&file)))
            .or_else(|| setting(in_python.project, in_file(&python_file)))
            .or_else(|| setting(python.project.and_then(|project| project.name), in_file(&python_file)));

        let path = [(from_file.path, &file), (in_python.path, &python_file)]
            .into_iter()
            .find_map(|(path, file)| Some((path?, file.as_ref()?)))
            .map_or_else(
                || Setting { value: PathBuf::from("prompts"), source: Source::Default },
                |(path, file)| Setting {
                    value: relative(folder, &file.parent().unwrap_or(folder).join(path)),
                    source: Source::File(file.clone()),
                },
            );

        // A key in the user's file belongs to the server in that file: a project file that names another server
        // must not get it.
        let own_server = url.value == user.url.clone().unwrap_or_else(|| DEFAULT_URL.to_owned());
        let api_key = setting(environment.api_key.clone(), Source::Env("PROMPTSYNC_API_KEY"));
        let api_key_file = environment
            .api_key_file
            .clone()
            .map(|value| Setting { value, source: Source::Env("PROMPTSYNC_API_KEY_FILE") });
        let user_key = setting(user.api_key.filter(|_| own_server), in_file(&user_file));
        let user_key_file = user
            .api_key_file
            .filter(|_| own_server)
            .map(|value| Setting { value, source: in_file(&user_file) });
        let (api_key, api_key_file) = match (api_key, api_key_file) {
            (None, None) => (user_key, user_key_file),
            given => given,
        };

        let pinned = [(from_file.registry, &file), (in_python.registry, &python_file)];
        let public_key = pinned
            .into_iter()
            .find_map(|(table, file)| Some(Setting { value: table?.public_key?, source: in_file(file) }));
        let root = file.as_ref().and_then(|file| file.parent()).map(Path::to_path_buf);
        let credentials = Credentials::new(environment.user_folder.clone(), environment.keyring);
        let secrets = from_file.secrets.map(|secrets| secrets.below(root.as_deref().unwrap_or(folder)));
        Ok(Self {
            folder: folder.to_path_buf(),
            root,
            url,
            project,
            path,
            credentials,
            public_key,
            api_key,
            api_key_file,
            secrets,
            variables: environment.secrets.clone(),
        })
    }

    /// The project, when anything names one; the git remote is asked last.
    pub(crate) fn find_project(&self) -> Option<Setting<String>> {
        self.project
            .clone()
            .or_else(|| git::remote_name(&self.folder).map(|value| Setting { value, source: Source::Git }))
    }

    /// The project, checked.
    pub(crate) fn project(&self) -> Result<ProjectName> {
        let found = self.find_project().ok_or_else(|| {
            CliError::usage("project_required", "no project is named")
                .hint("run `promptsync init`, or pass --project NAME or set PROMPTSYNC_PROJECT")
        })?;
        ProjectName::parse(&found.value).map_err(|error| {
            CliError::usage("name", error.to_string())
                .hint(format!("the name comes from {}; pass --project NAME", found.source))
        })
    }

    /// The key for the server, when there is one.
    pub(crate) fn api_key(&self) -> Result<Option<Setting<String>>> {
        if let Some(key) = &self.api_key {
            return Ok(Some(Setting { value: key.value.trim().to_owned(), source: key.source.clone() }));
        }
        let Some(file) = &self.api_key_file else { return Ok(None) };
        let text = std::fs::read_to_string(&file.value).map_err(|error| CliError {
            kind: Kind::Usage,
            ..CliError::file("read the API key in", &file.value, &error)
        })?;
        Ok(Some(Setting { value: text.trim().to_owned(), source: Source::File(file.value.clone()) }))
    }

    /// The folder of prompts a command means.
    pub(crate) fn prompts(&self, given: &Folder) -> PathBuf {
        given.path.clone().unwrap_or_else(|| self.path.value.clone())
    }

    /// The lock file a command means.
    pub(crate) fn lock_file(&self) -> PathBuf {
        let root = self.root.as_ref().map(|root| relative(&self.folder, root)).unwrap_or_default();
        root.join(LOCK_FILE)
    }

    /// Where an application's source is: the folder of the project file, else the one the command runs in.
    pub(crate) fn code(&self) -> PathBuf {
        let root = self.root.as_ref().map(|root| relative(&self.folder, root)).unwrap_or_default();
        if root.as_os_str().is_empty() { PathBuf::from(".") } else { root }
    }

    /// Whether anything names a server.
    pub(crate) fn has_server(&self) -> bool {
        self.url.source != Source::Default
    }
}

/// The path as seen from `base` when it lies below, else as it is.
fn relative(base: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(base).unwrap_or(path).components().collect()
}

fn find_upwards(folder: &Path, name: &str) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Reads a TOML file; `None` when there is none.
fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CliError::file("read", path, &error)),
    };
    toml::from_str(&text).map(Some).map_err(|error| {
        let mut problem = promptsync_core::problem::Problem::new("config", error.message())
            .in_file(&path.display().to_string());
        if let Some(span) = error.span() {
            let before = text.get(..span.start).unwrap_or(&text);
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            problem = problem.at(u32::try_from(line).unwrap_or(1), u32::try_from(column).unwrap_or(1));
        }
        // The text of a configuration file may hold a key, so it is not shown.
        CliError::usage("config", format!("{} cannot be used", path.display()))
            .problems(vec![Located { problem, source: None }])
    })
}
