//! `init`: finds the prompts of a folder and writes promptsync.toml.

use std::{
    fs,
    io::Write,
    path::{Component, Path, PathBuf},
};

use promptsync_core::{files, limits::Limits, names::ProjectName};
use serde::Serialize;

use crate::{
    Context,
    args::Init,
    error::{CliError, Result},
    folder,
    printer::{ask, count},
    settings::{DEFAULT_URL, PROJECT_FILE},
};

/// Folders people keep prompts in.
const USUAL: [&str; 5] = ["prompts", "src/prompts", "app/prompts", "templates/prompts", "prompt_templates"];

#[derive(Debug, Serialize)]
struct Done {
    file: String,
    project: String,
    path: String,
    url: String,
    prompt_files: usize,
}

pub(super) fn run(args: &Init, context: &Context) -> Result {
    let Context { settings, printer } = context;
    let file = settings.folder.join(PROJECT_FILE);
    if file.exists() {
        return Err(CliError::usage("exists", format!("{PROJECT_FILE} exists already"))
            .hint("edit it, or remove it and run `promptsync init` again"));
    }
    let project = name(context)?;
    let path = args.folder.path.clone().unwrap_or_else(|| find(&settings.folder));
    let path: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    let found = if settings.folder.join(&path).is_dir() {
        folder::read(&path, &Limits::default())?.map_or(0, |files| files.len())
    } else {
        0
    };
    let url = if settings.has_server() { settings.url.value.clone() } else { DEFAULT_URL.to_owned() };
    let text = text(&project, &path, &url);

    printer.note(format!("project  {project}"));
    printer.note(format!("prompts  {} ({})", path.display(), count(found, "prompt file", "prompt files")));
    printer.note(format!("server   {url}"));
    if !args.yes && printer.can_ask && !ask(&format!("Write {PROJECT_FILE}?"))? {
        printer.note("Nothing was written.");
        return Ok(());
    }
    fs::File::create_new(&file)
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .map_err(|error| CliError::file("write", Path::new(PROJECT_FILE), &error))?;
    let done = Done {
        file: PROJECT_FILE.to_owned(),
        project: project.to_string(),
        path: path.display().to_string(),
        url,
        prompt_files: found,
    };
    if printer.json {
        return printer.json(&done);
    }
    printer.line(format!("Wrote {PROJECT_FILE}."))?;
    printer.note("\nNext:\n  promptsync validate\n  promptsync push --alias dev\n  promptsync list");
    Ok(())
}

/// The project's name: as given or found, else the folder's.
fn name(context: &Context) -> Result<ProjectName> {
    if context.settings.find_project().is_some() {
        return context.settings.project();
    }
    let folder = context.settings.folder.file_name().map(|name| name.to_string_lossy().into_owned());
    folder.and_then(|name| ProjectName::parse(&name).ok()).ok_or_else(|| {
        CliError::usage("project_required", "no name for the project can be found")
            .hint("pass --project NAME")
    })
}

/// The usual folder that holds prompt files; `prompts` when none does.
fn find(root: &Path) -> PathBuf {
    let holds_prompts = |folder: &&&str| {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .any(|path| path.is_dir() || files::is_prompt_file(&path.to_string_lossy()))
    };
    PathBuf::from(USUAL.iter().find(holds_prompts).unwrap_or(&USUAL[0]))
}

fn text(project: &ProjectName, path: &Path, url: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let server = if url == DEFAULT_URL { String::new() } else { format!("url = {}\n", quoted(url)) };
    format!(
        "# The project's settings for the promptsync command and the SDKs.\nproject = {}\npath = {}\n{server}",
        quoted(project.as_str()),
        quoted(&path.to_string_lossy())
    )
}
