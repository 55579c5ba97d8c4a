//! Looking up the secrets that a render asks for: what the project may use, through its connectors.
//!
//! It fails closed. A reference that no pattern allows is refused by name; a backend that does not answer fails this
//! render and no other; nothing is ever rendered with a value left out.

mod backends;

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::join_all;
use promptsync_api::error::{SECRET_NOT_ALLOWED, SECRET_UNAVAILABLE};
use promptsync_core::{
    access_records::OK,
    ids::ConnectorId,
    secrets::{SecretRef, SecretValue, Secrets, allowed_by},
};
use promptsync_secrets::{Backend, CacheKey, ReadError};
use promptsync_store::{connectors, project_secrets};

pub(crate) use backends::{Backends, NotBuilt};

use super::access_records::Record;
use crate::{endpoint::InProject, http::error::ApiError};

/// A reference and where it is read.
struct Wanted<'a> {
    reference: &'a SecretRef,
    backend: Arc<Backend>,
    key: CacheKey,
}

/// The values of these references, which the project must be allowed to use.
pub(crate) async fn look_up(call: &InProject, references: &[SecretRef]) -> Result<Secrets, ApiError> {
    if !call.app.access.is_writable() {
        let detail = "that a secret is read cannot be recorded now, so none is read";
        return Err(ApiError::new(SECRET_UNAVAILABLE, detail).retry_after(30));
    }
    let found = places(call, references).await?;
    let reads = found.iter().map(|wanted| read(call, wanted));
    let whole = tokio::time::timeout(call.app.config.secrets.timeout, join_all(reads)).await;
    let outcomes = whole.unwrap_or_else(|_| found.iter().map(|_| Err(ReadError::TooSlow)).collect());
    let mut values = BTreeMap::new();
    let mut failed = None;
    for (wanted, outcome) in found.iter().zip(outcomes) {
        note(call, wanted.reference, outcome.as_ref().err().map(|_| ReadError::CODE));
        match outcome {
            Ok(value) => {
                values.insert(wanted.reference.clone(), value);
            }
            Err(error) => {
                failed.get_or_insert_with(|| unavailable(wanted.reference, &error));
            }
        }
    }
    failed.map_or_else(|| Ok(Secrets::resolved(values)), Err)
}

/// Where each reference is read. The transaction is over before anything is read.
async fn places<'a>(call: &InProject, references: &'a [SecretRef]) -> Result<Vec<Wanted<'a>>, ApiError> {
    let workspace = &call.caller.workspace;
    let mut tx = call.app.db.begin_read(workspace).await?;
    let allowed = project_secrets::list(&mut tx, workspace, &call.project.id).await?;
    let mut open: BTreeMap<ConnectorId, (Arc<Backend>, String)> = BTreeMap::new();
    let mut found = Vec::with_capacity(references.len());
    for reference in references {
        let Some(row) = allowed_by(reference, &allowed, |row| &row.pattern) else {
            note(call, reference, Some(SECRET_NOT_ALLOWED.code));
            let detail = format!("the project `{}` may not use the secret `{reference}`", call.project.name);
            let hint = format!(
                "an admin of the workspace allows it: `promptsync secret allow {reference} --connector NAME`"
            );
            return Err(ApiError::new(SECRET_NOT_ALLOWED, detail).hint(hint));
        };
        if !open.contains_key(&row.connector) {
            let connector = connectors::by_name(&mut tx, workspace, &row.connector_name).await?;
            let connector = connector.ok_or_else(|| ApiError::internal("a pattern has no connector"))?;
            let backend = call.app.secrets.backend(&call.app, &mut tx, &connector).await;
            let backend = backend.map_err(|not| match not {
                NotBuilt::Store(error) => error.into(),
                NotBuilt::NotAllowed => {
                    let detail = format!("the connector `{}` of the secret `{reference}` is of a kind that the server's operator does not allow", connector.name);
                    ApiError::new(SECRET_UNAVAILABLE, detail)
                }
                NotBuilt::Settings(setting) => {
                    ApiError::internal(format!("a connector has a wrong setting: {setting}"))
                }
            })?;
            let revision = format!("{}@{}", connector.id, connector.updated_at.timestamp_micros());
            open.insert(row.connector.clone(), (backend, revision));
        }
        let Some((backend, revision)) = open.get(&row.connector) else { continue };
        let key = CacheKey {
            workspace: workspace.to_string(),
            connector: revision.clone(),
            path: reference.path().to_owned(),
        };
        found.push(Wanted { reference, backend: Arc::clone(backend), key });
    }
    Ok(found)
}

async fn read(call: &InProject, wanted: &Wanted<'_>) -> Result<SecretValue, ReadError> {
    let fields = if wanted.backend.is_remote() {
        call.app.secrets.cache.get(&wanted.key, || wanted.backend.read(wanted.reference)).await?
    } else {
        wanted.backend.read(wanted.reference).await?
    };
    fields.pick(wanted.reference.key())
}

/// The answer to a render whose secret cannot be read. The reference is named, never what was read.
fn unavailable(reference: &SecretRef, error: &ReadError) -> ApiError {
    ApiError::new(SECRET_UNAVAILABLE, format!("the secret `{reference}` cannot be read: {error}"))
        .hint("`promptsync connector test NAME` says whether its connector works")
}

/// Notes who asked for a secret, and how that ended.
fn note(call: &InProject, reference: &SecretRef, failure: Option<&'static str>) {
    call.app.access.note(Record {
        workspace: Some(call.caller.workspace.clone()),
        actor: Some(call.caller.actor()),
        action: "secret.read",
        project: Some(call.project.name.to_string()),
        target: format!("secret:{reference}"),
        outcome: failure.unwrap_or(OK),
        address: call.peer,
        request_id: Some(call.change.request_id.clone()),
    });
}
