//! `config show`: every setting and where it comes from.

use serde::Serialize;

use crate::{
    Context,
    args::{ConfigCommand, ConfigShow},
    error::Result,
    printer::Table,
    settings::{Setting, Settings},
};

/// One setting as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    name: &'static str,
    value: Option<String>,
    origin: Option<String>,
}

pub(super) fn run(command: &ConfigCommand, context: &Context) -> Result {
    let ConfigCommand::Show(asked) = command;
    let shown = shown(asked, context)?;
    if context.printer.json {
        return context.printer.json(&shown);
    }
    let mut table =
        Table::new(if asked.origin { &["SETTING", "VALUE", "ORIGIN"] } else { &["SETTING", "VALUE"] });
    for Shown { name, value, origin: from } in &shown {
        let mut cells = vec![*name, value.as_deref().unwrap_or("-")];
        if asked.origin {
            cells.push(from.as_deref().unwrap_or("-"));
        }
        table.row(cells);
    }
    context.printer.table(&table)
}

#[cfg(feature = "serve")]
fn shown(asked: &ConfigShow, context: &Context) -> Result<Vec<Shown>> {
    if !asked.server {
        return settings(&context.settings);
    }
    let of_server = super::serve::settings()?.into_iter().map(|(name, value)| Shown {
        name,
        origin: Some(value.origin.to_string()),
        value: Some(value.shown).filter(|value| !value.is_empty()),
    });
    Ok(of_server.collect())
}

#[cfg(not(feature = "serve"))]
fn shown(_: &ConfigShow, context: &Context) -> Result<Vec<Shown>> {
    settings(&context.settings)
}

fn settings(settings: &Settings) -> Result<Vec<Shown>> {
    let shown = |name, setting: Option<Setting<String>>| Shown {
        name,
        origin: setting.as_ref().map(|setting| setting.source.to_string()),
        value: setting.map(|setting| setting.value),
    };
    let path = &settings.path;
    let path = Setting { value: path.value.display().to_string(), source: path.source.clone() };
    let key = settings.api_key()?.map(|key| Setting { value: masked(&key.value), source: key.source });
    let pinned = settings.public_key.clone();
    let pinned = pinned.map(|key| Setting { value: key.value.to_string(), source: key.source });
    let mut all = vec![
        shown("project", settings.find_project()),
        shown("url", Some(settings.url.clone())),
        shown("path", Some(path)),
        shown("api_key", key),
    ];
    // Only who pins the workspace's key has anything to see here.
    all.extend(pinned.map(|pinned| shown("public_key", Some(pinned))));
    Ok(all)
}

/// A key so that its owner recognises it and nobody else can use it.
fn masked(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    if letters.len() < 20 {
        return "…".to_owned();
    }
    let head: String = letters[..7].iter().collect();
    let tail: String = letters[letters.len() - 4..].iter().collect();
    format!("{head}…{tail}")
}
