//! What is in memory: the facts of each prompt, enough to find out which version a caller gets.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use promptsync_core::{
    audit::Revision,
    ids::{ProjectId, PromptId},
    names::{AliasName, ModulePath, ProjectName, PromptName},
    resolve::{Entry, PromptFacts},
};
use promptsync_store::snapshot::{Known, ProjectState};
use rpds::HashTrieMapSync;

/// A workspace at one revision. Projects nobody asked for yet are names only.
#[derive(Clone, Debug, Default)]
pub(crate) struct WorkspaceView {
    /// The revision.
    pub(crate) revision: Revision,
    /// The projects by name.
    pub(crate) names: HashMap<ProjectName, ProjectId>,
    /// What is known about those somebody asked for.
    pub(crate) projects: HashMap<ProjectId, Arc<ProjectView>>,
}

/// The prompts of a project. Two views share whatever is the same in both: a publication copies the path to what it
/// changes, however many prompts there are.
pub(crate) type Prompts = HashTrieMapSync<PromptName, Arc<PromptView>>;

/// A project.
#[derive(Clone, Debug)]
pub(crate) struct ProjectView {
    /// Its id.
    pub(crate) id: ProjectId,
    /// Its name.
    pub(crate) name: ProjectName,
    /// All of its aliases.
    pub(crate) aliases: BTreeSet<AliasName>,
    /// All of its prompts.
    pub(crate) prompts: Prompts,
}

/// A prompt.
#[derive(Debug)]
pub(crate) struct PromptView {
    /// No two views have the same number: what was prepared for one is never taken for another's.
    pub(crate) number: u64,
    /// Its id.
    pub(crate) id: PromptId,
    /// Its module.
    pub(crate) module: ModulePath,
    /// Its versions, and where each alias points it.
    pub(crate) facts: PromptFacts,
}

impl PromptView {
    fn new(known: Known) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Self { number, id: known.id, module: known.module, facts: known.facts }
    }

    fn is(&self, known: &Known) -> bool {
        self.id == known.id && self.module == known.module && self.facts == known.facts
    }
}

impl ProjectView {
    /// A project of which nothing was read yet.
    pub(crate) fn empty(id: ProjectId, name: ProjectName) -> Self {
        Self { id, name, aliases: BTreeSet::new(), prompts: Prompts::new_sync() }
    }

    /// Takes over all of a project. Prompts that are as they were stay what they are.
    pub(crate) fn replace(&mut self, state: ProjectState) {
        let before = std::mem::take(&mut self.prompts);
        self.aliases = state.aliases;
        let view = |(name, known): (PromptName, Known)| match before.get(&name) {
            Some(same) if same.is(&known) => (name, Arc::clone(same)),
            _ => (name, Arc::new(PromptView::new(known))),
        };
        self.prompts = state.prompts.into_iter().map(view).collect();
    }

    /// Takes over one prompt; `state` was read for it alone.
    pub(crate) fn replace_prompt(&mut self, name: &PromptName, mut state: ProjectState) {
        self.aliases = state.aliases;
        match state.prompts.remove(name) {
            None => drop(self.prompts.remove_mut(name)),
            Some(known) => {
                if !self.prompts.get(name).is_some_and(|view| view.is(&known)) {
                    self.prompts.insert_mut(name.clone(), Arc::new(PromptView::new(known)));
                }
            }
        }
    }

    /// Takes over where one alias points; nothing when it does not exist.
    pub(crate) fn replace_alias(&mut self, alias: &AliasName, entries: Option<BTreeMap<PromptName, Entry>>) {
        let exists = entries.is_some();
        let mut entries = entries.unwrap_or_default();
        for (name, view) in &self.prompts.clone() {
            let after = entries.remove(name);
            if view.facts.entries.get(alias).map(|(_, entry)| entry) == after.as_ref() {
                continue;
            }
            let entries = view.facts.entries.with(alias, after);
            let facts = PromptFacts { versions: Arc::clone(&view.facts.versions), entries };
            let known = Known { id: view.id.clone(), module: view.module.clone(), facts };
            self.prompts.insert_mut(name.clone(), Arc::new(PromptView::new(known)));
        }
        if exists {
            self.aliases.insert(alias.clone());
        } else {
            self.aliases.remove(alias);
        }
    }
}
