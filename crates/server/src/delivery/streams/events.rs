//! From moves of an alias to events: read once, signed once, encoded once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use promptsync_api::{
    delivery::{ChangeEvent, EVENT_DOCUMENTS},
    error::ALIAS_NOT_FOUND,
};
use promptsync_core::{
    audit::Revision,
    digest::Digest,
    names::PromptName,
    signing::{SnapshotContent, SnapshotDelta, SnapshotEntry, entries_digest},
    splits::Split,
    time::Timestamp,
    versions::VersionNumber,
};
use promptsync_store::{
    ReadTx, aliases, audit, documents,
    snapshot::{self, AliasState},
};

use super::{
    frames,
    line::{Known, Line, LineId},
};
use crate::{
    app::{App, signing_keys::Signer, snapshots::GOOD_FOR},
    http::error::ApiError,
};

/// Moves that are read at once.
const MOVES: u32 = 64;
/// Documents that are read at once for an event.
const DOCUMENTS: usize = 8;
/// Entries from which on comparing and signing is done away from the threads that serve connections.
const MANY: usize = 500;

type Entries = BTreeMap<PromptName, SnapshotEntry>;

/// Reads the moves since the last time and tells the line. Gives the workspace's revision it is up to date with; a
/// line that is up to date with `at_least` stays as it is.
pub(super) async fn catch_up(app: &Arc<App>, line: &Line, at_least: Revision) -> Result<Revision, ApiError> {
    let mut known = line.known.lock().await;
    match &mut *known {
        Some(known) if known.read >= at_least => Ok(known.read),
        Some(known) => {
            while !advance(app, line, known).await? {}
            Ok(known.read)
        }
        none => {
            let first = begin(app, &line.id).await?;
            line.begin(first.moved);
            Ok(none.insert(first).read)
        }
    }
}

/// Where the alias points, for the first time.
async fn begin(app: &App, id: &LineId) -> Result<Known, ApiError> {
    let mut tx = app.db.begin_read(&id.workspace).await?;
    let alias = aliases::by_name(&mut tx, &id.project, &id.alias).await?;
    let alias =
        alias.ok_or_else(|| ApiError::new(ALIAS_NOT_FOUND, format!("no alias is named `{}`", id.alias)))?;
    let entries = snapshot::signed_entries(&mut tx, &alias.id).await?;
    let read = audit::head(&mut tx, &id.workspace).await?.revision;
    Ok(Known { id: alias.id, moved: alias.revision, read, entries: Arc::new(entries) })
}

/// Reads some moves; says whether these were all.
async fn advance(app: &Arc<App>, line: &Line, known: &mut Known) -> Result<bool, ApiError> {
    let id = &line.id;
    let mut tx = app.db.begin_read(&id.workspace).await?;
    let states = snapshot::states_since(&mut tx, &known.id, known.moved, MOVES).await?;
    let read = audit::head(&mut tx, &id.workspace).await?.revision;
    if states.is_empty() {
        known.read = read;
        return Ok(true);
    }
    let is_all = states.len() < MOVES as usize;
    let contents = missing(&mut tx, line, &known.entries, &states).await?;
    let mut steps = Vec::with_capacity(states.len());
    let mut before = Arc::clone(&known.entries);
    for state in states {
        let after = Arc::new(entries(&state, &before, &contents));
        let documents = new_documents(&mut tx, id, &before, &after).await?;
        steps.push((state.revision, Arc::clone(&after), documents));
        before = after;
    }
    drop(tx);
    let signer = app.signer(&id.workspace).await?;
    for (revision, after, documents) in steps {
        let make = Making {
            id: id.clone(),
            from: known.moved,
            revision,
            now: app.clock.now(),
            signer: signer.clone(),
            before: Arc::clone(&known.entries),
            after: Arc::clone(&after),
            documents,
        };
        let event =
            if after.len() < MANY { make.event()? } else { App::blocking(move || make.event()).await?? };
        (known.moved, known.entries) = (revision, after);
        line.publish(revision, event);
    }
    if is_all {
        known.read = read;
    }
    Ok(is_all)
}

/// Contents of versions that the entries known so far do not have.
async fn missing(
    tx: &mut ReadTx,
    line: &Line,
    known: &Entries,
    states: &[AliasState],
) -> Result<snapshot::Contents, ApiError> {
    let is_known = |name: &PromptName, version| {
        known.get(name).is_some_and(|entry| content_of(entry, version).is_some())
    };
    let wanted: BTreeSet<_> = states
        .iter()
        .flat_map(AliasState::versions)
        .filter(|(name, version)| !is_known(name, version))
        .map(|(name, version)| (name.clone(), version.clone()))
        .collect();
    Ok(snapshot::contents(tx, &line.id.project, &wanted).await?)
}

