//! API keys: made, listed, revoked. Nobody makes a key that can do more than the caller's own.

use promptsync_api::{
    error::{INSUFFICIENT_SCOPE, INVALID, KEY_NOT_FOUND},
    keys::{CreateKey, CreatedKey, Key},
    page::Page,
};
use promptsync_core::{
    ids::{KeyId, ProjectId, WorkspaceId},
    names::ProjectName,
    problem::Problem,
    time::Timestamp,
};
use promptsync_store::{keys, projects};
use serde_json::{Map, json};

use super::{
    App,
    change::{Deed, Kept},
    pages::{self, Paging},
};
use crate::{auth::key::ApiKey, endpoint::Call, http::error::ApiError};

/// The longest name of a key.
const MAX_NAME: usize = 200;

/// The keys a caller may manage: all of the workspace, or those of its project.
pub(crate) async fn list(call: &Call, paging: &Paging) -> Result<Page<Key>, ApiError> {
    let workspace = &call.caller.workspace;
    let list = format!("keys:{workspace}:{:?}", call.caller.project);
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let mut page = keys::list(&mut tx, workspace, &paging.request(&call.app, &list)?).await?;
    page.items.retain(|key| manages(call, key));
    Ok(pages::answer(&call.app, &list, page, view))
}

/// Makes a key. Its secret is in this answer and nowhere else.
pub(crate) async fn create(call: &Call, request: CreateKey) -> Result<CreatedKey, ApiError> {
    let refuse = |detail: &str| Err(ApiError::new(INSUFFICIENT_SCOPE, detail));
    let now = call.app.clock.now();
    check(&request, now)?;
    if request.role > call.caller.role {
        return refuse("a key cannot make one that may do more than itself");
    }
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    let project = match &request.project {
        Some(name) => {
            let found = match ProjectName::parse(name) {
                Ok(name) => projects::by_name(&mut tx, &call.caller.workspace, &name).await?,
                Err(_) => None,
            };
            found.map(|project| (project.id, project.name))
        }
        None => None,
    };
    match (&call.caller.project, &project, &request.project) {
        (Some((own, _)), Some((id, _)), _) if own == id => {}
        (Some(_), _, _) => return refuse("a key of one project can only make keys of that project"),
        (None, None, Some(_)) => {
            return Err(ApiError::new(
                promptsync_api::error::PROJECT_NOT_FOUND,
                "the key's project does not exist",
            ));
        }
        _ => {}
    }
    let (key, secret) = generate(&call.app, &call.caller.workspace, project, &request, now);
    keys::insert(&mut tx, &key).await?;
    let deed = created(&key);
    call.change.commit(&call.app, tx, deed, Kept::<()>::Secret).await?;
    Ok(CreatedKey { key: view(key), secret: secret.secret().to_owned() })
}

/// Revokes a key: from the next request on it opens nothing here.
pub(crate) async fn revoke(call: &Call, id: &str) -> Result<(), ApiError> {
    let not_found = || ApiError::new(KEY_NOT_FOUND, "no such key");
    let workspace = &call.caller.workspace;
    let id = KeyId::new(id);
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    tx.revision(workspace).await?;
    let key = keys::by_id(&mut tx, workspace, &id).await?;
    let key = key.filter(|key| manages(call, key)).ok_or_else(not_found)?;
    if !keys::revoke(&mut tx, workspace, &id, call.app.clock.now()).await? {
        call.change.unchanged();
        return Ok(());
    }
    let deed = Deed {
        action: "key.revoke",
        target: format!("key:{id}"),
        details: Map::from_iter([("name".to_owned(), json!(key.name))]),
        ..Deed::default()
    };
    call.change.commit(&call.app, tx, deed, Kept::Answer(204, &())).await?;
    call.app.keys.forget(&key.prefix);
    Ok(())
}

fn manages(call: &Call, key: &keys::Key) -> bool {
    call.caller.project.as_ref().is_none_or(|(own, _)| key.project.as_ref() == Some(own))
}

/// What a request for a key must fulfil.
pub(crate) fn check(request: &CreateKey, now: Timestamp) -> Result<(), ApiError> {
    let invalid = |path: &str, message: &str| {
        ApiError::many(INVALID, message, vec![Problem::new("invalid", message).at_path(path)])
    };
    let length = request.name.chars().count();
    if request.name.trim().is_empty() || length > MAX_NAME || request.name.chars().any(char::is_control) {
        return Err(invalid("name", "a key's name says what it is for, in 1 to 200 characters"));
    }
    if request.expires_at.is_some_and(|at| at <= now) {
        return Err(invalid("expires_at", "the key would have expired already"));
    }
    Ok(())
}

/// A new key: the row, and the secret for its owner.
pub(crate) fn generate(
    app: &App,
    workspace: &WorkspaceId,
    project: Option<(ProjectId, ProjectName)>,
    request: &CreateKey,
    now: Timestamp,
) -> (keys::Key, ApiKey) {
    let secret = ApiKey::generate(|buffer| (app.random)(buffer));
    let (project, project_name) = project.unzip();
    let key = keys::Key {
        id: KeyId::new(app.ids.next()),
        workspace: workspace.clone(),
        project,
        project_name,
        name: request.name.clone(),
        role: request.role,
        prefix: secret.lookup().to_owned(),
        secret_hash: app.secret.seal("api_key", &[secret.secret()]).to_vec(),
        last4: secret.last4().to_owned(),
        created_at: now,
        expires_at: request.expires_at,
        revoked_at: None,
    };
    (key, secret)
}

/// The audit entry of a new key.
pub(crate) fn created(key: &keys::Key) -> Deed {
    let facts = json!({
        "name": key.name, "role": key.role, "project": key.project_name, "expires_at": key.expires_at,
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
        role: key.role,
        project: key.project_name,
        created_at: key.created_at,
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
    }
}
