//! What every language has: expressions made of names, members, calls and mappings, and statements that bind names.

use tree_sitter::Node;

/// How a language's nodes are read. Each function looks at one node and its children, never deeper: sources nest as
/// deep as their authors like.
pub(crate) trait Grammar: Sync {
    /// What an expression is made of.
    fn view<'t>(&self, node: Node<'t>, source: &'t str) -> View<'t>;

    /// The arguments of a call.
    fn arguments<'t>(&self, call: Node<'t>, source: &'t str) -> Vec<Argument<'t>>;

    /// The names in a mapping that is written out.
    fn entries<'t>(&self, mapping: Node<'t>, source: &'t str) -> Entries<'t>;

    /// What a node says about names.
    fn facts<'t>(&self, node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>));

    /// What a class says about itself.
    fn class<'t>(&self, _class: Node<'t>, _source: &'t str) -> Class<'t> {
        Class::default()
    }

    /// Whether a module or crate of this name is PromptSync's.
    fn is_package(&self, name: &str) -> bool;

    /// The module that a module's item is when it is not a name in it: `from app import llm`.
    fn submodule(&self, _module: &str, _item: &str) -> Option<String> {
        None
    }

    /// Whether a package can be named without an import.
    fn names_packages_anywhere(&self) -> bool {
        false
    }

    /// Whether `Arc::new(value)` and the like stand for the value.
    fn wraps_values(&self) -> bool {
        false
    }

    /// Whether a mapping that has a name is still what was written where it got it.
    fn keeps_mappings(&self) -> bool {
        false
    }

    /// Whether `get_prompt` can only be PromptSync's, in a file that imports it.
    fn has_distinctive_get(&self) -> bool {
        true
    }
}

/// What an expression is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'t> {
    /// A name.
    Name(&'t str),
    /// `of.name` or `of::name`; `at` is the name's node.
    Member { of: Node<'t>, name: &'t str, at: Node<'t> },
    /// A call, or a constructor's.
    Call { function: Node<'t> },
    /// The same value in other clothes: awaited, in parentheses, borrowed, cast.
    Same(Node<'t>),
    /// One of two values.
    Either(Node<'t>, Node<'t>),
    /// A text without anything computed or escaped in it.
    Text(&'t str),
    /// A mapping that is written out.
    Mapping,
    /// A function, with the type it gives and the value that is all of its body, as far as they are written.
    Function { annotation: Option<&'t str>, value: Option<Node<'t>> },
    /// A class.
    Class,
    /// Anything else.
    Other,
}

/// An argument of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Argument<'t> {
    /// Its name, when it is passed by name.
    pub(crate) name: Option<&'t str>,
    /// Its value; none when it stands for several: `*list`, `...rest`.
    pub(crate) value: Option<Node<'t>>,
    /// Where it is written.
    pub(crate) at: Node<'t>,
}

/// The names in a mapping.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries<'t> {
    /// The names that are literals, their nodes, and their values where those are written.
    pub(crate) names: Vec<(&'t str, Node<'t>, Option<Node<'t>>)>,
    /// Whether there may be others.
    pub(crate) open: bool,
}

/// What a class says about itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class<'t> {
    /// What it derives from.
    pub(crate) bases: Vec<Node<'t>>,
    /// The names of its own methods.
    pub(crate) methods: Vec<&'t str>,
}

/// Where something that is imported comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin<'t> {
    /// The module or crate, as it is written.
    pub(crate) module: &'t str,
    /// The thing in it; none for the module itself.
    pub(crate) item: Option<&'t str>,
}

/// What a statement says about a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fact<'t> {
    /// The node is a scope.
    Scope(ScopeKind),
    /// A name stands for what is imported.
    Import { name: &'t str, origin: Origin<'t> },
    /// Everything of a module has its own name here, and in the files that import this one.
    ImportAll { module: &'t str },
    /// Files that import this one have a value under this name.
    Export { name: &'t str, value: Node<'t> },
    /// Files that import this one have something under this name that is imported for them alone.
    Reexport { name: &'t str, origin: Origin<'t> },
    /// A name or member stands for this from here on.
    Bind { target: Node<'t>, value: Given<'t> },
    /// An object of the class around has a member of this type.
    Field { target: Node<'t>, annotation: &'t str },
    /// The function around gives this value, or none.
    Return(Option<Node<'t>>),
}

/// What is said about the value of a name; nothing when it cannot be known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given<'t> {
    /// The value.
    pub(crate) value: Option<Node<'t>>,
    /// The type.
    pub(crate) annotation: Option<&'t str>,
}

/// What kind of scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    /// The whole file.
    File,
    /// A class: what its methods share by `self`.
    Class,
    /// A function, method or closure.
    Function,
}

/// The text of a node.
pub(crate) fn text<'t>(node: Node<'_>, source: &'t str) -> &'t str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// The child that has a role.
pub(crate) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// The first child with a name, comments aside.
pub(crate) fn first(node: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| !child.is_extra())
}

/// The children with names, comments aside. A list of its own: asking for the n-th child counts up to it every time.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}

/// The text between quotes; none when something is computed or escaped in it.
pub(crate) fn plain<'t>(string: Node<'t>, content: &str, source: &'t str) -> Option<&'t str> {
    let parts = children(string);
    let inner: Vec<_> =
        parts.iter().filter(|part| !matches!(part.kind(), "string_start" | "string_end")).collect();
    match inner.as_slice() {
        [] => Some(""),
        [only] if only.kind() == content && only.named_child_count() == 0 => Some(text(**only, source)),
        _ => None,
    }
}

impl<'t> Fact<'t> {
    /// A name has this value.
    pub(crate) fn value(target: Node<'t>, value: Node<'t>) -> Self {
        Self::Bind { target, value: Given { value: Some(value), annotation: None } }
    }

    /// A name stands for something else than before.
    pub(crate) fn unknown(target: Node<'t>) -> Self {
        Self::Bind { target, value: Given::default() }
    }
}
