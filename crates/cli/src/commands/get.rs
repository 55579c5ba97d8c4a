//! `get`: a prompt as it is stored, and the search for a prompt that `render` shares.

use std::path::Path;

use promptsync_api::prompts::ResolvedPrompt;
use promptsync_client::Wish;
use promptsync_core::{
    documents::{Body, Document, Message, choose},
    files,
    interface::Interface,
    names::PromptName,
    problem::Problem,
    references::PromptReference,
    versions::VersionNumber,
};
use serde::Serialize;

use crate::{
    Context,
    args::{Chosen, Folder, Get},
    error::{CliError, Kind, Located, Result},
    local::{self, Compiled, Local},
    lock,
    registry::{Registry, label},
    trust,
};

/// A prompt that was found, ready to use.
pub(super) struct Found {
    pub(super) name: String,
    /// Nothing for a file.
    pub(super) version: Option<VersionNumber>,
    pub(super) compiled: Compiled,
    /// Where it lies, when it comes from this machine.
    local: Option<Local>,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    prompt: &'a str,
    version: Option<String>,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<&'a [promptsync_core::documents::Message]>,
    interface: &'a Interface,
    metadata: &'a serde_json::Map<String, serde_json::Value>,
}

pub(super) fn run(args: &Get, context: &Context) -> Result {
    let found = find(&args.prompt, &args.chosen, &args.folder, context)?;
    let document = found.compiled.templates.document();
    let tags = args.chosen.tags.iter().cloned().collect();
    let chosen = choose(document, &tags, args.chosen.model.as_deref())
        .map_err(|error| CliError::new(Kind::Check, "ambiguous_variant", error.to_string()))?;
    if !context.printer.json {
        return context.printer.body(chosen.body);
    }
    let (text, messages) = match chosen.body {
        Body::Text(text) => (Some(text.as_str()), None),
        Body::Messages(messages) => (None, Some(messages.as_slice())),
    };
    context.printer.json(&Shown {
        prompt: &found.name,
        version: found.version.as_ref().map(ToString::to_string),
        digest: promptsync_core::documents::digest(document).to_string(),
        content: text,
        messages,
        interface: &found.compiled.interface,
        metadata: &document.metadata,
    })
}

/// Finds a prompt: a file that is named, a name in the folder that is named, else in the registry. Without a
/// registry, in the project's own folder.
pub(super) fn find(text: &str, chosen: &Chosen, folder: &Folder, context: &Context) -> Result<Found> {
    let settings = &context.settings;
    if chosen.locked {
        return locked(text, context);
    }
    if let Some(folder) = &folder.path {
        return in_folder(text, folder);
    }
    if files::is_prompt_file(text) && (Path::new(text).exists() || text.contains('/')) {
        return in_file(Path::new(text));
    }
    let own = &settings.path.value;
    if !text.contains('@') && !settings.has_server() && own.is_dir() {
        return in_folder(text, own);
    }
    let reference = parse(text)?;
    let wanted = reference.reference.map_or_else(|| "latest".to_owned(), |reference| reference.to_string());
    in_registry(&reference.prompt, &wanted, chosen.unit.as_deref(), context)
}

