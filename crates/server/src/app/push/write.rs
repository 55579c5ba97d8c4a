//! Writing what a push decided.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_api::push::MovedAlias;
use promptsync_core::{
    digest::Digest,
    ids::{AliasId, PromptId, ReleaseId, VersionId},
    names::{AliasName, ModulePath, PromptName},
    publish::{self, PlannedVersion, PushPlan},
    splits::AliasSplits,
};
use promptsync_store::{
    Tx,
    aliases::{self, Expected, Move},
    documents::{self, DocumentText},
    entries::{self, EntryIds},
    modules, prompts,
    releases::{self, Release},
    search_pending, version_signatures, versions,
};
use serde_json::{Map, Value, json};

use super::{Decided, Wish};
use crate::{
    app::{
        aliases::{Standing, fingerprint},
        change::Deed,
        environments,
        proofs::{self, Subject},
        signing_keys::Signer,
        splits,
    },
    endpoint::InProject,
    http::error::ApiError,
};

/// Prompts written at once: bounds what is held besides the plan itself.
const STEP: usize = 500;

/// What was written.
pub(super) struct Written {
    /// Whether anything was.
    pub(super) changed: bool,
    /// The alias that was moved.
    pub(super) alias: Option<MovedAlias>,
    /// What the audit log will say.
    pub(super) deed: Deed,
}

/// Writes versions, release and alias.
pub(super) async fn all(
    call: &InProject,
    tx: &mut Tx,
    decided: &Decided,
    wish: &Wish,
) -> Result<Written, ApiError> {
    let plan = &decided.plan;
    let created: Vec<&PlannedVersion> = plan.prompts.iter().filter(|planned| planned.created).collect();
    let folders: BTreeSet<&ModulePath> = created.iter().map(|planned| &planned.module).collect();
    let folders: Vec<ModulePath> =
        folders.into_iter().filter(|path| !path.as_str().is_empty()).cloned().collect();
    modules::insert_all(tx, &call.project.id, &folders).await?;
    let signer = call.app.signer_within(tx, &call.caller.workspace).await?;
    let signer = signer.ok_or_else(|| ApiError::internal("a workspace lost its signing key"))?;
    let mut written = BTreeMap::new();
    for some in created.chunks(STEP) {
        written.extend(write_versions(call, tx, (some, &decided.prompts), wish, &signer).await?);
    }
    let release = release(call, tx, decided, written, wish).await?;
    let alias = match &wish.alias {
        Some(_) if plan.prompts.is_empty() => None,
        Some(name) => move_alias(call, tx, name, release.release.as_ref(), wish).await?,
        None => None,
    };
    let (alias, divided) = alias.unzip();
    let mut details = details(plan, &created, wish);
    if let Some(divided) = divided.flatten() {
        details.insert("divided_before".to_owned(), divided);
    }
    let deed = Deed {
        action: "push",
        target: format!("release:{}", plan.release),
        before: release.before,
        after: release.after,
        reason: wish.changelog.clone(),
        details,
    };
    Ok(Written { changed: !created.is_empty() || plan.release_created || alias.is_some(), alias, deed })
}

