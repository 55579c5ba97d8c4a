//! Pushing: a folder, or one prompt, becomes new versions and a release. All of it lands or none.

mod allowed;
mod write;

use std::collections::BTreeMap;

use promptsync_api::{
    error::{BAD_COMMIT, PUSH_REFUSED, SEMVER},
    prompts::PublishPrompt,
    push::{MovedAlias, Push, PushResult, PushedPrompt},
};
use promptsync_core::{
    audit::Revision,
    files::{PromptDraft, SourceFile, parse, parse_owned},
    names::{AliasName, ModulePath, PromptName},
    problem::Problem,
    publish::{Compilations, PushPlan, PushRequest, Registry, plan_again, problems},
    splits::AliasSplits,
    versions::VersionNumber,
};
use promptsync_store::{
    Manifest, ReadTx, audit,
    prompts::Prompt,
    registry::{self, Found, Touched},
    releases::{self, Release},
};
use serde_json::Value;

use super::{App, environments};
use crate::{endpoint::InProject, http::error::ApiError, input::Folder};

/// What a push says besides its prompts.
struct Wish {
    alias: Option<AliasName>,
    version: Option<VersionNumber>,
    changelog: Option<String>,
    git_commit: Option<String>,
    allow_breaking: bool,
    dry_run: bool,
}

/// More prompts than this take so long to plan that it is done without the others waiting, and so long to write that
/// others are told of their own changes first.
const LARGE: usize = 32;

/// A plan, and what it was made after.
struct Decided {
    plan: PushPlan,
    prompts: BTreeMap<PromptName, Prompt>,
    newest: Option<Release>,
}

/// Bytes of a prompt that is read and compiled at once: to hand it to another thread would take as long.
const LITTLE: usize = 16 << 10;

/// Prompts without dependencies for which the rules are applied at once.
const FEW: usize = 4;

/// What is kept in case the plan has to be made again.
struct Ahead {
    request: PushRequest,
    compilations: Compilations,
    /// Whether it is compiled at once.
    is_little: bool,
}

/// Pushes a folder. Each form of it is let go of as soon as the next is there: body, files, drafts.
pub(crate) async fn folder(call: &InProject, body: Folder<Push>) -> Result<PushResult, ApiError> {
    let limits = call.app.limits.clone();
    let read = move || {
        let mut request = body.parse(&limits)?;
        let files = std::mem::take(&mut request.files).into_iter();
        let drafts = parse_owned(files.map(|file| (file.path, file.content.into_bytes())), &limits)
            .map_err(|folder| problems(folder, &limits));
        Ok::<_, ApiError>((request, drafts))
    };
    let (request, drafts) = App::blocking(read).await??;
    let wish = Wish::read(&request)?;
    publish(call, drafts.map_err(refused)?, false, &wish).await
}

/// Publishes one prompt written out in the request: the same as a push of one file. Says whether it made a version.
pub(crate) async fn one(
    call: &InProject,
    mut request: PublishPrompt,
) -> Result<(PushResult, bool), ApiError> {
    let name = PromptName::parse(&request.name)?;
    let module = ModulePath::parse(request.module.take().as_deref().unwrap_or_default())?;
    let wish = Wish::read(&Push {
        alias: request.alias.take(),
        changelog: request.changelog.take(),
        git_commit: request.git_commit.take(),
        allow_breaking: std::mem::take(&mut request.allow_breaking),
        ..Push::default()
    })?;
    let path =
        if module.as_str().is_empty() { format!("{name}.json") } else { format!("{module}/{name}.json") };
    let file = as_file(&request)?;
    let is_little = file.len() <= LITTLE;
    drop(request);
    let limits = call.app.limits.clone();
    let read = move || parse(SourceFile { path: &path, bytes: &file }, &limits);
    let drafts = App::blocking_unless(is_little, read).await?;
    let mut drafts = drafts.map_err(refused_one)?;
    // Problems are named by field: the caller has no file.
    for draft in &mut drafts {
        draft.places.clear();
    }
    let result = publish(call, drafts, is_little, &wish).await.map_err(unwrap_refusal)?;
    let created = result.prompts.iter().any(|prompt| prompt.created);
    Ok((result, created))
}

