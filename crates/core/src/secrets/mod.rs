//! Secrets that a template asks for: how they are named, which of them a project may use, and their values.
//!
//! A template holds a reference, `{{ secret("payments/openai#key") }}`, and never a value. The side that renders looks
//! the values up and hands them over; without them a mask stands in the text.

mod patterns;
mod values;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use patterns::{PatternError, SecretPattern, allowed_by};
pub use values::{MASK, SecretValue, Secrets};

/// The longest reference, in bytes.
pub const MAX_REFERENCE: usize = 512;

/// The longest segment or key, in bytes.
const MAX_SEGMENT: usize = 128;

/// The most segments of a path.
const MAX_SEGMENTS: usize = 16;

/// The name of a secret: a path, and a key when the secret has several fields (`payments/openai#key`).
///
/// Its text is unique: two references are the same secret exactly when their texts are equal. Nothing in it can leave
/// the place that a backend was given: no `..`, no percent sign, no empty segment, no scheme.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct SecretRef {
    text: String,
    /// Bytes of the path within the text.
    path: usize,
}

/// The rule that a reference breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretRefRule {
    /// There is nothing.
    Empty,
    /// It is longer than [`MAX_REFERENCE`], or a part of it is too long, or it has too many.
    TooLong,
    /// It starts or ends with `/`, or holds `//`, or nothing follows the `#`.
    EmptyPart,
    /// A segment is `.` or `..`, or dots alone.
    Dots,
    /// It holds something else than letters, digits and `_ - . + = @`.
    Characters,
}

/// A text that names no secret, with the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRefError {
    /// The text, cut after 80 characters.
    pub value: String,
    /// The rule it breaks.
    pub rule: SecretRefRule,
}

impl SecretRefError {
    /// The stable code.
    pub const CODE: &'static str = "secret_ref";
}

impl fmt::Display for SecretRefError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.rule {
            SecretRefRule::Empty => "it is empty",
            SecretRefRule::TooLong => "it is too long",
            SecretRefRule::EmptyPart => "a part of it is empty",
            SecretRefRule::Dots => "a segment cannot be `.` or `..`",
            SecretRefRule::Characters => {
                "only letters, digits, `_`, `-`, `.`, `+`, `=` and `@` are allowed, with `/` between segments and \
                 maybe `#key` at the end"
            }
        };
        write!(f, "`{}` names no secret: {why}", self.value.escape_debug())
    }
}

impl std::error::Error for SecretRefError {}

impl SecretRef {
    /// Reads a reference.
    pub fn parse(text: &str) -> Result<Self, SecretRefError> {
        let (path, key) = text.split_once('#').map_or((text, None), |(path, key)| (path, Some(key)));
        check_path(path)
            .and_then(|()| key.map_or(Ok(()), check_part))
            .and(if text.len() > MAX_REFERENCE { Err(SecretRefRule::TooLong) } else { Ok(()) })
            .map_err(|rule| SecretRefError { value: text.chars().take(80).collect(), rule })?;
        Ok(Self { text: text.to_owned(), path: path.len() })
    }

    /// The reference as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path, without the key.
    pub fn path(&self) -> &str {
        &self.text[..self.path]
    }

    /// The key: which field of the secret.
    pub fn key(&self) -> Option<&str> {
        self.text.get(self.path + 1..)
    }
}

/// Checks the path of a reference or a pattern that has no wildcard.
fn check_path(path: &str) -> Result<(), SecretRefRule> {
    if path.is_empty() {
        return Err(SecretRefRule::Empty);
    }
    if path.split('/').count() > MAX_SEGMENTS {
        return Err(SecretRefRule::TooLong);
    }
    path.split('/').try_for_each(check_part)
}

fn check_part(part: &str) -> Result<(), SecretRefRule> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.+=@".contains(&byte);
    if part.is_empty() {
        Err(SecretRefRule::EmptyPart)
    } else if part.len() > MAX_SEGMENT {
        Err(SecretRefRule::TooLong)
    } else if !part.bytes().all(allowed) {
        Err(SecretRefRule::Characters)
    } else if part.bytes().all(|byte| byte == b'.') {
        Err(SecretRefRule::Dots)
    } else {
        Ok(())
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretRef({})", self.text)
    }
}

impl TryFrom<String> for SecretRef {
    type Error = SecretRefError;

    fn try_from(text: String) -> Result<Self, SecretRefError> {
        Self::parse(&text)
    }
}

impl From<SecretRef> for String {
    fn from(reference: SecretRef) -> Self {
        reference.text
    }
}

/// A secret that a template asks for, and the first place where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUse {
    /// Which secret.
    pub reference: SecretRef,
    /// Line in the template, from 1; that of the include when a piece asks for it.
    pub line: u32,
    /// Column in that line, in characters, from 1.
    pub column: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_path_and_maybe_a_key() {
        let cases = [
            ("openai", "openai", None),
            ("payments/openai#key", "payments/openai", Some("key")),
            ("a/b.c/d-e_f+g=h@i#api.key", "a/b.c/d-e_f+g=h@i", Some("api.key")),
            ("a..b/..c", "a..b/..c", None),
        ];
        for (text, path, key) in cases {
            let reference = SecretRef::parse(text).expect(text);
            assert_eq!((reference.path(), reference.key(), reference.as_str()), (path, key, text));
            assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn what_could_leave_its_place_is_no_reference() {
        use SecretRefRule::{Characters, Dots, Empty, EmptyPart, TooLong};
        let long = "x".repeat(129);
        let deep = vec!["a"; 17].join("/");
        let wide = vec!["x".repeat(100); 6].join("/");
        let cases = [
            ("", Empty),
            ("#key", Empty),
            ("a#", EmptyPart),
            ("/etc/passwd", EmptyPart),
            ("a/", EmptyPart),
            ("a//b", EmptyPart),
            ("../../sys/raw", Dots),
            ("a/../b", Dots),
            ("a/./b", Dots),
            ("a/...", Dots),
            ("a#..", Dots),
            ("vault://../../sys/raw", Characters),
            ("%2e%2e/sys", Characters),
            ("a/%2e%2e/b", Characters),
            ("a\\b", Characters),
            ("a b", Characters),
            (" a", Characters),
            ("a\n", Characters),
            ("a\0", Characters),
            ("a?list=true", Characters),
            ("a#b#c", Characters),
            ("a#b/c", Characters),
            ("ä", Characters),
            ("a/*", Characters),
            (&long, TooLong),
            (&deep, TooLong),
            (&wide, TooLong),
        ];
        for (text, rule) in cases {
            assert_eq!(SecretRef::parse(text).expect_err(text).rule, rule, "{text}");
        }
    }
}
