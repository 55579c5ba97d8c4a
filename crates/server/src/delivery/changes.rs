//! From entries of the audit log to what has to be read again.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{
    audit::ChainedEntry,
    names::{AliasName, PromptName},
};
use serde_json::Value;

/// Prompts of one project that are read one by one; beyond it all of them are read at once.
const FEW: usize = 32;

/// What changed in a workspace since it was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Whether projects came, went or have other names.
    pub(super) projects: bool,
    /// Whether anything may have changed.
    pub(super) everything: bool,
    /// What changed in which project.
    pub(super) within: BTreeMap<String, Within>,
}

/// What changed in a project.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Within {
    /// Whether all of it has to be read.
    pub(super) all: bool,
    /// These prompts.
    pub(super) prompts: BTreeSet<PromptName>,
    /// These aliases.
    pub(super) aliases: BTreeSet<AliasName>,
}

/// Nouns of actions that change nothing about what callers get.
const ELSEWHERE: &[&str] = &[
    "access",
    "backup",
    "binding",
    "checkpoint",
    "connector",
    "device",
    "environment",
    "identity",
    "invitation",
    "key",
    "keys",
    "member",
    "password",
    "role",
    "search",
    "secret",
    "server",
    "session",
    "signing_key",
    "team",
    "user",
    "workspace",
];

impl Changes {
    /// Adds what an entry tells. An action that is not known here may have changed anything.
    pub(super) fn add(&mut self, chained: &ChainedEntry) {
        let entry = &chained.entry;
        let noun = entry.action.split('.').next().unwrap_or_default();
        if ELSEWHERE.contains(&noun) {
            return;
        }
        if noun == "project" {
            self.projects = true;
        }
        let Some(project) = &entry.project else {
            self.everything |= noun != "project";
            return;
        };
        let within = self.within.entry(project.clone()).or_default();
        let target = entry.target.split_once(':').map_or("", |(_, name)| name);
        let prompt = target.split_once('@').map_or(target, |(name, _)| name);
        match noun {
            "project" => {}
            "push" => within.pushed(&entry.details),
            "alias" => within.moved(target, &entry.details),
            "canary" => within.alias(target),
            "version" | "prompt" => within.prompt(prompt),
            _ => within.all = true,
        }
        within.all |= within.prompts.len() > FEW;
    }
}

impl Within {
    fn pushed(&mut self, details: &serde_json::Map<String, Value>) {
        match details.get("versions") {
            Some(Value::Object(versions)) => versions.keys().for_each(|name| self.prompt(name)),
            _ => self.all = true,
        }
        match details.get("alias") {
            None | Some(Value::Null) => {}
            Some(Value::String(name)) => self.alias(name),
            Some(_) => self.all = true,
        }
    }

    /// A move that names a prompt moved it alone: reading the prompt again finds the alias too, if it is new.
    fn moved(&mut self, alias: &str, details: &serde_json::Map<String, Value>) {
        match details.get("prompt") {
            Some(Value::String(name)) => self.prompt(name),
            _ => self.alias(alias),
        }
    }

    fn prompt(&mut self, name: &str) {
        match PromptName::parse(name) {
            Ok(name) => drop(self.prompts.insert(name)),
            Err(_) => self.all = true,
        }
    }

    fn alias(&mut self, name: &str) {
        match AliasName::parse(name) {
            Ok(name) => drop(self.aliases.insert(name)),
            Err(_) => self.all = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use promptsync_core::{
        audit::{AuditEntry, chain},
        digest::Digest,
        time::Timestamp,
    };
    use serde_json::{Map, json};

    use super::*;

    fn changes(entries: &[(&str, Option<&str>, &str, Value)]) -> Changes {
        let mut changes = Changes::default();
        for (action, project, target, details) in entries {
            let details: Map<String, Value> = details.as_object().cloned().unwrap_or_default();
            let entry = AuditEntry {
                project: project.map(str::to_owned),
                ..AuditEntry::of_system(*action, (*target).to_owned(), details, Timestamp::UNIX_EPOCH)
            };
            changes.add(&chain("w", 1, Digest::of(b""), entry));
        }
        changes
    }

    fn within(prompts: &[&str], aliases: &[&str], all: bool) -> BTreeMap<String, Within> {
        let within = Within {
            all,
            prompts: prompts.iter().map(|name| PromptName::parse(name).expect(name)).collect(),
            aliases: aliases.iter().map(|name| AliasName::parse(name).expect(name)).collect(),
        };
        BTreeMap::from([("shop".to_owned(), within)])
    }

    #[test]
    fn each_action_names_what_has_to_be_read_again() {
        let shop = Some("shop");
        let pushed = json!({ "versions": { "a": "1.0.0", "b": "2.0.0" }, "alias": "dev" });
        for (action, target, details, expected) in [
            ("push", "release:1.0.0", pushed, within(&["a", "b"], &["dev"], false)),
            ("push", "release:1.0.0", json!({ "versions": {}, "alias": null }), within(&[], &[], false)),
            ("push", "release:1.0.0", json!({}), within(&[], &[], true)),
            ("alias.move", "alias:production", json!({}), within(&[], &["production"], false)),
            ("alias.move", "alias:production", json!({ "prompt": "a" }), within(&["a"], &[], false)),
            ("alias.rollback", "alias:production", json!({}), within(&[], &["production"], false)),
            ("canary.set", "alias:production", json!({}), within(&[], &["production"], false)),
            ("version.archive", "version:a@1.0.0", json!({}), within(&["a"], &[], false)),
            ("something.new", "a:b", json!({}), within(&[], &[], true)),
        ] {
            let found = changes(&[(action, shop, target, details)]);
            assert_eq!((&found.within, found.everything), (&expected, false), "{action}");
        }
    }

    #[test]
    fn what_is_not_about_prompts_changes_nothing_and_what_is_not_known_everything() {
        assert_eq!(changes(&[("key.create", Some("shop"), "key:1", json!({}))]), Changes::default());
        assert_eq!(changes(&[("session.open", None, "session:1", json!({}))]), Changes::default());
        assert!(changes(&[("project.create", None, "project:x", json!({}))]).projects);
        assert!(changes(&[("something.new", None, "x", json!({}))]).everything);
    }

    #[test]
    fn many_prompts_are_read_together() {
        let versions: Map<String, Value> = (0..=FEW).map(|n| (format!("p{n}"), json!("1.0.0"))).collect();
        let found = changes(&[("push", Some("shop"), "release:1.0.0", json!({ "versions": versions }))]);
        assert!(found.within["shop"].all);
    }
}
