//! Prompts: lists, summaries, and the content a caller should use now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use promptsync_api::{
    delivery::REVISION_HEADER,
    error::ALIAS_NOT_FOUND,
    page::Page,
    prompts::{Content, PromptSummary, Recorded, ResolvedPrompt},
    splits::Drawn,
};
use promptsync_core::{
    access::Permission,
    digest::Digest,
    documents::choose,
    names::{AliasName, ModulePath, PromptName},
    problem::Problem,
    resolve::resolve_in,
};
use promptsync_store::{ReadTx, aliases, prompts};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    pages::{self, Paging},
    projects::{Found, prompt_name},
    proofs::Subject,
    resolve::{self, Resolved},
};
use crate::{
    delivery::{Asked, Delivered, MEMORY, Need, Prepared, asked_for, not_in_copy},
    endpoint::{InProject, denied},
    http::error::ApiError,
};

/// Which prompts of a project are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// Those directly in this module.
    pub(crate) module: Option<String>,
    /// Those with all of these tags.
    pub(crate) tags: Vec<String>,
    /// Those this alias points at.
    pub(crate) alias: Option<String>,
    /// Which page.
    pub(crate) paging: Paging,
}

/// What a caller wants of a prompt besides its version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// Tags that choose a variant.
    pub(crate) tags: BTreeMap<String, String>,
    /// The model it is for.
    pub(crate) model: Option<String>,
    /// Who it is for, where an alias divides its traffic.
    pub(crate) unit: Option<String>,
    /// Whether the whole document is wanted too.
    pub(crate) document: bool,
}

/// The prompts of a project that a filter lets through, by name.
pub(crate) async fn list(call: &InProject, filter: &Filter) -> Result<Page<PromptSummary>, ApiError> {
    let (app, project) = (&call.app, &call.project);
    let module = filter.module.as_deref().map(ModulePath::parse).transpose()?;
    if let Some(module) = &module
        && !call.can_in_module(Permission::Read, module)
    {
        return Err(denied(Permission::Read));
    }
    let list = format!("prompts:{}:{:?}:{:?}:{:?}", project.id, filter.module, filter.tags, filter.alias);
    let mut request = filter.paging.request(app, &list)?;
    let wanted = request.limit as usize;
    let mut tx = app.db.begin_read(&call.caller.workspace).await?;
    let members = members(&mut tx, project, filter.alias.as_deref()).await?;
    let passes = |prompt: &prompts::Prompt| {
        call.can_in_module(Permission::Read, &prompt.module)
            && filter.tags.iter().all(|tag| prompt.tags.contains(tag))
            && members.as_ref().is_none_or(|members| members.contains(&prompt.name))
    };
    let mut kept = Vec::new();
    let next = loop {
        let page = match &module {
            Some(module) => prompts::list_module(&mut tx, &project.id, module, &request).await?,
            None => prompts::list(&mut tx, &project.id, &request).await?,
        };
        let full = page.items.into_iter().filter(passes).any(|prompt| {
            kept.push(prompt);
            kept.len() > wanted
        });
        if full {
            kept.truncate(wanted);
            break kept.last().map(|prompt| prompt.name.folded());
        }
        match page.next {
            Some(next) => request.after = Some(next),
            None => break None,
        }
    };
    let items = summaries(&mut tx, kept).await?;
    Ok(pages::answer(app, &list, promptsync_store::Page { items, next }, |item| item))
}

async fn members(
    tx: &mut ReadTx,
    project: &Found,
    alias: Option<&str>,
) -> Result<Option<BTreeSet<PromptName>>, ApiError> {
    let Some(name) = alias else { return Ok(None) };
    let unknown = || ApiError::new(ALIAS_NOT_FOUND, "no alias has that name");
    let name = AliasName::parse(name).map_err(|_| unknown())?;
    let alias = aliases::by_name(tx, &project.id, &name).await?.ok_or_else(unknown)?;
    Ok(Some(aliases::entries(tx, &alias.id).await?.into_keys().collect()))
}

/// Prompts as lists show them.
pub(crate) async fn summaries(
    tx: &mut ReadTx,
    found: Vec<prompts::Prompt>,
) -> Result<Vec<PromptSummary>, ApiError> {
    let ids: Vec<_> = found.iter().map(|prompt| prompt.id.clone()).collect();
    let mut aliases = aliases::of_prompts(tx, &ids).await?;
    Ok(found
        .into_iter()
        .map(|prompt| PromptSummary {
            aliases: aliases.remove(&prompt.id).unwrap_or_default(),
            name: prompt.name,
            module: prompt.module,
            kind: prompt.kind,
            description: prompt.description,
            tags: prompt.tags,
            latest: prompt.latest,
            updated_at: prompt.updated_at,
        })
        .collect())
}

/// One prompt, without content.
pub(crate) async fn get(call: &InProject, name: &str) -> Result<PromptSummary, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let found = by_name(&mut tx, &call.project, name).await?;
    summaries(&mut tx, vec![found]).await?.pop().ok_or_else(|| ApiError::internal("a summary was lost"))
}

