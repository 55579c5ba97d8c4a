//! The SDK against servers that are good, bad, slow and gone.

mod attacks;
mod clocks;
mod cold;
mod deadlines;
mod files;
mod proxy;
mod reports;
mod splits;
mod streams;

use std::time::Duration;

use promptsync_client::sdk::{Prompt, Source};
use promptsync_core::render::Rendered;
use promptsync_testing::lying as double;
use serde_json::{Map, Value};

/// Longer than anything takes that works.
const LONG: Duration = Duration::from_secs(30);

/// What a prompt says for nobody in particular.
fn text(prompt: &Prompt) -> String {
    match prompt.render(&Map::<String, Value>::new()).expect("it needs no values") {
        Rendered::Text(text) => text,
        Rendered::Messages(messages) => panic!("{messages:?}"),
    }
}

/// What it says, and where it comes from.
fn said(prompt: &Prompt) -> (String, Source) {
    (text(prompt), prompt.source())
}
