//! Judging the versions, documents and locks of a database: whether each is as it was signed.

use std::{collections::BTreeSet, fmt::Display};

use promptsync_core::{
    digest::Digest,
    ids::{VersionId, WorkspaceId},
    names::{ProjectName, PromptName},
    signing::{BadRow, KeyLink, KeyRing, Pin, RowsVerdict, SigningError, Wrong},
};
use promptsync_store::{
    ReadTx, StoreError, audit, documents, signing_keys, version_locks, version_signatures,
    versions::{self, Version, VersionName},
    workspaces,
};

use crate::{
    App,
    app::proofs::{Proofs, Subject},
};

/// Rows looked at together.
const STEP: u32 = 500;

/// A version that was locked: project, prompt, number.
type Locked = (Option<String>, String, String);

/// Judges every workspace. Rows that cannot be read are findings, not errors. A key that is known is compared with the
/// workspace it belongs to.
pub async fn verify(app: &App, pin: Option<&Pin>) -> Result<Vec<RowsVerdict>, StoreError> {
    let mut tx = app.db.begin_system_read().await?;
    let mut chains = Vec::new();
    for workspace in workspaces::list(&mut tx).await? {
        let chain = signing_keys::chain(&mut tx, &workspace.id).await;
        let chain = chain.map_err(|error| unreadable("signing_keys", workspace.id.as_str(), &error));
        chains.push((workspace.id, chain));
    }
    let mut verdicts = Vec::new();
    for (workspace, chain) in &chains {
        // A key that is known is one workspace's. When it is none's, no signature of this database is believed.
        let elsewhere = |pin: &&Pin| !has(chain, pin) && chains.iter().any(|(_, chain)| has(chain, pin));
        let ring = match (chain, pin.filter(|pin| !elsewhere(pin))) {
            (Ok(chain), Some(pin)) => KeyRing::new(chain, pin).map_err(Wrong::Keys),
            (Ok(chain), None) => KeyRing::unpinned(chain).map_err(Wrong::Keys),
            (Err(wrong), _) => Err(wrong.clone()),
        };
        let mut judge = Judge { workspace: workspace.clone(), ..Judge::default() };
        let finding = match ring {
            Ok(ring) => judge.all(&mut tx, &ring).await.err(),
            Err(wrong) => Some(wrong.into()),
        };
        verdicts.push(RowsVerdict { workspace: workspace.to_string(), finding, ..judge.counted });
    }
    Ok(verdicts)
}

fn has(chain: &Result<Vec<KeyLink>, Wrong>, pin: &Pin) -> bool {
    chain.as_ref().is_ok_and(|chain| chain.iter().any(|link| link.statement.key == pin.key))
}

/// What was found in one workspace so far.
struct Judge {
    workspace: WorkspaceId,
    counted: RowsVerdict,
    /// Documents that have their digest.
    good: BTreeSet<String>,
}

impl Default for Judge {
    fn default() -> Self {
        Self { workspace: WorkspaceId::new(""), counted: RowsVerdict::default(), good: BTreeSet::new() }
    }
}

impl Judge {
    async fn all(&mut self, tx: &mut ReadTx, ring: &KeyRing) -> Result<(), BadRow> {
        let mut locked = self.locked(tx).await?;
        let mut after = String::new();
        loop {
            let names = versions::names(tx, &self.workspace, &after, STEP).await;
            let names = names.map_err(|error| unreadable("versions", &format!("after {after}"), &error))?;
            let Some(last) = names.last() else { break };
            after.clone_from(&last.id);
            let ids: Vec<_> = names.iter().map(|name| VersionId::new(name.id.clone())).collect();
            // One row that cannot be read hides all others: then each version asks for its own.
            let together = Proofs::load(tx, &ids).await.ok();
            for (name, id) in names.iter().zip(&ids) {
                self.version(tx, ring, name, id, together.as_ref(), &mut locked)
                    .await
                    .map_err(|wrong| bad(name, wrong))?;
            }
        }
        self.astray(tx).await?;
        if let Some((project, prompt, version)) = locked.pop_first() {
            let wrong = Wrong::Unlocked;
            return Err(BadRow { project, prompt: Some(prompt), version: Some(version), wrong });
        }
        self.other_documents(tx).await.map_err(BadRow::from)
    }

    /// What was ever locked, by the audit log.
    async fn locked(&self, tx: &mut ReadTx) -> Result<BTreeSet<Locked>, BadRow> {
        let targets = audit::targets(tx, &self.workspace, "version.lock").await;
        let targets = targets.map_err(|error| unreadable("audit_log", "of locks", &error))?;
        let parts = targets.into_iter().filter_map(|(project, target)| {
            let (prompt, version) = target.strip_prefix("version:")?.split_once('@')?;
            Some((project, prompt.to_owned(), version.to_owned()))
        });
        Ok(parts.collect())
    }