/// The request as the JSON file a folder would have.
fn as_file(request: &PublishPrompt) -> Result<Vec<u8>, ApiError> {
    let mut value = serde_json::to_value(request).map_err(ApiError::internal)?;
    if let Value::Object(fields) = &mut value {
        fields.retain(|key, value| !value.is_null() && key != "allow_breaking");
    }
    serde_json::to_vec(&value).map_err(ApiError::internal)
}

impl Wish {
    fn read(request: &Push) -> Result<Self, ApiError> {
        let version = request.version.as_deref().map(VersionNumber::parse).transpose();
        let version = version.map_err(|refused| ApiError::new(SEMVER, refused.to_string()))?;
        let alias = request.alias.as_deref().map(AliasName::parse).transpose()?;
        let is_commit =
            |text: &str| (7..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if request.git_commit.as_deref().is_some_and(|text| !is_commit(text)) {
            return Err(ApiError::new(BAD_COMMIT, "a git commit is 7 to 40 hexadecimal digits"));
        }
        Ok(Self {
            alias,
            version,
            changelog: request.changelog.clone(),
            git_commit: request.git_commit.clone(),
            allow_breaking: request.allow_breaking,
            dry_run: request.dry_run,
        })
    }
}

/// Compiles before the transaction, so that nobody waits for it.
async fn publish(
    call: &InProject,
    drafts: Vec<PromptDraft>,
    is_little: bool,
    wish: &Wish,
) -> Result<PushResult, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let (version, allow_breaking) = (wish.version.clone(), wish.allow_breaking);
    let ahead = Ahead {
        request: PushRequest { drafts, version, allow_breaking },
        compilations: Compilations::default(),
        is_little,
    };
    if wish.dry_run {
        let (decided, seen, _) = look(call, ahead, wish).await?;
        return rehearsed(call, decided, seen, wish).await;
    }
    if !app.signers.know(workspace) {
        app.signer(workspace).await?;
    }
    let is_large = ahead.request.drafts.len() > LARGE;
    let (mut tx, known, ahead) = if is_large {
        let (decided, seen, ahead) = look(call, ahead, wish).await?;
        (app.db.begin_large_write(workspace).await?, Some((decided, seen)), ahead)
    } else {
        let ahead = compile(call, ahead).await?;
        (app.db.begin_write(workspace).await?, None, ahead)
    };
    let revision = tx.revision(workspace).await?;
    let decided = match (known, ahead) {
        // Nobody wrote in between: it stands, and what it was made from need not be kept.
        (Some((decided, seen)), _) if revision == seen + 1 => decided,
        (_, ahead) => {
            allowed::check(call, &mut tx, &ahead.request.drafts, wish).await?;
            let found = load(&mut tx, call, &ahead.request).await?;
            decide(call, ahead, found).await?.0
        }
    };
    let written = write::all(call, &mut tx, &decided, wish).await?;
    let plan = decided.plan;
    if !written.changed {
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(result(plan, written.alias, revision - 1, false));
    }
    let deed = written.deed;
    let answer = result(plan, written.alias, revision, false);
    call.change.commit(app, tx, deed, super::change::Kept::Answer(200, &answer)).await?;
    Ok(answer)
}

/// What a push would do.
async fn rehearsed(
    call: &InProject,
    decided: Decided,
    seen: Revision,
    wish: &Wish,
) -> Result<PushResult, ApiError> {
    if let Some(alias) = wish.alias.as_ref().filter(|_| !decided.plan.prompts.is_empty()) {
        let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
        let mut entries = match decided.standing(&mut tx, call).await? {
            Some(release) => releases::manifest(&mut tx, &release).await?,
            None => Manifest::new(),
        };
        if decided.plan.release_created {
            entries.extend(decided.plan.changes.clone());
        }
        let splits = AliasSplits::default();
        environments::check_move(&mut tx, &call.project.id, alias, &entries, &splits).await?;
    }
    call.change.unchanged();
    Ok(result(decided.plan, None, seen, true))
}

