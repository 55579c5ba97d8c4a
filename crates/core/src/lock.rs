//! `promptsync.lock`: which version and content an application's repository was built with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    documents,
    files::PromptDraft,
    names::PromptName,
    problem::Problem,
    signing::{Pin, PublicKey},
    versions::VersionNumber,
};

/// The form of lock file written here.
pub const LOCK_VERSION: u32 = 1;

const HEAD: &str =
    "# Written by `promptsync lock`: the prompts this code was built with. Commit it; do not edit it.";

/// The lock file: like Cargo.lock, name → version → digest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The form of the file: [`LOCK_VERSION`].
    pub lock_version: u32,
    /// The project the versions belong to.
    pub project: String,
    /// The alias or release they were taken from, when one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// One entry a prompt.
    #[serde(default)]
    pub prompts: BTreeMap<PromptName, LockedPrompt>,
    /// Who signs the versions, as it was found when the file was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<LockedRegistry>,
}

/// The registry the versions came from, known by the key of its workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedRegistry {
    /// The newest key that was known.
    pub public_key: PublicKey,
    /// Its place among the workspace's keys: fewer later is a registry that was set back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_sequence: Option<i64>,
}

/// A pinned prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPrompt {
    /// The version.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
}

/// A text that is not a lock file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// It is not TOML, or not of the form of a lock file.
    #[error("{message}")]
    Syntax {
        /// What the reader said.
        message: String,
        /// Line, from 1, when known.
        line: Option<u32>,
        /// Column in that line, in characters, from 1, when known.
        column: Option<u32>,
    },
    /// It was written by a newer promptsync.
    #[error("the lock file has form {found}; this promptsync reads form {LOCK_VERSION}")]
    Newer {
        /// Its form.
        found: u32,
    },
}

/// How a folder differs from its lock file in one prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LockDifference {
    /// The prompt.
    pub name: PromptName,
    /// What is the matter with it.
    pub status: LockStatus,
    /// What the lock file says.
    pub locked: Option<LockedPrompt>,
    /// The digest of the file's content.
    pub found: Option<Digest>,
}

/// What is the matter with a locked prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockStatus {
    /// The folder has what the lock file says.
    Ok,
    /// The folder has other content.
    Modified,
    /// The folder does not have the prompt.
    Missing,
    /// The lock file does not have the prompt.
    Unlocked,
}

impl Lock {
    /// Reads a lock file.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        // The form comes first: a newer one may have keys that are unknown here.
        #[derive(Deserialize)]
        struct Form {
            lock_version: u32,
        }
        let form: Form = toml::from_str(text).map_err(|error| LockError::syntax(text, &error))?;
        if form.lock_version > LOCK_VERSION {
            return Err(LockError::Newer { found: form.lock_version });
        }
        toml::from_str(text).map_err(|error| LockError::syntax(text, &error))
    }

    /// Prints the lock file: one line a prompt, sorted, so that changes read and merge well.
    pub fn print(&self) -> String {
        let text = |value: &str| toml::Value::from(value).to_string();
        let mut lines = vec![
            HEAD.to_owned(),
            format!("lock_version = {}", self.lock_version),
            format!("project = {}", text(&self.project)),
        ];
        lines.extend(self.source.as_ref().map(|source| format!("source = {}", text(source))));
        lines.push(String::new());
        lines.push("[prompts]".to_owned());
        lines.extend(self.prompts.iter().map(|(name, locked)| {
            let LockedPrompt { version, digest } = locked;
            format!("{} = {{ version = \"{version}\", digest = \"{digest}\" }}", key(name))
        }));
        if let Some(registry) = &self.registry {
            lines.extend([String::new(), "[registry]".to_owned()]);
            lines.push(format!("public_key = \"{}\"", registry.public_key));
            lines.extend(registry.key_sequence.map(|sequence| format!("key_sequence = {sequence}")));
        }
        lines.join("\n") + "\n"
    }
}

impl From<&LockedRegistry> for Pin {
    fn from(registry: &LockedRegistry) -> Self {
        Self { key: registry.public_key.clone(), sequence: registry.key_sequence }
    }
}

impl From<&Pin> for LockedRegistry {
    fn from(pin: &Pin) -> Self {
        Self { public_key: pin.key.clone(), key_sequence: pin.sequence }
    }
}

/// The line of a prompt in the text of a lock file, from 1.
pub fn line_of(text: &str, name: &PromptName) -> Option<u32> {
    let (bare, quoted) = (name.as_str(), format!("\"{name}\""));
    (1..).zip(text.lines()).find_map(|(number, line)| {
        let (found, _) = line.split_once('=')?;
        (found.trim() == bare || found.trim() == quoted).then_some(number)
    })
}

/// Compares a lock file with the prompts of a folder: one entry a prompt, in name order.
pub fn check(lock: &Lock, drafts: &[PromptDraft]) -> Vec<LockDifference> {
    let found: BTreeMap<&PromptName, Digest> =
        drafts.iter().map(|draft| (&draft.name, documents::digest(&draft.document))).collect();
    let mut names: Vec<&PromptName> = lock.prompts.keys().chain(found.keys().copied()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let (locked, found) = (lock.prompts.get(name), found.get(name));
            let status = match (locked, found) {
                (Some(locked), Some(found)) if locked.digest == *found => LockStatus::Ok,
                (Some(_), Some(_)) => LockStatus::Modified,
                (Some(_), None) => LockStatus::Missing,
                (None, _) => LockStatus::Unlocked,
            };
            LockDifference { name: name.clone(), status, locked: locked.cloned(), found: found.cloned() }
        })
        .collect()
}

