//! The sources of an application, each read with what it imports.

use std::collections::{BTreeMap, HashMap};

use crate::{
    Call, Language, Skipped,
    exports::{Exports, Links},
    graph::{self, Graph},
    modules::Modules,
    read::read,
    survey::Surveyed,
};

/// How often a file is parsed at most: again when files that import each other told it something new.
const ROUNDS: usize = 2;

/// The sources of an application that lead to PromptSync, and what they import from each other.
#[derive(Clone, Debug)]
pub struct Application {
    /// Every path, sorted; a file is named by its place here.
    paths: Vec<String>,
    sources: Vec<Source>,
    /// Whether each file leads to PromptSync.
    wanted: Vec<bool>,
    /// The files that do, each after what it imports.
    order: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Source {
    language: Language,
    mentions: bool,
    /// The files of each module that it imports.
    modules: HashMap<String, Vec<usize>>,
}

impl Source {
    fn imported(&self) -> impl Iterator<Item = usize> {
        self.modules.values().flatten().copied()
    }
}

impl Application {
    pub(crate) fn of(surveyed: BTreeMap<String, Surveyed>) -> Self {
        let (paths, surveyed): (Vec<String>, Vec<Surveyed>) = surveyed.into_iter().unzip();
        let mentioning: Vec<bool> = surveyed.iter().map(|source| source.mentions).collect();
        if !mentioning.contains(&true) {
            return Self { paths, sources: Vec::new(), wanted: mentioning, order: Vec::new() };
        }
        let modules = Modules::of(&paths);
        let sources: Vec<Source> = surveyed
            .into_iter()
            .enumerate()
            .map(|(file, source)| Source::of(&modules, file, source))
            .collect();
        let graph: Graph = sources
            .iter()
            .map(|source| {
                let mut imported: Vec<usize> = source.imported().collect();
                imported.sort_unstable();
                imported.dedup();
                imported
            })
            .collect();
        let wanted = graph::importers(&graph, mentioning);
        let order = graph::order(&graph, &wanted);
        Self { paths, sources, wanted, order }
    }

    /// Whether a file may have calls, or lead others to them: the text of no other is needed.
    pub fn wants(&self, path: &str) -> bool {
        self.paths.binary_search_by(|known| known.as_str().cmp(path)).is_ok_and(|file| self.wanted[file])
    }

    /// The calls of each file that is wanted, in the order of their paths. A file without a text has none.
    pub fn read(&self, texts: &BTreeMap<String, String>) -> Vec<(&str, Result<Vec<Call>, Skipped>)> {
        let mut progress = Progress::of(self);
        for _ in 0..ROUNDS {
            for file in &self.order {
                if let Some(text) = texts.get(&self.paths[*file]).filter(|_| progress.is_due(*file)) {
                    progress.read(*file, text);
                }
            }
        }
        let calls = self.paths.iter().zip(progress.calls);
        calls.filter_map(|(path, calls)| Some((path.as_str(), calls?))).collect()
    }
}

impl Source {
    fn of(modules: &Modules<'_>, file: usize, source: Surveyed) -> Self {
        let Surveyed { language, mentions, imports } = source;
        let found = imports.into_iter().map(|module| {
            let files = modules.find(language, file, &module);
            (module, files)
        });
        Self { language, mentions, modules: found.filter(|(_, files)| !files.is_empty()).collect() }
    }
}

/// How far an application is read.
struct Progress<'a> {
    sources: &'a [Source],
    calls: Vec<Option<Result<Vec<Call>, Skipped>>>,
    exports: Vec<Exports>,
    /// What happens is counted: when each file was read, and when it last had something new for others.
    now: usize,
    read_at: Vec<usize>,
    changed_at: Vec<usize>,
}

impl<'a> Progress<'a> {
    fn of(application: &'a Application) -> Self {
        let sources = application.sources.as_slice();
        Self {
            sources,
            calls: vec![None; sources.len()],
            exports: vec![Exports::default(); sources.len()],
            now: 0,
            read_at: vec![0; sources.len()],
            changed_at: vec![0; sources.len()],
        }
    }

    /// Whether reading a file, or reading it again, may show something.
    fn is_due(&self, file: usize) -> bool {
        let source = &self.sources[file];
        let is_first = source.mentions && self.read_at[file] == 0;
        is_first || source.imported().any(|other| self.changed_at[other] > self.read_at[file])
    }

    fn read(&mut self, file: usize, text: &str) {
        self.now += 1;
        self.read_at[file] = self.now;
        let source = &self.sources[file];
        let links = Links { modules: &source.modules, exports: &self.exports };
        match read(source.language, text, links) {
            Ok((calls, exports)) => {
                self.calls[file] = Some(Ok(calls));
                let leads = exports.leads || self.exports[file].leads;
                if leads && exports != self.exports[file] {
                    self.now += 1;
                    self.changed_at[file] = self.now;
                }
                self.exports[file] = exports;
            }
            Err(reason) => self.calls[file] = Some(Err(reason)),
        }
    }
}
