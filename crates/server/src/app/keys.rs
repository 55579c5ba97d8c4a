//! API keys: made, listed, rotated, revoked. Nobody makes, sees or renews a key that can do more than they can.

use chrono::TimeDelta;
use promptsync_api::{
    error::{INSUFFICIENT_SCOPE, KEY_NOT_FOUND, PROJECT_NOT_FOUND},
    keys::{CreateKey, CreatedKey, Key, RotateKey},
    page::Page,
};
use promptsync_core::{
    access::{Grant, Object, Permission, can_give},
    audit::Actor,
    ids::{KeyId, WorkspaceId},
    names::{AliasName, ModulePath},
    time::Timestamp,
};
use promptsync_store::{Tx, keys};
use serde_json::{Map, json};

use super::{
    App,
    change::{Deed, Kept},
    pages::{self, Paging},
    roles,
    scopes::{self, Named, invalid},
};
use crate::{auth::key::ApiKey, endpoint::Call, http::error::ApiError};

/// The longest name of a key.
const MAX_NAME: usize = 200;
/// The longest time an old secret goes on working, in seconds: 30 days.
const MAX_OVERLAP: u32 = 30 * 24 * 3600;

/// The keys a caller may manage.
pub(crate) async fn list(call: &Call, paging: &Paging) -> Result<Page<Key>, ApiError> {
    let workspace = &call.caller.workspace;
    let list = format!("keys:{workspace}:{}", call.caller.id());
    let mut tx = call.app.db.begin_read(workspace).await?;
    let mut request = paging.request(&call.app, &list)?;
    let wanted = request.limit as usize;
    let mut kept = Vec::new();
    let next = loop {
        let page = keys::list(&mut tx, workspace, &request).await?;
        kept.extend(page.items.into_iter().filter(|key| manages(call, key)));
        if kept.len() > wanted {
            kept.truncate(wanted);
            break kept.last().map(|key| key.id.to_string());
        }
        match page.next {
            Some(next) => request.after = Some(next),
            None => break None,
        }
    };
    Ok(pages::answer(&call.app, &list, promptsync_store::Page { items: kept, next }, view))
}

/// Makes a key. Its secret is in this answer and nowhere else.
pub(crate) async fn create(call: &Call, request: CreateKey) -> Result<CreatedKey, ApiError> {
    let now = call.app.clock.now();
    let workspace = &call.caller.workspace;
    let mut tx = call.app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let actor = call.change.actor.clone();
    let made = new(&call.app, &mut tx, workspace, &request, Some(actor), now).await;
    let (key, secret) = made.map_err(|error| if sees_all(call) { error } else { hide_projects(error) })?;
    if !manages(call, &key) {
        return Err(ApiError::new(INSUFFICIENT_SCOPE, "a key can do no more than you may do there yourself")
            .hint("`promptsync whoami` shows what you may do"));
    }
    keys::insert(&mut tx, &key).await?;
    call.change.commit(&call.app, tx, created(&key), Kept::<()>::Secret).await?;
    Ok(CreatedKey { key: view(key), secret: secret.secret().to_owned() })
}

/// Gives a key a new secret. The old one opens it until the overlap ends.
pub(crate) async fn rotate(call: &Call, id: &str, request: RotateKey) -> Result<CreatedKey, ApiError> {
    if request.overlap_seconds > MAX_OVERLAP {
        return Err(invalid("overlap_seconds", "the old secret works on for at most 30 days"));
    }
    let now = call.app.clock.now();
    let until = now + TimeDelta::seconds(request.overlap_seconds.into());
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    let mut key = existing(&mut tx, call, id).await?;
    if key.revoked_at.is_some() {
        return Err(not_found());
    }
    let secret = ApiKey::renew(&key.prefix, |buffer| (call.app.random)(buffer));
    let hash = call.app.secret.seal("api_key", &[secret.secret()]).to_vec();
    if !keys::rotate(&mut tx, &key, &hash, secret.last4(), until, now).await? {
        return Err(not_found());
    }
    let deed = Deed {
        action: "key.rotate",
        target: format!("key:{}", key.id),
        details: Map::from_iter([
            ("name".to_owned(), json!(key.name)),
            ("previous_until".to_owned(), json!(until)),
        ]),
        ..Deed::default()
    };
    call.change.commit(&call.app, tx, deed, Kept::<()>::Secret).await?;
    call.app.keys.forget(&key.prefix);
    key.previous = Some((std::mem::replace(&mut key.secret_hash, hash), until));
    secret.last4().clone_into(&mut key.last4);
    key.rotated_at = Some(now);
    Ok(CreatedKey { key: view(key), secret: secret.secret().to_owned() })
}

