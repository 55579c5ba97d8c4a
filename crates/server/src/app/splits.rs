//! Canaries and experiments: aliases that divide their traffic, and how that ends. Each is a move of the alias.

use std::collections::BTreeMap;

use promptsync_api::{
    aliases::Alias,
    error::{CANARY_NOT_FOUND, CONFLICT, INVALID, MISSING_FIELD, RELEASE_NOT_FOUND, VERSION_NOT_FOUND},
    page::Page,
    splits::{AbortCanary, Canary, PromoteCanary, SetCanary, WantedArm},
};
use promptsync_core::{
    access::Permission,
    ids::ReleaseId,
    names::{AliasName, PromptName},
    references::Reference,
    splits::{self, AliasSplits, AllocateError, Draw, Split, UnitDigest, Wanted, divide},
    versions::VersionNumber,
};
use promptsync_store::{Manifest, ReadTx, Tx, releases};
use serde_json::{Map, Value, json};

use super::{
    aliases::{Called, Standing, Target, move_to, standing},
    releases::find as find_release,
    resolve,
};
use crate::{
    endpoint::{InProject, denied},
    http::{error::ApiError, etag::Expected},
};

/// How an alias divides its traffic.
pub(crate) async fn list(call: &InProject, name: &str) -> Result<Page<Canary>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let found = standing(&mut tx, call, name).await?;
    Ok(Page { items: canaries(&found), next_cursor: None })
}

/// The alias that a request names in its body. Whoever may move no such alias learns nothing of it.
pub(crate) fn named(call: &InProject, request: &SetCanary) -> Result<AliasName, ApiError> {
    let Some(name) = &request.alias else { return Err(ApiError::new(MISSING_FIELD, "`alias` is missing")) };
    let name = AliasName::parse(name)?;
    if call.can_in_environment(Permission::MoveAlias, &name) {
        Ok(name)
    } else {
        Err(denied(Permission::MoveAlias))
    }
}

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
    let mut versions = Versions { of: prompt.as_ref(), numbers: BTreeMap::new(), manifests: BTreeMap::new() };
    let mut parts = Vec::with_capacity(arms.len());
    for arm in &arms {
        parts.push((versions.number(&mut tx, call, &arm.version).await?, splits::weight(arm.percentage)?));
    }
    let overrides = match by_hand {
        Some(by_hand) => {
            let mut found = BTreeMap::new();
            for (unit, version) in by_hand {
                found.insert(unit, versions.number(&mut tx, call, &version).await?);
            }
            Some(found)
        }
        None => None,
    };
    let wanted = Wanted { parts, overrides };
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
        let entries = releases::manifest(&mut tx, &release.id).await?;
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

/// Versions that a request names, found once each.
struct Versions<'a> {
    /// The prompt they are of; releases when there is none.
    of: Option<&'a PromptName>,
    numbers: BTreeMap<String, VersionNumber>,
    /// Where the releases among them point.
    manifests: BTreeMap<VersionNumber, Manifest>,
}

impl Versions<'_> {
    async fn number(&mut self, tx: &mut Tx, call: &InProject, text: &str) -> Result<VersionNumber, ApiError> {
        if let Some(known) = self.numbers.get(text) {
            return Ok(known.clone());
        }
        let reference = Reference::parse(text)?;
        let number = if let Some(prompt) = self.of {
            let found = resolve::in_project(tx, call, &call.project, prompt, &reference, None).await?;
            if !call.can_in_module(Permission::Read, &found.prompt.module) {
                return Err(denied(Permission::Read));
            }
            found.version.number
        } else {
            // Nobody reads by an alias what they could not read before they divided it.
            call.require(Permission::Read)?;
            let release = find_release(tx, &call.project, &reference.selector).await;
            let release = release.map_err(|error| error.recode(RELEASE_NOT_FOUND, VERSION_NOT_FOUND))?;
            self.manifests.insert(release.version.clone(), releases::manifest(tx, &release.id).await?);
            release.version
        };
        self.numbers.insert(text.to_owned(), number.clone());
        Ok(number)
    }
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

fn undivided(before: &Standing, prompt: Option<&PromptName>) -> ApiError {
    let alias = &before.alias.name;
    let detail = match prompt {
        Some(prompt) => format!("`{alias}` does not divide the traffic of `{prompt}`"),
        None => format!("`{alias}` does not divide its traffic"),
    };
    ApiError::new(CANARY_NOT_FOUND, detail)
}

fn check(expected: &Expected, before: &Standing) -> Result<(), ApiError> {
    if *expected == Expected::Nothing { Ok(()) } else { expected.check(Some(before.alias.revision)) }
}

/// The release an alias goes on standing on.
async fn release_of(
    tx: &mut ReadTx,
    call: &InProject,
    before: &Standing,
) -> Result<Option<ReleaseId>, ApiError> {
    let Some(number) = &before.alias.release else { return Ok(None) };
    Ok(releases::get(tx, &call.project.id, number).await?.map(|release| release.id))
}

fn canaries(found: &Standing) -> Vec<Canary> {
    Canary::all(&found.alias.name, found.alias.release.as_ref(), &found.entries, &found.splits)
}

/// Everything an alias divides, as the audit log has it.
pub(super) fn described(found: &Standing) -> Value {
    canaries(found).iter().map(details).map(Value::Object).collect()
}

/// A division as the audit log has it. Percentages are texts: the log's digests are of whole numbers and texts alone.
fn details(canary: &Canary) -> Map<String, Value> {
    let part = |part: &promptsync_api::splits::Part| {
        (part.version.to_string(), Value::String(part.percentage.to_string()))
    };
    Map::from_iter([
        ("prompt".to_owned(), json!(canary.prompt)),
        ("own".to_owned(), json!(canary.own)),
        ("percentages".to_owned(), Value::Object(canary.arms.iter().map(part).collect())),
        ("overrides".to_owned(), json!(canary.overrides)),
        ("prompts".to_owned(), json!(canary.prompts.len())),
    ])
}