    async fn version(
        &mut self,
        tx: &mut ReadTx,
        ring: &KeyRing,
        name: &VersionName,
        id: &VersionId,
        together: Option<&Proofs>,
        locked: &mut BTreeSet<Locked>,
    ) -> Result<(), Wrong> {
        let read = |error: StoreError| unreadable("versions", id.as_str(), &error);
        let astray = || Wrong::Astray { table: "versions", row: id.to_string() };
        let version = versions::by_id(tx, id).await.map_err(read)?.ok_or_else(astray)?;
        let (project, prompt) = name.project.as_deref().zip(name.prompt.as_deref()).ok_or_else(astray)?;
        let project = ProjectName::parse(project).map_err(|_| astray())?;
        let prompt = PromptName::parse(prompt).map_err(|_| astray())?;
        let subject = Subject { project: &project, prompt: &prompt, version: &version };
        let own;
        let proofs = if let Some(proofs) = together {
            proofs
        } else {
            own = Proofs::load(tx, std::slice::from_ref(id)).await.map_err(read)?;
            &own
        };
        let signed = proofs.signature(subject).ok_or(Wrong::Version(SigningError::Missing))?;
        ring.verify(&signed).map_err(Wrong::Version)?;
        if signed.statement.record.as_ref().is_some_and(|record| *record != subject.record()) {
            return Err(Wrong::Record);
        }
        self.counted.versions += 1;
        if let Some(lock) = proofs.lock(subject) {
            ring.verify(&lock).map_err(Wrong::Lock)?;
            self.counted.locks += 1;
            locked.remove(&(name.project.clone(), prompt.to_string(), name.version.clone()));
        }
        self.content(tx, &version).await
    }

    async fn content(&mut self, tx: &mut ReadTx, version: &Version) -> Result<(), Wrong> {
        if self.good.contains(version.digest.as_str()) {
            return Ok(());
        }
        if self.document(tx, &version.digest).await? {
            return Ok(());
        }
        Err(Wrong::NoDocument { digest: version.digest.clone() })
    }

    /// Whether the document is there; it has to have its digest.
    async fn document(&mut self, tx: &mut ReadTx, digest: &Digest) -> Result<bool, Wrong> {
        let text = documents::get(tx, &self.workspace, digest).await;
        let Some(text) = text.map_err(|error| unreadable("documents", digest.as_str(), &error))? else {
            return Ok(false);
        };
        let found = Digest::of(text.as_bytes());
        if found != *digest {
            return Err(Wrong::Document { digest: digest.clone(), found });
        }
        self.good.insert(digest.to_string());
        self.counted.documents += 1;
        Ok(true)
    }

    /// Documents that no version has.
    async fn other_documents(&mut self, tx: &mut ReadTx) -> Result<(), Wrong> {
        let mut after = String::new();
        loop {
            let digests = documents::digests(tx, &self.workspace, &after, STEP).await;
            let digests =
                digests.map_err(|error| unreadable("documents", &format!("after {after}"), &error))?;
            let Some(last) = digests.last() else { return Ok(()) };
            after.clone_from(last);
            for text in digests.iter().filter(|text| !self.good.contains(*text)).cloned().collect::<Vec<_>>()
            {
                let digest = Digest::parse(&text).map_err(|error| unreadable("documents", &text, &error))?;
                self.document(tx, &digest).await?;
            }
        }
    }

    /// Signatures and locks of versions that are gone.
    async fn astray(&self, tx: &mut ReadTx) -> Result<(), Wrong> {
        let signatures = version_signatures::astray(tx, &self.workspace).await;
        let locks = version_locks::astray(tx, &self.workspace).await;
        for (table, rows) in [("version_signatures", signatures), ("version_locks", locks)] {
            let rows = rows.map_err(|error| unreadable(table, self.workspace.as_str(), &error))?;
            if let Some(row) = rows.first() {
                return Err(Wrong::Astray { table, row: row.to_string() });
            }
        }
        Ok(())
    }
}

fn bad(name: &VersionName, wrong: Wrong) -> BadRow {
    BadRow {
        project: name.project.clone(),
        prompt: name.prompt.clone(),
        version: Some(name.version.clone()),
        wrong,
    }
}

fn unreadable(table: &'static str, row: &str, reason: &dyn Display) -> Wrong {
    Wrong::Unreadable { table, row: row.to_owned(), reason: reason.to_string() }
}
