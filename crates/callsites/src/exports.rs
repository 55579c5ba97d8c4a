//! What the names of a source stand for in the files that import it.

use std::collections::HashMap;

use crate::{
    grammar::{Grammar, Origin},
    meaning::{Meaning, Source},
};

/// Files that are looked through for a name, where one has all names of another.
const FARTHEST: usize = 64;

/// The longest text that others get, in bytes: no prompt has a longer name.
const LONGEST_TEXT: usize = 256;

/// What a name stands for wherever it is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exported {
    Package,
    Module(Vec<usize>),
    Type,
    Class,
    Builder,
    Client,
    Maker,
    Function(String),
    Text(String),
}

impl Exported {
    fn of(meaning: Meaning<'_>) -> Option<Self> {
        Some(match meaning {
            Meaning::Package => Self::Package,
            Meaning::Module(files) => Self::Module(files.to_vec()),
            Meaning::Type => Self::Type,
            Meaning::Class => Self::Class,
            Meaning::Builder => Self::Builder,
            Meaning::Client => Self::Client,
            Meaning::Maker => Self::Maker,
            Meaning::Function(name) => Self::Function(name.to_owned()),
            Meaning::Text(text) if text.len() <= LONGEST_TEXT => Self::Text(text.to_owned()),
            // Nodes are of one file.
            Meaning::Text(_) | Meaning::Prompt(_) | Meaning::Mapping(_) | Meaning::Unknown => return None,
        })
    }

    fn meaning(&self) -> Meaning<'_> {
        match self {
            Self::Package => Meaning::Package,
            Self::Module(files) => Meaning::Module(files),
            Self::Type => Meaning::Type,
            Self::Class => Meaning::Class,
            Self::Builder => Meaning::Builder,
            Self::Client => Meaning::Client,
            Self::Maker => Meaning::Maker,
            Self::Function(name) => Meaning::Function(name),
            Self::Text(text) => Meaning::Text(text),
        }
    }
}

/// What files that import a source get from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exports {
    /// Its own names; none where nobody can know what one stands for.
    names: HashMap<String, Option<Exported>>,
    /// The files all of whose names it has too.
    everything: Vec<usize>,
    /// Whether anything in it may lead to a client: who imports nothing else needs not be read.
    pub(crate) leads: bool,
}

impl Exports {
    /// Of a source that is being read.
    pub(crate) fn of(source: &Source<'_>) -> Self {
        let exported = |(name, meaning): (&str, _)| (name.to_owned(), Exported::of(meaning));
        let names: HashMap<String, Option<Exported>> = source.importable().map(exported).collect();
        let links = source.links;
        let leads = |file: &usize| links.exports[*file].leads;
        let is_lead = |exported: &Exported| match exported {
            Exported::Text(_) => false,
            Exported::Module(files) => files.iter().any(leads),
            _ => true,
        };
        let leads = !source.everything.is_empty() || names.values().flatten().any(is_lead);
        Self { names, everything: source.everything.clone(), leads }
    }
}

/// What the imports of a source lead to.
#[derive(Clone, Copy)]
pub(crate) struct Links<'t> {
    /// The files of each module it imports.
    pub(crate) modules: &'t HashMap<String, Vec<usize>>,
    /// What each file has for others, as far as that is known.
    pub(crate) exports: &'t [Exports],
}

impl<'t> Links<'t> {
    /// What something stands for that is imported from the application's own files.
    pub(crate) fn origin(self, grammar: &dyn Grammar, origin: Origin<'_>) -> Meaning<'t> {
        let module = self.modules.get(origin.module);
        let Some(item) = origin.item else {
            return module.map_or(Meaning::Unknown, |files| Meaning::Module(files));
        };
        let named = module.and_then(|files| self.member(files, item));
        let submodule = || self.modules.get(&grammar.submodule(origin.module, item)?);
        named.or_else(|| submodule().map(|files| Meaning::Module(files))).unwrap_or(Meaning::Unknown)
    }

    /// What a name of a module stands for, when it has it; unknown when the files it may be do not agree.
    pub(crate) fn member(self, files: &[usize], name: &str) -> Option<Meaning<'t>> {
        let mut meanings = files.iter().map(|file| self.name(*file, name));
        let first = meanings.next()?;
        if meanings.all(|meaning| meaning == first) { first } else { Some(Meaning::Unknown) }
    }

    /// The files all of whose names are in a source that says so of these modules: what they have all of is theirs too.
    pub(crate) fn everything(self, modules: &[&str]) -> Vec<usize> {
        let mut files = Vec::new();
        for module in modules {
            let Some([file]) = self.modules.get(*module).map(Vec::as_slice) else { continue };
            for file in std::iter::once(file).chain(&self.exports[*file].everything) {
                if files.len() < FARTHEST && self.exports[*file].leads && !files.contains(file) {
                    files.push(*file);
                }
            }
        }
        files
    }

    /// What a name stands for that comes with everything of one of these files.
    pub(crate) fn anywhere(self, files: &[usize], name: &str) -> Option<Meaning<'t>> {
        files.iter().find_map(|file| self.own(*file, name))
    }

    fn name(self, file: usize, name: &str) -> Option<Meaning<'t>> {
        self.own(file, name).or_else(|| self.anywhere(&self.exports[file].everything, name))
    }

    fn own(self, file: usize, name: &str) -> Option<Meaning<'t>> {
        let exported = self.exports[file].names.get(name)?;
        Some(exported.as_ref().map_or(Meaning::Unknown, Exported::meaning))
    }
}
