//! What the rules of a push need to know, read in one go: of what it touches, and not of all there is.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{
    digest::Digest,
    documents::Document,
    ids::{ProjectId, WorkspaceId},
    names::PromptName,
    publish::{NewestRelease, PastVersion, Registry},
    versions::VersionNumber,
};

use crate::{
    conn::ReadTx,
    documents,
    error::Result,
    prompts::{self, Prompt},
    releases::{self, Release},
    rows::lies,
    versions,
};

/// What a push touches.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// The prompts that it pushes without asking for a number: the highest of each decides.
    pub next: BTreeSet<PromptName>,
    /// Those for which it asks for a number: any of theirs may be in its way.
    pub numbered: BTreeSet<PromptName>,
    /// The prompts they declare as dependencies.
    pub dependencies: BTreeSet<PromptName>,
    /// The release it asks for.
    pub release: Option<VersionNumber>,
}

/// What there is of that.
#[derive(Clone, Debug)]
pub struct Found {
    /// What the rules need to know.
    pub registry: Registry,
    /// The pushed prompts, as far as they exist.
    pub prompts: BTreeMap<PromptName, Prompt>,
    /// The newest release.
    pub newest: Option<Release>,
}

/// Reads what `core::publish::plan` needs, and what is written with it. Documents come for every version of the
/// dependencies, and for what those depend on in turn.
pub async fn load(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    touched: &Touched,
) -> Result<Found> {
    let Touched { next, numbered, dependencies, .. } = touched;
    let whole: Vec<PromptName> = numbered.union(dependencies).cloned().collect();
    let mut prompts = versions::of_prompts(tx, project, &whole).await?;
    let documents = below(tx, workspace, project, dependencies, &mut prompts).await?;
    let next: Vec<PromptName> = next.iter().filter(|name| !prompts.contains_key(*name)).cloned().collect();
    prompts.extend(versions::newest_of_prompts(tx, project, &next).await?);

    let pushed: Vec<PromptName> = touched.next.union(numbered).cloned().collect();
    let is_missing = |name: &PromptName| !prompts.contains_key(name) && !pushed.contains(name);
    let present = prompts::alike(tx, project, &pushed).await?;
    let names = if dependencies.iter().any(is_missing) {
        prompts::names(tx, project).await?
    } else {
        present.keys().cloned().collect()
    };
    let (newest, entries) = releases::newest_with(tx, project, &pushed).await?.unzip();
    let release = newest.as_ref().zip(entries).map(|(newest, entries)| NewestRelease {
        version: newest.version.clone(),
        prompt_count: usize::try_from(newest.prompt_count).unwrap_or_default(),
        entries,
    });
    let has_wanted_release = match &touched.release {
        Some(wanted) => releases::get(tx, project, wanted).await?.is_some(),
        None => false,
    };
    let registry = Registry { prompts, documents, names, release, has_wanted_release };
    Ok(Found { registry, prompts: present, newest })
}

/// The documents of these prompts and of all below them, whose versions are added to the known ones.
async fn below(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    dependencies: &BTreeSet<PromptName>,
    past: &mut BTreeMap<PromptName, Vec<PastVersion>>,
) -> Result<BTreeMap<Digest, Document>> {
    let mut documents = BTreeMap::new();
    let mut level: BTreeSet<PromptName> =
        dependencies.iter().filter(|name| past.contains_key(*name)).cloned().collect();
    let mut seen = BTreeSet::new();
    while !level.is_empty() {
        let missing: Vec<PromptName> =
            level.iter().filter(|name| !past.contains_key(*name)).cloned().collect();
        past.extend(versions::of_prompts(tx, project, &missing).await?);
        let found: Vec<_> = level.iter().filter_map(|name| past.get(name)).flatten().collect();
        let digests: BTreeSet<&Digest> = found
            .iter()
            .map(|version| &version.digest)
            .filter(|digest| !documents.contains_key(*digest))
            .collect();
        let digests: Vec<Digest> = digests.into_iter().cloned().collect();
        let next: BTreeSet<PromptName> =
            found.iter().flat_map(|version| version.dependencies.keys()).cloned().collect();
        for (digest, text) in documents::get_all(tx, workspace, &digests).await? {
            let document: Document =
                serde_json::from_str(&text).map_err(lies("documents", "content", digest.as_str()))?;
            documents.insert(digest, document);
        }
        seen.append(&mut level);
        level = next.difference(&seen).cloned().collect();
    }
    Ok(documents)
}
