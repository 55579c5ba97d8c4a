//! Settings of the SDK.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use promptsync_core::{
    limits::Limits,
    names::AliasName,
    signing::{Pin, PublicKey},
    time::Clock,
};

use super::{Arrived, Blocking, PromptSync, Relay, SdkError, time::SystemClock};

/// How long a call may take when nothing else was said.
const DEADLINE: Duration = Duration::from_millis(100);

/// Bytes of documents and compiled templates that are held.
const MEMORY: usize = 64 << 20;

/// How often the server is asked when it has no stream.
const POLL: Duration = Duration::from_secs(30);

/// What the SDK is told: made by [`PromptSync::builder`].
#[derive(Clone)]
pub struct Builder {
    pub(super) url: Option<String>,
    pub(super) key: Option<String>,
    pub(super) project: String,
    pub(super) aliases: Vec<String>,
    pub(super) service: String,
    pub(super) host: Option<String>,
    pub(super) language: &'static str,
    pub(super) git_commit: Option<String>,
    pub(super) uses: BTreeMap<String, BTreeSet<String>>,
    pub(super) unit: Option<String>,
    pub(super) deadline: Duration,
    pub(super) memory: usize,
    pub(super) cache: Option<PathBuf>,
    pub(super) bundle: Option<PathBuf>,
    pub(super) folder: Option<PathBuf>,
    pub(super) pin: Option<String>,
    pub(super) poll: Duration,
    pub(super) limits: Limits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) relay: Option<Arc<Relay>>,
}

impl Builder {
    pub(super) fn new(project: &str) -> Self {
        Self {
            url: None,
            key: None,
            project: project.to_owned(),
            aliases: Vec::new(),
            service: "unnamed".to_owned(),
            host: None,
            language: "rust",
            git_commit: None,
            uses: BTreeMap::new(),
            unit: None,
            deadline: DEADLINE,
            memory: MEMORY,
            cache: None,
            bundle: None,
            folder: None,
            pin: None,
            poll: POLL,
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
            relay: None,
        }
    }

    /// The server, such as `https://prompts.example`. Without one there are a bundle, a cache and a folder.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The API key.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// An alias to hold from the beginning. Others are held from the first time they are asked for.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.aliases.push(alias.into());
        self
    }

    /// The application's name, as `promptsync status` shows it.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = name.into();
        self
    }

    /// The machine's name, as `promptsync status` shows it.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.host = Some(name.into());
        self
    }

    /// The language of the SDK that stands before this one, as `promptsync status` shows it.
    #[must_use]
    pub fn language(mut self, name: &'static str) -> Self {
        self.language = name;
        self
    }

    /// The commit the application was built from.
    #[must_use]
    pub fn git_commit(mut self, commit: impl Into<String>) -> Self {
        self.git_commit = Some(commit.into());
        self
    }

    /// The variables that the application passes to a prompt: the server says whether they fit what an alias serves.
    #[must_use]
    pub fn uses<V: Into<String>>(
        mut self,
        prompt: impl Into<String>,
        variables: impl IntoIterator<Item = V>,
    ) -> Self {
        self.uses.entry(prompt.into()).or_default().extend(variables.into_iter().map(Into::into));
        self
    }

    /// Who asks when a call names no unit: where an alias divides its traffic, it decides.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// How long a call may take, when what it asks for is not held; 100 ms by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Bytes of documents and compiled templates to hold; 64 MiB by default.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// A folder to keep snapshots and documents in, for starts without the server.
    #[must_use]
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// A bundle, as `promptsync bundle` writes it.
    #[must_use]
    pub fn bundle(mut self, file: impl Into<PathBuf>) -> Self {
        self.bundle = Some(file.into());
        self
    }

    /// A folder of prompt files, for when there is nothing else.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// A key of the workspace, `ed25519:…`: nothing is believed that neither it nor one of its successors signed.
    /// Without it the first key that is seen is believed.
    #[must_use]
    pub fn pin(mut self, key: impl Into<String>) -> Self {
        self.pin = Some(key.into());
        self
    }

    /// How often to ask a server that has no stream; 30 s by default.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll = interval;
        self
    }

    /// Limits of templates, when they are not the usual ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The clock of this machine; for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Tells this program what arrives, so that it can pass it on. After each change the whole snapshot is read again,
    /// because only what the workspace signed as a whole can be given to others.
    #[must_use]
    pub fn relay(mut self, told: impl Fn(&AliasName, Arrived<'_>) + Send + Sync + 'static) -> Self {
        self.relay = Some(Arc::new(told));
        self
    }

    /// Reads what this machine has and begins to ask the server, within the current tokio runtime. It does not wait
    /// for the server: see [`PromptSync::wait_ready`].
    ///
    /// # Errors
    /// When a setting cannot be used, or the bundle or folder that was named.
    pub async fn start(self) -> Result<PromptSync, SdkError> {
        PromptSync::start(self).await
    }

    /// The same for programs without async, on a thread of its own.
    ///
    /// # Errors
    /// When a setting cannot be used, or the bundle or folder that was named.
    pub fn start_blocking(self) -> Result<Blocking, SdkError> {
        Blocking::start(self)
    }

    pub(super) fn pinned(&self) -> Result<Option<Pin>, SdkError> {
        let Some(pin) = &self.pin else { return Ok(None) };
        let key = PublicKey::parse(pin).map_err(|error| SdkError::setting(error.to_string()))?;
        Ok(Some(Pin { key, sequence: None }))
    }

    pub(super) fn alias_names(&self) -> Result<Vec<AliasName>, SdkError> {
        let parse =
            |alias: &String| AliasName::parse(alias).map_err(|error| SdkError::setting(error.to_string()));
        self.aliases.iter().map(parse).collect()
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("url", &self.url)
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}
