//! From a name and a reference to a version and its document.

use std::collections::BTreeMap;

use promptsync_api::{
    error::{ALIAS_NOT_FOUND, INVALID, VERSION_NOT_FOUND},
    splits::Drawn,
};
use promptsync_core::{
    access::Permission,
    audit::Revision,
    documents::Document,
    names::{AliasName, PromptName, nearest},
    problem::Problem,
    references::{Reference, ReferenceError, Selector},
    resolve::{ResolveError, resolve_in},
    splits::MAX_UNIT,
    versions::VersionNumber,
};
use promptsync_store::{Db, ReadTx, audit, documents, prompts, snapshot, versions};

use super::{
    App,
    projects::{Found, prompt_name},
    proofs::Proofs,
};
use crate::{delivery::not_in_copy, endpoint::InProject, http::error::ApiError};

/// Characters a reference can have at most; a longer one names nothing.
const MAX_REFERENCE: usize = 200;

/// Who asks, where an alias divides its traffic.
#[derive(Clone, Debug)]
pub(crate) enum Unit {
    /// Whom the caller named: it gets the same version each time.
    Named(String),
    /// Nobody was named: each request draws for itself.
    Drawn(String),
}

impl Unit {
    /// The unit a request names, or one made for it.
    pub(crate) fn of(app: &App, named: Option<&str>) -> Result<Self, ApiError> {
        Self::named_or(named, || app.ids.next())
    }

    /// The unit a request names, or the one that is drawn for it.
    pub(crate) fn named_or(named: Option<&str>, draw: impl FnOnce() -> String) -> Result<Self, ApiError> {
        match named {
            None => Ok(Self::Drawn(draw())),
            Some(name) if (1..=MAX_UNIT).contains(&name.len()) => Ok(Self::Named(name.to_owned())),
            Some(_) => Err(ApiError::new(INVALID, format!("`unit` has 1 to {MAX_UNIT} bytes"))
                .hint("name who asks by something short that stays the same, such as a user's id")),
        }
    }

    /// The name it draws by.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Named(name) | Self::Drawn(name) => name,
        }
    }

    /// Whether the caller named it.
    pub(crate) fn is_named(&self) -> bool {
        matches!(self, Self::Named(_))
    }
}

/// A version that was asked for, with everything an answer needs.
pub(crate) struct Resolved {
    /// Its prompt.
    pub(crate) prompt: prompts::Prompt,
    /// The version.
    pub(crate) version: versions::Version,
    /// The alias that led there.
    pub(crate) alias: Option<AliasName>,
    /// The draw, where the alias divides the prompt's traffic.
    pub(crate) drawn: Option<Drawn>,
    /// Its content.
    pub(crate) document: Document,
    /// Its signature and lock.
    pub(crate) proofs: Proofs,
    /// Bytes of its canonical form.
    pub(crate) bytes: usize,
    /// The workspace's revision it was read at.
    pub(crate) revision: Revision,
}

impl Resolved {
    /// The version as access records name it.
    pub(crate) fn target(&self) -> String {
        format!("prompt:{}@{}#{}", self.prompt.name, self.version.number, self.version.digest)
    }
}

/// Reads a reference from a path: one that cannot be one names nothing.
pub(crate) fn reference(text: &str) -> Result<Reference, ApiError> {
    let length = text.chars().count();
    if length > MAX_REFERENCE {
        let detail = format!("a version is named by at most {MAX_REFERENCE} characters, these are {length}");
        return Err(ApiError::new(VERSION_NOT_FOUND, detail));
    }
    Reference::parse(text).map_err(|refused| match refused {
        ReferenceError::Name(_) => ApiError::new(ALIAS_NOT_FOUND, refused.to_string()),
        other => other.into(),
    })
}

/// Finds a version of a prompt of the call's project, for whoever `unit` is.
pub(crate) async fn find(
    call: &InProject,
    name: &str,
    reference_text: &str,
    unit: Option<&Unit>,
) -> Result<Resolved, ApiError> {
    let (name, reference) = (prompt_name(name)?, reference(reference_text)?);
    let found = find_in(&call.app.db, call, &name, &reference, unit).await;
    match (&found, call.app.standby()) {
        // The copy knows no past.
        (Err(error), Some(standby)) if error.is_unavailable() && reference.at.is_none() => {
            find_in(&standby.db, call, &name, &reference, unit).await.map_err(not_in_copy)
        }
        _ => found,
    }
}

/// The same in one database alone.
pub(crate) async fn find_in(
    db: &Db,
    call: &InProject,
    name: &PromptName,
    reference: &Reference,
    unit: Option<&Unit>,
) -> Result<Resolved, ApiError> {
    let mut tx = db.begin_read(&call.caller.workspace).await?;
    let mut found = in_project(&mut tx, call, &call.project, name, reference, unit).await?;
    found.revision = audit::head(&mut tx, &call.caller.workspace).await?.revision;
    Ok(found)
}