/// A name as a TOML key: only a dot has to be quoted.
fn key(name: &PromptName) -> String {
    if name.as_str().contains('.') { format!("\"{name}\"") } else { name.to_string() }
}

impl LockError {
    fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start));
        let number = |count: usize| u32::try_from(count + 1).ok();
        Self::Syntax {
            message: error.message().to_owned(),
            line: before.and_then(|before| number(before.matches('\n').count())),
            column: before.and_then(|before| number(before.rsplit('\n').next()?.chars().count())),
        }
    }
}

impl From<&LockError> for Problem {
    fn from(error: &LockError) -> Self {
        let mut problem = Problem::new("lock_file", error.to_string());
        match error {
            LockError::Syntax { line, column, .. } => {
                (problem.line, problem.column) = (*line, *column);
                problem.hint("write it anew with `promptsync lock`")
            }
            LockError::Newer { .. } => problem.hint("update promptsync"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        documents::{Body, Document},
        files::{Format, Origin},
        names::ModulePath,
        signing::PrivateKey,
    };

    fn name(text: &str) -> PromptName {
        PromptName::parse(text).unwrap()
    }

    fn locked(version: &str, content: &str) -> LockedPrompt {
        let document = Document { body: Body::Text(content.into()), ..Document::default() };
        LockedPrompt { version: VersionNumber::parse(version).unwrap(), digest: documents::digest(&document) }
    }

    fn lock(prompts: Vec<(&str, LockedPrompt)>) -> Lock {
        Lock {
            lock_version: LOCK_VERSION,
            project: "acme".into(),
            source: Some("production".into()),
            prompts: prompts.into_iter().map(|(text, locked)| (name(text), locked)).collect(),
            registry: None,
        }
    }

    fn draft(prompt: &str, content: &str) -> PromptDraft {
        PromptDraft {
            name: name(prompt),
            module: ModulePath::parse("").unwrap(),
            version: None,
            git_commit: None,
            changelog: None,
            status: None,
            document: Document { body: Body::Text(content.into()), ..Document::default() },
            origin: Origin { path: format!("{prompt}.txt"), format: Format::Text },
            places: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_lock_file_has_a_sorted_line_for_each_prompt() {
        let lock = lock(vec![("b.c", locked("1.0.0", "B")), ("a", locked("2.1.0", "A"))]);
        let text = lock.print();
        let (a, b) = (&lock.prompts[&name("a")].digest, &lock.prompts[&name("b.c")].digest);
        assert_eq!(
            text,
            format!(
                "{HEAD}\nlock_version = 1\nproject = \"acme\"\nsource = \"production\"\n\n[prompts]\n\
                 a = {{ version = \"2.1.0\", digest = \"{a}\" }}\n\
                 \"b.c\" = {{ version = \"1.0.0\", digest = \"{b}\" }}\n"
            )
        );
        assert_eq!((line_of(&text, &name("a")), line_of(&text, &name("b.c"))), (Some(7), Some(8)));
        assert_eq!(line_of(&text, &name("c")), None);
    }

    #[test]
    fn what_is_no_lock_file_is_refused_with_its_place() {
        let digest = Digest::of(b"x");
        for (text, line) in [
            ("lock_version = 1\nproject = ", Some(2)),
            ("project = \"x\"", Some(1)),
            ("lock_version = 1\nproject = \"x\"\n[prompts]\na = { version = \"1\" }", Some(4)),
            ("lock_version = 1\nproject = \"x\"\nother = 1", Some(3)),
        ] {
            let error = Lock::parse(text).expect_err(text);
            assert_eq!(Problem::from(&error).line, line, "{text}: {error}");
        }
        let newer = format!("lock_version = 2\nnew = \"{digest}\"");
        assert_eq!(Lock::parse(&newer), Err(LockError::Newer { found: 2 }));
    }

    #[test]
    fn a_folder_is_compared_prompt_by_prompt() {
        let lock = lock(vec![
            ("gone", locked("1.0.0", "x")),
            ("kept", locked("1.0.0", "kept")),
            ("other", locked("1.0.0", "before")),
        ]);
        let drafts = [draft("other", "after"), draft("kept", "kept"), draft("added", "new")];
        let found: Vec<_> =
            check(&lock, &drafts).into_iter().map(|entry| (entry.name.to_string(), entry.status)).collect();
        assert_eq!(
            found,
            [
                ("added".into(), LockStatus::Unlocked),
                ("gone".into(), LockStatus::Missing),
                ("kept".into(), LockStatus::Ok),
                ("other".into(), LockStatus::Modified),
            ]
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back_equal(
            prompts in prop::collection::btree_map("[A-Za-z0-9][A-Za-z0-9._-]{0,9}x", (0_u64..99, "[a-z]{0,5}"), 0..6),
            project in "\\PC{0,12}",
            source in prop::option::of("\\PC{0,12}"),
            seed in prop::option::of(0_u8..9),
        ) {
            let prompts = prompts
                .into_iter()
                .filter_map(|(text, (major, content))| {
                    Some((PromptName::parse(&text).ok()?, locked(&format!("{major}.0.0"), &content)))
                })
                .collect();
            let registry = seed.map(|seed| LockedRegistry {
                public_key: PrivateKey::from_seed(&[seed; 32]).public(),
                key_sequence: (seed > 3).then_some(i64::from(seed)),
            });
            let lock = Lock { lock_version: LOCK_VERSION, project, source, prompts, registry };
            prop_assert_eq!(Lock::parse(&lock.print()), Ok(lock));
        }
    }
}