fn in_file(path: &Path) -> Result<Found> {
    let local = Local::one_file(path)?;
    let mut drafts = local.drafts.values();
    let (Some(draft), None) = (drafts.next(), drafts.next()) else {
        let names: Vec<_> = local.drafts.keys().map(ToString::to_string).collect();
        return Err(CliError::usage(
            "ambiguous",
            format!("{} holds {} prompts", path.display(), names.len()),
        )
        .hint(format!("name one with --path FOLDER: {}", names.join(", "))));
    };
    let name = draft.name.to_string();
    if draft.document.dependencies.is_empty() {
        return Ok(Found { compiled: local.compile(draft)?, name, version: None, local: Some(local) });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    in_folder(&name, folder)
}

fn in_folder(name: &str, folder: &Path) -> Result<Found> {
    let local = Local::read(folder)?;
    let draft = local.find(name)?;
    Ok(Found {
        name: draft.name.to_string(),
        compiled: local.compile(draft)?,
        version: None,
        local: Some(local),
    })
}

fn in_registry(name: &PromptName, reference: &str, unit: Option<&str>, context: &Context) -> Result<Found> {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let whole = Wish { document: true, unit: unit.map(str::to_owned), ..Wish::default() };
    let prompt =
        registry.wait(registry.client.resolve(project.as_str(), name.as_str(), reference, &whole))?;
    trust::check([(name, &prompt)], &registry, context)?;
    context.printer.detail(label(&prompt));
    say_drawn(&prompt, context);
    Ok(Found {
        name: prompt.name.to_string(),
        version: Some(prompt.version.clone()),
        compiled: registry.compile(prompt)?,
        local: None,
    })
}

/// Says that somebody else may get another version, where nobody was named.
pub(super) fn say_drawn(prompt: &ResolvedPrompt, context: &Context) {
    if let (Some(drawn), Some(alias)) = (prompt.split.as_ref().filter(|drawn| !drawn.sticky), &prompt.alias) {
        let (name, version, percent) = (&prompt.name, &prompt.version, drawn.percentage);
        context.printer.note(format!(
            "{alias} divides the traffic of {name}: {version} is what {percent}% get. Name who asks with --unit."
        ));
    }
}

/// The version the lock file pins; a file of this machine when it has that very content.
fn locked(text: &str, context: &Context) -> Result<Found> {
    let name = parse(text)?.prompt;
    let path = context.settings.lock_file();
    let lock = lock::read(&path)?;
    let pinned = lock.prompts.get(&name).ok_or_else(|| {
        CliError::not_found("prompt_not_found", format!("{} does not pin `{name}`", path.display()))
            .hint("run `promptsync lock` to pin every prompt")
    })?;
    if let Ok(mut found) = in_folder(name.as_str(), &context.settings.path.value)
        && promptsync_core::documents::digest(found.compiled.templates.document()) == pinned.digest
    {
        found.version = Some(pinned.version.clone());
        return Ok(found);
    }
    let found = in_registry(&name, &pinned.version.to_string(), None, context)?;
    let digest = promptsync_core::documents::digest(found.compiled.templates.document());
    if digest == pinned.digest {
        return Ok(found);
    }
    let message = format!("{name} {} is not the content that {} pins", pinned.version, path.display());
    Err(CliError::new(Kind::Check, "lock_mismatch", message).hint(format!(
        "pinned {}, found {}",
        pinned.digest.short(),
        digest.short()
    )))
}

fn parse(text: &str) -> Result<PromptReference> {
    PromptReference::parse(text).map_err(|error| {
        CliError::usage("reference", error.to_string())
            .hint("expected a prompt, `PROMPT@VERSION`, `PROMPT@ALIAS` or the path of a file")
    })
}

impl Found {
    /// Gives a problem its place: in the file when there is one, else in the template.
    pub(super) fn locate(&self, problem: Problem) -> Located {
        if let Some(local) = &self.local
            && let Ok(draft) = local.find(&self.name)
        {
            return local.locate(local::placed(draft, problem));
        }
        let path = problem.path.clone().unwrap_or_default();
        let source = template(self.compiled.templates.document(), &path).map(str::to_owned);
        Located { problem: problem.in_file(&format!("{} {path}", self.compiled.label)), source }
    }
}

/// The template at a path such as `content`, `messages[1].content` or `variants[0].messages[2].content`.
fn template<'a>(document: &'a Document, path: &str) -> Option<&'a str> {
    let index = |part: &str| part.split(']').next()?.parse::<usize>().ok();
    let (body, rest) = if let Some(rest) = path.strip_prefix("variants[") {
        (&document.variants.get(index(rest)?)?.body, rest.split_once("].")?.1)
    } else if let Some(rest) = path.strip_prefix("models.") {
        let (model, body) =
            document.models.iter().find(|(model, _)| rest.starts_with(&format!("{model}.")))?;
        (body, &rest[model.len() + 1..])
    } else {
        (&document.body, path)
    };
    match body {
        Body::Text(text) => Some(text),
        Body::Messages(messages) => match messages.get(index(rest.strip_prefix("messages[")?)?)? {
            Message::Said(said) => Some(&said.content),
            Message::Placeholder(_) => None,
        },
    }
}
