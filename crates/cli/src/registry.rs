//! The server as commands see it: connected when first needed, its errors as ours.

use std::{collections::BTreeMap, future::Future};

use promptsync_api::{
    prompts::ResolvedPrompt,
    sign_in::{Refresh, SignedIn},
    versions::VersionSummary,
};
use promptsync_client::{Client, ClientError, Wish};
use promptsync_core::{
    documents::{Document, digest},
    names::{ProjectName, PromptName},
};

use crate::{
    credentials::{Credentials, SignIn},
    error::{CliError, Kind, Located, Result},
    local::{self, Compiled},
    printer::Printer,
    settings::Settings,
};

/// How many prompts are asked for at the same time.
const AT_ONCE: usize = 16;

/// Seconds an access token must still work when a command begins.
const SPARE: i64 = 60;

/// A server, and the runtime that talks to it.
pub(crate) struct Registry {
    /// The client.
    pub(crate) client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Registry {
    /// Prepares to talk to the server the settings name, with the key they name, else with what `promptsync login`
    /// kept. A connection is made only when that has to be renewed.
    pub(crate) fn connect(settings: &Settings, printer: &Printer) -> Result<Self> {
        let bare = Self::without_key(settings)?;
        let key = match settings.api_key()? {
            Some(key) => Some(key.value),
            None => bare.kept(&settings.credentials)?,
        };
        let Some(key) = key else { return Ok(bare) };
        let client = Client::new(&settings.url.value, Some(&key))?;
        if client.is_exposed() {
            printer.warn(format!("the API key travels unencrypted to {}; use https", client.url()));
        }
        Ok(Self { client, ..bare })
    }

    /// The same without any key.
    pub(crate) fn without_key(settings: &Settings) -> Result<Self> {
        let client = Client::new(&settings.url.value, None)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CliError::usage("io", format!("the network cannot be used: {error}")))?;
        Ok(Self { client, runtime })
    }

    /// What `promptsync login` kept for this server, renewed when its time is over.
    fn kept(&self, credentials: &Credentials) -> Result<Option<String>> {
        if let Some(good) = good_now(credentials.load(&self.client)?) {
            return Ok(Some(good));
        }
        // Of several commands one renews; the others wait and find what it kept.
        let _lock = credentials.lock()?;
        let kept = credentials.load(&self.client)?;
        if let Some(good) = good_now(kept.clone()) {
            return Ok(Some(good));
        }
        let Some(SignIn::Session { refresh_token, .. }) = kept else { return Ok(None) };
        let request = Refresh { refresh_token: Some(refresh_token), workspace: None };
        let signed_in = self.try_wait(self.client.refresh(&request)).map_err(|error| {
            let ended = error.code() == Some("session_ended");
            let error = CliError::from(error);
            if ended { error.hint("run `promptsync login` again") } else { error }
        })?;
        credentials.save(&self.client, &session(&signed_in)?)?;
        Ok(Some(signed_in.access_token))
    }

    /// Waits for an answer whose failure the caller looks at.
    pub(crate) fn try_wait<T>(
        &self,
        answer: impl Future<Output = std::result::Result<T, ClientError>>,
    ) -> std::result::Result<T, ClientError> {
        self.runtime.block_on(answer)
    }

    /// Waits for an answer of the server.
    pub(crate) fn wait<T>(
        &self,
        answer: impl Future<Output = std::result::Result<T, ClientError>>,
    ) -> Result<T> {
        Ok(self.runtime.block_on(answer)?)
    }

    /// Reads whole prompts at these versions, many at the same time, and compiles nothing.
    pub(crate) fn read_all(
        &self,
        project: &ProjectName,
        wanted: impl IntoIterator<Item = (PromptName, String)>,
    ) -> Result<BTreeMap<PromptName, ResolvedPrompt>> {
        let mut waiting = wanted.into_iter();
        self.runtime.block_on(async {
            let mut found = BTreeMap::new();
            let mut running = tokio::task::JoinSet::new();
            let whole = Wish { document: true, ..Wish::default() };
            loop {
                while running.len() < AT_ONCE {
                    let Some((prompt, reference)) = waiting.next() else { break };
                    let (client, project, wish) = (self.client.clone(), project.clone(), whole.clone());
                    running.spawn(async move {
                        client.resolve(project.as_str(), prompt.as_str(), &reference, &wish).await
                    });
                }
                let Some(answer) = running.join_next().await else { return Ok(found) };
                let prompt =
                    answer.map_err(|error| CliError::new(Kind::Server, "internal", error.to_string()))??;
                found.insert(prompt.name.clone(), prompt);
            }
        })
    }