/// Everything an answer needs about a version that the view in memory led to. It never changes, so while the database is
/// away the copy is as good.
pub(crate) async fn delivered(
    call: &InProject,
    name: &PromptName,
    number: &VersionNumber,
    alias: Option<AliasName>,
    drawn: Option<Drawn>,
) -> Result<Resolved, ApiError> {
    let found = version_in(&call.app.db, call, name, number, alias.clone(), drawn.clone()).await;
    match (&found, call.app.standby()) {
        (Err(error), Some(standby)) if error.is_unavailable() => {
            version_in(&standby.db, call, name, number, alias, drawn).await
        }
        _ => found,
    }
}

async fn version_in(
    db: &Db,
    call: &InProject,
    name: &PromptName,
    number: &VersionNumber,
    alias: Option<AliasName>,
    drawn: Option<Drawn>,
) -> Result<Resolved, ApiError> {
    let mut tx = db.begin_read(&call.caller.workspace).await?;
    version(&mut tx, call, &call.project, name, number, alias, drawn).await
}

/// The same within a transaction.
pub(crate) async fn in_project(
    tx: &mut ReadTx,
    call: &InProject,
    project: &Found,
    name: &PromptName,
    reference: &Reference,
    unit: Option<&Unit>,
) -> Result<Resolved, ApiError> {
    let state = match reference.at {
        None => snapshot::load_prompt(tx, &project.id, name).await?,
        Some(moment) => snapshot::load_prompt_at(tx, &project.id, name, moment).await?,
    };
    let Some(known) = state.prompts.get(name) else {
        let known = prompts::names(tx, &project.id).await?;
        return Err(unknown_prompt(call, name, known.iter()));
    };
    let resolved = resolve_in(&known.facts, &state.aliases, name, &reference.selector, unit.map(Unit::name))
        .map_err(|refused| self::refused(call, &refused))?;
    let (number, alias) = (&resolved.version.version, resolved.alias.cloned());
    let drawn = Drawn::of(&resolved, unit.is_some_and(Unit::is_named));
    version(tx, call, project, name, number, alias, drawn).await
}

/// Everything an answer needs about a version that was found.
pub(crate) async fn version(
    tx: &mut ReadTx,
    call: &InProject,
    project: &Found,
    name: &PromptName,
    number: &VersionNumber,
    alias: Option<AliasName>,
    drawn: Option<Drawn>,
) -> Result<Resolved, ApiError> {
    let prompt = prompts::by_name(tx, &project.id, name).await?;
    let prompt = prompt.ok_or_else(|| ApiError::internal("a resolved prompt has no row"))?;
    let version = versions::get(tx, &prompt.id, number).await?;
    let version = version.ok_or_else(|| ApiError::internal("a resolved version has no row"))?;
    let (document, bytes) = document(tx, call, &version.digest).await?;
    let proofs = Proofs::load(tx, std::slice::from_ref(&version.id)).await?;
    Ok(Resolved { prompt, version, alias, drawn, document, proofs, bytes, revision: 0 })
}

/// The answer to a reference that finds nothing. Names of other things are for those who may list them.
pub(crate) fn refused(call: &InProject, refused: &ResolveError) -> ApiError {
    let mut error = Problem::from(refused);
    if !call.caller.can(Permission::Read, call.object()) {
        error.hint = None;
    }
    ApiError::of(error)
}

/// The answer to the name of a prompt that nothing has.
pub(crate) fn unknown_prompt<'a>(
    call: &InProject,
    name: &PromptName,
    known: impl Iterator<Item = &'a PromptName>,
) -> ApiError {
    let nearest = nearest(name.as_str(), known.map(PromptName::as_str)).map(str::to_owned);
    refused(call, &ResolveError::PromptNotFound { name: name.clone(), nearest })
}

/// The documents a version's templates may include, as they were fixed when it was published.
pub(crate) async fn dependencies(
    tx: &mut ReadTx,
    call: &InProject,
    version: &versions::Version,
) -> Result<BTreeMap<PromptName, Document>, ApiError> {
    let mut found = BTreeMap::new();
    for (name, pinned) in &version.dependencies {
        found.insert(name.clone(), document(tx, call, &pinned.digest).await?.0);
    }
    Ok(found)
}

async fn document(
    tx: &mut ReadTx,
    call: &InProject,
    digest: &promptsync_core::digest::Digest,
) -> Result<(Document, usize), ApiError> {
    let text = documents::get_in_project(tx, &call.caller.workspace, &call.project.id, digest).await?;
    let text = text.ok_or_else(|| ApiError::internal("a version has no document"))?;
    let document = serde_json::from_str(&text).map_err(ApiError::internal)?;
    Ok((document, text.len()))
}

/// Whether a selector names an alias.
pub(crate) fn alias_of(selector: &Selector) -> Option<&AliasName> {
    match selector {
        Selector::Alias(name) => Some(name),
        _ => None,
    }
}
