//! Connectors: set up, listed, tested, removed. A credential goes in and never comes out, not even to another place.

use promptsync_api::{
    connectors::{Connector, ConnectorTest, SetConnector},
    error::{BACKEND_NOT_ALLOWED, CONNECTOR_NOT_FOUND, IN_USE, INVALID, NAME_EXISTS, REENTER_SECRET},
    page::Page,
};
use promptsync_core::{
    connectors::ConnectorKind,
    digest::Digest,
    ids::ConnectorId,
    names::ConnectorName,
    problem::Problem,
    secrets::{MASK, SecretValue},
};
use promptsync_store::{OnUnique as _, connectors, project_secrets};
use serde_json::{Map, Value, json};

use super::{
    change::{Deed, Kept},
    secrets::NotBuilt,
};
use crate::{endpoint::Call, http::error::ApiError};

/// The longest credential, in bytes: a JWT of an identity provider has some thousand.
const MAX_CREDENTIAL: usize = 16 << 10;

/// Settings that say where a credential goes, or what it is for: another value needs the credential again.
const BINDING: [&str; 2] = ["auth", "region"];

/// The workspace's connectors.
pub(crate) async fn list(call: &Call) -> Result<Page<Connector>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let found = connectors::list(&mut tx, &call.caller.workspace).await?;
    Ok(Page { items: found.into_iter().map(view).collect(), next_cursor: None })
}

/// Creates or changes a connector. Says whether it is new.
pub(crate) async fn set(
    call: &Call,
    name: &str,
    request: SetConnector,
) -> Result<(Connector, bool), ApiError> {
    let name = ConnectorName::parse(name)?;
    let workspace = &call.caller.workspace;
    let url = request.url.clone().unwrap_or_default();
    let credential = request.credential.map(|credential| SecretValue::new(credential.0));
    check_form(request.kind, &url, credential.as_ref())?;
    if !url.is_empty() {
        call.app.secrets.check(&url).await?;
    }
    let now = call.app.clock.now();
    let mut tx = call.app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let current = connectors::by_name(&mut tx, workspace, &name).await?;
    let connector = connectors::Connector {
        id: current.as_ref().map_or_else(|| ConnectorId::new(call.app.ids.next()), |known| known.id.clone()),
        workspace: workspace.clone(),
        name,
        kind: request.kind,
        url,
        settings: request.settings,
        has_credential: credential.is_some() || current.as_ref().is_some_and(|known| known.has_credential),
        created_at: current.as_ref().map_or(now, |known| known.created_at),
        updated_at: now,
    };
    if let Some(known) = &current {
        refuse_redirection(known, &connector, credential.is_some())?;
    }
    // A stored credential fits: it was checked when it was given, and nothing it depends on has changed.
    let given = match (&credential, connector.has_credential) {
        (None, true) => connectors::credential(&mut tx, workspace, &connector.id).await?,
        _ => credential.clone(),
    };
    let settings = Value::Object(connector.settings.clone());
    let built = call.app.secrets.build(&call.app.config, connector.kind, &connector.url, settings, given);
    built.map(drop).map_err(|not| refused(not, connector.kind))?;
    match &current {
        Some(_) => drop(connectors::update(&mut tx, &connector).await?),
        None => connectors::insert(&mut tx, &connector).await.on_unique(|| {
            ApiError::new(NAME_EXISTS, format!("a connector named `{}` exists", connector.name))
        })?,
    }
    if let Some(credential) = &credential {
        connectors::set_credential(&mut tx, workspace, &connector.id, credential).await?;
    }
    let mut deed = deed("connector.set", &connector);
    deed.before = current.as_ref().map(state);
    deed.after = Some(state(&connector));
    deed.details.insert("credential_changed".into(), json!(credential.is_some()));
    let answer = view(connector.clone());
    let status = if current.is_some() { 200 } else { 201 };
    call.change.commit(&call.app, tx, deed, Kept::Answer(status, &answer)).await?;
    call.app.secrets.forget(&connector.id);
    Ok((answer, current.is_none()))
}

/// Removes a connector that no project uses.
pub(crate) async fn remove(call: &Call, name: &str) -> Result<(), ApiError> {
    let workspace = &call.caller.workspace;
    let mut tx = call.app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let connector = existing(&mut tx, call, name).await?;
    let used = project_secrets::count_of_connector(&mut tx, workspace, &connector.id).await?;
    if used > 0 {
        let detail = format!("`{}` serves {used} patterns of projects", connector.name);
        return Err(ApiError::new(IN_USE, detail).hint("`promptsync secret list` shows those of a project"));
    }
    connectors::delete(&mut tx, workspace, &connector.id).await?;
    let deed = Deed { before: Some(state(&connector)), ..deed("connector.remove", &connector) };
    call.change.commit(&call.app, tx, deed, Kept::Answer(204, &())).await?;
    call.app.secrets.forget(&connector.id);
    Ok(())
}