    /// The facts of these versions, many asked for at the same time; one that does not exist is left out.
    pub(crate) fn versions(
        &self,
        project: &ProjectName,
        wanted: impl IntoIterator<Item = (PromptName, String)>,
    ) -> Result<BTreeMap<PromptName, VersionSummary>> {
        let mut waiting = wanted.into_iter();
        self.runtime.block_on(async {
            let mut found = BTreeMap::new();
            let mut running = tokio::task::JoinSet::new();
            loop {
                while running.len() < AT_ONCE {
                    let Some((prompt, version)) = waiting.next() else { break };
                    let (client, project) = (self.client.clone(), project.clone());
                    running.spawn(async move {
                        let facts = client.version(project.as_str(), prompt.as_str(), &version).await;
                        (prompt, facts)
                    });
                }
                let Some(answer) = running.join_next().await else { return Ok(found) };
                let (prompt, facts) =
                    answer.map_err(|error| CliError::new(Kind::Server, "internal", error.to_string()))?;
                match facts {
                    Ok(facts) => {
                        found.insert(prompt, facts);
                    }
                    Err(error) if matches!(error.code(), Some("prompt_not_found" | "version_not_found")) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        })
    }

    /// Compiles a prompt that was read whole, with the dependencies it was published with.
    pub(crate) fn compile(&self, prompt: ResolvedPrompt) -> Result<Compiled> {
        let label = label(&prompt);
        let dependencies = self.dependencies(&prompt)?;
        let document = prompt.document.ok_or_else(|| incomplete(&label))?;
        local::compile(document, &dependencies, label.clone()).map_err(|problems| {
            let message = format!("{label} cannot be used by this version of promptsync");
            let problems = problems.into_iter().map(Located::from).collect();
            CliError::new(Kind::Check, "invalid", message).problems(problems)
        })
    }

    /// The documents a prompt may include, as they were fixed when it was published.
    fn dependencies(&self, prompt: &ResolvedPrompt) -> Result<BTreeMap<PromptName, Document>> {
        if prompt.document.as_ref().is_none_or(|document| document.dependencies.is_empty()) {
            return Ok(BTreeMap::new());
        }
        let record = prompt.record.as_ref().ok_or_else(|| incomplete(&label(prompt)))?;
        let mut documents = BTreeMap::new();
        for (name, pinned) in &record.dependencies {
            let document = self.wait(self.client.document(&pinned.digest))?;
            if digest(&document) != pinned.digest {
                let message =
                    format!("the content of {name} {} is not what its digest promises", pinned.version);
                return Err(CliError::new(Kind::Server, "digest_mismatch", message));
            }
            documents.insert(name.clone(), document);
        }
        Ok(documents)
    }
}

/// A session as it is kept.
pub(crate) fn session(signed_in: &SignedIn) -> Result<SignIn> {
    let refresh_token = signed_in.refresh_token.clone().ok_or_else(|| {
        CliError::new(Kind::Server, "unreadable", "the server sent nothing that renews the sign-in")
    })?;
    let access_token = signed_in.access_token.clone();
    Ok(SignIn::Session { refresh_token, access_token, good_until: now() + signed_in.expires_in })
}

/// What opens the server now, without asking it.
fn good_now(kept: Option<SignIn>) -> Option<String> {
    match kept? {
        SignIn::Key { key } => Some(key),
        SignIn::Session { access_token, good_until, .. } => {
            (good_until > now() + SPARE).then_some(access_token)
        }
    }
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the clock of this machine: it saves useless questions, and refuses what is old"
)]
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// What to call a version: `customer_support 1.2.0`.
pub(crate) fn label(prompt: &ResolvedPrompt) -> String {
    match &prompt.alias {
        Some(alias) => format!("{} {} ({alias})", prompt.name, prompt.version),
        None => format!("{} {}", prompt.name, prompt.version),
    }
}

fn incomplete(label: &str) -> CliError {
    CliError::new(
        Kind::Server,
        "unreadable",
        format!("the server did not send the whole document of {label}"),
    )
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        let message = error.to_string();
        match error {
            ClientError::BadUrl { .. } => Self::usage("bad_url", message)
                .hint("set it with --url, PROMPTSYNC_URL or `url` in promptsync.toml"),
            ClientError::BadKey => Self::usage("bad_key", message).hint("check PROMPTSYNC_API_KEY"),
            ClientError::Unreachable { .. } => Self::new(Kind::Server, "unreachable", message)
                .hint("start one with `promptsync serve`, or name another with --url or PROMPTSYNC_URL"),
            ClientError::Timeout { .. } => Self::new(Kind::Server, "timeout", message),
            ClientError::TooLarge { .. } => Self::new(Kind::Server, "answer_too_large", message),
            ClientError::Unreadable { .. } => Self::new(Kind::Server, "unreadable", message)
                .hint("check that the address is that of a PromptSync server"),
            ClientError::Refused { body } => {
                let kind = match body.status {
                    401 | 403 => Kind::Auth,
                    404 => Kind::NotFound,
                    400 | 405 | 414 | 415 => Kind::Usage,
                    402..=499 => Kind::Check,
                    _ => Kind::Server,
                };
                let mut error = Self::new(kind, body.code.clone(), message)
                    .problems(body.errors.into_iter().map(Located::from).collect());
                error.hints.extend(body.hint);
                if body.code == "unauthenticated" && error.hints.is_empty() {
                    error = error
                        .hint("run `promptsync login`, or set PROMPTSYNC_API_KEY or PROMPTSYNC_API_KEY_FILE");
                }
                if kind == Kind::Server && !body.trace_id.is_empty() {
                    error = error.hint(format!("the server's log has more under {}", body.trace_id));
                }
                error
            }
            _ => Self::new(Kind::Server, "client", message),
        }
    }
}
