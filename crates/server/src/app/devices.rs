//! Signing in on a device without a browser, in the manner of RFC 8628.
//!
//! The codes are not stored: the device's code carries the person's code, sealed, so that nobody who is not signed in
//! writes anything. What is stored is a decision, made by somebody who is. The last characters of a person's code are a
//! checksum that only this server can make, so that a mistyped code is noticed and a made-up one is no code.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chrono::TimeDelta;
use promptsync_api::{
    devices::{AskForToken, DecideDevice, DeviceCodes, DeviceDecision},
    error::{BAD_CODE, CONFLICT, SLOW_DOWN},
    sign_in::SessionKind,
};
use promptsync_core::{
    login::{Attempt, Refusal, Way, decide},
    time::Timestamp,
};
use promptsync_store::{OnUnique as _, devices, users};
use tokio::time::Instant;

use super::{
    App,
    change::{Deed, Kept},
    sessions::{self, Tokens, Welcome},
};
use crate::{endpoint::Visit, http::error::ApiError, subjects::Myself};

/// How long the codes work.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// Seconds between two questions of a device.
const INTERVAL: u64 = 5;
/// Letters of a person's code: no vowels, so that no words appear (RFC 8628, 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Random letters, and letters of the checksum.
const RANDOM: usize = 8;
const CHECK: usize = 2;
/// Devices whose last question is remembered; beyond it all are forgotten.
const ASKING: usize = 10_000;
/// Bytes of the seal of a device's code.
const SEAL: usize = 32;

/// When each device asked last.
#[derive(Debug, Default)]
pub(crate) struct Asking(Mutex<HashMap<[u8; 32], Instant>>);

impl Asking {
    /// Notes a question; says whether it came too soon after the one before.
    fn too_soon(&self, code: [u8; 32]) -> bool {
        let mut asked = self.0.lock().expect("no code panics while it holds this lock");
        if asked.len() >= ASKING {
            asked.clear();
        }
        let now = Instant::now();
        let before = asked.insert(code, now);
        // A little less than promised: the network may bring two questions closer together.
        before.is_some_and(|before| now.duration_since(before) < Duration::from_secs(INTERVAL) * 9 / 10)
    }
}

/// Makes the two codes. Nothing is stored.
pub(crate) fn start(visit: &Visit) -> DeviceCodes {
    let app = &visit.app;
    let expires = app.clock.now() + LIFETIME;
    let user_code = user_code(app, expires);
    let body = format!("{}.{}", expires.timestamp(), user_code);
    let mut nonce = [0; 16];
    (app.random)(&mut nonce);
    let body = format!("{body}.{}", BASE64.encode(nonce));
    let seal = app.secret.seal("device_code", &[&body]);
    let device_code = BASE64.encode([&seal[..], body.as_bytes()].concat());
    let page = format!("{}/device", app.public_url());
    let shown = format!("{}-{}", &user_code[..5], &user_code[5..]);
    DeviceCodes {
        device_code,
        verification_uri_complete: format!("{page}#{shown}"),
        verification_uri: page,
        user_code: shown,
        expires_in: LIFETIME.num_seconds(),
        interval: INTERVAL,
    }
}

/// Answers a device that asks whether it may come in.
pub(crate) async fn ask(visit: &Visit, request: AskForToken) -> Result<Tokens, ApiError> {
    let (app, now) = (&visit.app, visit.app.clock.now());
    let bad = || app.wrong_secret(visit.peer, ApiError::new(BAD_CODE, "this is no code of a device"));
    let (user_code, expires_at) = read_device_code(app, &request.device_code).ok_or_else(bad)?;
    if expires_at <= now {
        return Err(Refusal::CodeExpired(expires_at).into());
    }
    if app.asking.too_soon(app.secret.seal("asking", &[&request.device_code])) {
        let detail = format!("wait {INTERVAL} seconds between two questions");
        return Err(ApiError::new(SLOW_DOWN, detail).retry_after(INTERVAL));
    }
    let hash = code_hash(app, &user_code);
    let mut tx = app.db.begin_system_read().await?;
    let decision = devices::by_code(&mut tx, &hash).await?;
    drop(tx);
    let Some(decision) = decision else { return Err(Refusal::Pending.into()) };

    let mut tx = app.db.begin_system_write().await?;
    tx.revision(&decision.workspace).await?;
    let user = users::by_id(&mut tx, &decision.user).await?.ok_or(Refusal::Denied)?;
    let person = users::person(&mut tx, &user).await?;
    let way = Way::Device {
        by: decision.proof,
        workspace: &decision.workspace,
        approved: Some(decision.approved),
        expires_at: decision.expires_at,
    };
    let entry = decide(&app.rules(), &Attempt { way, person: Some(&person), wanted: None, now })?;
    if !devices::redeem(&mut tx, &hash, now).await? {
        return Err(Refusal::BadCode.into());
    }
    let welcome = Welcome {
        user: &user,
        workspace: entry.workspace,
        by: entry.by,
        kind: SessionKind::Cli,
        client: request.client,
        deed: Some(Deed { action: "session.open", ..Deed::default() }),
    };
    sessions::open(visit, tx, welcome).await
}

