//! What a Handlebars template is made of once it is read.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::{SECRET, TemplateError, TemplateFault};

/// A place in a source: line and column of the first brace of a tag, both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Place {
    /// This fault, here.
    pub(super) fn error(self, fault: TemplateFault) -> TemplateError {
        TemplateError { fault, line: Some(self.line), column: Some(self.column), partial: None }
    }

    /// Text that does not follow the language, here.
    pub(super) fn syntax(self, message: impl Into<String>) -> TemplateError {
        self.error(TemplateFault::TagSyntax { message: message.into() })
    }
}

/// One source: the template itself, a partial or an inline partial.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The partial whose text this is; nothing for the template itself.
    pub(super) file: Option<String>,
    pub(super) nodes: Vec<Node>,
}

/// A read template with the inline partials it defines.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) nodes: Vec<Node>,
    pub(super) inlines: BTreeMap<String, Vec<Node>>,
}

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Print(Expr, Place),
    Block(Block),
    Include(Include),
}

/// A block with its `else if` chain. The first arm that applies is rendered, else `otherwise`.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) arms: Vec<Arm>,
    pub(super) otherwise: Vec<Node>,
}

/// `{{#if x}}…`, or `{{else if x}}…` after it.
#[derive(Debug)]
pub(super) struct Arm {
    pub(super) kind: ArmKind,
    /// `unless` and `{{^x}}`: the body is for the case that the arm does not apply.
    pub(super) inverted: bool,
    pub(super) on: Expr,
    /// `includeZero=true`: the number 0 counts as true.
    pub(super) zero_is_true: bool,
    /// Block parameters: `as |item index|`.
    pub(super) names: Vec<String>,
    pub(super) body: Vec<Node>,
    pub(super) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArmKind {
    If,
    Each,
    With,
    /// `{{#name}}`: a loop over a list, the inside of an object, or a condition.
    Section,
}

/// `{{> name context key=value}}`.
#[derive(Debug)]
pub(super) struct Include {
    pub(super) name: String,
    pub(super) context: Option<Expr>,
    pub(super) names: Vec<(String, Expr)>,
    /// White space before a partial that stands alone on its line: every line of it is indented by this.
    pub(super) indent: String,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum Expr {
    Path(Path),
    Literal(Value),
    Call(Helper, Vec<Expr>),
}

/// A path to a value: `user.name`, `../title`, `this`, `@root.x`, `@index`.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) head: Head,
    pub(super) segments: Vec<String>,
    /// As written.
    pub(super) written: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// A bare name: a block parameter, else a field of the context.
    Name,
    /// `this` (0), `../` (1), `../../` (2) …
    Context(usize),
    /// `@root`.
    Root,
    /// `@index` and its kin of the loop so many loops up.
    Loop(LoopValue, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopValue {
    Index,
    Key,
    First,
    Last,
}

/// The helpers that give a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Helper {
    Lookup,
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    And,
    Or,
    Not,
    Len,
    Log,
    Secret,
}

/// The words that open a block of their own kind.
pub(super) const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];

impl Helper {
    pub(super) const ALL: [(&'static str, Self); 13] = [
        ("lookup", Self::Lookup),
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("gt", Self::Gt),
        ("gte", Self::Gte),
        ("lt", Self::Lt),
        ("lte", Self::Lte),
        ("and", Self::And),
        ("or", Self::Or),
        ("not", Self::Not),
        ("len", Self::Len),
        ("log", Self::Log),
        (SECRET, Self::Secret),
    ];

    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, helper)| *helper)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, helper)| *helper == self).map_or("", |(name, _)| name)
    }

    /// How many arguments it takes.
    pub(super) fn arity(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::Not | Self::Len | Self::Secret => 1..=1,
            Self::And | Self::Or | Self::Log => 1..=usize::MAX,
            _ => 2..=2,
        }
    }
}
