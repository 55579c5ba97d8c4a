//! Canaries and experiments: aliases that divide their traffic, and how that ends. Each step is a move of the alias.

mod end;
mod set;
mod versions;

use promptsync_api::{
    error::{CANARY_NOT_FOUND, MISSING_FIELD},
    page::Page,
    splits::{Canary, Part, SetCanary},
};
use promptsync_core::{
    access::Permission,
    ids::ReleaseId,
    names::{AliasName, PromptName},
};
use promptsync_store::{ReadTx, releases};
use serde_json::{Map, Value, json};

use super::aliases::{Standing, standing};
use crate::{
    endpoint::{InProject, denied},
    http::{error::ApiError, etag::Expected},
};

pub(crate) use end::{abort, promote};
pub(crate) use set::set;

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

/// The answer to whoever ends what there is not.
fn undivided(before: &Standing, prompt: Option<&PromptName>) -> ApiError {
    let alias = &before.alias.name;
    let detail = match prompt {
        Some(prompt) => format!("`{alias}` does not divide the traffic of `{prompt}`"),
        None => format!("`{alias}` does not divide its traffic"),
    };
    ApiError::new(CANARY_NOT_FOUND, detail)
}

/// What the caller expects, where nothing need be said.
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
    let part = |part: &Part| (part.version.to_string(), Value::String(part.percentage.to_string()));
    Map::from_iter([
        ("prompt".to_owned(), json!(canary.prompt)),
        ("own".to_owned(), json!(canary.own)),
        ("percentages".to_owned(), Value::Object(canary.arms.iter().map(part).collect())),
        ("overrides".to_owned(), json!(canary.overrides)),
        ("prompts".to_owned(), json!(canary.prompts.len())),
    ])
}
