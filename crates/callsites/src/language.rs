//! The languages that are read.

use crate::{grammar::Grammar, python::Python, rust::Rust, script::Script};

/// A language whose calls are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python.
    Python,
    /// TypeScript without elements in it, so that `<T>value` is a cast.
    TypeScript,
    /// TypeScript with elements, and JavaScript, of which it is a superset.
    Tsx,
    /// Rust.
    Rust,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 4] = [Self::Python, Self::TypeScript, Self::Tsx, Self::Rust];

    /// The language of a file, by the end of its name.
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next()?;
        let (stem, ending) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        match ending {
            "py" | "pyi" => Some(Self::Python),
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "tsx" | "js" | "jsx" | "mjs" | "cjs" => Some(Self::Tsx),
            "rs" => Some(Self::Rust),
            _ => None,
        }
    }

    pub(crate) fn grammar(self) -> &'static dyn Grammar {
        match self {
            Self::Python => &Python,
            Self::TypeScript | Self::Tsx => &Script,
            Self::Rust => &Rust,
        }
    }

    pub(crate) fn parser(self) -> Option<tree_sitter::Parser> {
        let language = match self {
            Self::Python => tree_sitter_python::LANGUAGE,
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Self::Rust => tree_sitter_rust::LANGUAGE,
        };
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&language.into()).ok()?;
        Some(parser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_language_its_name_ends_in() {
        for (path, expected) in [
            ("app/main.py", Some(Language::Python)),
            ("stubs/a.pyi", Some(Language::Python)),
            ("a.ts", Some(Language::TypeScript)),
            ("a.mts", Some(Language::TypeScript)),
            ("a.cts", Some(Language::TypeScript)),
            ("a.d.ts", Some(Language::TypeScript)),
            ("a.tsx", Some(Language::Tsx)),
            ("a.js", Some(Language::Tsx)),
            ("a.jsx", Some(Language::Tsx)),
            ("a.mjs", Some(Language::Tsx)),
            ("a.cjs", Some(Language::Tsx)),
            ("src/main.rs", Some(Language::Rust)),
            (".py", None),
            ("folder.py/readme", None),
            ("py", None),
            ("a.rst", None),
            ("", None),
        ] {
            assert_eq!(Language::of(path), expected, "{path}");
        }
    }

    #[test]
    fn every_language_has_a_parser() {
        assert!(Language::ALL.into_iter().all(|language| language.parser().is_some()));
    }
}