/// The entries of a state. A version whose content is found nowhere is left out: nobody could be given it.
fn entries(state: &AliasState, before: &Entries, contents: &snapshot::Contents) -> Entries {
    let content = |name: &PromptName, version: &_| -> Option<SnapshotContent> {
        let known = before.get(name).and_then(|entry| content_of(entry, version));
        known.or_else(|| contents.get(&(name.clone(), version.clone()))).cloned()
    };
    let entry = |(name, version): (&PromptName, &_)| {
        let split = state.splits.get(name).cloned();
        let others = split.iter().flat_map(Split::versions).filter(|other| *other != version);
        let others = others.filter_map(|other| Some((other.clone(), content(name, other)?))).collect();
        let entry =
            SnapshotEntry { version: version.clone(), content: content(name, version)?, split, others };
        Some((name.clone(), entry))
    };
    state.entries.iter().filter_map(entry).collect()
}

/// The documents a change brings, as far as they fit.
async fn new_documents(
    tx: &mut ReadTx,
    id: &LineId,
    before: &Entries,
    after: &Entries,
) -> Result<BTreeMap<Digest, String>, ApiError> {
    let changed = after.iter().filter(|(name, entry)| before.get(*name) != Some(entry));
    let held: BTreeSet<&Digest> =
        changed.clone().filter_map(|(name, _)| before.get(name)).flat_map(digests).collect();
    let mut wanted: Vec<Digest> = Vec::new();
    for digest in changed.flat_map(|(_, entry)| digests(entry)) {
        if !held.contains(digest) && !wanted.contains(digest) {
            wanted.push(digest.clone());
        }
        // Hardly any document is smaller than this.
        if wanted.len() > EVENT_DOCUMENTS / 128 {
            break;
        }
    }
    let (mut found, mut room) = (BTreeMap::new(), EVENT_DOCUMENTS);
    for some in wanted.chunks(DOCUMENTS) {
        for (digest, text) in documents::get_all(tx, &id.workspace, some).await? {
            let Some(left) = room.checked_sub(text.len()) else { return Ok(found) };
            room = left;
            found.insert(digest, text);
        }
    }
    Ok(found)
}

/// What an entry says of one of its versions.
fn content_of<'a>(entry: &'a SnapshotEntry, version: &VersionNumber) -> Option<&'a SnapshotContent> {
    if entry.version == *version { Some(&entry.content) } else { entry.others.get(version) }
}

/// Every document an entry needs.
fn digests(entry: &SnapshotEntry) -> impl Iterator<Item = &Digest> {
    let contents = std::iter::once(&entry.content).chain(entry.others.values());
    contents.flat_map(|content| std::iter::once(&content.digest).chain(content.includes.values()))
}

/// What an event is made with.
struct Making {
    id: LineId,
    from: Revision,
    revision: Revision,
    now: Timestamp,
    signer: Signer,
    before: Arc<Entries>,
    after: Arc<Entries>,
    documents: BTreeMap<Digest, String>,
}

impl Making {
    fn event(self) -> Result<Bytes, ApiError> {
        let delta = SnapshotDelta {
            workspace: self.id.workspace.to_string(),
            project: self.id.project_name.to_string(),
            alias: self.id.alias,
            from: self.from,
            revision: self.revision,
            issued_at: self.now,
            expires_at: self.now + GOOD_FOR,
            changed: difference(&self.before, &self.after),
            entries: entries_digest(&self.after),
        };
        let event = ChangeEvent { delta: self.signer.sign(delta), documents: self.documents };
        frames::change(self.revision, &event).map_err(ApiError::internal)
    }
}

/// The entries that are new or different, and nothing for those that are gone.
fn difference(before: &Entries, after: &Entries) -> BTreeMap<PromptName, Option<SnapshotEntry>> {
    let changed = after.iter().filter(|(name, entry)| before.get(*name) != Some(entry));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let changed = changed.map(|(name, entry)| (name.clone(), Some(entry.clone())));
    changed.chain(gone.map(|name| (name.clone(), None))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PromptName {
        PromptName::parse(text).expect("a name")
    }

    fn entry(version: &str, text: &str) -> SnapshotEntry {
        SnapshotEntry {
            version: VersionNumber::parse(version).expect("a number"),
            content: SnapshotContent { digest: Digest::of(text.as_bytes()), includes: BTreeMap::new() },
            split: None,
            others: BTreeMap::new(),
        }
    }

    #[test]
    fn a_difference_leads_from_one_state_to_the_other() {
        let before = Entries::from([(name("a"), entry("1.0.0", "x")), (name("b"), entry("1.0.0", "y"))]);
        let after = Entries::from([(name("b"), entry("1.1.0", "z")), (name("c"), entry("1.0.0", "x"))]);
        let changed = difference(&before, &after);
        assert_eq!(changed.keys().map(PromptName::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
        let mut reached = before;
        for (name, entry) in changed {
            match entry {
                Some(entry) => drop(reached.insert(name, entry)),
                None => drop(reached.remove(&name)),
            }
        }
        assert_eq!(reached, after);
        assert!(difference(&after, &after).is_empty());
    }
}