async fn write_versions(
    call: &InProject,
    tx: &mut Tx,
    (some, known): (&[&PlannedVersion], &BTreeMap<PromptName, prompts::Prompt>),
    wish: &Wish,
    signer: &Signer,
) -> Result<Vec<(PromptName, EntryIds)>, ApiError> {
    let (app, workspace, project) = (&call.app, &call.caller.workspace, &call.project.id);
    let now = app.clock.now();
    let texts: Vec<_> = some
        .iter()
        .map(|planned| DocumentText { digest: &planned.digest, canonical: &planned.canonical })
        .collect();
    documents::insert_all(tx, workspace, &texts, now).await?;

    let (mut rows, mut new_versions) = (Vec::new(), Vec::new());
    for planned in some {
        let existing = known.get(&planned.name);
        let id = existing.map_or_else(|| PromptId::new(app.ids.next()), |prompt| prompt.id.clone());
        if existing.is_none_or(|prompt| becomes_latest(planned, prompt)) {
            rows.push(prompt_row(call, planned, id.clone(), existing));
        }
        new_versions.push(versions::Version {
            id: VersionId::new(app.ids.next()),
            workspace: workspace.clone(),
            project: project.clone(),
            prompt: id,
            number: planned.version.clone(),
            digest: planned.digest.clone(),
            bump: planned.bump,
            reasons: planned.reasons.clone(),
            interface: planned.interface.clone(),
            dependencies: planned.dependencies.clone(),
            changelog: planned.changelog.clone().or_else(|| wish.changelog.clone()),
            author: call.change.actor.clone(),
            git_commit: wish.git_commit.clone().or_else(|| planned.git_commit.clone()),
            origin: Some(planned.origin.clone()),
            archived_at: None,
            created_at: now,
        });
    }
    prompts::put_all(tx, &rows).await?;
    versions::insert_all(tx, &new_versions).await?;
    let statements = some.iter().zip(&new_versions).map(|(planned, version)| {
        let subject = Subject { project: &call.project.name, prompt: &planned.name, version };
        (version.id.clone(), subject.statement(Some(subject.record())))
    });
    let signatures = proofs::sign(signer.clone(), statements.collect()).await.map_err(ApiError::internal)?;
    version_signatures::insert_all(tx, workspace, &signatures).await?;
    let changed: Vec<PromptId> = rows.into_iter().map(|prompt| prompt.id).collect();
    search_pending::note(tx, workspace, &changed).await?;
    let ids = |version: versions::Version| EntryIds { prompt: version.prompt, version: version.id };
    Ok(some.iter().map(|planned| planned.name.clone()).zip(new_versions.into_iter().map(ids)).collect())
}

/// Whether a new version is what the prompt shows from now on: a correction of an older line is not, nor is a
/// pre-release beside a release.
fn becomes_latest(planned: &PlannedVersion, prompt: &prompts::Prompt) -> bool {
    let (new, old) = (&planned.version, &prompt.latest);
    (!new.is_prerelease(), new) > (!old.is_prerelease(), old)
}

fn prompt_row(
    call: &InProject,
    planned: &PlannedVersion,
    id: PromptId,
    existing: Option<&prompts::Prompt>,
) -> prompts::Prompt {
    let now = call.app.clock.now();
    prompts::Prompt {
        id,
        project: call.project.id.clone(),
        module: planned.module.clone(),
        name: planned.name.clone(),
        owner: existing.and_then(|prompt| prompt.owner.clone()),
        kind: planned.kind,
        description: planned.description.clone(),
        tags: planned.tags.clone(),
        latest: planned.version.clone(),
        lifecycle: existing.map_or_else(|| "active".to_owned(), |prompt| prompt.lifecycle.clone()),
        created_at: existing.map_or(now, |prompt| prompt.created_at),
        updated_at: now,
    }
}

/// The release of a push, and what the audit log says of it.
struct Reached {
    release: Option<Release>,
    before: Option<Digest>,
    after: Option<Digest>,
}

