//! `list`: the project's prompts.

use promptsync_api::prompts::PromptSummary;

use crate::{Context, args::List, error::Result, printer::Table, registry::Registry};

pub(super) fn run(args: &List, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let mut prompts = registry.wait(registry.client.prompts(project.as_str()))?;
    if let Some(module) = &args.module {
        let inside = format!("{}/", module.trim_end_matches('/'));
        prompts.retain(|prompt| format!("{}/", prompt.module).starts_with(&inside));
    }
    show(&prompts, context)
}

pub(super) fn show(prompts: &[PromptSummary], context: &Context) -> Result {
    if context.printer.json {
        return context.printer.json(&prompts);
    }
    let mut table = Table::new(&["PROMPT", "LATEST", "ALIASES", "MODULE", "DESCRIPTION"]);
    for prompt in prompts {
        let aliases: Vec<String> =
            prompt.aliases.iter().map(|(alias, version)| format!("{alias}={version}")).collect();
        table.row([
            prompt.name.to_string(),
            prompt.latest.to_string(),
            or_dash(aliases.join(",")),
            or_dash(prompt.module.to_string()),
            or_dash(prompt.description.clone().unwrap_or_default()),
        ]);
    }
    context.printer.table(&table)
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}
