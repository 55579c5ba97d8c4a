//! `watch`: asks for a prompt again and again, as an application with the SDK does, and says what it gets from where.

use std::time::{Duration, Instant};

use promptsync_client::{PromptSync, sdk};
use serde::Serialize;

use crate::{
    Context,
    args::Watch,
    error::{CliError, Kind, Result},
};

/// What is served: a line is printed whenever it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Served {
    version: Option<String>,
    source: Option<&'static str>,
    /// `current`, `stale`, or the code of the error.
    state: String,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    seconds: f64,
    #[serde(flatten)]
    served: &'a Served,
    asked: u64,
    failed: u64,
}

pub(super) fn run(args: &Watch, context: &Context) -> Result {
    let (name, alias) = args.prompt.split_once('@').unwrap_or((&args.prompt, "latest"));
    let sdk = start(args, alias, context)?;
    let began = Instant::now();
    let (mut asked, mut failed, mut last) = (0, 0, None);
    loop {
        let mut get = sdk.get(name, alias);
        if let Some(unit) = &args.unit {
            get = get.unit(unit);
        }
        let answer = get.fetch();
        asked += 1;
        failed += u64::from(answer.is_err());
        let served = served(&answer);
        let is_over = args.duration.is_some_and(|duration| began.elapsed() >= duration);
        if last.as_ref() != Some(&served) || is_over {
            say(&Line { seconds: began.elapsed().as_secs_f64(), served: &served, asked, failed }, context)?;
            last = Some(served);
        }
        if is_over {
            break;
        }
        std::thread::sleep(args.every);
    }
    sdk.close();
    if failed > 0 {
        let message = format!("{failed} of {asked} questions had no answer");
        return Err(CliError::new(Kind::Check, "not_served", message));
    }
    Ok(())
}

fn start(args: &Watch, alias: &str, context: &Context) -> Result<sdk::Blocking> {
    let settings = &context.settings;
    let mut builder = PromptSync::builder(settings.project()?.as_str())
        .url(&settings.url.value)
        .alias(alias)
        .service("promptsync watch");
    if let Some(key) = settings.api_key()? {
        builder = builder.key(key.value);
    }
    if let Some(folder) = &args.cache {
        builder = builder.cache(folder);
    }
    if let Some(file) = &args.bundle {
        builder = builder.bundle(file);
    }
    let refused = |error: sdk::SdkError| CliError::usage(error.code(), error.to_string());
    let sdk = builder.start_blocking().map_err(refused)?;
    // Without the server there may still be a cache or a bundle: what is missing shows with the first question.
    let _ = sdk.wait_ready(PATIENCE);
    Ok(sdk)
}

/// How long the first answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

fn served(answer: &std::result::Result<sdk::Prompt, sdk::SdkError>) -> Served {
    match answer {
        Ok(prompt) => Served {
            version: prompt.version().map(ToString::to_string),
            source: Some(prompt.source().as_str()),
            state: if prompt.is_stale() { "stale" } else { "current" }.to_owned(),
        },
        Err(error) => Served { version: None, source: None, state: error.code().to_owned() },
    }
}

fn say(line: &Line<'_>, context: &Context) -> Result {
    if context.printer.json {
        return context.printer.json(line);
    }
    let Line { seconds, served, asked, failed } = line;
    let version = served.version.as_deref().unwrap_or("-");
    let source = served.source.unwrap_or("-");
    context.printer.line(format!(
        "{seconds:8.1} s  {version:10} {source:8} {state:12} {asked} asked, {failed} failed",
        state = served.state
    ))
}
