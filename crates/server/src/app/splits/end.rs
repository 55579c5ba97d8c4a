//! How a split ends: its version is for everybody, or for nobody.

use promptsync_api::{
    aliases::Alias,
    error::INVALID,
    splits::{AbortCanary, PromoteCanary},
};
use promptsync_core::{
    access::Permission,
    names::PromptName,
    splits::{AliasSplits, AllocateError, Split},
    versions::VersionNumber,
};
use promptsync_store::releases;
use serde_json::{Map, json};

use super::{canaries, check, described, details, release_of, undivided};
use crate::{
    app::aliases::{Called, Standing, Target, move_to, standing},
    endpoint::InProject,
    http::{error::ApiError, etag::Expected},
};

/// Gives everybody the version that a part of them got.
pub(crate) async fn promote(
    call: &InProject,
    name: &str,
    expected: &Expected,
    request: PromoteCanary,
) -> Result<Alias, ApiError> {
    let prompt = request.prompt.as_deref().map(PromptName::parse).transpose()?;
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    tx.revision(&call.caller.workspace).await?;
    let before = standing(&mut tx, call, name).await?;
    expected.check(Some(before.alias.revision))?;
    let (prompt, split) = chosen(&before, prompt)?;
    let version = promoted(split, request.version)?;
    let shown = canaries(&before);
    let mut details = shown.iter().find(|canary| canary.prompt == prompt).map(details).unwrap_or_default();
    details.insert("version".to_owned(), json!(version));
    let target = if let Some(prompt) = prompt {
        let mut entries = before.entries.clone();
        let splits = before.splits.clone().without(&prompt);
        details.insert("prompt".to_owned(), json!(prompt));
        entries.insert(prompt, version);
        Target { entries, release: None, splits, details }
    } else {
        let release = releases::get(&mut tx, &call.project.id, &version).await?;
        let release = release.ok_or_else(|| ApiError::internal("a release of a split has no row"))?;
        let entries = releases::manifest(&mut tx, &release).await?;
        if entries.keys().any(|prompt| !before.entries.contains_key(prompt)) {
            // Nobody reads by an alias what nobody could read by it before.
            call.require(Permission::Read)?;
        }
        Target { entries, release: Some(release.id), details, ..Target::default() }
    };
    let (name, called) = (before.alias.name.clone(), Called { step: "promote", deed: "canary.promote" });
    Ok(move_to(call, tx, &name, Some(before), target, called, request.reason).await?.0)
}

/// Gives everybody the alias's own version again.
pub(crate) async fn abort(
    call: &InProject,
    name: &str,
    expected: &Expected,
    request: AbortCanary,
) -> Result<Alias, ApiError> {
    let prompt = request.prompt.as_deref().map(PromptName::parse).transpose()?;
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    tx.revision(&call.caller.workspace).await?;
    let before = standing(&mut tx, call, name).await?;
    check(expected, &before)?;
    let (mut details, left) = match &prompt {
        Some(prompt) if before.splits.prompts.contains_key(prompt) => {
            (Map::from_iter([("prompt".to_owned(), json!(prompt))]), before.splits.clone().without(prompt))
        }
        None if !before.splits.is_empty() => (Map::new(), AliasSplits::default()),
        _ => return Err(undivided(&before, prompt.as_ref())),
    };
    details.insert("divided_before".to_owned(), described(&before));
    let release = release_of(&mut tx, call, &before).await?;
    let target = Target { entries: before.entries.clone(), release, splits: left, details };
    let (name, called) = (before.alias.name.clone(), Called { step: "abort", deed: "canary.abort" });
    Ok(move_to(call, tx, &name, Some(before), target, called, request.reason).await?.0)
}

/// What a promotion is about.
fn chosen(before: &Standing, prompt: Option<PromptName>) -> Result<(Option<PromptName>, &Split), ApiError> {
    let splits = &before.splits;
    if let Some(prompt) = prompt {
        let split = splits.prompts.get(&prompt).ok_or_else(|| undivided(before, Some(&prompt)))?;
        return Ok((Some(prompt), split));
    }
    if let Some(split) = &splits.release {
        return Ok((None, split));
    }
    let mut prompts = splits.prompts.iter();
    match (prompts.next(), prompts.next()) {
        (Some((prompt, split)), None) => Ok((Some(prompt.clone()), split)),
        (None, _) => Err(undivided(before, None)),
        (Some(_), Some(_)) => {
            let detail = format!("several prompts of `{}` have a canary", before.alias.name);
            Err(ApiError::new(INVALID, detail).hint("say which one: `prompt`"))
        }
    }
}

fn promoted(split: &Split, asked: Option<VersionNumber>) -> Result<VersionNumber, ApiError> {
    match (asked, split.arms.as_slice()) {
        (Some(version), arms) if arms.iter().any(|arm| arm.version == version) => Ok(version),
        (Some(version), _) => Err(AllocateError::NoPart { version }.into()),
        (None, [arm]) => Ok(arm.version.clone()),
        (None, _) => {
            Err(ApiError::new(INVALID, "several versions have a part").hint("say which one: `version`"))
        }
    }
}