/// The row of a prompt that must exist.
pub(crate) async fn by_name(
    tx: &mut ReadTx,
    project: &Found,
    name: &str,
) -> Result<prompts::Prompt, ApiError> {
    let name = prompt_name(name)?;
    if let Some(found) = prompts::by_name(tx, &project.id, &name).await? {
        return Ok(found);
    }
    let known = prompts::names(tx, &project.id).await?;
    let nearest = promptsync_core::names::nearest(name.as_str(), known.iter().map(PromptName::as_str));
    let mut problem = Problem::new("prompt_not_found", format!("no prompt is named `{name}`"));
    problem.hint = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
    Err(ApiError::of(problem))
}

/// The prompt a caller should use now. What was asked for once is answered from memory until it changes.
pub(crate) async fn resolved(
    call: &InProject,
    name: &str,
    reference: &str,
    wish: &Wish,
) -> Result<Delivered, ApiError> {
    let unit = resolve::Unit::of(&call.app, wish.unit.as_deref())?;
    let (name, wanted) = (prompt_name(name)?, resolve::reference(reference)?);
    if wanted.at.is_some() {
        let found = resolve::find(call, name.as_str(), reference, Some(&unit)).await?;
        return read(call, found, wish);
    }
    if let Some(_place) = ahead(call) {
        match resolve::find_in(&call.app.db, call, &name, &wanted, Some(&unit)).await {
            Err(error) if error.is_unavailable() => {}
            found => return read(call, found?, wish),
        }
    }
    let project = &call.project.id;
    let current =
        call.app.delivered_since(&call.caller.workspace, Need::Project(project), &call.headers).await?;
    let view = current.project(project).ok_or_else(|| ApiError::internal("a project has no view"))?;
    let of_copy = current.stale.is_some_and(|stale| stale.source != MEMORY);
    let refused = |error| if of_copy { not_in_copy(error) } else { error };
    let prompt =
        view.prompts.get(&name).ok_or_else(|| resolve::unknown_prompt(call, &name, view.prompts.keys()));
    let prompt = prompt.map_err(refused)?;
    let found = resolve_in(&prompt.facts, &view.aliases, &name, &wanted.selector, Some(unit.name()))
        .map_err(|error| refused(resolve::refused(call, &error)))?;
    let asked = asked_for(reference, &call.query);
    let version = &found.version.version;
    let divided = found.divided.map(|_| (version, unit.is_named()));
    let asked = Asked { view: prompt.number, divided, how: &asked };
    let answer = if let Some(answer) = call.app.delivery.answers.get(&asked) {
        answer
    } else {
        let drawn = Drawn::of(&found, unit.is_named());
        let alias = found.alias.cloned();
        let found = resolve::delivered(call, &name, version, alias, drawn).await?;
        let answer = Arc::new(prepare(call, Resolved { revision: current.view.revision, ..found }, wish)?);
        call.app.delivery.answers.keep(&asked, &answer);
        answer
    };
    call.access.about("prompt.read", answer.target().to_owned());
    Ok(Delivered { answer, revision: current.view.revision, stale: current.stale })
}

/// A place before the first view of the project, where one can be had.
fn ahead(call: &InProject) -> Option<OwnedSemaphorePermit> {
    if call.headers.contains_key(REVISION_HEADER) {
        return None;
    }
    call.app.delivery.feed(&call.caller.workspace).go_ahead(&call.app, &call.project.id)
}

/// An answer that was read from the database for this call alone.
fn read(call: &InProject, found: Resolved, wish: &Wish) -> Result<Delivered, ApiError> {
    call.access.about("prompt.read", found.target());
    let revision = found.revision;
    let answer = Arc::new(prepare(call, found, wish)?);
    Ok(Delivered { answer, revision, stale: None })
}

/// An answer in its final form: what it says and the tag that names it.
fn prepare(call: &InProject, found: Resolved, wish: &Wish) -> Result<Prepared, ApiError> {
    let target = found.target();
    let choice = choose(&found.document, &wish.tags, wish.model.as_deref())
        .map_err(|refused| ApiError::of(Problem::new("ambiguous_variant", refused.to_string())))?;
    let variant = choice.variant.map(|index| found.document.variants[index].tags.clone());
    let content = Content::from(choice.body.clone());
    let subject =
        Subject { project: &call.project.name, prompt: &found.prompt.name, version: &found.version };
    let signature = found.proofs.signature(subject);
    let signed = signature.is_some();
    let identity =
        format!("{} {} {:?} {signed} {:?}", found.version.id, found.prompt.module, found.alias, found.drawn);
    let answer = ResolvedPrompt {
        id: found.prompt.id.to_string(),
        name: found.prompt.name,
        project: call.project.name.to_string(),
        module: found.prompt.module,
        version: found.version.number,
        alias: found.alias,
        split: found.drawn,
        digest: found.version.digest,
        variant,
        content,
        interface: found.version.interface,
        metadata: found.document.metadata.clone(),
        document: wish.document.then_some(found.document),
        record: wish.document.then(|| Recorded {
            bump: found.version.bump,
            changelog: found.version.changelog,
            dependencies: found.version.dependencies,
            origin: found.version.origin,
        }),
        git_commit: found.version.git_commit,
        created_at: found.version.created_at,
        signature,
        revision: found.revision,
        stale_seconds: None,
        source: None,
    };
    let tag = format!("\"{}\"", Digest::of(identity.as_bytes()).short());
    let body = serde_json::to_vec(&answer).map_err(ApiError::internal)?;
    Ok(Prepared::new(&tag, &target, &body))
}
