//! Rendering on the server.

use promptsync_api::render::{Output, RenderPrompt, RenderedPrompt};
use promptsync_core::{
    documents::choose,
    problem::Problem,
    render::{RenderRequest, Rendered},
};

use super::{App, compiled, resolve};
use crate::{endpoint::InProject, http::error::ApiError};

/// Fills a version with the caller's values.
pub(crate) async fn render(
    call: &InProject,
    name: &str,
    reference: &str,
    request: RenderPrompt,
) -> Result<RenderedPrompt, ApiError> {
    let found = resolve::find(call, name, reference).await?;
    let (number, digest) = (found.version.number.clone(), found.version.digest.clone());
    let (name, alias) = (found.prompt.name.clone(), found.alias.clone());
    let variant = choose(&found.document, &request.tags, request.model.as_deref())
        .map_err(|refused| ApiError::of(Problem::new("ambiguous_variant", refused.to_string())))?
        .variant
        .map(|index| found.document.variants[index].tags.clone());
    let compiled = compiled::of_version(call, found).await?;
    let limits = call.app.limits.clone();
    let request = RenderRequest { variables: request.variables, tags: request.tags, model: request.model };
    let rendered = App::blocking(move || compiled.render(&request, &limits)).await?;
    let output = match rendered.map_err(|failed| ApiError::of(Problem::from(&failed)))? {
        Rendered::Text(text) => Output::Text(text),
        Rendered::Messages(messages) => Output::Messages(messages),
    };
    Ok(RenderedPrompt { name, version: number, alias, digest, variant, output })
}
