//! A workspace with a project, and short ways to fill it.

use std::collections::BTreeMap;

use promptsync_core::{
    access_records::{self, AccessRecord},
    audit::{Actor, AuditEntry, Revision},
    digest::Digest,
    documents::{self, Body, Document, Kind},
    ids::{AliasId, Ids as _, ProjectId, PromptId, ReleaseId, VersionId, WorkspaceId},
    interface::Interface,
    names::{AliasName, ModulePath, ProjectName, PromptName, WorkspaceName},
    splits::AliasSplits,
    time::Clock as _,
    versions::{Bump, VersionNumber},
};
use promptsync_store::{
    Db, Manifest, Result, Tx,
    aliases::{self, Expected, Move, Moved},
    documents::DocumentText,
    entries,
    projects::Project,
    prompts::Prompt,
    releases::{self, Release},
    search::SearchText,
    versions::Version,
    workspaces::Workspace,
};

use crate::{FixedClock, SeededIds};

/// A workspace `acme` with an empty project `shop`.
#[derive(Debug)]
pub struct Sample {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The project.
    pub project: ProjectId,
    /// The time in it.
    pub clock: FixedClock,
    /// Where its ids come from.
    pub ids: SeededIds,
}

impl Sample {
    /// Creates workspace and project, in one committed change.
    pub async fn new(db: &Db) -> Result<Self> {
        let (clock, ids) = (FixedClock::default(), SeededIds::new(1));
        let (workspace, project) = (WorkspaceId::new(ids.next()), ProjectId::new(ids.next()));
        let sample = Self { workspace, project, clock, ids };
        let mut tx = db.begin_system_write().await?;
        let row = Workspace {
            id: sample.workspace.clone(),
            name: workspace_name("acme"),
            created_at: sample.clock.now(),
        };
        promptsync_store::workspaces::insert(&mut tx, &row).await?;
        promptsync_store::projects::insert(&mut tx, &sample.a_project(sample.project.clone(), "shop"))
            .await?;
        sample.commit(tx, "workspace.create").await?;
        Ok(sample)
    }

    /// Commits with an entry of that action.
    pub async fn commit(&self, tx: Tx, action: &str) -> Result<Revision> {
        tx.commit(&self.workspace, self.entry(action)).await
    }

    /// An audit entry of that action.
    pub fn entry(&self, action: &str) -> AuditEntry {
        AuditEntry {
            action: action.to_owned(),
            actor: Actor::System,
            address: None,
            on_behalf_of: None,
            project: Some(self.project.to_string()),
            target: "project:shop".to_owned(),
            before: None,
            after: Some(Digest::of(action.as_bytes())),
            reason: None,
            request_id: None,
            details: serde_json::Map::new(),
            at: self.clock.now(),
        }
    }

    /// A project of the workspace.
    pub fn a_project(&self, id: ProjectId, name: &str) -> Project {
        Project {
            id,
            workspace: self.workspace.clone(),
            name: ProjectName::parse(name).expect("tests use good names"),
            description: String::new(),
            created_at: self.clock.now(),
            prompt_count: 0,
        }
    }

    /// A prompt of the project whose newest version is this.
    pub fn a_prompt(&self, name: &str, latest: &str) -> Prompt {
        Prompt {
            id: PromptId::new(self.ids.next()),
            project: self.project.clone(),
            module: ModulePath::parse("").expect("the root is a module"),
            name: prompt_name(name),
            owner: None,
            kind: Kind::Text,
            description: Some(format!("What {name} is for")),
            tags: vec!["demo".to_owned()],
            latest: number(latest),
            lifecycle: "active".to_owned(),
            created_at: self.clock.now(),
            updated_at: self.clock.now(),
        }
    }

    /// A version with this content.
    pub fn a_version(&self, prompt: &PromptId, version: &str, digest: &Digest) -> Version {
        Version {
            id: VersionId::new(self.ids.next()),
            workspace: self.workspace.clone(),
            project: self.project.clone(),
            prompt: prompt.clone(),
            number: number(version),
            digest: digest.clone(),
            bump: Bump::Major,
            reasons: Vec::new(),
            interface: Interface::default(),
            dependencies: BTreeMap::new(),
            changelog: Some("first".to_owned()),
            author: Actor::System,
            git_commit: Some("0123abc".to_owned()),
            origin: None,
            archived_at: None,
            created_at: self.clock.now(),
        }
    }

    /// Writes versions with their prompts, documents and search texts, without committing.
    /// The content of a version is the text `{name} {version}`.
    pub async fn write(&self, tx: &mut Tx, versions: &[(&str, &str)]) -> Result<()> {
        for (name, version) in versions {
            let (prompt, canonical) = self.write_texts(tx, name, version).await?;
            let text = SearchText {
                prompt: &prompt.id,
                name,
                description: prompt.description.as_deref().unwrap_or_default(),
                tags: &prompt.tags,
                content: &canonical,
            };
            promptsync_store::search::index_all(tx, &self.workspace, &[text]).await?;
        }
        Ok(())
    }

