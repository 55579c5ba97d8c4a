//! What an expression stands for, as far as PromptSync is concerned.

use std::{cell::RefCell, collections::HashMap};

use tree_sitter::Node;

use crate::{
    Variable,
    grammar::{Given, Grammar, View},
    scopes::{Binding, Found, Scopes, path},
    vocabulary,
};

/// How far an expression is followed, through names and along chains of calls. Each step is a stack frame.
const FARTHEST: u32 = 64;

/// What an expression stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Meaning<'t> {
    /// PromptSync's package or crate.
    Package,
    /// A type of clients.
    Type,
    /// A client that is not started yet.
    Builder,
    /// Something that answers questions for prompts.
    Client,
    /// A function of the package.
    Function(&'t str),
    /// The answer to this call, or the question.
    Prompt(Node<'t>),
    /// A text.
    Text(&'t str),
    /// A mapping that is written out at this node.
    Mapping(Node<'t>),
    /// Nothing that matters here, or nothing that can be known.
    Unknown,
}

/// A source whose expressions are asked about.
pub(crate) struct Source<'t> {
    pub(crate) grammar: &'static dyn Grammar,
    pub(crate) text: &'t str,
    pub(crate) scopes: Scopes<'t>,
    /// What is known already. An expression that is being looked at is in here as unknown, so names that stand for
    /// each other end, and none is followed twice.
    known: RefCell<HashMap<usize, Meaning<'t>>>,
    /// The mappings that were read: what each lists, and whether there may be more.
    pub(crate) mappings: RefCell<HashMap<usize, (Vec<Variable>, bool)>>,
}

impl<'t> Source<'t> {
    pub(crate) fn new(grammar: &'static dyn Grammar, text: &'t str, scopes: Scopes<'t>) -> Self {
        Self { grammar, text, scopes, known: RefCell::default(), mappings: RefCell::default() }
    }

    /// What an expression stands for.
    pub(crate) fn meaning(&self, node: Node<'t>) -> Meaning<'t> {
        self.follow(node, FARTHEST)
    }

    /// Whether a call asks a client for a prompt.
    pub(crate) fn is_question(&self, call: Node<'t>) -> bool {
        self.meaning(call) == Meaning::Prompt(call)
    }

    fn follow(&self, node: Node<'t>, steps: u32) -> Meaning<'t> {
        let Some(steps) = steps.checked_sub(1) else { return Meaning::Unknown };
        if let Some(known) = self.known.borrow().get(&node.id()) {
            return *known;
        }
        self.known.borrow_mut().insert(node.id(), Meaning::Unknown);
        let meaning = self.look(node, steps);
        self.known.borrow_mut().insert(node.id(), meaning);
        meaning
    }

    fn look(&self, node: Node<'t>, steps: u32) -> Meaning<'t> {
        match self.grammar.view(node, self.text) {
            View::Name(name) => self.named(name, node.start_byte(), steps),
            View::Member { of, name, .. } => {
                let bound = path(self.grammar, node, self.text);
                match bound.map(|path| self.scopes.find(&path, node.start_byte())) {
                    None | Some(Found::Nothing) => member(self.follow(of, steps), name),
                    Some(found) => self.one_of(found, steps),
                }
            }
            View::Call { function } => self.call(node, function, steps),
            View::Same(inner) => self.follow(inner, steps),
            View::Either(one, other) => either([one, other].map(|node| self.follow(node, steps))),
            View::Text(text) => Meaning::Text(text),
            View::Mapping => Meaning::Mapping(node),
            View::Other => Meaning::Unknown,
        }
    }

    fn call(&self, call: Node<'t>, function: Node<'t>, steps: u32) -> Meaning<'t> {
        if let View::Member { of, name, .. } = self.grammar.view(function, self.text) {
            return match self.follow(of, steps) {
                Meaning::Package if vocabulary::is_client(name) => Meaning::Client,
                Meaning::Package if vocabulary::makes_client(name) => Meaning::Client,
                Meaning::Package | Meaning::Client if vocabulary::asks(name) => Meaning::Prompt(call),
                Meaning::Type if name == "builder" => Meaning::Builder,
                Meaning::Builder if vocabulary::starts(name) => Meaning::Client,
                Meaning::Builder => Meaning::Builder,
                Meaning::Type => Meaning::Client,
                Meaning::Prompt(question) if vocabulary::specifies(name) => Meaning::Prompt(question),
                same @ (Meaning::Client | Meaning::Prompt(_)) if vocabulary::unwraps(name) => same,
                same @ (Meaning::Mapping(_) | Meaning::Text(_)) if vocabulary::converts(name) => same,
                Meaning::Unknown if self.asks_anyway(name) => Meaning::Prompt(call),
                _ => self.wrapped(call, name, steps),
            };
        }
        match self.follow(function, steps) {
            Meaning::Type => Meaning::Client,
            Meaning::Function(name) if vocabulary::makes_client(name) => Meaning::Client,
            Meaning::Function(name) if vocabulary::asks(name) => Meaning::Prompt(call),
            _ => Meaning::Unknown,
        }
    }

    /// `Arc::new(client)`, `Arc::clone(&client)`, `String::from("x")`.
    fn wrapped(&self, call: Node<'t>, name: &str, steps: u32) -> Meaning<'t> {
        if !matches!(name, "new" | "clone" | "from") || !self.grammar.wraps_values() {
            return Meaning::Unknown;
        }
        let arguments = self.grammar.arguments(call, self.text);
        let [only] = arguments.as_slice() else { return Meaning::Unknown };
        match only.value.map(|value| self.follow(value, steps)) {
            Some(same @ (Meaning::Client | Meaning::Text(_) | Meaning::Prompt(_))) => same,
            _ => Meaning::Unknown,
        }
    }

    /// A call with a name that is PromptSync's alone, in a file that imports it.
    fn asks_anyway(&self, name: &str) -> bool {
        self.scopes.imports && self.grammar.has_distinctive_get() && vocabulary::asks_distinctively(name)
    }

    fn named(&self, name: &'t str, at: usize, steps: u32) -> Meaning<'t> {
        match self.scopes.find(name, at) {
            Found::Nothing if self.grammar.names_packages_anywhere() && self.grammar.is_package(name) => {
                Meaning::Package
            }
            Found::Nothing => Meaning::Unknown,
            found => self.one_of(found, steps),
        }
    }

    fn one_of(&self, found: Found<'t>, steps: u32) -> Meaning<'t> {
        match found {
            Found::Nothing => Meaning::Unknown,
            Found::One(binding) => self.bound(binding, steps),
            Found::Some(bindings) => {
                let mut meanings = bindings.into_iter().filter_map(|binding| {
                    let meaning = self.bound(binding, steps);
                    // A declaration without a value says nothing about the value it gets elsewhere.
                    let is_bare =
                        matches!(binding, Binding::Given(Given { value: None, annotation: Some(_) }, _));
                    (meaning != Meaning::Unknown || !is_bare).then_some(meaning)
                });
                let Some(first) = meanings.next() else { return Meaning::Unknown };
                // One unknown among them, and the name may be anything.
                if meanings.all(|meaning| meaning == first) { first } else { Meaning::Unknown }
            }
        }
    }

    fn bound(&self, binding: Binding<'t>, steps: u32) -> Meaning<'t> {
        match binding {
            Binding::Imported(None) => Meaning::Package,
            Binding::Imported(Some(item)) => member(Meaning::Package, item),
            Binding::Given(given, at) => {
                let typed = given.annotation.map(|annotation| self.of_type(annotation, at, steps));
                match (typed, given.value) {
                    (Some(Meaning::Client), _) => Meaning::Client,
                    (_, Some(value)) => match self.follow(value, steps) {
                        Meaning::Mapping(_) if !self.grammar.keeps_mappings() => Meaning::Unknown,
                        meaning => meaning,
                    },
                    _ => Meaning::Unknown,
                }
            }
        }
    }

    /// What has a type like `PromptManager`, `Optional[PromptManager]`, `&Arc<PromptSync>`.
    fn of_type(&self, annotation: &'t str, at: usize, steps: u32) -> Meaning<'t> {
        let named = |path: &'t str| {
            let mut parts = path.split(['.', ':']).map(str::trim).filter(|part| !part.is_empty());
            let root = self.named(parts.next()?, at, steps.checked_sub(1)?);
            Some(parts.fold(root, member))
        };
        let is_client =
            annotation.split('|').filter_map(unwrapped).any(|path| named(path) == Some(Meaning::Type));
        if is_client { Meaning::Client } else { Meaning::Unknown }
    }
}

/// Either is enough for a client; what is asked or said has to be certain.
fn either([one, other]: [Meaning<'_>; 2]) -> Meaning<'_> {
    if one == other || one == Meaning::Client {
        one
    } else if other == Meaning::Client {
        other
    } else {
        Meaning::Unknown
    }
}

/// What a member of something stands for.
fn member<'t>(of: Meaning<'t>, name: &'t str) -> Meaning<'t> {
    match of {
        Meaning::Package if vocabulary::is_client(name) => Meaning::Type,
        Meaning::Package if name.starts_with(|first: char| first.is_uppercase()) => Meaning::Unknown,
        Meaning::Package if vocabulary::asks(name) || vocabulary::fills(name) => Meaning::Function(name),
        Meaning::Package if vocabulary::makes_client(name) => Meaning::Function(name),
        // A module of the package.
        Meaning::Package => Meaning::Package,
        _ => Meaning::Unknown,
    }
}

/// The type in wrappers that leave it usable as it is; not one in a list or mapping.
fn unwrapped(annotation: &str) -> Option<&str> {
    const WRAPPERS: [&str; 12] = [
        "Annotated",
        "Arc",
        "Box",
        "ClassVar",
        "Final",
        "NonNullable",
        "Optional",
        "Partial",
        "Rc",
        "Readonly",
        "Required",
        "Option",
    ];
    let mut inner = annotation;
    for _ in 0..8 {
        inner = inner.trim().trim_start_matches([':', '&', '*']).trim_matches(['"', '\'', ' ']);
        if let Some(rest) = inner.strip_prefix("mut ").or_else(|| inner.strip_prefix("readonly ")) {
            inner = rest;
            continue;
        }
        // A lifetime: its quote is gone already.
        if let Some((head, rest)) = inner.split_once(' ')
            && head.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            inner = rest;
            continue;
        }
        let Some(open) = inner.find(['[', '<']) else { return Some(inner).filter(|path| !path.is_empty()) };
        let wrapper = inner[..open].rsplit(['.', ':']).next()?.trim();
        if !WRAPPERS.contains(&wrapper) {
            return None;
        }
        inner = inner[open + 1..].trim_end_matches([']', '>']).split(',').next()?;
    }
    None
}
