//! What names stand for, by scope.

use std::collections::HashMap;

use tree_sitter::{Node, Tree};

use crate::{
    grammar::{Fact, Given, Grammar, Origin, ScopeKind, View},
    trees, vocabulary,
};

/// How many scopes around a name are looked through, and how many parts a dotted name may have.
const DEEPEST: usize = 64;

/// Bindings of one name in one scope that are looked at when their order says nothing.
const BINDINGS: usize = 64;

/// Modules all of whose names a source may have. More are not written by hand.
const MODULES: usize = 1024;

/// What a name was bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Binding<'t> {
    /// A module, or a thing of it.
    Imported(Origin<'t>),
    /// A value, a type, or neither when nothing can be known; and the byte where that is said.
    Given(Given<'t>, usize),
}

/// What a name may stand for at a place.
pub(crate) enum Found<'t> {
    /// This.
    One(Binding<'t>),
    /// One of these; nobody knows which ran last.
    Some(Vec<Binding<'t>>),
    /// Nothing binds it here.
    Nothing,
}

/// Every scope of a source, with what it binds.
pub(crate) struct Scopes<'t> {
    all: Vec<Scope<'t>>,
    /// Whether the source imports PromptSync.
    pub(crate) imports: bool,
    /// The modules all of whose names are here too.
    pub(crate) everything: Vec<&'t str>,
    /// What is exported under a name of its own.
    exports: HashMap<&'t str, Vec<(usize, Binding<'t>)>>,
}

struct Scope<'t> {
    start: usize,
    end: usize,
    parent: usize,
    kind: ScopeKind,
    /// Each name with its bindings, and the byte from which each holds.
    bindings: HashMap<String, Vec<(usize, Binding<'t>)>>,
    /// What a function gives: the first value, and whether there are others.
    returned: Option<(Option<Node<'t>>, bool)>,
}

impl Scope<'_> {
    fn new(start: usize, end: usize, kind: ScopeKind) -> Self {
        Self { start, end, parent: 0, kind, bindings: HashMap::new(), returned: None }
    }
}

impl<'t> Scopes<'t> {
    /// Reads what a source says about its names.
    pub(crate) fn of(grammar: &dyn Grammar, trees: &'t [Tree], source: &'t str) -> Self {
        let file = Scope::new(0, usize::MAX, ScopeKind::File);
        let (everything, exports) = (Vec::new(), HashMap::new());
        let mut scopes = Self { all: vec![file], imports: false, everything, exports };
        // All scopes first: a name in a macro's tree belongs to a scope of the source's own.
        let mut facts = Vec::new();
        for tree in trees {
            for node in trees::nodes(tree) {
                grammar.facts(node, source, &mut |fact| match fact {
                    Fact::Scope(kind) => scopes.open(node, kind),
                    fact => facts.push((node, fact)),
                });
            }
        }
        scopes.all.sort_by_key(|scope| (scope.start, std::cmp::Reverse(scope.end)));
        scopes.find_parents();
        for (node, fact) in facts {
            scopes.add(grammar, source, node, fact);
        }
        for bindings in scopes.all.iter_mut().flat_map(|scope| scope.bindings.values_mut()) {
            bindings.sort_by_key(|(from, _)| *from);
        }
        scopes
    }

