//! The short way of the one request that applications send all day: a prompt by its name and reference, with a key that
//! was seen a moment ago, answered with bytes that are ready.
//!
//! It decides exactly as the long way does, or steps aside: whatever is missing, refused or unusual is for the long way
//! to say. A test sends the same requests both ways and compares.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH},
    http::request::Parts,
};
use promptsync_api::delivery::REVISION_HEADER;
use promptsync_core::{
    access::{Object, Permission},
    access_records::OK,
    ids::ProjectId,
    names::PromptName,
    references::Reference,
    resolve::resolve_in,
    splits::MAX_UNIT,
};

use super::{Asked, Prepared, ProjectView, PromptView, asked_for};
use crate::{
    app::{
        App,
        access_records::Record,
        resolve::{Unit, alias_of},
    },
    auth::Caller,
    http::{addresses, etag, headers, request_id},
    rates::Quota,
};

const PREFIX: &str = "/api/prompts/";

/// Answers the request, if everything it takes is at hand.
pub(crate) fn answer(app: &App, parts: &Parts, peer: Option<IpAddr>) -> Option<Response<Bytes>> {
    let is_away = app.db.reach().is_away();
    if is_away || parts.method != Method::GET || parts.headers.contains_key(REVISION_HEADER) {
        return None;
    }
    let (name, reference) = parts.uri.path().strip_prefix(PREFIX)?.split_once('/')?;
    let query = parts.uri.query().unwrap_or_default();
    if !is_plain(name) || !is_plain(reference) || !query.split('&').all(is_plain_pair) {
        return None;
    }
    let caller = app.at_hand(&parts.headers)?;
    let (project, _) = caller.project.as_ref()?;
    let view = app.delivery.at_hand(&caller.workspace)?;
    let project = view.projects.get(project)?;
    let (name, prompt) = project.prompts.get_key_value(name)?;
    if !may_read(&caller, &project.id, prompt, reference) {
        return None;
    }
    let answer = prepared(app, project, name, prompt, reference, query)?;

    let (now, quota) = (app.clock.now(), Quota::default());
    app.rates.caller(&caller, now, &quota).ok()?;
    let request_id = request_id::of(&parts.headers, &*app.ids);
    let address = peer.map(|peer| addresses::client(&app.config.trusted_proxies, peer, &parts.headers));
    app.access.note(Record {
        workspace: Some(caller.workspace.clone()),
        actor: Some(caller.actor()),
        action: "prompt.read",
        project: Some(project.name.to_string()),
        target: answer.target.to_string(),
        outcome: OK,
        address,
        request_id: Some(request_id.clone()),
    });
    let mut response = Response::new(Bytes::new());
    let fields = response.headers_mut();
    fields.reserve(16);
    fields.insert(CACHE_CONTROL, HeaderValue::from_static(super::CACHING));
    fields.insert(REVISION_HEADER, view.revision.into());
    fields.insert(ETAG, answer.etag.clone());
    headers::complete(fields, &request_id, &app.config);
    quota.complete(fields);
    if has(&parts.headers, &answer.etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = answer.body.clone();
    }
    Some(response)
}

/// The answer, for the unit that the query names where the alias divides its traffic.
fn prepared(
    app: &App,
    project: &ProjectView,
    name: &PromptName,
    prompt: &PromptView,
    reference: &str,
    query: &str,
) -> Option<Arc<Prepared>> {
    let asked = asked_for(reference, query);
    let answers = &app.delivery.answers;
    let undivided = Asked { view: prompt.number, divided: None, how: &asked };
    if let Some(answer) = answers.get(&undivided) {
        return Some(answer);
    }
    if prompt.facts.entries.values().all(|entry| entry.split.is_none()) {
        return None;
    }
    let unit = query.split('&').find_map(|pair| pair.strip_prefix("unit="));
    let unit = Unit::of(app, unit).ok()?;
    let reference = Reference::parse(reference).ok().filter(|reference| reference.at.is_none())?;
    let found =
        resolve_in(&prompt.facts, &project.aliases, name, &reference.selector, Some(unit.name())).ok()?;
    found.divided?;
    answers.get(&Asked { divided: Some((&found.version.version, unit.is_named())), ..undivided })
}

/// What [`crate::subjects::OnReference`] decides.
fn may_read(caller: &Caller, project: &ProjectId, prompt: &PromptView, reference: &str) -> bool {
    let object = Object::project(&caller.workspace, project);
    if caller.can(Permission::Read, object) || caller.can(Permission::Read, object.in_module(&prompt.module))
    {
        return true;
    }
    let reference = Reference::parse(reference).ok().filter(|reference| reference.at.is_none());
    let alias = reference.as_ref().and_then(|reference| alias_of(&reference.selector));
    alias.is_some_and(|alias| caller.can(Permission::Read, object.in_environment(alias)))
}

/// Whether a part of the path says what it says without being decoded.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Whether a parameter needs no decoding, and cannot be a key, name another project or name nobody.
fn is_plain_pair(pair: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'=' | b':' | b',');
    pair.bytes().all(plain)
        && !pair.starts_with("project=")
        && !pair.contains("ps_")
        && pair.strip_prefix("unit=").is_none_or(|unit| (1..=MAX_UNIT).contains(&unit.len()))
}

fn has(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    asked.contains_key(IF_NONE_MATCH) && tag.to_str().is_ok_and(|tag| etag::names(asked, IF_NONE_MATCH, tag))
}
