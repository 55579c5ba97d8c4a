//! The short way of the one request that applications send all day: a prompt by its name and reference, with a key that
//! was seen a moment ago, answered with bytes that are ready.
//!
//! It decides exactly as the long way does, or steps aside: whatever is missing, refused or unusual is for the long way
//! to say. A test sends the same requests both ways and compares.

use std::{net::IpAddr, sync::Arc};

use bytes::{BufMut as _, Bytes, BytesMut};
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, HeaderName, HeaderValue,
        IF_NONE_MATCH,
    },
    http::request::Parts,
};
use promptsync_api::delivery::REVISION_HEADER;
use promptsync_core::{
    access::{Object, Permission, can},
    audit::Revision,
    ids::ProjectId,
    names::PromptName,
    references::Reference,
    resolve::resolve_in,
    splits::MAX_UNIT,
    time::Timestamp,
};

use super::{Asked, CACHING, Prepared, ProjectView, PromptView, asked_for};
use crate::{
    app::{
        App,
        access_records::Reading,
        resolve::{Unit, alias_of},
    },
    auth::{KnownKey, ShownKey},
    config::Config,
    http::{addresses, etag, fields::Fields, headers, request_id, written},
    rates::Quota,
};

const REVISION: HeaderName = HeaderName::from_static(REVISION_HEADER);
const JSON: &str = "application/json";
/// Room for a head.
const HEAD: usize = 1_024;
/// A body up to so many bytes is copied behind its head, so that both are sent at once.
const TOGETHER: usize = 16 << 10;

/// What the path of such a request begins with.
pub(crate) const PREFIX: &str = "/api/prompts/";

/// What the answers of one connection have in common.
#[derive(Debug, Default)]
pub struct Memory {
    shown: Option<ShownKey>,
    second: i64,
    date: String,
}

/// A request, as far as it matters here.
pub(crate) struct Asking<'r, F: ?Sized> {
    /// The path.
    pub(crate) path: &'r str,
    /// The query, without its question mark.
    pub(crate) query: &'r str,
    /// The header fields.
    pub(crate) fields: &'r F,
    /// Whose connection it came on.
    pub(crate) peer: Option<IpAddr>,
}

/// An answer that only has to be sent.
pub(crate) struct Found {
    answer: Arc<Prepared>,
    revision: Revision,
    request_id: String,
    quota: Quota,
    /// Whether the caller has it already.
    is_known: bool,
}

/// Answers the request, if everything it takes is at hand.
pub(crate) fn answer(app: &App, parts: &Parts, peer: Option<IpAddr>) -> Option<Response<Bytes>> {
    if parts.method != Method::GET {
        return None;
    }
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let asking = Asking { path, query, fields: &parts.headers, peer };
    let found = find(app, &asking, app.clock.now(), &mut Memory::default())?;
    Some(found.response(&app.config))
}

/// Writes the answer to the request as it goes over HTTP/1.1, if everything it takes is at hand. A long body is given
/// back instead, to be written behind; else nothing is.
pub(crate) fn write<F: Fields + ?Sized>(
    app: &App,
    asking: &Asking<'_, F>,
    is_last: bool,
    memory: &mut Memory,
    to: &mut BytesMut,
) -> Option<Bytes> {
    let now = app.clock.now();
    let found = find(app, asking, now, memory)?;
    let fixed = app.delivery.fixed.get_or_init(|| fixed(&app.config));
    Some(found.write(fixed, memory.date(now), to, is_last))
}

/// What the request is answered with.
fn find<F: Fields + ?Sized>(
    app: &App,
    asking: &Asking<'_, F>,
    now: Timestamp,
    memory: &mut Memory,
) -> Option<Found> {
    let Asking { path, query, fields, peer } = asking;
    if app.db.reach().is_away() || fields.has(&REVISION) {
        return None;
    }
    let (name, reference) = path.strip_prefix(PREFIX)?.split_once('/')?;
    if !is_plain(name) || !is_plain(reference) || !query.split('&').all(is_plain_pair) {
        return None;
    }
    let key = app.at_hand(*fields, now, &mut memory.shown)?;
    let view = app.delivery.at_hand(&key.key.workspace)?;
    let project = view.projects.get(key.key.project()?)?;
    let (name, prompt) = project.prompts.get_key_value(name)?;
    if !may_read(&key, &project.id, prompt, reference) {
        return None;
    }
    let answer = prepared(app, project, name, prompt, reference, query)?;

    let quota = Quota::default();
    app.rates.caller((key.key.id.as_str(), &key.key.workspace), now, &quota).ok()?;
    let request_id = request_id::of(*fields, &*app.ids);
    let address = peer.map(|peer| addresses::client(&app.config.trusted_proxies, peer, *fields));
    app.access.note_read(&Reading { key: &key, target: answer.target(), address }, now, &request_id);
    let is_known = etag::names(*fields, &IF_NONE_MATCH, answer.etag());
    Some(Found { answer, revision: view.revision, request_id, quota, is_known })
}

