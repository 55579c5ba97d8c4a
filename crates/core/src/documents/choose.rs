//! Which body of a document a caller gets: a model's own, the best variant, or the base.

use std::collections::BTreeMap;

use super::{Body, Document, Variant};

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

/// Two variants between which some caller could not choose, if there are any; refused at publish.
///
/// Two variants tie when they have equally many tags, no tag with different values, and no other variant with more
/// tags takes every caller that matches both. So `{locale: en}` and `{tone: formal}` tie, unless there is
/// `{locale: en, tone: formal}`; and two variants with the same tags always tie.
pub fn ambiguous(document: &Document) -> Option<(usize, usize)> {
    let tags = |index: usize| &document.variants[index].tags;
    let count = document.variants.len();
    let pairs = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
    pairs.into_iter().find(|(first, second)| {
        let (first, second) = (tags(*first), tags(*second));
        let agree = |(key, value)| second.get(key).is_none_or(|other| other == value);
        if first.len() != second.len() || !first.iter().all(agree) {
            return false;
        }
        let settles = |variant: &Variant| {
            let mut wanted = variant.tags.iter();
            variant.tags.len() > first.len()
                && wanted.all(|(key, value)| first.get(key).or_else(|| second.get(key)) == Some(value))
        };
        !document.variants.iter().any(settles)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tags of each variant, and the two that tie.
    type Case<'a> = (&'a [&'a [(&'a str, &'a str)]], Option<(usize, usize)>);

    fn document(variants: &[&[(&str, &str)]]) -> Document {
        let variants = variants.iter().map(|tags| Variant {
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            body: Body::default(),
        });
        Document { variants: variants.collect(), ..Document::default() }
    }

    #[test]
    fn variants_that_some_caller_could_not_choose_between_are_found() {
        let (en, de) = (("locale", "en"), ("locale", "de"));
        let (formal, short) = (("tone", "formal"), ("size", "short"));
        let cases: &[Case<'_>] = &[
            (&[], None),
            (&[&[en], &[de]], None),
            (&[&[en], &[en]], Some((0, 1))),
            (&[&[], &[]], Some((0, 1))),
            (&[&[en], &[en, formal]], None),
            (&[&[en], &[formal]], Some((0, 1))),
            (&[&[en], &[formal], &[en, formal]], None),
            (&[&[en], &[formal], &[de, formal]], Some((0, 1))),
            (&[&[en, formal], &[de, formal]], None),
            (&[&[en, formal], &[en, short]], Some((0, 1))),
            (&[&[en, formal], &[en, short], &[en, formal, short]], None),
            (&[&[de], &[en, formal], &[en, formal]], Some((1, 2))),
        ];
        for (variants, expected) in cases {
            assert_eq!(ambiguous(&document(variants)), *expected, "{variants:?}");
        }
    }

    #[test]
    fn the_variant_with_more_tags_wins_and_a_model_goes_first() {
        let mut document = document(&[&[("locale", "en")], &[("locale", "en"), ("tone", "formal")]]);
        document.models.insert("m".into(), Body::Text("for m".into()));
        let tags =
            |tags: &[(&str, &str)]| tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let chosen =
            |wanted: &BTreeMap<String, String>, model| choose(&document, wanted, model).unwrap().variant;
        assert_eq!(chosen(&tags(&[("locale", "de")]), None), None);
        assert_eq!(chosen(&tags(&[("locale", "en"), ("x", "y")]), None), Some(0));
        assert_eq!(chosen(&tags(&[("locale", "en"), ("tone", "formal")]), Some("other")), Some(1));
        let choice = choose(&document, &tags(&[("locale", "en")]), Some("m")).unwrap();
        assert_eq!((choice.variant, choice.model), (None, Some("m")));
    }

    fn tag_set() -> impl Strategy<Value = BTreeMap<String, String>> {
        prop::collection::btree_map("[abcd]", "[xy]", 0..=4)
    }

    proptest! {
        #[test]
        fn a_document_is_ambiguous_exactly_when_some_caller_gets_a_tie(sets in prop::collection::vec(tag_set(), 0..6)) {
            let variants = sets.into_iter().map(|tags| Variant { tags, body: Body::default() }).collect();
            let document = Document { variants, ..Document::default() };
            // Every caller there can be: each of four tags absent or one of two values.
            let some_tie = (0..81_u32).any(|caller| {
                let tags = ["a", "b", "c", "d"].iter().zip([1, 3, 9, 27]).filter_map(|(key, place)| {
                    let value = ["", "x", "y"][(caller / place % 3) as usize];
                    (!value.is_empty()).then(|| ((*key).to_owned(), value.to_owned()))
                });
                choose(&document, &tags.collect(), None).is_err()
            });
            prop_assert_eq!(ambiguous(&document).is_some(), some_tie);
        }
    }
}