/// Keeps what the caller decided about the device that shows this code.
pub(crate) async fn decide_device(call: &Myself, request: &DecideDevice) -> Result<(), ApiError> {
    let app = &call.app;
    let now = app.clock.now();
    let (user, session) = call.me();
    let account = app.secret.seal("device_codes_of", &[user.as_str()]);
    app.may_guess(account, call.peer)?;
    let Some(code) = read_user_code(app, &request.user_code, now) else {
        app.note_guess(&Refusal::WrongCredentials, account, call.peer);
        return Err(ApiError::new(BAD_CODE, "no device shows this code now: it is mistyped or too old"));
    };
    let approved = request.decision == DeviceDecision::Approve;
    let mut tx = app.db.begin_system_write().await?;
    tx.revision(&call.caller.workspace).await?;
    let own = promptsync_store::sessions::by_id(&mut tx, session).await?.ok_or(Refusal::SessionEnded)?;
    let decision = devices::Decision {
        code_hash: code_hash(app, &code).to_vec(),
        user: user.clone(),
        workspace: call.caller.workspace.clone(),
        proof: own.proof,
        approved,
        decided_at: now,
        expires_at: now + LIFETIME,
        redeemed_at: None,
    };
    devices::insert(&mut tx, &decision)
        .await
        .on_unique(|| ApiError::new(CONFLICT, "this code was decided on already"))?;
    let action = if approved { "device.approve" } else { "device.deny" };
    let deed = Deed { action, target: format!("user:{user}"), ..Deed::default() };
    call.change.commit(app, tx, deed, Kept::Answer(204, &())).await?;
    Ok(())
}

/// A person's code that works until then: random letters and their checksum.
fn user_code(app: &App, expires: Timestamp) -> String {
    let mut code = String::with_capacity(RANDOM + CHECK);
    let mut buffer = [0; 32];
    while code.len() < RANDOM {
        (app.random)(&mut buffer);
        // 240 is the last multiple of 20 in a byte: every letter is equally likely.
        let fair = buffer.iter().filter(|&&byte| byte < 240).map(|&byte| usize::from(byte) % LETTERS.len());
        code.extend(fair.take(RANDOM - code.len()).map(|at| char::from(LETTERS[at])));
    }
    let check = checksum(app, &code, window(expires));
    code + &check
}

/// The code somebody typed, without what people put between letters; nothing when no device can show it now.
fn read_user_code(app: &App, text: &str, now: Timestamp) -> Option<String> {
    let code: String =
        text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).take(64).collect();
    let well_formed = code.len() == RANDOM + CHECK && code.bytes().all(|b| LETTERS.contains(&b));
    let (random, check) = well_formed.then(|| code.split_at(RANDOM))?;
    let last = window(now + LIFETIME);
    (last - 1..=last).any(|window| checksum(app, random, window) == check).then(|| code.clone())
}

fn checksum(app: &App, random: &str, window: i64) -> String {
    let seal = app.secret.seal("user_code", &[random, &window.to_string()]);
    seal[..CHECK].iter().map(|&byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect()
}

/// Ten minutes of time, counted from 1970.
fn window(moment: Timestamp) -> i64 {
    moment.timestamp().div_euclid(LIFETIME.num_seconds())
}

fn code_hash(app: &App, user_code: &str) -> [u8; 32] {
    app.secret.seal("user_code_hash", &[user_code])
}

/// The person's code inside a device's code, and when both stop working; nothing when the seal is not ours.
fn read_device_code(app: &App, text: &str) -> Option<(String, Timestamp)> {
    let bytes = BASE64.decode(Some(text).filter(|text| text.len() <= 256)?).ok()?;
    let (seal, body) = bytes.split_at_checked(SEAL)?;
    let body = std::str::from_utf8(body).ok()?;
    if !app.secret.matches("device_code", &[body], seal) {
        return None;
    }
    let mut parts = body.split('.');
    let expires = Timestamp::from_timestamp(parts.next()?.parse().ok()?, 0)?;
    Some((parts.next()?.to_owned(), expires))
}
