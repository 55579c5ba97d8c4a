//! Dividing traffic, and changing how much of it.

use std::collections::BTreeMap;

use promptsync_api::{
    aliases::Alias,
    error::{CONFLICT, INVALID, MISSING_FIELD, VERSION_NOT_FOUND},
    splits::{Canary, SetCanary, WantedArm},
};
use promptsync_core::{
    names::PromptName,
    splits::{self, AliasSplits, Draw, UnitDigest, Wanted, divide},
    versions::VersionNumber,
};
use promptsync_store::Manifest;

use super::{check, details, release_of, versions::Versions};
use crate::{
    app::aliases::{Called, Standing, Target, move_to, standing},
    endpoint::InProject,
    http::{error::ApiError, etag::Expected},
};

/// Sends part of an alias's traffic to other versions, or changes how much.
pub(crate) async fn set(
    call: &InProject,
    name: &str,
    expected: &Expected,
    mut request: SetCanary,
) -> Result<Alias, ApiError> {
    if request.alias.as_deref().is_some_and(|alias| alias != name) {
        return Err(ApiError::new(INVALID, "`alias` and the path name different aliases"));
    }
    let prompt = request.prompt.as_deref().map(PromptName::parse).transpose()?;
    let arms = arms(&mut request)?;
    let by_hand = by_hand(&request, &arms)?;
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    tx.revision(&call.caller.workspace).await?;
    let before = standing(&mut tx, call, name).await?;
    check(expected, &before)?;
    refuse_both(&before, prompt.as_ref())?;
    let mut versions = Versions::of(prompt.as_ref());
    let mut parts = Vec::with_capacity(arms.len());
    for arm in &arms {
        parts.push((versions.number(&mut tx, call, &arm.version).await?, splits::weight(arm.percentage)?));
    }
    let mut wanted = Wanted { parts, overrides: by_hand.is_some().then(BTreeMap::new) };
    for (unit, version) in by_hand.into_iter().flatten() {
        let number = versions.number(&mut tx, call, &version).await?;
        wanted.overrides.get_or_insert_default().insert(unit, number);
    }
    let divided = match &prompt {
        Some(prompt) => of_prompt(call, &before, prompt, &wanted)?,
        None => of_release(call, &before, &wanted, versions.manifests)?,
    };
    let release = release_of(&mut tx, call, &before).await?;
    let name = before.alias.name.clone();
    let shown = Canary::all(&name, before.alias.release.as_ref(), &before.entries, &divided);
    let shown = shown.iter().find(|canary| canary.prompt == prompt);
    let details = shown.map(details).unwrap_or_default();
    let target = Target { entries: before.entries.clone(), release, splits: divided, details };
    let called = Called { step: "canary", deed: "canary.set" };
    Ok(move_to(call, tx, &name, Some(before), target, called, request.reason).await?.0)
}

/// What a request wants, said in either of two ways.
fn arms(request: &mut SetCanary) -> Result<Vec<WantedArm>, ApiError> {
    match (request.version.take(), request.percentage, std::mem::take(&mut request.arms)) {
        (Some(version), Some(percentage), arms) if arms.is_empty() => {
            Ok(vec![WantedArm { version, percentage }])
        }
        (None, None, arms) if !arms.is_empty() => Ok(arms),
        (_, _, arms) => {
            let code = if arms.is_empty() { MISSING_FIELD } else { INVALID };
            Err(ApiError::new(code, "name `version` and `percentage`, or `arms` with both for each version"))
        }
    }
}

/// The units a request fixes by hand; nothing when it does not speak of them.
fn by_hand(
    request: &SetCanary,
    arms: &[WantedArm],
) -> Result<Option<BTreeMap<UnitDigest, String>>, ApiError> {
    let mut found = BTreeMap::new();
    for (unit, version) in request.overrides.iter().flatten() {
        found.insert(splits::unit(unit)?, version.clone());
    }
    if let Some(units) = &request.units {
        let [arm] = arms else {
            return Err(ApiError::new(INVALID, "`units` is for one version; several need `overrides`"));
        };
        for unit in &units.include {
            found.insert(splits::unit(unit)?, arm.version.clone());
        }
    }
    Ok((request.overrides.is_some() || request.units.is_some()).then_some(found))
}

fn of_prompt(
    call: &InProject,
    before: &Standing,
    prompt: &PromptName,
    wanted: &Wanted,
) -> Result<AliasSplits, ApiError> {
    let own = before.entries.get(prompt).ok_or_else(|| {
        let detail = format!("the alias `{}` does not point at any version of `{prompt}`", before.alias.name);
        ApiError::new(VERSION_NOT_FOUND, detail).hint("point it at one first: `promptsync alias set`")
    })?;
    let mut divided = before.splits.clone();
    let split = divide(divided.prompts.get(prompt), Draw::Prompt, Some(own), wanted, &call.app.ids.next())?;
    divided.prompts.insert(prompt.clone(), split);
    Ok(divided)
}

fn of_release(
    call: &InProject,
    before: &Standing,
    wanted: &Wanted,
    mut manifests: BTreeMap<VersionNumber, Manifest>,
) -> Result<AliasSplits, ApiError> {
    let own = before.alias.release.as_ref();
    let salt = call.app.ids.next();
    let split = divide(before.splits.release.as_ref(), Draw::Release, own, wanted, &salt)?;
    if let Some(own) = own {
        manifests.insert(own.clone(), before.entries.clone());
    }
    Ok(AliasSplits::of_release(&before.entries, split, &manifests)?)
}

/// A whole release is divided, or single prompts are: both at once nobody could follow.
fn refuse_both(before: &Standing, prompt: Option<&PromptName>) -> Result<(), ApiError> {
    let alias = &before.alias.name;
    let detail = match prompt {
        Some(_) if before.splits.release.is_some() => {
            format!("`{alias}` divides the traffic of a whole release")
        }
        None if before.splits.release.is_none() && !before.splits.is_empty() => {
            let names: Vec<&str> = before.splits.prompts.keys().map(PromptName::as_str).collect();
            format!("`{alias}` divides the traffic of single prompts: {}", names.join(", "))
        }
        _ => return Ok(()),
    };
    Err(ApiError::new(CONFLICT, detail).hint("promote or abort that first"))
}