/// Says whether a connector can be used.
pub(crate) async fn test(call: &Call, name: &str) -> Result<ConnectorTest, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let connector = existing(&mut tx, call, name).await?;
    let backend = call.app.secrets.backend(&call.app, &mut tx, &connector).await;
    drop(tx);
    let backend = backend.map_err(|not| refused(not, connector.kind))?;
    let problem = backend.test().await.err().map(|error| error.to_string());
    Ok(ConnectorTest { name: connector.name, works: problem.is_none(), problem })
}

/// The connector of that name.
pub(crate) async fn existing(
    tx: &mut promptsync_store::ReadTx,
    call: &Call,
    name: &str,
) -> Result<connectors::Connector, ApiError> {
    let found = match ConnectorName::parse(name) {
        Ok(name) => connectors::by_name(tx, &call.caller.workspace, &name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| ApiError::new(CONNECTOR_NOT_FOUND, "no such connector"))
}

fn check_form(kind: ConnectorKind, url: &str, credential: Option<&SecretValue>) -> Result<(), ApiError> {
    let wrong =
        |path: &str, message: String| Err(ApiError::of(Problem::new(INVALID.code, message).at_path(path)));
    if kind == ConnectorKind::Vault && url.is_empty() {
        return wrong("url", "a Vault needs a URL".to_owned());
    }
    if !(kind.is_remote() || url.is_empty() && credential.is_none()) {
        return wrong(
            "url",
            format!("a connector of the kind `{}` has no URL and no credential", kind.as_str()),
        );
    }
    if url.contains('?') {
        return wrong("url", "the URL of a connector has no query".to_owned());
    }
    let fits = |text: &str| {
        !text.is_empty()
            && text.len() <= MAX_CREDENTIAL
            && text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n'))
    };
    if credential.is_some_and(|credential| !fits(credential.expose())) {
        return wrong(
            "credential",
            format!("a credential is text of at most {MAX_CREDENTIAL} printable characters"),
        );
    }
    Ok(())
}

/// A stored credential is for the place it was given for. Whoever may change a connector need not know it, and must not
/// learn it by sending it elsewhere.
fn refuse_redirection(
    known: &connectors::Connector,
    wanted: &connectors::Connector,
    given: bool,
) -> Result<(), ApiError> {
    if known.kind != wanted.kind {
        let detail = format!("`{}` is a connector of the kind `{}`", known.name, known.kind.as_str());
        return Err(ApiError::new(NAME_EXISTS, detail).hint("remove it first, or choose another name"));
    }
    let leads_elsewhere = known.url.trim_end_matches('/') != wanted.url.trim_end_matches('/')
        || BINDING.iter().any(|name| known.settings.get(*name) != wanted.settings.get(*name));
    if known.has_credential && leads_elsewhere && !given {
        let detail = format!("`{}` would lead to another place: give its credential again", known.name);
        return Err(ApiError::new(REENTER_SECRET, detail)
            .hint("the stored credential is never sent to a URL it was not given for"));
    }
    Ok(())
}

fn refused(not: NotBuilt, kind: ConnectorKind) -> ApiError {
    match not {
        NotBuilt::Store(error) => error.into(),
        NotBuilt::NotAllowed => {
            let detail = format!("connectors of the kind `{}` are not allowed here", kind.as_str());
            ApiError::new(BACKEND_NOT_ALLOWED, detail)
                .hint("the server's operator allows kinds in `secret_backends`")
        }
        NotBuilt::Settings(name) => {
            let path = if name == "credential" { name.to_owned() } else { format!("settings.{name}") };
            let message = match name {
                "credential" => "a credential is missing, or has not the form of this kind".to_owned(),
                "settings" => format!("the settings do not fit the kind `{}`", kind.as_str()),
                name => format!("the setting `{name}` is not allowed to be this"),
            };
            let problem = Problem::new(INVALID.code, message);
            ApiError::of(problem.at_path(if name == "settings" { name.to_owned() } else { path }))
        }
    }
}

fn deed(action: &'static str, connector: &connectors::Connector) -> Deed {
    let details = [("kind", json!(connector.kind)), ("url", json!(connector.url))];
    Deed {
        action,
        target: format!("connector:{}", connector.name),
        details: Map::from_iter(details.map(|(name, value)| (name.to_owned(), value))),
        ..Deed::default()
    }
}

/// The digest of what a connector says, its credential left out.
fn state(connector: &connectors::Connector) -> Digest {
    let facts = json!({"kind": connector.kind, "url": connector.url, "settings": connector.settings});
    Digest::of(facts.to_string().as_bytes())
}

fn view(connector: connectors::Connector) -> Connector {
    Connector {
        name: connector.name,
        kind: connector.kind,
        url: Some(connector.url).filter(|url| !url.is_empty()),
        settings: connector.settings,
        credential: connector.has_credential.then(|| MASK.to_owned()),
        created_at: connector.created_at,
        updated_at: connector.updated_at,
    }
}
