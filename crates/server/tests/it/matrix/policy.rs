//! The table of who may do what: `policy.txt`, one row a route.

use promptsync_core::access::Permission;

/// What a route's permission is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Nobody is asked for anything.
    Public,
    /// Nothing more than who calls.
    Known,
    /// What belongs to a person; an application has nothing there.
    Myself,
    /// The server: its operator's alone.
    Server,
    /// The whole workspace.
    Workspace,
    /// Some part of the workspace, if only one alias.
    Anywhere,
    /// Some part of the workspace that is more than one alias.
    Parts,
    /// A project as a whole.
    Project,
    /// Some part of a project that is more than one alias.
    Within,
    /// Some part of a project, if only one alias.
    Inside,
    /// The prompt in the path.
    Prompt,
    /// The alias in the path.
    Alias,
    /// A prompt by the reference in the path.
    Reference,
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) permission: Option<Permission>,
    pub(super) subject: Subject,
    /// Whether the path may name something that does not exist.
    pub(super) names_new: bool,
}

impl Subject {
    fn parse(word: &str) -> Self {
        match word {
            "public" => Self::Public,
            "known" => Self::Known,
            "myself" => Self::Myself,
            "server" => Self::Server,
            "workspace" => Self::Workspace,
            "anywhere" => Self::Anywhere,
            "parts" => Self::Parts,
            "project" => Self::Project,
            "within" => Self::Within,
            "inside" => Self::Inside,
            "prompt" => Self::Prompt,
            "alias" => Self::Alias,
            "reference" => Self::Reference,
            other => panic!("policy.txt: `{other}` is no subject"),
        }
    }

    /// Whether a request is about one project, named in the path or the query.
    pub(super) fn is_in_project(self) -> bool {
        matches!(
            self,
            Self::Project | Self::Inside | Self::Within | Self::Prompt | Self::Alias | Self::Reference
        )
    }
}

impl Row {
    /// The names of the parameters in the path.
    pub(super) fn parameters(&self) -> Vec<&'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }
}

/// Every row.
pub(super) fn rows() -> Vec<Row> {
    let lines = include_str!("policy.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let (cells, names_new) = match cells.as_slice() {
                [cells @ .., "new"] => (cells, true),
                cells => (cells, false),
            };
            let [method, path, permission, subject] = *cells else { panic!("policy.txt: {line}") };
            let permission = match permission {
                "-" => None,
                word => Some(Permission::parse(word).unwrap_or_else(|| panic!("policy.txt: {line}"))),
            };
            Row { method, path, permission, subject: Subject::parse(subject), names_new }
        })
        .collect()
}
