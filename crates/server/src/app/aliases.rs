//! Aliases: where each prompt of a project points, moved by compare-and-swap, with every move kept.

use promptsync_api::{
    aliases::{Alias, AliasMove, RollbackAlias, SetAlias},
    error::{ALIAS_NOT_FOUND, CONFLICT, NOT_PUBLISHABLE, RELEASE_NOT_FOUND, VERSION_NOT_FOUND},
    page::Page,
    splits::{Canary, Part},
};
use promptsync_core::{
    access::Permission,
    digest::Digest,
    ids::{AliasId, ReleaseId},
    names::{AliasName, PromptName},
    references::{Reference, Selector},
    splits::AliasSplits,
    versions::VersionNumber,
};
use promptsync_store::{
    Manifest, ReadTx, Tx, alias_history,
    aliases::{self, Expected as Known, Move},
    releases, versions,
};
use serde_json::{Map, Value, json};

use super::{
    change::{Deed, Kept},
    environments,
    pages::{self, Paging},
    releases::find as find_release,
    resolve, splits,
};
use crate::{
    endpoint::{InProject, denied},
    http::{error::ApiError, etag::Expected},
};

/// Where an alias stands.
pub(super) struct Standing {
    pub(super) alias: aliases::Alias,
    pub(super) entries: Manifest,
    pub(super) splits: AliasSplits,
}

/// Where an alias goes. A whole move ends its splits.
#[derive(Default)]
pub(super) struct Target {
    pub(super) entries: Manifest,
    pub(super) release: Option<ReleaseId>,
    pub(super) splits: AliasSplits,
    pub(super) details: Map<String, Value>,
}

/// What a move is called.
#[derive(Clone, Copy)]
pub(super) struct Called {
    /// In the history of the alias.
    pub(super) step: &'static str,
    /// In the audit log.
    pub(super) deed: &'static str,
}

impl Standing {
    /// Where this alias stands.
    pub(super) async fn load(tx: &mut ReadTx, alias: aliases::Alias) -> Result<Self, ApiError> {
        let entries = aliases::entries(tx, &alias.id).await?;
        let splits = aliases::splits(tx, &alias.id).await?;
        Ok(Self { alias, entries, splits })
    }

    fn view(self) -> Alias {
        let Self { alias, entries, splits } = self;
        Alias {
            canaries: Canary::all(&alias.name, alias.release.as_ref(), &entries, &splits),
            name: alias.name,
            revision: alias.revision,
            release: alias.release,
            entries,
            moved_by: alias.moved_by,
            moved_at: alias.moved_at,
            reason: alias.reason,
        }
    }
}

/// The project's aliases.
pub(crate) async fn list(call: &InProject) -> Result<Page<Alias>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let mut items = Vec::new();
    for alias in aliases::list(&mut tx, &call.project.id).await? {
        items.push(Standing::load(&mut tx, alias).await?.view());
    }
    Ok(Page { items, next_cursor: None })
}

/// One alias.
pub(crate) async fn get(call: &InProject, name: &str) -> Result<Alias, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    Ok(standing(&mut tx, call, name).await?.view())
}

/// The moves of an alias, newest first.
pub(crate) async fn history(
    call: &InProject,
    name: &str,
    paging: &Paging,
) -> Result<Page<AliasMove>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let alias = existing(&mut tx, call, name).await?;
    let list = format!("alias_history:{}", alias.id);
    let page = alias_history::list(&mut tx, &alias.id, &paging.request(&call.app, &list)?).await?;
    Ok(pages::answer(&call.app, &list, page, |past| AliasMove {
        revision: past.revision,
        entries: past.entries,
        splits: past.splits.into_iter().map(|(prompt, split)| (prompt, Part::of(&split))).collect(),
        release: past.release,
        action: past.action,
        moved_by: past.moved_by,
        moved_at: past.moved_at,
        reason: past.reason,
    }))
}

/// Points an alias at a release, at what another alias points at, or one prompt of it at a version. Says whether
/// the alias is new.
pub(crate) async fn set(
    call: &InProject,
    name: &str,
    expected: &Expected,
    request: SetAlias,
) -> Result<(Alias, bool), ApiError> {
    let name = AliasName::parse(name)?;
    let reference = Reference::parse(&request.version)?;
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    tx.revision(&call.caller.workspace).await?;
    let before = match aliases::by_name(&mut tx, &call.project.id, &name).await? {
        Some(alias) => Some(Standing::load(&mut tx, alias).await?),
        None => None,
    };
    let target = match &request.prompt {
        Some(prompt) => one_prompt(&mut tx, call, prompt, &reference, before.as_ref()).await?,
        None => whole_project(&mut tx, call, &reference.selector).await?,
    };
    expected.check(before.as_ref().map(|before| before.alias.revision))?;
    let called = Called { step: "set", deed: "alias.move" };
    move_to(call, tx, &name, before, target, called, request.reason).await
}

