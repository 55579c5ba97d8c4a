//! `render`: fills a prompt with values, on this machine, wherever the prompt comes from.

use promptsync_api::render::{Output, RenderPrompt, SecretsWish};
use promptsync_core::{
    limits::Limits,
    problem::Problem,
    render::{RenderError, RenderRequest, Rendered},
    secrets::Secrets,
};
use serde::Serialize;

use super::get::{self, Found};
use crate::{
    Context,
    args::Render,
    error::{CliError, Kind, Result},
    registry::Registry,
    secrets, values,
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
    let (templates, limits) = (&found.compiled.templates, Limits::default());
    let asked = templates.secrets_of(&request).map_err(|error| refused(&found, &[error]))?;
    let wrong = templates.check(&request, &limits);
    let values = match (&context.settings.secrets, args.reveal_secrets && !asked.is_empty()) {
        (_, true) if !wrong.is_empty() => return Err(refused(&found, &wrong)),
        (Some(from), true) => secrets::look_up(from, &context.settings.variables.0, asked)?,
        (None, true) => return on_server(&found, request, context),
        (_, false) => Secrets::masked(),
    };
    let rendered = templates.render_with(&request, &values, &limits).map_err(|first| {
        refused(&found, if wrong.is_empty() { std::slice::from_ref(&first) } else { &wrong })
    })?;
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

/// Lets the server put secrets in: it knows where they are, and who may see them.
fn on_server(found: &Found, request: RenderRequest, context: &Context) -> Result {
    let Some(version) = &found.version else {
        let message = "this machine has no secrets: promptsync.toml names no backend under [secrets]";
        return Err(CliError::usage("secrets", message)
            .hint("for example `[secrets]` and `backend = \"environment\"`, or render a published version"));
    };
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let RenderRequest { variables, tags, model } = request;
    let wanted = RenderPrompt { variables, tags, model, unit: None, secrets: SecretsWish::Resolve };
    let reference = version.to_string();
    let rendered =
        registry.wait(registry.client.render(project.as_str(), &found.name, &reference, &wanted))?;
    if context.printer.json {
        return context.printer.json(&rendered);
    }
    context.printer.rendered(&match rendered.output {
        Output::Text(text) => Rendered::Text(text),
        Output::Messages(messages) => Rendered::Messages(messages),
    })
}

/// Every wrong value at once, each where the prompt needs it.
fn refused(found: &Found, errors: &[RenderError]) -> CliError {
    let problems: Vec<Problem> = errors.iter().map(needed).collect();
    let code = problems.first().map(|problem| problem.code.clone()).unwrap_or_default();
    let error = CliError::new(Kind::Check, code, format!("{} was not rendered", found.compiled.label));
    error.problems(problems.into_iter().map(|problem| found.locate(problem)).collect())
}

/// A failure in words. The place that needs a value says more than the place that declares it.
fn needed(error: &RenderError) -> Problem {
    let mut problem = Problem::from(error);
    if let RenderError::Missing { used_at: Some((path, line)), .. } = error {
        problem.message = error.to_string();
        (problem.path, problem.line) = (Some(path.clone()), Some(*line));
    }
    problem
}
