//! Which references a project may use: patterns, each with the place its secrets come from.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

use super::{MAX_REFERENCE, SecretRef, SecretRefError, check_part, check_path};

/// References that a project may use: one (`payments/openai#key`), every key of a secret (`payments/openai`), the
/// secrets of a folder (`payments/*`) or everything below it (`payments/**`, `**`).
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct SecretPattern(String);

/// A text that is no pattern.
pub type PatternError = SecretRefError;

/// What a pattern's path ends in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// `**`
    Below,
    /// `*`
    Inside,
    /// A path without a wildcard.
    Exact,
}

impl SecretPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (path, key) = parts(text);
        let (folder, end) = split(path);
        let refuse = |rule| SecretRefError { value: text.chars().take(80).collect(), rule };
        if text.len() > MAX_REFERENCE {
            return Err(refuse(super::SecretRefRule::TooLong));
        }
        if !(folder.is_empty() && end != End::Exact) {
            check_path(folder).map_err(refuse)?;
        }
        // `/*` would be a folder without a name.
        if folder.is_empty() && path.starts_with('/') {
            return Err(refuse(super::SecretRefRule::EmptyPart));
        }
        key.map_or(Ok(()), check_part).map_err(refuse)?;
        Ok(Self(text.to_owned()))
    }

    /// The pattern as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it allows a reference.
    pub fn matches(&self, reference: &SecretRef) -> bool {
        let (path, key) = parts(&self.0);
        let (folder, end) = split(path);
        let inside = if folder.is_empty() {
            Some(reference.path())
        } else {
            reference.path().strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
        };
        let path_fits = match end {
            End::Exact => reference.path() == path,
            End::Inside => inside.is_some_and(|rest| !rest.contains('/')),
            End::Below => inside.is_some(),
        };
        path_fits && key.is_none_or(|key| reference.key() == Some(key))
    }

    /// How exact it is: of two patterns that allow a reference, the more exact one says where it comes from.
    fn exactness(&self) -> (End, usize, bool) {
        let (path, key) = parts(&self.0);
        let (folder, end) = split(path);
        (end, folder.len(), key.is_some())
    }
}

fn parts(text: &str) -> (&str, Option<&str>) {
    text.split_once('#').map_or((text, None), |(path, key)| (path, Some(key)))
}

/// The folder in front of a wildcard, and the wildcard; the whole path when it has none.
fn split(path: &str) -> (&str, End) {
    let (folder, last) = path.rsplit_once('/').unwrap_or(("", path));
    match last {
        "*" => (folder, End::Inside),
        "**" => (folder, End::Below),
        _ => (path, End::Exact),
    }
}

/// The most exact of the patterns that allow a reference. A whole path is more exact than a folder, a folder more than
/// what is below one, a longer folder more than a shorter, and a key more than none.
pub fn allowed_by<'a, T>(
    reference: &SecretRef,
    rows: impl IntoIterator<Item = &'a T>,
    pattern: impl Fn(&T) -> &SecretPattern,
) -> Option<&'a T> {
    let fits = rows.into_iter().filter(|row| pattern(row).matches(reference));
    fits.max_by(|a, b| -> Ordering { pattern(a).exactness().cmp(&pattern(b).exactness()) })
}

impl fmt::Display for SecretPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SecretPattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl From<SecretPattern> for String {
    fn from(pattern: SecretPattern) -> Self {
        pattern.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(text: &str) -> SecretRef {
        SecretRef::parse(text).expect(text)
    }

    #[test]
    fn a_pattern_allows_what_it_says_and_nothing_beside_it() {
        let cases = [
            ("a/b", &["a/b", "a/b#k"][..], &["a", "a/bc", "a/b/c", "A/b"][..]),
            ("a/b#k", &["a/b#k"], &["a/b", "a/b#l"]),
            ("a/*", &["a/b", "a/c#k"], &["a", "a/b/c", "ab/c"]),
            ("a/**", &["a/b", "a/b/c#k"], &["a", "ab/c", "b/a/c"]),
            ("a/*#k", &["a/b#k"], &["a/b", "a/b#l", "a/b/c#k"]),
            ("*", &["a", "a#k"], &["a/b"]),
            ("**", &["a", "a/b/c#k"], &[]),
        ];
        for (pattern, yes, no) in cases {
            let pattern = SecretPattern::parse(pattern).expect(pattern);
            for text in yes {
                assert!(pattern.matches(&reference(text)), "{pattern} allows {text}");
            }
            for text in no {
                assert!(!pattern.matches(&reference(text)), "{pattern} does not allow {text}");
            }
        }
    }

    #[test]
    fn a_wildcard_is_the_whole_last_segment_or_nothing() {
        for bad in
            ["", "/*", "/**", "a*", "a/*b", "a/*/b", "**/b", "a/***", "../*", "a/../*", "*#", "#k", "a//*"]
        {
            assert!(SecretPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_most_exact_pattern_says_where_a_secret_comes_from() {
        let rows = ["**", "a/**", "a/b/**", "a/*", "a/b", "a/b#k"]
            .map(|text| SecretPattern::parse(text).expect(text));
        let by = |text: &str| allowed_by(&reference(text), &rows, |row| row).map(SecretPattern::as_str);
        assert_eq!(by("a/b#k"), Some("a/b#k"));
        assert_eq!(by("a/b#l"), Some("a/b"));
        assert_eq!(by("a/c"), Some("a/*"));
        assert_eq!(by("a/b/c"), Some("a/b/**"));
        assert_eq!(by("a/x/c"), Some("a/**"));
        assert_eq!(by("z"), Some("**"));
        assert_eq!(allowed_by(&reference("z"), &rows[1..], |row| row), None);
    }
}