    /// Writes a version with its prompt and document, so that nobody finds it by its words.
    pub async fn write_texts(&self, tx: &mut Tx, name: &str, version: &str) -> Result<(Prompt, String)> {
        let mut prompt = self.a_prompt(name, version);
        if let Some(known) = promptsync_store::prompts::by_name(tx, &self.project, &prompt.name).await? {
            prompt.id = known.id;
        }
        let canonical = a_document(&format!("{name} {version}"));
        let digest = Digest::of(canonical.as_bytes());
        let document = DocumentText { digest: &digest, canonical: &canonical };
        let now = self.clock.now();
        promptsync_store::documents::insert_all(tx, &self.workspace, &[document], now).await?;
        promptsync_store::prompts::put_all(tx, std::slice::from_ref(&prompt)).await?;
        let row = self.a_version(&prompt.id, version, &digest);
        promptsync_store::versions::insert_all(tx, &[row]).await?;
        Ok((prompt, canonical))
    }

    /// Publishes versions in one committed change.
    pub async fn publish(&self, db: &Db, versions: &[(&str, &str)]) -> Result<Revision> {
        let mut tx = db.begin_system_write().await?;
        self.write(&mut tx, versions).await?;
        self.commit(tx, "prompt.publish").await
    }

    /// Makes a release of these versions, without committing.
    pub async fn release(&self, tx: &mut Tx, version: &str, entries: &[(&str, &str)]) -> Result<ReleaseId> {
        let release = Release {
            id: ReleaseId::new(self.ids.next()),
            project: self.project.clone(),
            version: number(version),
            prompt_count: i64::try_from(manifest(entries).len()).unwrap_or(i64::MAX),
            fingerprint: None,
            is_whole: false,
            changelog: None,
            author: Actor::System,
            git_commit: None,
            created_at: self.clock.now(),
        };
        let newest = releases::newest(tx, &self.project).await?;
        let manifest = manifest(entries);
        let changes = entries::ids(tx, &self.project, &manifest.iter().collect::<Vec<_>>()).await?;
        Ok(releases::insert(tx, release, newest.as_ref(), &changes).await?.id)
    }

    /// An access record of nobody.
    pub fn an_access(&self, target: &str) -> AccessRecord {
        AccessRecord {
            action: "prompt.read".to_owned(),
            actor: None,
            address: None,
            count: 7,
            first_at: self.clock.now(),
            last_at: self.clock.now() + chrono::TimeDelta::microseconds(1),
            outcome: access_records::OK.to_owned(),
            project: Some("shop".to_owned()),
            request_id: None,
            target: target.to_owned(),
        }
    }

    /// Writes a batch of access records in one committed change.
    pub async fn access(&self, db: &Db, records: &[AccessRecord]) -> Result<Revision> {
        let mut tx = db.begin_write(&self.workspace).await?;
        promptsync_store::access_records::insert(&mut tx, &self.workspace, records).await?;
        let mut entry = self.entry(access_records::BATCH);
        let facts = serde_json::json!({ "root": access_records::root(records), "count": records.len() });
        entry.details = facts.as_object().cloned().unwrap_or_default();
        tx.commit(&self.workspace, entry).await
    }

    /// Moves an alias in one committed change.
    pub async fn set_alias(
        &self,
        db: &Db,
        name: &str,
        expected: Expected,
        entries: &[(&str, &str)],
    ) -> Result<Moved> {
        self.divide_alias(db, name, expected, entries, &AliasSplits::default()).await
    }

    /// The same for an alias that divides its traffic afterwards.
    pub async fn divide_alias(
        &self,
        db: &Db,
        name: &str,
        expected: Expected,
        entries: &[(&str, &str)],
        splits: &AliasSplits,
    ) -> Result<Moved> {
        let mut tx = db.begin_system_write().await?;
        let change = Move {
            workspace: &self.workspace,
            project: &self.project,
            name: &AliasName::parse(name).expect("tests use good names"),
            new_id: &AliasId::new(self.ids.next()),
            expected,
            entries: &manifest(entries),
            release: None,
            splits,
            action: "set",
            moved_by: &Actor::System,
            moved_at: self.clock.now(),
            reason: None,
        };
        let moved = aliases::set(&mut tx, &change).await?;
        self.commit(tx, "alias.move").await?;
        Ok(moved)
    }
}

/// A name that is known to be good.
pub fn prompt_name(name: &str) -> PromptName {
    PromptName::parse(name).expect("tests use good names")
}

/// A name that is known to be good.
pub fn alias_name(name: &str) -> AliasName {
    AliasName::parse(name).expect("tests use good names")
}

/// A name that is known to be good.
pub fn workspace_name(name: &str) -> WorkspaceName {
    WorkspaceName::parse(name).expect("tests use good names")
}

/// A version that is known to be good.
pub fn number(version: &str) -> VersionNumber {
    VersionNumber::parse(version).expect("tests use good versions")
}

/// A manifest of names and versions that are known to be good.
pub fn manifest(entries: &[(&str, &str)]) -> Manifest {
    entries.iter().map(|(name, version)| (prompt_name(name), number(version))).collect()
}

/// The canonical form of a document with this text.
pub fn a_document(text: &str) -> String {
    documents::canonical(&Document { body: Body::Text(text.to_owned()), ..Document::default() })
}
