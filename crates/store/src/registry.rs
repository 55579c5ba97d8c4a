//! What the rules of a push need to know, read in one go.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{
    digest::Digest,
    documents::Document,
    ids::{ProjectId, WorkspaceId},
    names::PromptName,
    publish::Registry,
};

use crate::{conn::ReadTx, documents, error::Result, prompts, releases, rows::lies, versions};

/// Reads what `core::publish::plan` needs: `pushed` are the prompts of the push, `dependencies` the prompts they
/// declare. Documents come for every version of the dependencies, and for what those depend on in turn.
pub async fn load(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    pushed: &[PromptName],
    dependencies: &[PromptName],
) -> Result<Registry> {
    let wanted: BTreeSet<&PromptName> = pushed.iter().chain(dependencies).collect();
    let wanted: Vec<PromptName> = wanted.into_iter().cloned().collect();
    let mut past = versions::of_prompts(tx, project, &wanted).await?;

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

    let release = match releases::newest(tx, project).await? {
        Some(release) => Some((release.version, releases::manifest(tx, &release.id).await?)),
        None => None,
    };
    Ok(Registry {
        prompts: past,
        documents,
        names: prompts::names(tx, project).await?,
        release,
        releases: releases::numbers(tx, project).await?,
    })
}
