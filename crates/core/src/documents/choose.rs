//! Which body of a document a caller gets: a model's own, the best variant, or the base.

use std::collections::BTreeMap;

use super::{Body, Document};

/// The body chosen for a caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<'a> {
    /// The body to render.
    pub body: &'a Body,
    /// The variant it came from, as an index into [`Document::variants`].
    pub variant: Option<usize>,
    /// The model override it came from.
    pub model: Option<&'a str>,
}

/// Why no body can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// Two variants match the caller's tags equally well.
    #[error("variants {first} and {second} both match these tags and neither is more specific")]
    Ambiguous {
        /// Index of one variant.
        first: usize,
        /// Index of the other.
        second: usize,
    },
}

/// Chooses a body: the override of `model` if there is one, else the most specific variant whose tags all match,
/// else the document's own body.
///
/// A variant with more tags is more specific. Ties are refused at publish (see [`ambiguous`]), and here.
pub fn choose<'a>(
    document: &'a Document,
    tags: &BTreeMap<String, String>,
    model: Option<&str>,
) -> Result<Choice<'a>, ChooseError> {
    if let Some((id, body)) = model.and_then(|wanted| document.models.get_key_value(wanted)) {
        return Ok(Choice { body, variant: None, model: Some(id) });
    }
    let mut best: Option<usize> = None;
    let mut tie = None;
    for (index, variant) in document.variants.iter().enumerate() {
        if !variant.tags.iter().all(|(key, value)| tags.get(key) == Some(value)) {
            continue;
        }
        match best.map(|b| variant.tags.len().cmp(&document.variants[b].tags.len())) {
            None | Some(std::cmp::Ordering::Greater) => (best, tie) = (Some(index), None),
            Some(std::cmp::Ordering::Equal) => tie = best.map(|first| (first, index)),
            Some(std::cmp::Ordering::Less) => {}
        }
    }
    match (best, tie) {
        (_, Some((first, second))) => Err(ChooseError::Ambiguous { first, second }),
        (Some(index), None) => {
            Ok(Choice { body: &document.variants[index].body, variant: Some(index), model: None })
        }
        (None, None) => Ok(Choice { body: &document.body, variant: None, model: None }),
    }
}