async fn release(
    call: &InProject,
    tx: &mut Tx,
    decided: &Decided,
    mut written: BTreeMap<PromptName, EntryIds>,
    wish: &Wish,
) -> Result<Reached, ApiError> {
    let Decided { plan, newest, .. } = decided;
    if !plan.release_created {
        let release = decided.standing(tx, call).await?;
        let after = fingerprint_of(tx, release.as_ref()).await?;
        return Ok(Reached { release, before: None, after });
    }
    let before = fingerprint_of(tx, newest.as_ref()).await?;
    let after = Some(publish::fingerprint(before.as_ref(), &plan.release, &plan.changes));
    let release = Release {
        id: ReleaseId::new(call.app.ids.next()),
        project: call.project.id.clone(),
        version: plan.release.clone(),
        prompt_count: i64::try_from(plan.prompt_count).unwrap_or(i64::MAX),
        fingerprint: after.clone(),
        is_whole: false,
        changelog: wish.changelog.clone(),
        author: call.change.actor.clone(),
        git_commit: wish.git_commit.clone(),
        created_at: call.app.clock.now(),
    };
    // Versions that the push names and that were there already.
    let standing: Vec<_> = plan.changes.iter().filter(|(name, _)| !written.contains_key(*name)).collect();
    let mut changes = entries::ids(tx, &call.project.id, &standing).await?;
    changes.extend(plan.changes.keys().filter_map(|name| written.remove(name)));
    let release = releases::insert(tx, release, newest.as_ref(), &changes).await?;
    Ok(Reached { release: Some(release), before, after })
}

/// Of a release that is older than fingerprints, that of all it names.
async fn fingerprint_of(tx: &mut Tx, release: Option<&Release>) -> Result<Option<Digest>, ApiError> {
    let Some(release) = release else { return Ok(None) };
    if let Some(known) = &release.fingerprint {
        return Ok(Some(known.clone()));
    }
    Ok(Some(fingerprint(&releases::manifest(tx, release).await?, &AliasSplits::default())))
}

/// Points the push's alias at its release, and says what it divided until then; nothing when it stands there already.
async fn move_alias(
    call: &InProject,
    tx: &mut Tx,
    name: &AliasName,
    release: Option<&Release>,
    wish: &Wish,
) -> Result<Option<(MovedAlias, Option<Value>)>, ApiError> {
    let Some(release) = release else { return Ok(None) };
    let before = match aliases::by_name(tx, &call.project.id, name).await? {
        Some(alias) => Some(Standing::load(tx, alias).await?),
        None => None,
    };
    let entries = releases::manifest(tx, release).await?;
    let stands = |before: &Standing| {
        before.alias.release.as_ref() == Some(&release.version) && before.entries == entries
    };
    if before.as_ref().is_some_and(stands) {
        return Ok(None);
    }
    let undivided = AliasSplits::default();
    environments::check_move(tx, &call.project.id, name, &entries, &undivided).await?;
    let moved = aliases::set(
        tx,
        &Move {
            workspace: &call.caller.workspace,
            project: &call.project.id,
            name,
            new_id: &AliasId::new(call.app.ids.next()),
            expected: Expected::Anything,
            entries: &entries,
            release: Some(&release.id),
            splits: &undivided,
            action: "push",
            moved_by: &call.change.actor,
            moved_at: call.app.clock.now(),
            reason: wish.changelog.as_deref(),
        },
    )
    .await?;
    // A move ends what the alias divided, so the log says what that was.
    let divided = before.filter(|before| before.splits != undivided).map(|before| splits::described(&before));
    let moved = MovedAlias { name: name.to_string(), revision: moved.revision, created: moved.created };
    Ok(Some((moved, divided)))
}

fn details(plan: &PushPlan, created: &[&PlannedVersion], wish: &Wish) -> Map<String, Value> {
    let versions: Map<String, Value> =
        created.iter().map(|planned| (planned.name.to_string(), json!(planned.version))).collect();
    let understated: Vec<_> =
        created.iter().filter(|planned| planned.understated).map(|planned| planned.name.as_str()).collect();
    let mut details = Map::from_iter([
        ("pushed".to_owned(), json!(plan.prompts.len())),
        ("created".to_owned(), json!(created.len())),
        ("release_created".to_owned(), json!(plan.release_created)),
        ("alias".to_owned(), json!(wish.alias)),
        ("git_commit".to_owned(), json!(wish.git_commit)),
        ("versions".to_owned(), Value::Object(versions)),
    ]);
    if wish.allow_breaking {
        details.insert("allow_breaking".to_owned(), json!(true));
        details.insert("understated".to_owned(), json!(understated));
    }
    details
}
