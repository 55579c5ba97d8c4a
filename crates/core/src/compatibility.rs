//! What code needs of its prompts, against what an alias or release offers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    bumps::bump,
    digest::Digest,
    files::PromptDraft,
    interface::Interface,
    lock::{self, LockedPrompt},
    names::{PromptName, nearest},
    versions::{Bump, VersionNumber},
};

/// A prompt as the code has it: what its calls were written against.
#[derive(Clone, Debug, PartialEq)]
pub struct Needed {
    /// The prompt.
    pub name: PromptName,
    /// What the code's version asks of callers and gives them.
    pub interface: Interface,
    /// Its content.
    pub digest: Digest,
    /// The file it is written in, relative to the prompts folder.
    pub file: String,
    /// Where each variable is declared in that file: name → line, from 1.
    pub lines: BTreeMap<String, u32>,
}

/// A prompt pinned by the code's lock file.
#[derive(Clone, Debug, PartialEq)]
pub struct Pinned {
    /// The prompt.
    pub name: PromptName,
    /// What the lock file says.
    pub locked: LockedPrompt,
    /// The lock file.
    pub file: String,
    /// The entry's line, from 1.
    pub line: u32,
}

/// A version that an alias or release offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Offered {
    /// Its number.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
    /// What it asks of callers and gives them.
    pub interface: Interface,
}

/// One place where the code and the offer do not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Mismatch {
    /// Whether the code would fail.
    pub severity: Severity,
    /// A stable code: that of the bump's reason, or `prompt_missing`, `lock_version`, `lock_digest`.
    pub code: String,
    /// What does not fit, as a sentence.
    pub message: String,
    /// What to do about it, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The prompt.
    pub prompt: PromptName,
    /// The file of the code that has the need.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u32,
}

/// How bad a mismatch is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Calls of the code may fail, or mean something else.
    Error,
    /// The code works, with another text than it was built with.
    Warning,
}

impl Needed {
    /// What a draft at the code's commit asks for. `interface` is that of its document.
    pub fn of(draft: &PromptDraft, interface: Interface, digest: Digest) -> Self {
        let declared = |name: &String| {
            let place = draft.places.get(&format!("variables.{name}"))?;
            Some((name.clone(), place.line))
        };
        Self {
            name: draft.name.clone(),
            lines: interface.variables.keys().filter_map(declared).collect(),
            interface,
            digest,
            file: draft.origin.path.clone(),
        }
    }
}

impl Pinned {
    /// The entries of a lock file, with their lines in its text.
    pub fn of(file: &str, text: &str, lock: &lock::Lock) -> Vec<Self> {
        let pinned = |(name, locked): (&PromptName, &LockedPrompt)| Self {
            name: name.clone(),
            locked: locked.clone(),
            file: file.to_owned(),
            line: lock::line_of(text, name).unwrap_or(1),
        };
        lock.prompts.iter().map(pinned).collect()
    }
}

/// Compares what code needs, by its prompt files and its lock file, with what is offered: errors first, then by
/// file and line.
pub fn check(needed: &[Needed], pinned: &[Pinned], offered: &BTreeMap<PromptName, Offered>) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    for need in needed {
        match offered.get(&need.name) {
            Some(offer) => mismatches.extend(breaks(need, offer)),
            None => mismatches.push(missing(&need.name, &need.file, 1, offered)),
        }
    }
    for pin in pinned {
        match offered.get(&pin.name) {
            Some(offer) => mismatches.extend(differs(pin, offer)),
            // A prompt that is also among the files has been reported there.
            None if needed.iter().any(|need| need.name == pin.name) => {}
            None => mismatches.push(missing(&pin.name, &pin.file, pin.line, offered)),
        }
    }
    mismatches.sort_by(|a, b| (a.severity, &a.file, a.line).cmp(&(b.severity, &b.file, b.line)));
    mismatches
}

/// Each reason for which code written against its own version may fail with the one offered.
fn breaks<'a>(need: &'a Needed, offer: &'a Offered) -> impl Iterator<Item = Mismatch> + 'a {
    let plan = bump(&need.interface, &offer.interface, need.digest != offer.digest);
    plan.reasons.into_iter().filter(|reason| reason.bump == Bump::Major).map(|reason| {
        let of_variable =
            |(name, line): (&String, &u32)| reason.message.contains(&format!("`{name}`")).then_some(*line);
        Mismatch {
            severity: Severity::Error,
            message: format!("{} is offered, and {}", offer.version, reason.message),
            code: reason.code,
            hint: None,
            prompt: need.name.clone(),
            file: need.file.clone(),
            line: need.lines.iter().find_map(of_variable).unwrap_or(1),
        }
    })
}

fn differs(pin: &Pinned, offer: &Offered) -> Option<Mismatch> {
    let LockedPrompt { version, digest } = &pin.locked;
    let warning = |code: &str, message: String| Mismatch {
        severity: Severity::Warning,
        code: code.to_owned(),
        message,
        hint: Some("take the new text with `promptsync lock`, or read with `--locked`".to_owned()),
        prompt: pin.name.clone(),
        file: pin.file.clone(),
        line: pin.line,
    };
    if *version != offer.version {
        let text = if *digest == offer.digest { " with the same content" } else { "" };
        Some(warning("lock_version", format!("{version} is locked and {} is offered{text}", offer.version)))
    } else if *digest != offer.digest {
        Some(warning("lock_digest", format!("{version} is locked with other content than is offered")))
    } else {
        None
    }
}

