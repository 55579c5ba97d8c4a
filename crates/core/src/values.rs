//! What a caller passes to a render, wherever the caller keeps it: as JSON, or as texts and lists of another language.

use std::{borrow::Cow, cmp::Ordering};

use minijinja::{Value as Engine, value::ValueKind};
use serde_json::{Map, Value as Json};

use crate::{documents::Document, fields};

/// Values that are looked through one after the other; among more a search pays.
const FEW: usize = 16;

/// A caller's values by name, and what a document says of those that are absent.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    passed: Passed<'a>,
    /// Defaults of variables that were not passed, or are null.
    defaults: Vec<(&'a str, &'a Json)>,
}

#[derive(Clone, Copy, Debug)]
enum Passed<'a> {
    Map(&'a Map<String, Json>),
    List(&'a Listed<'a>),
}

/// Values that are texts of the caller's, or were made for a render.
#[derive(Clone, Debug, Default)]
pub struct Listed<'a>(Vec<(&'a str, Item<'a>)>);

/// A text that stays where it is, or a value that was made.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A text.
    Text(&'a str),
    /// Anything else.
    Nested(Nested),
}

/// A value as a template gets it, with its size.
#[derive(Clone, Debug)]
pub struct Nested {
    pub(crate) value: Engine,
    bytes: usize,
    depth: usize,
}

/// One value, wherever it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given<'a> {
    Text(&'a str),
    Json(&'a Json),
    Nested(&'a Nested),
}

impl<'a> Listed<'a> {
    /// Values by name; each name stands there once.
    pub fn new(mut values: Vec<(&'a str, Item<'a>)>) -> Self {
        if values.len() > FEW {
            values.sort_unstable_by(|(a, _), (b, _)| by_length(a, b));
        }
        Self(values)
    }

    fn get(&self, name: &str) -> Option<&Item<'a>> {
        if self.0.len() <= FEW {
            return self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        }
        let index = self.0.binary_search_by(|(known, _)| by_length(known, name)).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }
}

/// Shorter names first: most comparisons then end at the length.
pub(crate) fn by_length(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl<'a> From<&'a Map<String, Json>> for Values<'a> {
    fn from(map: &'a Map<String, Json>) -> Self {
        Self { passed: Passed::Map(map), defaults: Vec::new() }
    }
}

impl<'a> From<&'a Listed<'a>> for Values<'a> {
    fn from(list: &'a Listed<'a>) -> Self {
        Self { passed: Passed::List(list), defaults: Vec::new() }
    }
}

impl<'a> Values<'a> {
    /// How many were passed.
    pub(crate) fn len(&self) -> usize {
        match self.passed {
            Passed::Map(map) => map.len(),
            Passed::List(list) => list.0.len(),
        }
    }

    /// The names that were passed.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        let (map, list) = match self.passed {
            Passed::Map(map) => (Some(map), None),
            Passed::List(list) => (None, Some(list)),
        };
        let of_map = map.into_iter().flat_map(|map| map.keys().map(String::as_str));
        of_map.chain(list.into_iter().flat_map(|list| list.0.iter().map(|(name, _)| *name)))
    }

    /// What was passed under a name; else its default.
    pub(crate) fn get(&self, name: &str) -> Option<Given<'a>> {
        let passed = self.passed(name);
        if self.defaults.is_empty() || passed.is_some_and(|value| !value.is_null()) {
            return passed;
        }
        let default = self.defaults.iter().find(|(known, _)| *known == name);
        default.map(|(_, value)| Given::Json(value)).or(passed)
    }

    fn passed(&self, name: &str) -> Option<Given<'a>> {
        match self.passed {
            Passed::Map(map) => map.get(name).map(Given::Json),
            Passed::List(list) => list.get(name).map(|item| match item {
                Item::Text(text) => Given::Text(text),
                Item::Nested(value) => Given::Nested(value),
            }),
        }
    }

    /// Whether nothing was passed under a name, or null, which is no value: it would stand in the text as a word.
    pub(crate) fn is_absent(&self, name: &str) -> bool {
        self.get(name).is_none_or(Given::is_null)
    }

    /// The same, with the defaults of a document.
    pub(crate) fn with_defaults(mut self, document: &'a Document) -> Self {
        for (name, spec) in &document.variables {
            if let Some(default) = &spec.default
                && self.is_absent(name)
            {
                self.defaults.push((name, default));
            }
        }
        self
    }

    /// All of them, as JSON: for who needs them so, at the price of a copy.
    pub fn to_map(&self) -> Cow<'a, Map<String, Json>> {
        if let (Passed::Map(map), true) = (self.passed, self.defaults.is_empty()) {
            return Cow::Borrowed(map);
        }
        let mut map: Map<String, Json> = self
            .names()
            .filter_map(|name| Some((name.to_owned(), self.get(name)?.to_json().into_owned())))
            .collect();
        for (name, default) in &self.defaults {
            map.insert((*name).to_owned(), (*default).clone());
        }
        Cow::Owned(map)
    }

    /// Bytes of texts, names and all else that was passed.
    pub fn bytes(&self) -> usize {
        self.size(usize::MAX, usize::MAX).0
    }

    /// Bytes of names and values, as far as they stay below `most`, and the levels of the deepest value.
    pub(crate) fn size(&self, most: usize, deepest: usize) -> (usize, usize) {
        let mut bytes: usize = self.names().map(str::len).sum();
        let mut depth = 0;
        match self.passed {
            Passed::Map(map) => {
                for value in map.values() {
                    let (more, levels) = json_size(value, most, deepest);
                    (bytes, depth) = (bytes.saturating_add(more), depth.max(levels));
                    if bytes > most || depth > deepest {
                        break;
                    }
                }
            }
            Passed::List(list) => {
                for (_, item) in &list.0 {
                    let (more, levels) = match item {
                        Item::Text(text) => (text.len(), 1),
                        Item::Nested(value) => (value.bytes, value.depth),
                    };
                    (bytes, depth) = (bytes.saturating_add(more), depth.max(levels));
                }
            }
        }
        (bytes, depth)
    }
}