/// Points an alias back at where it was. One more move: nothing is undone in the history.
pub(crate) async fn rollback(
    call: &InProject,
    name: &str,
    expected: &Expected,
    request: RollbackAlias,
) -> Result<Alias, ApiError> {
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    tx.revision(&call.caller.workspace).await?;
    let before = standing(&mut tx, call, name).await?;
    let alias = &before.alias;
    if *expected != Expected::Nothing {
        expected.check(Some(alias.revision))?;
    }
    let past = match request.to_revision {
        Some(revision) => alias_history::get(&mut tx, &alias.id, revision).await?,
        None => alias_history::before(&mut tx, &alias.id, alias.revision).await?,
    };
    let past = past.ok_or_else(|| {
        let detail = match request.to_revision {
            Some(revision) => format!("`{}` was never moved by revision {revision}", alias.name),
            None => format!("`{}` has only its present place", alias.name),
        };
        ApiError::new(CONFLICT, detail).hint("its history lists the revisions it can go back to")
    })?;
    let details = Map::from_iter([("to_revision".to_owned(), json!(past.revision))]);
    let target = Target { entries: past.entries, release: past.release_id, details, ..Target::default() };
    let (name, called) = (alias.name.clone(), Called { step: "rollback", deed: "alias.rollback" });
    let (moved, _) = move_to(call, tx, &name, Some(before), target, called, request.reason).await?;
    Ok(moved)
}

/// The last steps of every move: what may be served is looked at, then the move is written. Says whether the alias is
/// new.
pub(super) async fn move_to(
    call: &InProject,
    mut tx: Tx,
    name: &AliasName,
    before: Option<Standing>,
    target: Target,
    called: Called,
    reason: Option<String>,
) -> Result<(Alias, bool), ApiError> {
    let (app, now) = (&call.app, call.app.clock.now());
    let nothing = Manifest::new();
    let entries = before.as_ref().map_or(&nothing, |before| &before.entries);
    refuse_archived(&mut tx, call, entries, &target.entries).await?;
    for others in target.splits.others() {
        refuse_archived(&mut tx, call, &nothing, &others).await?;
    }
    environments::check_move(&mut tx, &call.project.id, name, &target.entries, &target.splits).await?;
    let moved = aliases::set(
        &mut tx,
        &Move {
            workspace: &call.caller.workspace,
            project: &call.project.id,
            name,
            new_id: &AliasId::new(app.ids.next()),
            expected: before.as_ref().map_or(Known::Absent, |before| Known::Revision(before.alias.revision)),
            entries: &target.entries,
            release: target.release.as_ref(),
            splits: &target.splits,
            action: called.step,
            moved_by: &call.change.actor,
            moved_at: now,
            reason: reason.as_deref(),
        },
    )
    .await?;
    let alias = aliases::by_name(&mut tx, &call.project.id, name).await?;
    let alias = alias.ok_or_else(|| ApiError::internal("a moved alias has no row"))?;
    let mut details = target.details;
    if let Some(before) = before.as_ref().filter(|_| called.deed.starts_with("alias."))
        && before.splits != target.splits
    {
        details.insert("divided_before".to_owned(), splits::described(before));
    }
    let deed = Deed {
        action: called.deed,
        target: format!("alias:{name}"),
        before: before.map(|before| fingerprint(&before.entries, &before.splits)),
        after: Some(fingerprint(&target.entries, &target.splits)),
        reason,
        details,
    };
    let answer = Standing { alias, entries: target.entries, splits: target.splits }.view();
    let status = if moved.created { 201 } else { 200 };
    call.change.commit(app, tx, deed, Kept::Answer(status, &answer)).await?;
    Ok((answer, moved.created))
}