/// The plan as of the newest revision, which is told too.
async fn look(call: &InProject, ahead: Ahead, wish: &Wish) -> Result<(Decided, Revision, Ahead), ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    allowed::check(call, &mut tx, &ahead.request.drafts, wish).await?;
    let found = load(&mut tx, call, &ahead.request).await?;
    let seen = audit::head(&mut tx, &call.caller.workspace).await?.revision;
    drop(tx);
    let (decided, ahead) = decide(call, ahead, found).await?;
    Ok((decided, seen, ahead))
}

impl Decided {
    /// The release there is already: the one that is named, or the one before the one that is made.
    async fn standing(&self, tx: &mut ReadTx, call: &InProject) -> Result<Option<Release>, ApiError> {
        let is_newest = self.newest.as_ref().is_some_and(|newest| newest.version == self.plan.release);
        if self.plan.release_created || is_newest {
            return Ok(self.newest.clone());
        }
        Ok(releases::get(tx, &call.project.id, &self.plan.release).await?)
    }
}

/// Compiles whatever depends on nothing in the registry. A problem is for the plan to tell.
async fn compile(call: &InProject, mut ahead: Ahead) -> Result<Ahead, ApiError> {
    let limits = call.app.limits.clone();
    let is_little = ahead.is_little;
    let rules = move || {
        let _ = plan_again(&ahead.request, &Registry::default(), &limits, &mut ahead.compilations);
        ahead
    };
    App::blocking_unless(is_little, rules).await
}

async fn load(tx: &mut ReadTx, call: &InProject, request: &PushRequest) -> Result<Found, ApiError> {
    let mut touched = Touched { release: request.version.clone(), ..Touched::default() };
    for draft in &request.drafts {
        let is_numbered = request.version.is_some() || draft.version.is_some();
        let names = if is_numbered { &mut touched.numbered } else { &mut touched.next };
        names.insert(draft.name.clone());
        touched.dependencies.extend(draft.document.dependencies.keys().cloned());
    }
    Ok(registry::load(tx, &call.caller.workspace, &call.project.id, &touched).await?)
}

/// Applies the rules, away from the threads that serve connections: every template is compiled.
async fn decide(call: &InProject, mut ahead: Ahead, found: Found) -> Result<(Decided, Ahead), ApiError> {
    let limits = call.app.limits.clone();
    let Found { registry, prompts, newest } = found;
    // What depends on nothing was compiled before.
    let is_little = ahead.request.drafts.len() <= FEW
        && ahead.request.drafts.iter().all(|draft| draft.document.dependencies.is_empty());
    let rules = move || {
        let plan = plan_again(&ahead.request, &registry, &limits, &mut ahead.compilations)?;
        Ok((Decided { plan, prompts, newest }, ahead))
    };
    App::blocking_unless(is_little, rules).await?.map_err(refused)
}

fn refused(problems: Vec<Problem>) -> ApiError {
    let count = problems.len();
    let plural = if count == 1 { "problem" } else { "problems" };
    ApiError::many(PUSH_REFUSED, format!("{count} {plural} found; nothing was pushed"), problems)
}

fn refused_one(problems: Vec<Problem>) -> ApiError {
    unwrap_refusal(refused(problems))
}

/// The refusal of one prompt by its own code instead of that of a folder, without the name of a file nobody has.
fn unwrap_refusal(error: ApiError) -> ApiError {
    error.unwrap_problems(PUSH_REFUSED, |problem| Problem { file: None, ..problem })
}

fn result(plan: PushPlan, alias: Option<MovedAlias>, revision: i64, dry_run: bool) -> PushResult {
    let release = (!plan.prompts.is_empty()).then_some(plan.release);
    let prompts = plan.prompts.into_iter().map(|planned| PushedPrompt {
        name: planned.name,
        version: planned.version,
        previous: planned.previous,
        bump: planned.bump,
        reasons: planned.reasons,
        digest: planned.digest,
        created: planned.created,
    });
    PushResult {
        prompts: prompts.collect(),
        release,
        release_created: plan.release_created,
        alias,
        dry_run,
        revision,
        warnings: plan.warnings,
    }
}