fn missing(name: &PromptName, file: &str, line: u32, offered: &BTreeMap<PromptName, Offered>) -> Mismatch {
    let near = nearest(name.as_str(), offered.keys().map(PromptName::as_str));
    Mismatch {
        severity: Severity::Error,
        code: "prompt_missing".to_owned(),
        message: format!("`{name}` is not offered"),
        hint: near.map(|near| format!("`{near}` is: was it renamed?")),
        prompt: name.clone(),
        file: file.to_owned(),
        line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Lock;

    fn name(text: &str) -> PromptName {
        PromptName::parse(text).unwrap()
    }

    fn needed(prompt: &str, content: &str, variables: &[(&str, bool)]) -> Needed {
        Needed {
            name: name(prompt),
            interface: Interface::asking(variables),
            digest: Digest::of(content.as_bytes()),
            file: format!("{prompt}.yaml"),
            lines: (10..).zip(variables).map(|(line, (name, _))| ((*name).to_owned(), line)).collect(),
        }
    }

    fn offered(prompt: &str, content: &str, variables: &[(&str, bool)]) -> BTreeMap<PromptName, Offered> {
        let offer = Offered {
            version: VersionNumber::new(2, 0, 0),
            digest: Digest::of(content.as_bytes()),
            interface: Interface::asking(variables),
        };
        BTreeMap::from([(name(prompt), offer)])
    }

    fn places(mismatches: &[Mismatch]) -> Vec<(Severity, &str, &str, u32)> {
        mismatches.iter().map(|m| (m.severity, m.code.as_str(), m.file.as_str(), m.line)).collect()
    }

    #[test]
    fn code_fits_what_asks_for_no_more_than_its_own_version() {
        for offer in [
            offered("a", "x", &[("name", true)]),
            offered("a", "other words", &[("name", true)]),
            offered("a", "x", &[("name", false)]),
            offered("a", "x", &[("name", true), ("tone", false)]),
            offered("a", "x", &[]),
        ] {
            assert_eq!(check(&[needed("a", "x", &[("name", true)])], &[], &offer), [], "{offer:?}");
        }
    }

    #[test]
    fn each_thing_that_would_fail_is_named_with_file_and_line() {
        let code = needed("a", "x", &[("issue", true), ("name", false)]);
        let offer = offered("a", "y", &[("issue", true), ("name", true), ("tone", true), ("zip", true)]);
        let found = check(&[code], &[], &offer);
        assert_eq!(
            places(&found),
            [
                (Severity::Error, "variable_required_added", "a.yaml", 1),
                (Severity::Error, "variable_required_added", "a.yaml", 1),
                (Severity::Error, "variable_became_required", "a.yaml", 11),
            ]
        );
        assert_eq!(found[0].message, "2.0.0 is offered, and callers must now pass the variable `tone`");

        let renamed = check(
            &[needed("a", "x", &[("first", false), ("issue", true)])],
            &[],
            &offered("a", "y", &[("first", false), ("problem", true)]),
        );
        assert_eq!(places(&renamed), [(Severity::Error, "variable_renamed", "a.yaml", 11)]);
    }

    #[test]
    fn a_prompt_that_is_not_offered_is_an_error_reported_once() {
        let pins = [pinned("greeting", "1.0.0", "x")];
        let found = check(&[needed("greeting", "x", &[])], &pins, &offered("greetings", "x", &[]));
        assert_eq!(places(&found), [(Severity::Error, "prompt_missing", "greeting.yaml", 1)]);
        assert_eq!(found[0].hint.as_deref(), Some("`greetings` is: was it renamed?"));
        let found = check(&[], &pins, &BTreeMap::new());
        assert_eq!(places(&found), [(Severity::Error, "prompt_missing", "promptsync.lock", 7)]);
    }

    #[test]
    fn a_lock_entry_that_differs_is_a_warning() {
        for (version, content, expected) in [
            ("2.0.0", "x", None),
            ("2.0.0", "y", Some("lock_digest")),
            ("1.0.0", "y", Some("lock_version")),
            ("1.0.0", "x", Some("lock_version")),
        ] {
            let found = check(&[], &[pinned("a", version, content)], &offered("a", "x", &[]));
            let codes: Vec<_> = found.iter().map(|m| (m.severity, m.code.as_str())).collect();
            let expected: Vec<_> = expected.into_iter().map(|code| (Severity::Warning, code)).collect();
            assert_eq!(codes, expected, "{version} {content}");
        }
    }

    #[test]
    fn errors_come_before_warnings() {
        let found = check(
            &[needed("a", "x", &[])],
            &[pinned("a", "1.0.0", "x")],
            &offered("a", "y", &[("name", true)]),
        );
        let severities: Vec<_> = found.iter().map(|m| m.severity).collect();
        assert_eq!(severities, [Severity::Error, Severity::Warning]);
    }

    fn pinned(prompt: &str, version: &str, content: &str) -> Pinned {
        let locked = LockedPrompt {
            version: VersionNumber::parse(version).unwrap(),
            digest: Digest::of(content.as_bytes()),
        };
        let lock = Lock {
            lock_version: lock::LOCK_VERSION,
            project: "acme".into(),
            source: Some("production".into()),
            prompts: BTreeMap::from([(name(prompt), locked)]),
            registry: None,
        };
        Pinned::of("promptsync.lock", &lock.print(), &lock).remove(0)
    }
}
