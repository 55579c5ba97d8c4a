//! What an expression stands for, as far as PromptSync is concerned.

use std::{cell::RefCell, collections::HashMap};

use tree_sitter::Node;

use crate::{
    Variable,
    exports::Links,
    grammar::{Given, Grammar, Origin, View},
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
    /// A module of the application: one of these files.
    Module(&'t [usize]),
    /// A type of clients.
    Type,
    /// A class of the application that derives from one.
    Class,
    /// A client that is not started yet.
    Builder,
    /// Something that answers questions for prompts.
    Client,
    /// A function of the application that gives one.
    Maker,
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
    /// What its imports lead to.
    pub(crate) links: Links<'t>,
    /// The files all of whose names it has.
    pub(crate) everything: Vec<usize>,
    /// What is known already. An expression that is being looked at is in here as unknown, so names that stand for
    /// each other end, and none is followed twice.
    known: RefCell<HashMap<usize, Meaning<'t>>>,
    /// The mappings that were read: what each lists, and whether there may be more.
    pub(crate) mappings: RefCell<HashMap<usize, (Vec<Variable>, bool)>>,
}

impl<'t> Source<'t> {
    pub(crate) fn new(
        grammar: &'static dyn Grammar,
        text: &'t str,
        scopes: Scopes<'t>,
        links: Links<'t>,
    ) -> Self {
        let everything = links.everything(&scopes.everything);
        let (known, mappings) = (RefCell::default(), RefCell::default());
        Self { grammar, text, scopes, links, everything, known, mappings }
    }

    /// What an expression stands for.
    pub(crate) fn meaning(&self, node: Node<'t>) -> Meaning<'t> {
        self.follow(node, FARTHEST)
    }

    /// What each name stands for that other files can import.
    pub(crate) fn importable(&self) -> impl Iterator<Item = (&str, Meaning<'t>)> {
        self.scopes.importable().into_iter().map(|(name, found)| (name, self.one_of(found, FARTHEST)))
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
                    None | Some(Found::Nothing) => self.member(self.follow(of, steps), name),
                    Some(found) => self.one_of(found, steps),
                }
            }
            View::Call { function } => self.call(node, function, steps),
            View::Same(inner) => self.follow(inner, steps),
            View::Either(one, other) => either([one, other].map(|node| self.follow(node, steps))),
            View::Text(text) => Meaning::Text(text),
            View::Mapping => Meaning::Mapping(node),
            View::Function { annotation, value } => self.function(node, annotation, value, steps),
            View::Class => self.class(node, steps),
            View::Other => Meaning::Unknown,
        }
    }

    fn call(&self, call: Node<'t>, function: Node<'t>, steps: u32) -> Meaning<'t> {
        if let View::Member { of, name, .. } = self.grammar.view(function, self.text) {
            let of = self.follow(of, steps);
            if let Meaning::Module(files) = of
                && let Some(function) = self.links.member(files, name)
                && let made = made(function, call)
                && made != Meaning::Unknown
            {
                return made;
            }
            return match of {
                Meaning::Package if vocabulary::is_client(name) => Meaning::Client,
                Meaning::Package if vocabulary::makes_client(name) => Meaning::Client,
                Meaning::Package | Meaning::Client if vocabulary::asks(name) => Meaning::Prompt(call),
                Meaning::Type | Meaning::Class if name == "builder" => Meaning::Builder,
                // What other functions of its own give, nobody knows.
                Meaning::Class if vocabulary::starts(name) => Meaning::Client,
                Meaning::Builder if vocabulary::starts(name) => Meaning::Client,
                Meaning::Builder => Meaning::Builder,
                Meaning::Type => Meaning::Client,
                Meaning::Prompt(question) if vocabulary::specifies(name) => Meaning::Prompt(question),
                same @ (Meaning::Client | Meaning::Prompt(_)) if vocabulary::unwraps(name) => same,
                same @ (Meaning::Mapping(_) | Meaning::Text(_)) if vocabulary::converts(name) => same,
                Meaning::Unknown | Meaning::Module(_) | Meaning::Class | Meaning::Maker
                    if self.asks_anyway(name) =>
                {
                    Meaning::Prompt(call)
                }
                _ => self.wrapped(call, name, steps),
            };
        }
        made(self.follow(function, steps), call)
    }

    /// A function gives a client when its type says so, or the one value that it gives is one.
    fn function(
        &self,
        function: Node<'t>,
        annotation: Option<&'t str>,
        value: Option<Node<'t>>,
        steps: u32,
    ) -> Meaning<'t> {
        let typed = annotation.map(|annotation| self.of_type(annotation, function.start_byte(), steps));
        let value = value.or_else(|| self.scopes.returned(function));
        let is_maker = typed == Some(Meaning::Client)
            || value.is_some_and(|value| self.follow(value, steps) == Meaning::Client);
        if is_maker { Meaning::Maker } else { Meaning::Unknown }
    }

    /// A class that derives from a type of clients is one, unless it asks and fills in a way of its own.
    fn class(&self, class: Node<'t>, steps: u32) -> Meaning<'t> {
        let class = self.grammar.class(class, self.text);
        let is_own = |name: &&str| vocabulary::asks(name) || vocabulary::fills(name);
        let is_type = |base| matches!(self.follow(base, steps), Meaning::Type | Meaning::Class);
        let is_client = !class.methods.iter().any(is_own) && class.bases.into_iter().any(is_type);
        if is_client { Meaning::Class } else { Meaning::Unknown }
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

    pub(crate) fn named(&self, name: &'t str, at: usize, steps: u32) -> Meaning<'t> {
        match self.scopes.find(name, at) {
            Found::Nothing if self.grammar.names_packages_anywhere() && self.grammar.is_package(name) => {
                Meaning::Package
            }
            Found::Nothing => self.links.anywhere(&self.everything, name).unwrap_or(Meaning::Unknown),
            found => self.one_of(found, steps),
        }
    }

    /// What a member of something stands for.
    pub(crate) fn member(&self, of: Meaning<'t>, name: &'t str) -> Meaning<'t> {
        match of {
            Meaning::Package => of_package(name),
            Meaning::Module(files) => self.links.member(files, name).unwrap_or(Meaning::Unknown),
            _ => Meaning::Unknown,
        }
    }

    fn imported(&self, origin: Origin<'t>) -> Meaning<'t> {
        match origin.item {
            _ if !self.grammar.is_package(origin.module) => self.links.origin(self.grammar, origin),
            Some(item) => of_package(item),
            None => Meaning::Package,
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
            Binding::Imported(origin) => self.imported(origin),
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

/// What the package has under a name.
fn of_package(name: &str) -> Meaning<'_> {
    match name {
        name if vocabulary::is_client(name) => Meaning::Type,
        name if name.starts_with(|first: char| first.is_uppercase()) => Meaning::Unknown,
        name if vocabulary::asks(name) || vocabulary::fills(name) => Meaning::Function(name),
        name if vocabulary::makes_client(name) => Meaning::Function(name),
        // A module of the package.
        _ => Meaning::Package,
    }
}

/// What a call of something gives.
fn made<'t>(function: Meaning<'t>, call: Node<'t>) -> Meaning<'t> {
    match function {
        Meaning::Type | Meaning::Class | Meaning::Maker => Meaning::Client,
        Meaning::Function(name) if vocabulary::makes_client(name) => Meaning::Client,
        Meaning::Function(name) if vocabulary::asks(name) => Meaning::Prompt(call),
        _ => Meaning::Unknown,
    }
}