/// Revokes a key: from the next request on it opens nothing here.
pub(crate) async fn revoke(call: &Call, id: &str) -> Result<(), ApiError> {
    let workspace = &call.caller.workspace;
    let mut tx = call.app.db.begin_write(workspace).await?;
    let key = existing(&mut tx, call, id).await?;
    if !keys::revoke(&mut tx, workspace, &key.id, call.app.clock.now()).await? {
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(());
    }
    let deed = Deed {
        action: "key.revoke",
        target: format!("key:{}", key.id),
        details: Map::from_iter([("name".to_owned(), json!(key.name))]),
        ..Deed::default()
    };
    call.change.commit(&call.app, tx, deed, Kept::Answer(204, &())).await?;
    call.app.keys.forget(&key.prefix);
    Ok(())
}

/// A key the caller manages; any other does not exist for it.
async fn existing(tx: &mut Tx, call: &Call, id: &str) -> Result<keys::Key, ApiError> {
    let workspace = &call.caller.workspace;
    tx.revision(workspace).await?;
    let key = keys::by_id(tx, workspace, &KeyId::new(id)).await?;
    key.filter(|key| manages(call, key)).ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::new(KEY_NOT_FOUND, "no such key")
}

/// Whether the caller may manage keys where this one opens something, and may do whatever it may.
fn manages(call: &Call, key: &keys::Key) -> bool {
    let grant = Grant { permissions: key.permissions, scope: key.scope.clone() };
    let object = key.scope.as_object(&call.caller.workspace);
    call.caller.can(Permission::ManageKeys, object) && can_give(&call.caller.principal, &grant)
}

fn sees_all(call: &Call) -> bool {
    call.caller.can(Permission::ManageKeys, Object::workspace(&call.caller.workspace))
}

/// Whether a project exists is not told to those who may make no keys for the whole workspace.
fn hide_projects(error: ApiError) -> ApiError {
    error.recode(PROJECT_NOT_FOUND, INSUFFICIENT_SCOPE)
}

/// A new key as a request describes it: the row, and the secret for its owner. Nothing is written.
pub(crate) async fn new(
    app: &App,
    tx: &mut Tx,
    workspace: &WorkspaceId,
    request: &CreateKey,
    created_by: Option<Actor>,
    now: Timestamp,
) -> Result<(keys::Key, ApiKey), ApiError> {
    check(request, now)?;
    let named = Named {
        project: request.project.as_deref(),
        module: request.module.as_deref(),
        environment: request.environment.as_deref(),
    };
    let (scope, project_name) = scopes::find(tx, workspace, named).await?;
    let role = roles::find(tx, workspace, &request.role).await?;
    let secret = ApiKey::generate(|buffer| (app.random)(buffer));
    let key = keys::Key {
        id: KeyId::new(app.ids.next()),
        workspace: workspace.clone(),
        scope,
        project_name,
        name: request.name.clone(),
        role: role.role,
        role_name: role.name,
        permissions: role.permissions,
        prefix: secret.lookup().to_owned(),
        secret_hash: app.secret.seal("api_key", &[secret.secret()]).to_vec(),
        last4: secret.last4().to_owned(),
        created_by,
        created_at: now,
        not_before: request.not_before,
        expires_at: request.expires_at,
        revoked_at: None,
        rotated_at: None,
        previous: None,
        last_used_at: None,
    };
    Ok((key, secret))
}

/// What a request for a key must fulfil, whatever it names.
pub(crate) fn check(request: &CreateKey, now: Timestamp) -> Result<(), ApiError> {
    let length = request.name.chars().count();
    if request.name.trim().is_empty() || length > MAX_NAME || request.name.chars().any(char::is_control) {
        return Err(invalid("name", "a key's name says what it is for, in 1 to 200 characters"));
    }
    request.module.as_deref().map(ModulePath::parse).transpose()?;
    request.environment.as_deref().map(AliasName::parse).transpose()?;
    let end = request.expires_at;
    if end.is_some_and(|end| end <= now) {
        return Err(invalid("expires_at", "the key would have expired already"));
    }
    if end.zip(request.not_before).is_some_and(|(end, start)| end <= start) {
        return Err(invalid("not_before", "the key would expire before it starts to work"));
    }
    Ok(())
}

/// The audit entry of a new key.
pub(crate) fn created(key: &keys::Key) -> Deed {
    let facts = json!({
        "name": key.name, "role": key.role_name, "project": key.project_name,
        "module": scopes::module(&key.scope), "environment": scopes::environment(&key.scope),
        "not_before": key.not_before, "expires_at": key.expires_at,
    });
    let details = match facts {
        serde_json::Value::Object(details) => details,
        _ => Map::new(),
    };
    Deed { action: "key.create", target: format!("key:{}", key.id), details, ..Deed::default() }
}

fn view(key: keys::Key) -> Key {
    Key {
        masked: format!("ps_{}…{}", key.prefix.chars().take(4).collect::<String>(), key.last4),
        id: key.id,
        name: key.name,
        role: key.role_name,
        project: key.project_name,
        module: scopes::module(&key.scope),
        environment: scopes::environment(&key.scope),
        created_by: key.created_by,
        created_at: key.created_at,
        not_before: key.not_before,
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
        rotated_at: key.rotated_at,
        previous_until: key.previous.map(|(_, until)| until),
        last_used_at: key.last_used_at,
    }
}
