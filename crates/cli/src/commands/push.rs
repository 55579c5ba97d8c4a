//! `push`: publishes a folder, all of it or nothing.

use std::path::Path;

use promptsync_api::{
    projects::CreateProject,
    push::{Push as Body, PushResult, PushedFile},
};

use promptsync_core::versions::Bump;

use crate::{
    Context,
    args::Push,
    error::{CliError, Kind, Result},
    git::{self, Repository},
    local::Local,
    printer::clean_line,
    registry::Registry,
};

pub(super) fn run(args: &Push, context: &Context) -> Result {
    let Context { settings, printer } = context;
    let folder = settings.prompts(&args.folder);
    let local = Local::read(&folder).map_err(nothing_sent)?;
    if local.drafts.is_empty() {
        return Err(CliError::not_found("no_prompts", format!("{} holds no prompt files", folder.display()))
            .hint("prompt files end in .txt, .md, .yaml, .yml or .json; name their folder with --path"));
    }
    // The server reads the same files and gives the same advice, so only problems matter here.
    local.check().map_err(nothing_sent)?;
    let project = settings.project()?;
    let body = Body {
        files: local.files.iter().map(sent).collect(),
        alias: args.alias.clone(),
        version: args.version.clone(),
        changelog: args.message.clone(),
        git_commit: commit(&args.git_commit, &folder, context)?,
        allow_breaking: args.allow_breaking,
        dry_run: args.dry_run,
    };
    let registry = Registry::connect(settings, printer)?;
    printer.detail(format!("Sending {} prompts to {}.", local.drafts.len(), registry.client.url()));
    let mut result = registry.wait(registry.client.push(project.as_str(), &body));
    if !args.dry_run && result.as_ref().is_err_and(|error| error.code == "project_not_found") {
        let new = CreateProject { name: project.to_string(), description: String::new() };
        registry.wait(registry.client.create_project(&new))?;
        printer.note(format!("Created the project {project}."));
        result = registry.wait(registry.client.push(project.as_str(), &body));
    }
    let result = result.map_err(|error| {
        let problems = error.problems.iter().map(|located| local.locate(located.problem.clone())).collect();
        error.problems(problems)
    })?;
    if printer.json {
        return printer.json(&result);
    }
    show(&result, context)
}

/// Says that the registry is as it was.
fn nothing_sent(mut error: CliError) -> CliError {
    if error.kind == Kind::Check {
        error.message = format!("{}; nothing was sent", error.message);
    }
    error
}

fn sent(file: &crate::folder::PromptFile) -> PushedFile {
    // Files that are not UTF-8 were refused before this.
    PushedFile { path: file.path.clone(), content: String::from_utf8_lossy(&file.bytes).into_owned() }
}

/// The commit to note with the versions.
fn commit(wanted: &str, folder: &Path, context: &Context) -> Result<Option<String>> {
    match wanted {
        "none" => Ok(None),
        "auto" => Ok(Repository::find(&context.settings.folder)
            .ok()
            .and_then(|repository| repository.head_if_clean(folder))
            .map(|commit| commit.as_str().to_owned())),
        name => {
            git::check(name)?;
            let commit = Repository::find(&context.settings.folder)?.commit(name)?;
            Ok(Some(commit.as_str().to_owned()))
        }
    }
}

fn show(result: &PushResult, context: &Context) -> Result {
    let printer = &context.printer;
    printer.warnings(&result.warnings);
    for prompt in &result.prompts {
        let name = clean_line(prompt.name.as_str());
        let line = match &prompt.previous {
            _ if !prompt.created => format!("  {name} {} unchanged", prompt.version),
            None => format!("+ {name} {} new", prompt.version),
            Some(previous) if prompt.bump == Bump::None => {
                format!("~ {name} {previous} → {} same content", prompt.version)
            }
            Some(previous) => {
                format!("~ {name} {previous} → {} {}", prompt.version, prompt.bump.as_str())
            }
        };
        if prompt.created || printer.verbose || result.prompts.len() <= 20 {
            printer.line(line)?;
        }
        if prompt.created && prompt.previous.is_some() {
            for reason in &prompt.reasons {
                printer.line(format!("    {}: {}", reason.bump.as_str(), clean_line(&reason.message)))?;
            }
        }
    }
    let created = result.prompts.iter().filter(|prompt| prompt.created).count();
    let unchanged = result.prompts.len() - created;
    let verb = if result.dry_run { "would be published" } else { "published" };
    printer.note(format!("{created} {verb}, {unchanged} unchanged"));
    if let Some(release) = &result.release {
        let state = match (result.release_created, result.dry_run) {
            (true, true) => " (would be new)",
            (true, false) => " (new)",
            (false, _) => "",
        };
        printer.line(format!("release {release}{state}"))?;
    }
    if let Some(alias) = &result.alias {
        let verb = if result.dry_run { "would stand" } else { "stands" };
        let release = result.release.as_ref().map_or_else(String::new, |release| format!(" on {release}"));
        let new = if alias.created { " (new)" } else { "" };
        printer.line(format!("alias {} {verb}{release}{new}", clean_line(&alias.name)))?;
    }
    Ok(())
}
