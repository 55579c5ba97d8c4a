//! What the sources of an application say without being parsed.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Application, Language, python_imports, read::mentions, script_imports};

/// The modules that are noted of one source. Nobody imports more by hand.
const IMPORTS: usize = 1024;

/// The sources of an application, as far as their texts show who has to do with PromptSync.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    sources: BTreeMap<String, Surveyed>,
}

/// A source that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Surveyed {
    pub(crate) language: Language,
    /// Whether it says somewhere that it has to do with PromptSync.
    pub(crate) mentions: bool,
    /// The modules it may import.
    pub(crate) imports: BTreeSet<String>,
}

impl Survey {
    /// Looks at a source. Paths have `/` between their parts, and all begin at the same folder.
    pub fn add(&mut self, path: &str, language: Language, text: &str) {
        let mut imports = BTreeSet::new();
        let mut add = |module| {
            if imports.len() < IMPORTS {
                imports.insert(module);
            }
        };
        match language {
            Language::Python => python_imports::modules(text, &mut add),
            Language::TypeScript | Language::Tsx => script_imports::modules(text, &mut add),
            Language::Rust => {}
        }
        let surveyed = Surveyed { language, mentions: mentions(text), imports };
        self.sources.insert(path.to_owned(), surveyed);
    }

    /// The application that the sources are, once all of them were looked at.
    pub fn application(self) -> Application {
        Application::of(self.sources)
    }
}
