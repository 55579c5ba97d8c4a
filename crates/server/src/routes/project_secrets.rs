//! Which secrets a project's prompts may ask for.

use promptsync_api::{
    connectors::{AllowSecret, AllowedSecret},
    page::Page,
};

use crate::{
    app::project_secrets,
    endpoint::InProject,
    http::{
        error::ApiError,
        query::{Parameter, Parameters, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Json, Nothing, Query},
};

/// `?pattern=`: a pattern holds signs that a path cannot.
pub(crate) struct Which(String);

impl FromQuery for Which {
    const PARAMETERS: &'static [Parameter] = &[one("pattern", "The pattern, as it was allowed.")];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self(parameters.get("pattern").unwrap_or_default().to_owned()))
    }
}

/// Lists what the project may use.
pub(crate) async fn list(call: InProject, _: Nothing) -> Answer<Page<AllowedSecret>> {
    project_secrets::list(&call).await.map(Reply::ok)
}

/// Allows a pattern.
pub(crate) async fn allow(call: InProject, Json(request): Json<AllowSecret>) -> Answer<AllowedSecret> {
    project_secrets::allow(&call, request).await.map(Reply::ok)
}

/// Allows a pattern no more.
pub(crate) async fn remove(call: InProject, Query(Which(pattern)): Query<Which>) -> Answer<()> {
    project_secrets::remove(&call, &pattern).await?;
    Ok(Reply::nothing())
}
