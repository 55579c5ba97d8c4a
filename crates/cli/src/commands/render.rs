//! `render`: fills a prompt with values, on this machine, wherever the prompt comes from.

use promptsync_core::{
    limits::Limits,
    problem::Problem,
    render::{RenderError, RenderRequest, Rendered},
};
use serde::Serialize;

use super::get::{self, Found};
use crate::{
    Context,
    args::Render,
    error::{CliError, Kind, Result},
    values,
};

#[derive(Debug, Serialize)]
struct Shown<'a> {
    prompt: &'a str,
    version: Option<String>,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<&'a [promptsync_core::render::RenderedMessage]>,
}

pub(super) fn run(args: &Render, context: &Context) -> Result {
    let found = get::find(&args.prompt, &args.chosen, &args.folder, context)?;
    let variables = values::read(&args.var_files, &args.vars, &found.compiled.interface)?;
    let request = RenderRequest {
        variables,
        tags: args.chosen.tags.iter().cloned().collect(),
        model: args.chosen.model.clone(),
    };
    let rendered = found
        .compiled
        .templates
        .render(&request, &Limits::default())
        .map_err(|error| refused(&found, &error))?;
    if !context.printer.json {
        return context.printer.rendered(&rendered);
    }
    let (text, messages) = match &rendered {
        Rendered::Text(text) => (Some(text.as_str()), None),
        Rendered::Messages(messages) => (None, Some(messages.as_slice())),
    };
    context.printer.json(&Shown {
        prompt: &found.name,
        version: found.version.as_ref().map(ToString::to_string),
        digest: promptsync_core::documents::digest(found.compiled.templates.document()).to_string(),
        text,
        messages,
    })
}

fn refused(found: &Found, error: &RenderError) -> CliError {
    let mut problem = Problem::from(error);
    // The place that needs a value says more than the place that declares it.
    if let RenderError::Missing { used_at: Some((path, line)), .. } = error {
        problem.message = error.to_string();
        (problem.path, problem.line) = (Some(path.clone()), Some(*line));
    }
    let code = problem.code.clone();
    let error = CliError::new(Kind::Check, code, format!("{} was not rendered", found.compiled.label));
    error.problems(vec![found.locate(problem)])
}