/// Bytes of texts and names, and 8 for every other value; and levels. It stops beyond `most` and `deepest`.
fn json_size(value: &Json, most: usize, deepest: usize) -> (usize, usize) {
    if let Json::String(text) = value {
        return (text.len(), 1);
    }
    let (mut bytes, mut levels) = (0_usize, 0);
    // A list of its own, not recursion: the values are a stranger's.
    let mut open = vec![(value, 1)];
    while let Some((value, depth)) = open.pop() {
        levels = levels.max(depth);
        bytes += match value {
            Json::String(text) => text.len(),
            _ => size_of::<u64>(),
        };
        match value {
            Json::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Json::Object(fields) => {
                bytes += fields.keys().map(String::len).sum::<usize>();
                open.extend(fields.values().map(|item| (item, depth + 1)));
            }
            _ => {}
        }
        if bytes > most || levels > deepest {
            break;
        }
    }
    (bytes, levels)
}

impl Given<'_> {
    pub(crate) fn is_null(self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Json(value) => value.is_null(),
            Self::Nested(nested) => nested.value.is_none(),
        }
    }
}

impl<'a> Given<'a> {
    pub(crate) fn to_json(self) -> Cow<'a, Json> {
        match self {
            Self::Text(text) => Cow::Owned(Json::String(text.to_owned())),
            Self::Json(value) => Cow::Borrowed(value),
            Self::Nested(nested) => Cow::Owned(serde_json::to_value(&nested.value).unwrap_or(Json::Null)),
        }
    }

    /// What kind of value it is, when a look tells.
    pub(crate) fn kind(self) -> Option<ValueKind> {
        match self {
            Self::Text(_) => Some(ValueKind::String),
            Self::Json(_) => None,
            Self::Nested(nested) => Some(nested.value.kind()),
        }
    }
}

impl Nested {
    fn scalar(value: Engine) -> Self {
        Self { value, bytes: size_of::<u64>(), depth: 1 }
    }

    /// No value.
    pub fn null() -> Self {
        Self::scalar(Engine::from(()))
    }

    /// Yes or no.
    pub fn boolean(value: bool) -> Self {
        Self::scalar(Engine::from(value))
    }

    /// A whole number.
    pub fn integer(value: i64) -> Self {
        Self::scalar(Engine::from(value))
    }

    /// A whole number beyond those.
    pub fn unsigned(value: u64) -> Self {
        Self::scalar(Engine::from(value))
    }

    /// A number with a fraction; one that is not finite has no form in JSON and is null.
    pub fn number(value: f64) -> Self {
        if value.is_finite() { Self::scalar(Engine::from(value)) } else { Self::null() }
    }

    /// A text inside of a list or map.
    pub fn text(value: &str) -> Self {
        Self { value: Engine::from(value), bytes: value.len(), depth: 1 }
    }
}

/// A list that is made one value after the other.
#[derive(Debug)]
pub struct ListBuilder {
    values: Vec<Engine>,
    bytes: usize,
    depth: usize,
}