impl Found {
    fn response(self, config: &Config) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        let fields = response.headers_mut();
        fields.reserve(16);
        fields.insert(CACHE_CONTROL, HeaderValue::from_static(CACHING));
        fields.insert(REVISION_HEADER, self.revision.into());
        fields.extend(HeaderValue::from_str(self.answer.etag()).map(|tag| (ETAG, tag)));
        headers::complete(fields, &self.request_id, config);
        self.quota.complete(fields);
        if self.is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            fields.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
            *response.body_mut() = self.answer.shared_body();
        }
        response
    }

    fn write(self, fixed: &[u8], date: &str, to: &mut BytesMut, is_last: bool) -> Bytes {
        let body = self.answer.body();
        let status = if self.is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        to.reserve(HEAD + body.len().min(TOGETHER));
        written::status(to, status);
        to.put_slice(fixed);
        written::field(to, &ETAG, self.answer.etag().as_bytes());
        written::number(to, &REVISION, self.revision);
        written::field(to, &request_id::HEADER, self.request_id.as_bytes());
        self.quota.write(to);
        if is_last {
            written::field(to, &CONNECTION, b"close");
        }
        if !self.is_known {
            written::field(to, &CONTENT_TYPE, JSON.as_bytes());
            written::number(to, &CONTENT_LENGTH, body.len());
        }
        written::field(to, &DATE, date.as_bytes());
        to.put_slice(b"\r\n");
        if !self.is_known && body.len() > TOGETHER {
            return self.answer.shared_body();
        }
        if !self.is_known {
            to.put_slice(body);
        }
        Bytes::new()
    }
}

impl Memory {
    fn date(&mut self, now: Timestamp) -> &str {
        if self.second != now.timestamp() || self.date.is_empty() {
            self.second = now.timestamp();
            self.date = now.format(written::DATE_FORMAT).to_string();
        }
        &self.date
    }
}

/// The fields that are the same in every answer, as they are written.
fn fixed(config: &Config) -> Bytes {
    let mut fields = HeaderMap::new();
    fields.insert(CACHE_CONTROL, HeaderValue::from_static(CACHING));
    headers::complete(&mut fields, "", config);
    fields.remove(&request_id::HEADER);
    let mut written = BytesMut::new();
    written::fields(&mut written, &fields);
    written.freeze()
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
    if prompt.facts.entries.iter().all(|(_, entry)| entry.split.is_none()) {
        return answers.get(&undivided);
    }
    let unit = query.split('&').find_map(|pair| pair.strip_prefix("unit="));
    let unit = Unit::of(app, unit).ok()?;
    let reference = Reference::parse(reference).ok().filter(|reference| reference.at.is_none())?;
    let found =
        resolve_in(&prompt.facts, &project.aliases, name, &reference.selector, Some(unit.name())).ok()?;
    let divided = found.divided.is_some().then_some((&found.version.version, unit.is_named()));
    answers.get(&Asked { divided, ..undivided })
}

/// What [`crate::subjects::OnReference`] decides.
fn may_read(key: &KnownKey, project: &ProjectId, prompt: &PromptView, reference: &str) -> bool {
    let object = Object::project(&key.key.workspace, project);
    let can_read = |object| can(&key.principal, Permission::Read, object);
    if can_read(object) || can_read(object.in_module(&prompt.module)) {
        return true;
    }
    let reference = Reference::parse(reference).ok().filter(|reference| reference.at.is_none());
    let alias = reference.as_ref().and_then(|reference| alias_of(&reference.selector));
    alias.is_some_and(|alias| can_read(object.in_environment(alias)))
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
