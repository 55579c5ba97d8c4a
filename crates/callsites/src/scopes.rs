//! What names stand for, by scope.

use std::collections::HashMap;

use tree_sitter::{Node, Tree};

use crate::{
    grammar::{Fact, Given, Grammar, ScopeKind, View},
    trees, vocabulary,
};

/// How many scopes around a name are looked through, and how many parts a dotted name may have.
const DEEPEST: usize = 64;

/// Bindings of one name in one scope that are looked at when their order says nothing.
const BINDINGS: usize = 64;

/// What a name was bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Binding<'t> {
    /// The package, or a thing of it.
    Imported(Option<&'t str>),
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
    scopes: Vec<Scope<'t>>,
    /// Whether the source imports PromptSync.
    pub(crate) imports: bool,
}

struct Scope<'t> {
    start: usize,
    end: usize,
    parent: usize,
    kind: ScopeKind,
    /// Each name with its bindings, and the byte from which each holds.
    bindings: HashMap<String, Vec<(usize, Binding<'t>)>>,
}

impl Scope<'_> {
    fn new(start: usize, end: usize, kind: ScopeKind) -> Self {
        Self { start, end, parent: 0, kind, bindings: HashMap::new() }
    }
}

impl<'t> Scopes<'t> {
    /// Reads what a source says about its names.
    pub(crate) fn of(grammar: &dyn Grammar, trees: &'t [Tree], source: &'t str) -> Self {
        let file = Scope::new(0, usize::MAX, ScopeKind::File);
        let mut scopes = Self { scopes: vec![file], imports: false };
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
        scopes.scopes.sort_by_key(|scope| (scope.start, std::cmp::Reverse(scope.end)));
        scopes.find_parents();
        for (node, fact) in facts {
            scopes.add(grammar, source, node, fact);
        }
        for bindings in scopes.scopes.iter_mut().flat_map(|scope| scope.bindings.values_mut()) {
            bindings.sort_by_key(|(from, _)| *from);
        }
        scopes
    }

    /// What a name or dotted name stands for at a place.
    pub(crate) fn find(&self, name: &str, at: usize) -> Found<'t> {
        let mut scope = self.innermost(at);
        let mut is_own = true;
        for _ in 0..DEEPEST {
            let bound = self.scopes[scope].bindings.get(name);
            // In its own function a name is what it was last bound to; what ran last elsewhere, nobody can see.
            let in_order = is_own && self.scopes[scope].kind != ScopeKind::Class;
            match bound {
                Some(bound) if in_order => {
                    let before = bound.partition_point(|(from, _)| *from <= at);
                    if let Some((_, binding)) = bound[..before].last() {
                        return Found::One(*binding);
                    }
                }
                Some(bound) => match bound.as_slice() {
                    [(_, only)] => return Found::One(*only),
                    several if several.len() <= BINDINGS => {
                        return Found::Some(several.iter().map(|(_, binding)| *binding).collect());
                    }
                    _ => return Found::One(Binding::Given(Given::default(), at)),
                },
                None => {}
            }
            if scope == 0 {
                return Found::Nothing;
            }
            is_own = false;
            scope = self.scopes[scope].parent;
        }
        Found::One(Binding::Given(Given::default(), at))
    }

    fn open(&mut self, node: Node<'_>, kind: ScopeKind) {
        self.scopes.push(Scope::new(node.start_byte(), node.end_byte(), kind));
    }

    fn find_parents(&mut self) {
        let mut around = vec![0];
        for index in 1..self.scopes.len() {
            while around.last().is_some_and(|last| self.scopes[*last].end <= self.scopes[index].start) {
                around.pop();
            }
            self.scopes[index].parent = around.last().copied().unwrap_or_default();
            around.push(index);
        }
    }

    fn innermost(&self, at: usize) -> usize {
        let mut scope = self.scopes.partition_point(|scope| scope.start <= at).saturating_sub(1);
        // The last one that began may have ended before; then one of those around it has not.
        while scope != 0 && self.scopes[scope].end <= at {
            scope = self.scopes[scope].parent;
        }
        scope
    }

    /// The class around a scope, or the file.
    fn class_around(&self, mut scope: usize) -> usize {
        for _ in 0..DEEPEST {
            if scope == 0 || self.scopes[scope].kind == ScopeKind::Class {
                return scope;
            }
            scope = self.scopes[scope].parent;
        }
        0
    }

    fn add(&mut self, grammar: &dyn Grammar, source: &'t str, node: Node<'t>, fact: Fact<'t>) {
        let scope = self.innermost(node.start_byte());
        // What is imported is there in the whole scope, wherever the import stands.
        let start = self.scopes[scope].start;
        match fact {
            Fact::Scope(_) => {}
            Fact::Import { name, item } => {
                self.imports = true;
                self.bind(scope, name.to_owned(), start, Binding::Imported(item));
            }
            Fact::ImportAll => {
                self.imports = true;
                for name in vocabulary::clients() {
                    self.bind(scope, name.to_owned(), start, Binding::Imported(Some(name)));
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
        if self.scopes[scope].kind == ScopeKind::Class {
            return self.bind(scope, format!("self.{path}"), from, binding);
        }
        let class = self.class_around(scope);
        if path.starts_with("self.") && class != scope {
            self.bind(class, path.clone(), from, binding);
        }
        self.bind(scope, path, from, binding);
    }

    fn bind(&mut self, scope: usize, path: String, from: usize, binding: Binding<'t>) {
        self.scopes[scope].bindings.entry(path).or_default().push((from, binding));
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