impl ListBuilder {
    /// Room for so many values.
    pub fn with_capacity(count: usize) -> Self {
        Self { values: Vec::with_capacity(count), bytes: size_of::<u64>(), depth: 0 }
    }

    /// The next value.
    pub fn push(&mut self, item: Nested) {
        self.bytes += item.bytes;
        self.depth = self.depth.max(item.depth);
        self.values.push(item.value);
    }

    /// The list.
    pub fn build(self) -> Nested {
        Nested { value: Engine::from(self.values), bytes: self.bytes, depth: self.depth + 1 }
    }
}

/// A map that is made one field after the other; it keeps the order of its keys.
#[derive(Debug)]
pub struct MapBuilder {
    fields: Vec<(Engine, Engine)>,
    bytes: usize,
    depth: usize,
}

impl MapBuilder {
    /// Room for so many fields.
    pub fn with_capacity(count: usize) -> Self {
        Self { fields: Vec::with_capacity(count), bytes: size_of::<u64>(), depth: 0 }
    }

    /// The next field.
    pub fn push(&mut self, name: &str, item: Nested) {
        self.bytes += name.len() + item.bytes;
        self.depth = self.depth.max(item.depth);
        self.fields.push((Engine::from(name), item.value));
    }

    /// The map.
    pub fn build(self) -> Nested {
        Nested { value: fields::map(self.fields), bytes: self.bytes, depth: self.depth + 1 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn nested(value: &Json) -> Nested {
        match value {
            Json::Null => Nested::null(),
            Json::Bool(value) => Nested::boolean(*value),
            Json::Number(number) => number.as_i64().map_or_else(
                || number.as_u64().map_or_else(|| Nested::number(number.as_f64().unwrap()), Nested::unsigned),
                Nested::integer,
            ),
            Json::String(text) => Nested::text(text),
            Json::Array(items) => {
                let mut list = ListBuilder::with_capacity(items.len());
                for item in items {
                    list.push(nested(item));
                }
                list.build()
            }
            Json::Object(fields) => {
                let mut map = MapBuilder::with_capacity(fields.len());
                for (name, value) in fields {
                    map.push(name, nested(value));
                }
                map.build()
            }
        }
    }

    fn item(value: &Json) -> Item<'_> {
        match value {
            Json::String(text) => Item::Text(text),
            other => Item::Nested(nested(other)),
        }
    }

    fn listed(map: &Map<String, Json>) -> Listed<'_> {
        Listed::new(map.iter().map(|(name, value)| (name.as_str(), item(value))).collect())
    }

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            (u64::MAX - 5..=u64::MAX).prop_map(Json::from),
            (-1e9..1e9).prop_map(Json::from),
            "[a-zä€]{0,4}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::vec(("[a-z]{1,3}", inner), 0..4)
                    .prop_map(|fields| Json::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_list_holds_what_the_map_it_was_made_from_holds(
            fields in prop::collection::vec(("[a-z]{0,3}", json()), 0..40)
        ) {
            let map: Map<String, Json> = fields.into_iter().collect();
            let list = listed(&map);
            let (of_map, of_list) = (Values::from(&map), Values::from(&list));
            prop_assert_eq!(of_map.to_map(), of_list.to_map());
            prop_assert_eq!(of_map.len(), of_list.len());
            prop_assert_eq!(of_map.size(usize::MAX, usize::MAX), of_list.size(usize::MAX, usize::MAX));
            for name in map.keys().map(String::as_str).chain(["missing", ""]) {
                prop_assert_eq!(of_map.is_absent(name), of_list.is_absent(name), "{}", name);
            }
        }
    }

    #[test]
    fn a_default_stands_for_what_is_absent_or_null_and_for_nothing_else() {
        let document: Document = serde_json::from_value(json!({
            "kind": "text", "engine": "jinja", "body": "",
            "variables": {"a": {"default": 1}, "b": {"default": 2}, "c": {"default": 3}, "d": {}},
        }))
        .unwrap();
        let passed = json!({"a": 7, "b": null, "x": 8});
        let map = passed.as_object().unwrap();
        let expected = json!({"a": 7, "b": 2, "c": 3, "x": 8});
        for values in [Values::from(map), Values::from(&listed(map))] {
            let filled = values.with_defaults(&document);
            assert_eq!(Json::Object(filled.to_map().into_owned()), expected);
            assert!(filled.is_absent("d") && !filled.is_absent("b"));
        }
    }
}
