//! Names people give to things.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::access::Role;

/// The longest name, in bytes.
pub const MAX_NAME: usize = 128;

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    /// The text is empty.
    Empty,
    /// The text is longer than [`MAX_NAME`] bytes.
    TooLong,
    /// The text holds something else than letters, digits, `.`, `_` and `-`, or does not start with a letter or digit.
    Characters,
    /// The text ends with a dot, which Windows drops.
    TrailingDot,
    /// The text is a device name of Windows, such as `CON` or `aux.yaml`.
    Reserved,
    /// The text reads as a version (`1.0.0`, `v1`, `latest`, `sha256:…`), so an alias of that name could not be told apart.
    LooksLikeVersion,
    /// The text is the name of a built-in role.
    BuiltInRole,
}

/// A text that is not a name, with the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError {
    /// What was to be named: `prompt`, `module`, `project`, `alias`, `workspace`, `team`, `role`.
    pub what: &'static str,
    /// The text, cut after 80 characters.
    pub value: String,
    /// The rule it breaks.
    pub rule: NameRule,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, value, rule } = self;
        let why = match rule {
            NameRule::Empty => "it is empty".to_owned(),
            NameRule::TooLong => format!("it is longer than {MAX_NAME} characters"),
            NameRule::Characters => {
                "only letters, digits, `.`, `_` and `-` are allowed, the first a letter or digit".into()
            }
            NameRule::TrailingDot => "it ends with a dot".into(),
            NameRule::Reserved => {
                "Windows reserves this name, so the file could not be checked out there".into()
            }
            NameRule::LooksLikeVersion => "it reads as a version".into(),
            NameRule::BuiltInRole => "a built-in role has this name".into(),
        };
        let article = if *what == "alias" { "an" } else { "a" };
        write!(f, "`{}` cannot name {article} {what}: {why}", value.escape_debug())
    }
}

impl std::error::Error for NameError {}

fn check(what: &'static str, value: &str) -> Result<(), NameError> {
    let fail = |rule| Err(NameError { what, value: value.chars().take(80).collect(), rule });
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if value.is_empty() {
        return fail(NameRule::Empty);
    }
    if value.len() > MAX_NAME {
        return fail(NameRule::TooLong);
    }
    if !value.bytes().all(allowed) || !value.as_bytes()[0].is_ascii_alphanumeric() {
        return fail(NameRule::Characters);
    }
    if value.ends_with('.') {
        return fail(NameRule::TrailingDot);
    }
    if is_windows_device(value) {
        return fail(NameRule::Reserved);
    }
    Ok(())
}

fn is_windows_device(value: &str) -> bool {
    let stem = value.split('.').next().unwrap_or(value).to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $check:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks a text and takes it as a name.
            pub fn parse(value: &str) -> Result<Self, NameError> {
                let check: fn(&'static str, &str) -> Result<(), NameError> = $check;
                check($what, value)?;
                Ok(Self(value.to_owned()))
            }

            /// The name as it was written.
            pub fn as_str(&self) -> &str { &self.0 }

            /// The name in lower case: two names that fold to one cannot stand beside each other.
            pub fn folded(&self) -> String { self.0.to_ascii_lowercase() }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(value: String) -> Result<Self, NameError> { Self::parse(&value) }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self { name.0 }
        }
    )* };
}

name! {
    /// The name of a prompt, unique in its project without regard to case.
    PromptName, "prompt", check;
    /// The name of a project, unique in its workspace.
    ProjectName, "project", check;
    /// The name of an alias; never something that reads as a version.
    AliasName, "alias", check_alias;
    /// The name of a connector, unique in its workspace.
    ConnectorName, "connector", check;
    /// The path of a module, segments joined by `/`; empty for the project's root.
    ModulePath, "module", check_module;
    /// The name of a workspace, unique on its server without regard to case.
    WorkspaceName, "workspace", check;
    /// The name of a team, unique in its workspace without regard to case.
    TeamName, "team", check;
    /// The name of a role that a workspace defined, unique there without regard to case; never that of a built-in one.
    RoleName, "role", check_role;
}

fn check_alias(what: &'static str, value: &str) -> Result<(), NameError> {
    check(what, value)?;
    let digits = value.strip_prefix(['v', 'V']).unwrap_or(value);
    let reads_as_version = digits.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && digits.split('.').next().is_some_and(|first| first.bytes().all(|b| b.is_ascii_digit()));
    if reads_as_version || value.eq_ignore_ascii_case("latest") {
        return Err(NameError { what, value: value.to_owned(), rule: NameRule::LooksLikeVersion });
    }
    Ok(())
}

fn check_role(what: &'static str, value: &str) -> Result<(), NameError> {
    check(what, value)?;
    match Role::parse(&value.to_ascii_lowercase()) {
        Some(_) => Err(NameError { what, value: value.to_owned(), rule: NameRule::BuiltInRole }),
        None => Ok(()),
    }
}

fn check_module(what: &'static str, value: &str) -> Result<(), NameError> {
    if value.is_empty() {
        return Ok(());
    }
    if value.len() > 4 * MAX_NAME {
        return Err(NameError { what, value: value.chars().take(80).collect(), rule: NameRule::TooLong });
    }
    value.split('/').try_for_each(|segment| check(what, segment))
}

/// The known name nearest to a mistyped one, when one is near enough to be meant.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_break_a_rule_are_refused_with_that_rule() {
        let long = "x".repeat(129);
        let cases = [
            ("", NameRule::Empty),
            ("   ", NameRule::Characters),
            (long.as_str(), NameRule::TooLong),
            ("../x", NameRule::Characters),
            ("a/b", NameRule::Characters),
            ("a%2Fb", NameRule::Characters),
            ("a\\b", NameRule::Characters),
            ("é", NameRule::Characters),
            ("x ", NameRule::Characters),
            (".", NameRule::Characters),
            ("..", NameRule::Characters),
            (".git", NameRule::Characters),
            ("x.", NameRule::TrailingDot),
            ("CON", NameRule::Reserved),
            ("aux.yaml", NameRule::Reserved),
            ("nul", NameRule::Reserved),
            ("com1", NameRule::Reserved),
        ];
        for (value, rule) in cases {
            assert_eq!(PromptName::parse(value).expect_err(value).rule, rule, "{value}");
        }
        for good in ["customer_support", "a", "A.b-c_1", "console", "com10", &long[..128]] {
            assert!(PromptName::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn an_alias_never_reads_as_a_version() {
        for bad in ["1.0.0", "v1", "V2.3", "latest", "LATEST", "1"] {
            assert_eq!(AliasName::parse(bad).expect_err(bad).rule, NameRule::LooksLikeVersion, "{bad}");
        }
        for good in ["production", "dev", "v", "vnext", "canary-2"] {
            assert!(AliasName::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_custom_role_never_has_the_name_of_a_built_in_one() {
        for bad in ["admin", "Viewer", "EDITOR", "approver"] {
            assert_eq!(RoleName::parse(bad).expect_err(bad).rule, NameRule::BuiltInRole, "{bad}");
        }
        assert!(RoleName::parse("release-manager").is_ok());
    }

    #[test]
    fn each_segment_of_a_module_is_a_name() {
        for good in ["", "support", "support/email"] {
            assert!(ModulePath::parse(good).is_ok(), "{good}");
        }
        for bad in ["/", "a//b", "a/", "../a", "a/.."] {
            assert!(ModulePath::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_typing_mistake_finds_the_name_that_was_meant() {
        assert_eq!(nearest("custmer_name", ["company", "customer_name"]), Some("customer_name"));
        assert_eq!(nearest("zzz", ["company"]), None);
    }
}
