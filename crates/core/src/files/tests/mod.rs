//! Files in every shape, good and bad.

mod json;
mod places;
mod refusals;
mod round_trip;
mod shapes;

use super::{PromptDraft, SourceFile, parse};
use crate::{limits::Limits, problem::Problem};

fn read_all(path: &str, text: &str) -> Result<Vec<PromptDraft>, Vec<Problem>> {
    parse(SourceFile { path, bytes: text.as_bytes() }, &Limits::default())
}

/// The one prompt of a file that must be good.
fn read(path: &str, text: &str) -> PromptDraft {
    let mut drafts = read_all(path, text).unwrap_or_else(|problems| panic!("{path}\n{text}\n{problems:#?}"));
    assert_eq!(drafts.len(), 1, "{text}");
    drafts.remove(0)
}