/// The alias as it is, with one prompt at another version.
async fn one_prompt(
    tx: &mut Tx,
    call: &InProject,
    prompt: &str,
    reference: &Reference,
    before: Option<&Standing>,
) -> Result<Target, ApiError> {
    let prompt = PromptName::parse(prompt)?;
    let found = resolve::in_project(tx, call, &call.project, &prompt, reference, None).await?;
    if !call.can_in_module(Permission::Read, &found.prompt.module) {
        return Err(denied(Permission::Read));
    }
    let details = Map::from_iter([
        ("prompt".to_owned(), json!(prompt)),
        ("version".to_owned(), json!(found.version.number)),
    ]);
    let splits = before.map(|before| before.splits.clone().without(&prompt)).unwrap_or_default();
    let mut entries = before.map(|before| before.entries.clone()).unwrap_or_default();
    entries.insert(prompt, found.version.number);
    Ok(Target { entries, release: None, splits, details })
}

/// Everything a release names, or where another alias points.
async fn whole_project(tx: &mut Tx, call: &InProject, selector: &Selector) -> Result<Target, ApiError> {
    // Nobody reads by an alias what they could not read before they moved it.
    let from = resolve::alias_of(selector);
    if !from.is_some_and(|alias| call.can_in_environment(Permission::Read, alias)) {
        call.require(Permission::Read)?;
    }
    if let Some(other) = from {
        let other = existing(tx, call, other.as_str()).await?;
        let entries = aliases::entries(tx, &other.id).await?;
        let release = match &other.release {
            Some(number) => releases::get(tx, &call.project.id, number).await?.map(|release| release.id),
            None => None,
        };
        let details = Map::from_iter([
            ("from_alias".to_owned(), json!(other.name)),
            ("release".to_owned(), json!(other.release)),
        ]);
        return Ok(Target { entries, release, details, ..Target::default() });
    }
    let release = find_release(tx, &call.project, selector).await;
    let release = release.map_err(|error| error.recode(RELEASE_NOT_FOUND, VERSION_NOT_FOUND))?;
    let entries = releases::manifest(tx, &release).await?;
    let details = Map::from_iter([("release".to_owned(), json!(release.version))]);
    Ok(Target { entries, release: Some(release.id), details, ..Target::default() })
}

/// An alias serves what it points at, so it never comes to point at a version that was taken out of use.
async fn refuse_archived(
    tx: &mut Tx,
    call: &InProject,
    before: &Manifest,
    after: &Manifest,
) -> Result<(), ApiError> {
    let changed: Vec<(&PromptName, &VersionNumber)> =
        after.iter().filter(|(prompt, version)| before.get(*prompt) != Some(*version)).collect();
    let names: Vec<PromptName> = changed.iter().map(|(prompt, _)| (*prompt).clone()).collect();
    let past = versions::of_prompts(tx, &call.project.id, &names).await?;
    let archived = changed.into_iter().find(|(prompt, number)| {
        past.get(*prompt).is_some_and(|all| all.iter().any(|one| one.version == **number && one.archived))
    });
    match archived {
        Some((prompt, number)) => {
            Err(ApiError::new(NOT_PUBLISHABLE, format!("{prompt} {number} is archived"))
                .hint("restore the version first, or choose another"))
        }
        None => Ok(()),
    }
}

pub(super) async fn existing(
    tx: &mut ReadTx,
    call: &InProject,
    name: &str,
) -> Result<aliases::Alias, ApiError> {
    let found = match AliasName::parse(name) {
        Ok(name) => aliases::by_name(tx, &call.project.id, &name).await?,
        Err(_) => None,
    };
    if let Some(found) = found {
        return Ok(found);
    }
    let shown: String = name.chars().take(80).collect();
    let error = ApiError::new(ALIAS_NOT_FOUND, format!("no alias is named `{}`", shown.escape_debug()));
    if !call.caller.can(Permission::Read, call.object()) {
        return Err(error);
    }
    let known = aliases::list(tx, &call.project.id).await?;
    let nearest = promptsync_core::names::nearest(name, known.iter().map(|alias| alias.name.as_str()));
    Err(match nearest {
        Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
        None => error,
    })
}

/// The alias of a name with everything about it.
pub(super) async fn standing(tx: &mut ReadTx, call: &InProject, name: &str) -> Result<Standing, ApiError> {
    let alias = existing(tx, call, name).await?;
    Standing::load(tx, alias).await
}

/// A digest of where an alias points and how it divides its traffic, for the audit log.
pub(crate) fn fingerprint(entries: &Manifest, splits: &AliasSplits) -> Digest {
    let points = entries.iter().map(|(prompt, version)| format!("{prompt}@{version}"));
    let text: Vec<String> = points.chain(splits.lines()).collect();
    Digest::of(text.join("\n").as_bytes())
}
