//! From a name and a reference to a version and its document.

use std::collections::BTreeMap;

use promptsync_api::error::{ALIAS_NOT_FOUND, VERSION_NOT_FOUND};
use promptsync_core::{
    access::Permission,
    audit::Revision,
    documents::Document,
    names::{AliasName, PromptName},
    problem::Problem,
    references::{Reference, ReferenceError, Selector},
    resolve::resolve,
};
use promptsync_store::{ReadTx, audit, documents, prompts, snapshot, versions};

use super::{
    projects::{Found, prompt_name},
    proofs::Proofs,
};
use crate::{endpoint::InProject, http::error::ApiError};

/// Characters a reference can have at most; a longer one names nothing.
const MAX_REFERENCE: usize = 200;

/// A version that was asked for, with everything an answer needs.
pub(crate) struct Resolved {
    /// Its prompt.
    pub(crate) prompt: prompts::Prompt,
    /// The version.
    pub(crate) version: versions::Version,
    /// The alias that led there.
    pub(crate) alias: Option<AliasName>,
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

/// Finds a version of a prompt of the call's project.
pub(crate) async fn find(call: &InProject, name: &str, reference_text: &str) -> Result<Resolved, ApiError> {
    let (name, reference) = (prompt_name(name)?, reference(reference_text)?);
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let mut found = in_project(&mut tx, call, &call.project, &name, &reference).await?;
    found.revision = audit::head(&mut tx, &call.caller.workspace).await?.revision;
    Ok(found)
}

/// The same within a transaction.
pub(crate) async fn in_project(
    tx: &mut ReadTx,
    call: &InProject,
    project: &Found,
    name: &PromptName,
    reference: &Reference,
) -> Result<Resolved, ApiError> {
    let facts = match reference.at {
        None => snapshot::load_prompt(tx, &project.id, name).await?,
        Some(moment) => snapshot::load_prompt_at(tx, &project.id, name, moment).await?,
    };
    let resolved = match resolve(&facts, name, &reference.selector) {
        Ok(resolved) => resolved,
        Err(refused) => {
            let mut error = Problem::from(&refused);
            // Names of other prompts are for those who may list them.
            if !call.caller.can(Permission::Read, call.object()) {
                error.hint = None;
            } else if error.code == "prompt_not_found" {
                let known = prompts::names(tx, &project.id).await?;
                let nearest =
                    promptsync_core::names::nearest(name.as_str(), known.iter().map(PromptName::as_str));
                error.hint = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
            }
            return Err(ApiError::of(error));
        }
    };
    let (number, alias) = (resolved.version.version.clone(), resolved.alias.cloned());
    let prompt = prompts::by_name(tx, &project.id, name).await?;
    let prompt = prompt.ok_or_else(|| ApiError::internal("a resolved prompt has no row"))?;
    let version = versions::get(tx, &prompt.id, &number).await?;
    let version = version.ok_or_else(|| ApiError::internal("a resolved version has no row"))?;
    let (document, bytes) = document(tx, call, &version.digest).await?;
    let proofs = Proofs::load(tx, std::slice::from_ref(&version.id)).await?;
    Ok(Resolved { prompt, version, alias, document, proofs, bytes, revision: 0 })
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