    /// What a name or dotted name stands for at a place.
    pub(crate) fn find(&self, name: &str, at: usize) -> Found<'t> {
        let mut scope = self.innermost(at);
        let mut is_own = true;
        for _ in 0..DEEPEST {
            let bound = self.all[scope].bindings.get(name);
            // In its own function a name is what it was last bound to; what ran last elsewhere, nobody can see.
            let in_order = is_own && self.all[scope].kind != ScopeKind::Class;
            match bound {
                Some(bound) if in_order => {
                    let before = bound.partition_point(|(from, _)| *from <= at);
                    if let Some((_, binding)) = bound[..before].last() {
                        return Found::One(*binding);
                    }
                }
                Some(bound) => return any_of(bound),
                None => {}
            }
            if scope == 0 {
                return Found::Nothing;
            }
            is_own = false;
            scope = self.all[scope].parent;
        }
        Found::One(Binding::Given(Given::default(), at))
    }

    /// The names that files can import, in their order, each with what it may stand for.
    pub(crate) fn importable(&self) -> Vec<(&str, Found<'t>)> {
        let named = self.all[0].bindings.iter().filter(|(path, _)| !path.contains('.'));
        let own = named.filter(|(name, _)| !self.exports.contains_key(name.as_str()));
        let own = own.map(|(name, bound)| (name.as_str(), any_of(bound)));
        let exported = self.exports.iter().map(|(name, bound)| (*name, any_of(bound)));
        let mut all: Vec<_> = own.chain(exported).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all
    }

    /// The value that a function gives, when it gives only one.
    pub(crate) fn returned(&self, function: Node<'_>) -> Option<Node<'t>> {
        match self.all[self.of_node(function)?].returned {
            Some((value, false)) => value,
            _ => None,
        }
    }

    /// The scope that a node is, when it is one.
    fn of_node(&self, node: Node<'_>) -> Option<usize> {
        let index = self.innermost(node.start_byte());
        let scope = &self.all[index];
        (scope.start == node.start_byte() && scope.end == node.end_byte()).then_some(index)
    }

    fn open(&mut self, node: Node<'_>, kind: ScopeKind) {
        self.all.push(Scope::new(node.start_byte(), node.end_byte(), kind));
    }

    fn find_parents(&mut self) {
        let mut around = vec![0];
        for index in 1..self.all.len() {
            while around.last().is_some_and(|last| self.all[*last].end <= self.all[index].start) {
                around.pop();
            }
            self.all[index].parent = around.last().copied().unwrap_or_default();
            around.push(index);
        }
    }

    fn innermost(&self, at: usize) -> usize {
        let mut scope = self.all.partition_point(|scope| scope.start <= at).saturating_sub(1);
        // The last one that began may have ended before; then one of those around it has not.
        while scope != 0 && self.all[scope].end <= at {
            scope = self.all[scope].parent;
        }
        scope
    }

    /// The class around a scope, or the file.
    fn class_around(&self, mut scope: usize) -> usize {
        for _ in 0..DEEPEST {
            if scope == 0 || self.all[scope].kind == ScopeKind::Class {
                return scope;
            }
            scope = self.all[scope].parent;
        }
        0
    }

    fn add(&mut self, grammar: &dyn Grammar, source: &'t str, node: Node<'t>, fact: Fact<'t>) {
        let scope = self.innermost(node.start_byte());
        // What is imported is there in the whole scope, wherever the import stands.
        let start = self.all[scope].start;
        match fact {
            Fact::Scope(_) => {}
            Fact::Import { name, origin } => {
                let is_ours = grammar.is_package(origin.module);
                self.imports |= is_ours;
                // Something else may take a name that was a client's, and does so from here on.
                let from = if is_ours { start } else { node.end_byte() };
                self.bind(scope, name.to_owned(), from, Binding::Imported(origin));
            }
            Fact::ImportAll { module } if grammar.is_package(module) => {
                self.imports = true;
                for name in vocabulary::clients() {
                    let origin = Origin { module, item: Some(name) };
                    self.bind(scope, name.to_owned(), start, Binding::Imported(origin));
                }
            }
            Fact::ImportAll { module } => {
                if self.everything.len() < MODULES {
                    self.everything.push(module);
                }
            }
            Fact::Export { name, value } => {
                let given = Given { value: Some(value), annotation: None };
                let binding = Binding::Given(given, node.start_byte());
                self.exports.entry(name).or_default().push((start, binding));
            }
            Fact::Reexport { name, origin } => {
                self.exports.entry(name).or_default().push((start, Binding::Imported(origin)));
            }
            Fact::Return(value) => {
                let several = self.all[scope].returned.is_some();
                self.all[scope].returned = Some((value, several));
            }
            Fact::Bind { target, value } if value.value == Some(node) => {
                // What is declared has its name around it. A method is known by its object alone.
                let around = self.of_node(node).map_or(scope, |own| self.all[own].parent);
                if self.all[around].kind != ScopeKind::Class {
                    let binding = Binding::Given(value, node.start_byte());
                    self.bind_path(grammar, source, target, around, target.end_byte(), binding);
                }
            }
            Fact::Bind { target, value } => {
                // `name = value` holds after the statement. Where the name comes last, as in a loop or a match, it holds
                // from there on.
                let is_first = value.value.is_some_and(|value| value.start_byte() > target.start_byte());
                let from = if is_first { node.end_byte() } else { target.end_byte() };
                let binding = Binding::Given(value, node.start_byte());
                self.bind_path(grammar, source, target, scope, from, binding);
            }
            Fact::Field { target, annotation } => {
                if let Some(name) = path(grammar, target, source) {
                    let class = self.class_around(scope);
                    let given = Given { value: None, annotation: Some(annotation) };
                    let binding = Binding::Given(given, node.start_byte());
                    self.bind(class, format!("self.{name}"), start, binding);
                }
            }
        }
    }

    fn bind_path(
        &mut self,
        grammar: &dyn Grammar,
        source: &'t str,
        target: Node<'t>,
        scope: usize,
        from: usize,
        binding: Binding<'t>,
    ) {
        let Some(path) = path(grammar, target, source) else { return };
        if self.all[scope].kind == ScopeKind::Class {
            return self.bind(scope, format!("self.{path}"), from, binding);
        }
        let class = self.class_around(scope);
        if path.starts_with("self.") && class != scope {
            self.bind(class, path.clone(), from, binding);
        }
        self.bind(scope, path, from, binding);
    }

    fn bind(&mut self, scope: usize, path: String, from: usize, binding: Binding<'t>) {
        self.all[scope].bindings.entry(path).or_default().push((from, binding));
    }
}

/// One of the bindings of a name; nobody can see which ran last.
fn any_of<'t>(bound: &[(usize, Binding<'t>)]) -> Found<'t> {
    match bound {
        [(_, only)] => Found::One(*only),
        several if several.len() <= BINDINGS => {
            Found::Some(several.iter().map(|(_, binding)| *binding).collect())
        }
        _ => Found::One(Binding::Given(Given::default(), 0)),
    }
}

/// A name, or names joined by dots; the object a method is called on is `self` in every language.
pub(crate) fn path<'t>(grammar: &dyn Grammar, node: Node<'t>, source: &'t str) -> Option<String> {
    let mut parts = Vec::new();
    let mut node = node;
    for _ in 0..DEEPEST {
        match grammar.view(node, source) {
            View::Name(name) => {
                parts.push(if matches!(name, "this" | "cls") { "self" } else { name });
                parts.reverse();
                return Some(parts.join("."));
            }
            View::Member { of, name, .. } => {
                parts.push(name);
                node = of;
            }
            View::Same(inner) => node = inner,
            _ => return None,
        }
    }
    None
}
