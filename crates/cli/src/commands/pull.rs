//! `pull`: writes the prompts of an alias or release into a folder, in the form they were written in.

use std::{collections::BTreeMap, fs, path::Path};

use promptsync_api::prompts::ResolvedPrompt;
use promptsync_core::{
    documents::digest,
    files::{self, Format, Origin, PromptDraft},
};
use serde::Serialize;

use super::lock::manifest;
use crate::{
    Context,
    args::Pull,
    error::{CliError, Kind, Result},
    folder,
    local::Local,
    printer::count,
    registry::{Registry, label},
    trust,
};

#[derive(Debug, Default, Serialize)]
struct Done {
    source: String,
    written: Vec<String>,
    unchanged: Vec<String>,
}

pub(super) fn run(args: &Pull, context: &Context) -> Result {
    let project = context.settings.project()?;
    let folder = context.settings.prompts(&args.folder);
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let (source, manifest) = manifest(args.alias.as_deref(), args.version.as_deref(), &project, &registry)?;
    let wanted = manifest.into_iter().map(|(name, version)| (name, version.to_string()));
    let mut pulled = Vec::new();
    let found = registry.read_all(&project, wanted)?;
    trust::check(&found, &registry, context)?;
    for prompt in found.into_values() {
        let facts = registry.wait(registry.client.version(
            project.as_str(),
            prompt.name.as_str(),
            &prompt.version.to_string(),
        ))?;
        pulled.push(draft(prompt, facts.origin)?);
    }
    let here = if folder.is_dir() {
        Local::read(&folder).map(Some).or_else(|error| if args.force { Ok(None) } else { Err(error) })?
    } else {
        None
    };
    let mut done = Done { source, ..Done::default() };
    let mut differing = Vec::new();
    let mut texts = Vec::new();
    for draft in &pulled {
        let path = &draft.origin.path;
        let target = folder::target(&folder, path)?;
        let mine = here.as_ref().and_then(|local| local.drafts.get(&draft.name));
        match mine {
            Some(mine) if digest(&mine.document) == digest(&draft.document) => {
                done.unchanged.push(mine.origin.path.clone());
            }
            // Beside another file of the same prompt a second one would make the folder unusable.
            Some(mine) if mine.origin.path != *path => differing.push(mine.origin.path.clone()),
            _ if target.exists() && !args.force => differing.push(path.clone()),
            _ => {
                done.written.push(path.clone());
                texts.push((target, files::print(draft, draft.origin.format)));
            }
        }
    }
    if !differing.is_empty() {
        differing.dedup();
        let message = format!(
            "{} from what would be written; nothing was written",
            count(differing.len(), "file differs", "files differ")
        );
        return Err(CliError::new(Kind::Check, "exists", message).hint(format!(
            "{}: look at `promptsync diff`, or pass --force to overwrite",
            differing.join(", ")
        )));
    }
    for (path, text) in &texts {
        write(path, text)?;
    }
    if context.printer.json {
        return context.printer.json(&done);
    }
    for path in &done.written {
        context.printer.line(folder.join(path).display().to_string())?;
    }
    context.printer.note(format!(
        "{} written from {}, {} unchanged",
        count(done.written.len(), "file", "files"),
        done.source,
        done.unchanged.len()
    ));
    Ok(())
}

/// A prompt as a file of its own, also when it came from a list of several.
fn draft(prompt: ResolvedPrompt, origin: Option<Origin>) -> Result<PromptDraft> {
    let name = prompt.name.clone();
    let label = label(&prompt);
    let document = prompt.document.ok_or_else(|| {
        CliError::new(
            Kind::Server,
            "unreadable",
            format!("the server did not send the whole document of {label}"),
        )
    })?;
    if digest(&document) != prompt.digest {
        let message = format!("the content of {label} is not what its digest promises; nothing was written");
        return Err(CliError::new(Kind::Server, "digest_mismatch", message));
    }
    let format = match origin.as_ref().map(|origin| origin.format) {
        Some(Format::YamlList) | None => Format::Yaml,
        Some(Format::JsonList) => Format::Json,
        Some(format) => format,
    };
    let ending = match format {
        Format::Text => "txt",
        Format::Markdown => "md",
        Format::Json | Format::JsonList => "json",
        Format::Yaml | Format::YamlList => "yaml",
    };
    let own = origin.map(|origin| origin.path).filter(|path| {
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.rsplit_once('.').map(|(stem, _)| stem);
        stem == Some(name.as_str()) && files::is_prompt_file(path)
    });
    let module = prompt.module.as_str();
    let path = own.unwrap_or_else(|| match module {
        "" => format!("{name}.{ending}"),
        _ => format!("{module}/{name}.{ending}"),
    });
    Ok(PromptDraft {
        name: prompt.name,
        module: prompt.module,
        version: None,
        git_commit: None,
        changelog: None,
        status: None,
        document,
        origin: Origin { path, format },
        places: BTreeMap::new(),
        warnings: Vec::new(),
    })
}

fn write(path: &Path, text: &str) -> Result {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| CliError::file("create", parent, &error))?;
    }
    fs::write(path, text).map_err(|error| CliError::file("write", path, &error))
}
