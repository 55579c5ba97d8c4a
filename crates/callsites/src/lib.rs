//! Where an application's source calls PromptSync: with which names, references and variables, at which line and column.
//!
//! Everything here is a pure function of texts and paths. A file is parsed with its language's grammar ([`language`]), what
//! it says about names is written down by scope (`scopes`), and an expression is followed back to an import of PromptSync
//! (`meaning`). Only calls whose receiver can be followed that far are calls: `dictionary.get("x")` is none.
//!
//! An application's files are looked at twice. A [`Survey`] finds in their texts who imports whom (`modules`), so that
//! only files are parsed that lead to PromptSync; the [`Application`] then reads each after the files it imports, knowing
//! what their names stand for (`exports`).
//!
//! To teach it another language, write its `grammar::Grammar`: which nodes are names, members, calls and mappings, and
//! which nodes bind a name.
#![warn(missing_docs)]

mod annotations;
mod application;
mod exports;
mod grammar;
mod graph;
mod language;
mod meaning;
mod modules;
mod passed;
mod place;
mod python;
mod python_imports;
mod read;
mod rust;
mod rust_macros;
mod scopes;
mod script;
mod script_imports;
mod script_modules;
mod survey;
mod trees;
mod vocabulary;

pub use self::{application::Application, language::Language, place::Place, survey::Survey};

/// The largest source that is read, in bytes: nobody writes more into one file by hand.
pub const LARGEST: usize = 1024 * 1024;

/// The longest line of a source that is read, in bytes. What has longer ones was made by a program.
pub const LONGEST_LINE: usize = 10_000;

/// One call that asks for a prompt, with what is done with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The prompt's name, as it is written.
    pub prompt: String,
    /// The alias or version, when it is written there.
    pub reference: Option<String>,
    /// Where the prompt is named.
    pub at: Place,
    /// What is passed to it; none where this file does not show that.
    pub filled: Option<Filled>,
}

/// A call that fills a prompt with values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The variables that are passed for certain, in the order they are written.
    pub variables: Vec<Variable>,
    /// Whether others may be passed that this file does not show: `**more`, `...rest`, a mapping made elsewhere.
    pub open: bool,
    /// Where `format` or `render` is written.
    pub at: Place,
}

/// A variable that is passed by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// Where it is written.
    pub at: Place,
}

/// Why a source is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// It is larger than [`LARGEST`].
    TooLarge,
    /// A line is longer than [`LONGEST_LINE`]: a program made it.
    Minified,
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge => write!(f, "it is larger than {LARGEST} bytes"),
            Self::Minified => {
                write!(f, "it has a line of more than {LONGEST_LINE} bytes, so a program wrote it")
            }
        }
    }
}
