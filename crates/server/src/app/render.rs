//! Rendering on the server.

use std::sync::Arc;

use promptsync_api::render::{Output, RenderPrompt, RenderedPrompt, SecretsShown, SecretsWish};
use promptsync_core::{
    documents::choose,
    problem::Problem,
    render::{RenderError, RenderRequest, Rendered},
    secrets::Secrets,
};

use super::{App, compiled, resolve, secrets};
use crate::{endpoint::InProject, http::error::ApiError};

/// Fills a version with the caller's values. Secrets stay masks unless the caller, who may, asks for them.
pub(crate) async fn render(
    call: &InProject,
    name: &str,
    reference: &str,
    request: RenderPrompt,
) -> Result<RenderedPrompt, ApiError> {
    let unit = resolve::Unit::of(&call.app, request.unit.as_deref())?;
    let found = resolve::find(call, name, reference, Some(&unit)).await?;
    let split = found.drawn.clone();
    let (number, digest) = (found.version.number.clone(), found.version.digest.clone());
    let (name, alias) = (found.prompt.name.clone(), found.alias.clone());
    call.access.about("prompt.render", found.target());
    let variant = choose(&found.document, &request.tags, request.model.as_deref())
        .map_err(|refused| ApiError::of(Problem::new("ambiguous_variant", refused.to_string())))?
        .variant
        .map(|index| found.document.variants[index].tags.clone());
    let compiled = compiled::of_version(call, found).await?;
    let limits = call.app.limits.clone();
    let wish = request.secrets;
    let request = RenderRequest { variables: request.variables, tags: request.tags, model: request.model };
    let asked = compiled.secrets_of(&request).map_err(|error| refused(&[error]))?.to_vec();
    let (shown, values) = match wish {
        _ if asked.is_empty() => (None, Secrets::masked()),
        SecretsWish::Mask => (Some(SecretsShown::Masked), Secrets::masked()),
        SecretsWish::Resolve => {
            let (compiled, request, limits) = (Arc::clone(&compiled), request.clone(), limits.clone());
            // What is wrong with the values is said before a secret is touched.
            let wrong = App::blocking(move || compiled.check(&request, &limits)).await?;
            if !wrong.is_empty() {
                return Err(refused(&wrong));
            }
            (Some(SecretsShown::Resolved), secrets::look_up(call, &asked).await?)
        }
    };
    let rendered = App::blocking(move || {
        compiled.render_with(&request, &values, &limits).map_err(|first| {
            let all = compiled.check(&request, &limits);
            refused(if all.is_empty() { std::slice::from_ref(&first) } else { &all })
        })
    });
    let output = match rendered.await?? {
        Rendered::Text(text) => Output::Text(text),
        Rendered::Messages(messages) => Output::Messages(messages),
    };
    Ok(RenderedPrompt { name, version: number, alias, split, digest, variant, secrets: shown, output })
}

/// Every wrong value at once, under the code and the words of the first.
fn refused(errors: &[RenderError]) -> ApiError {
    let problems: Vec<Problem> = errors.iter().map(Problem::from).collect();
    let first = problems.first().cloned().unwrap_or_default();
    let error = ApiError::of(first);
    if problems.len() > 1 { error.problems(problems) } else { error }
}
