//! Idempotency-Key: a request that is sent again gets the answer of the first time and changes nothing.

use bytes::Bytes;
use chrono::TimeDelta;
use hyper::{HeaderMap, Method, Response, StatusCode, header::CONTENT_TYPE, http::HeaderValue};
use promptsync_api::error::{BAD_REQUEST, CONFLICT, IDEMPOTENCY_MISMATCH};
use promptsync_core::digest::Digest;
use promptsync_store::{
    OnUnique as _, Tx,
    idempotency::{self, Answered},
};
use serde::Serialize;

use crate::{
    app::{
        App,
        change::{Change, Kept},
    },
    endpoint::AuditClass,
    http::{answer::AnswerBody, error::ApiError},
};

/// The header.
const HEADER: &str = "idempotency-key";
/// The longest key.
const MAX: usize = 128;
/// How long an answer is kept for retries.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// The status kept for an answer that holds a secret and is therefore not kept itself.
const SECRET: u16 = 0;

/// The Idempotency-Key of a request that changes something.
pub(crate) fn key(headers: &HeaderMap, audit: AuditClass) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(HEADER).filter(|_| audit == AuditClass::Write) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=MAX).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(ApiError::new(BAD_REQUEST, format!("an Idempotency-Key is 1 to {MAX} plain characters"))),
    }
}

/// The answer this request got before, if it was sent before.
pub(crate) async fn earlier(
    app: &App,
    change: &Change,
    method: &Method,
    target: &str,
    body: &Bytes,
) -> Result<Option<Response<AnswerBody>>, ApiError> {
    let Some(key) = &change.idempotency else { return Ok(None) };
    let mut text = format!("{method} {target}\n").into_bytes();
    text.extend_from_slice(body);
    let hash = change.request_hash.get_or_init(|| Digest::of(&text).to_string());
    let mut tx = app.db.begin_read(&change.workspace).await?;
    let Some(kept) = idempotency::get(&mut tx, &change.caller, key).await? else { return Ok(None) };
    if kept.request_hash != *hash {
        return Err(ApiError::new(IDEMPOTENCY_MISMATCH, "this Idempotency-Key was used for another request")
            .hint("use a new key for each change, and the same key only to send the same request again"));
    }
    if kept.status == SECRET {
        return Err(ApiError::new(
            CONFLICT,
            "this was done already; its secret was shown then and cannot be shown again",
        ));
    }
    change.unchanged();
    let mut response = Response::new(Bytes::from(kept.body).into());
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(Some(response))
}

/// Keeps the answer, in the transaction of the change.
pub(crate) async fn keep(
    app: &App,
    change: &Change,
    tx: &mut Tx,
    answer: Kept<'_, impl Serialize>,
) -> Result<(), ApiError> {
    let (Some(key), Some(hash)) = (&change.idempotency, change.request_hash.get()) else { return Ok(()) };
    let (status, body) = match answer {
        Kept::Answer(status, value) => (status, serde_json::to_vec(value).map_err(ApiError::internal)?),
        Kept::Secret => (SECRET, Vec::new()),
    };
    let answered = Answered {
        workspace: change.workspace.clone(),
        caller: change.caller.clone(),
        key: key.clone(),
        request_hash: hash.clone(),
        status,
        body,
        created_at: app.clock.now(),
    };
    // Old answers go with the change that brings a new one: no job of their own, and no change without an entry.
    idempotency::delete_before(tx, app.clock.now() - KEPT).await?;
    idempotency::insert(tx, &answered).await.on_unique(|| {
        ApiError::new(CONFLICT, "the same request is being answered at this moment").retry_after(1)
    })
}
