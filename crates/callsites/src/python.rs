//! Python.

use tree_sitter::Node;

use crate::{
    grammar::{
        Argument, Class, Entries, Fact, Given, Grammar, Origin, ScopeKind, View, children, field, first,
        plain, text,
    },
    python_imports,
};

/// The grammar of Python.
pub(crate) struct Python;

impl Grammar for Python {
    fn view<'t>(&self, node: Node<'t>, source: &'t str) -> View<'t> {
        match node.kind() {
            "identifier" => View::Name(text(node, source)),
            "attribute" => match (field(node, "object"), field(node, "attribute")) {
                (Some(of), Some(at)) => View::Member { of, name: text(at, source), at },
                _ => View::Other,
            },
            "call" => match field(node, "function") {
                Some(function) if text(function, source) == "dict" => View::Mapping,
                Some(function) => View::Call { function },
                None => View::Other,
            },
            "await" | "parenthesized_expression" => first(node).map_or(View::Other, View::Same),
            "named_expression" => field(node, "value").map_or(View::Other, View::Same),
            "boolean_operator" => either(field(node, "left"), field(node, "right")),
            "conditional_expression" => match children(node).as_slice() {
                [one, _, other] => View::Either(*one, *other),
                _ => View::Other,
            },
            "string" => plain(node, "string_content", source).map_or(View::Other, View::Text),
            "dictionary" => View::Mapping,
            "function_definition" => {
                let annotation = field(node, "return_type").map(|annotation| text(annotation, source));
                View::Function { annotation, value: None }
            }
            "lambda" => View::Function { annotation: None, value: field(node, "body") },
            "class_definition" => View::Class,
            _ => View::Other,
        }
    }

    fn arguments<'t>(&self, call: Node<'t>, source: &'t str) -> Vec<Argument<'t>> {
        let Some(list) = field(call, "arguments") else { return Vec::new() };
        let argument = |at: Node<'t>| match at.kind() {
            "keyword_argument" => {
                let name = field(at, "name").map(|name| text(name, source));
                Argument { name, value: field(at, "value"), at }
            }
            "list_splat" | "dictionary_splat" => Argument { name: None, value: None, at },
            _ => Argument { name: None, value: Some(at), at },
        };
        children(list).into_iter().map(argument).collect()
    }

    fn entries<'t>(&self, mapping: Node<'t>, source: &'t str) -> Entries<'t> {
        let mut entries = Entries::default();
        if mapping.kind() == "call" {
            for argument in self.arguments(mapping, source) {
                match argument.name {
                    Some(name) => entries.names.push((name, argument.at, argument.value)),
                    None => entries.open = true,
                }
            }
            return entries;
        }
        for pair in children(mapping) {
            let key = field(pair, "key");
            let name = key.filter(|key| key.kind() == "string");
            match (key, name.and_then(|name| plain(name, "string_content", source))) {
                (Some(key), Some(name)) => entries.names.push((name, key, field(pair, "value"))),
                _ => entries.open = true,
            }
        }
        entries
    }

    fn facts<'t>(&self, node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
        match node.kind() {
            "lambda" => add(Fact::Scope(ScopeKind::Function)),
            "function_definition" | "class_definition" => {
                let is_class = node.kind() == "class_definition";
                add(Fact::Scope(if is_class { ScopeKind::Class } else { ScopeKind::Function }));
                bind(field(node, "name"), Some(node), add);
            }
            "return_statement" => add(Fact::Return(first(node))),
            "import_statement" => self.import(node, source, add),
            "import_from_statement" => import_from(node, source, add),
            "assignment" => assignment(node, source, add),
            "augmented_assignment" | "for_statement" | "for_in_clause" => {
                add_all(field(node, "left"), add);
            }
            "named_expression" => bind(field(node, "name"), field(node, "value"), add),
            "as_pattern" => {
                let target = field(node, "alias").and_then(first);
                bind(target, first(node), add);
            }
            "typed_parameter" | "typed_default_parameter" => {
                let target = field(node, "name").or_else(|| first(node));
                if let (Some(target), Some(annotation)) = (target, field(node, "type")) {
                    let annotation = Some(text(annotation, source));
                    add(Fact::Bind { target, value: Given { value: None, annotation } });
                }
            }
            "default_parameter" => add_all(field(node, "name"), add),
            "parameters" | "lambda_parameters" => {
                for target in children(node).into_iter().filter(|child| child.kind() == "identifier") {
                    add(Fact::unknown(target));
                }
            }
            _ => {}
        }
    }

    fn class<'t>(&self, class: Node<'t>, source: &'t str) -> Class<'t> {
        let bases = field(class, "superclasses").map(children).unwrap_or_default();
        let body = field(class, "body").map(children).unwrap_or_default();
        let methods = body.into_iter().filter_map(|part| match part.kind() {
            "decorated_definition" => field(part, "definition"),
            _ => Some(part),
        });
        let methods = methods.filter(|part| part.kind() == "function_definition");
        Class {
            bases,
            methods: methods.filter_map(|part| field(part, "name")).map(|name| text(name, source)).collect(),
        }
    }

    fn is_package(&self, name: &str) -> bool {
        matches!(name.split('.').next(), Some("promptsync" | "prompt_manager"))
    }

    fn submodule(&self, module: &str, item: &str) -> Option<String> {
        Some(python_imports::submodule(module, item))
    }
}

impl Python {
    fn import<'t>(&self, node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
        for imported in children(node) {
            let (module, name) = match imported.kind() {
                "aliased_import" => (field(imported, "name"), field(imported, "alias")),
                _ => (Some(imported), first(imported)),
            };
            let (Some(module), Some(name)) = (module, name) else { continue };
            let (module, name) = (text(module, source), text(name, source));
            let is_renamed = imported.kind() == "aliased_import";
            if is_renamed || self.is_package(module) {
                add(Fact::Import { name, origin: Origin { module, item: None } });
                continue;
            }
            // `import app.llm` binds `app`, and makes `app.llm` something to ask.
            add(Fact::Import { name, origin: Origin { module: name, item: None } });
            if module != name {
                add(Fact::Import { name: module, origin: Origin { module, item: None } });
            }
        }
    }
}

fn import_from<'t>(node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
    let Some(from) = field(node, "module_name") else { return };
    let module = text(from, source);
    for imported in children(node).into_iter().filter(|child| *child != from) {
        let (item, name) = match imported.kind() {
            "wildcard_import" => {
                add(Fact::ImportAll { module });
                continue;
            }
            "aliased_import" => (field(imported, "name"), field(imported, "alias")),
            "dotted_name" => (Some(imported), first(imported)),
            _ => continue,
        };
        let (Some(item), Some(name)) = (item, name) else { continue };
        let origin = Origin { module, item: Some(text(item, source)) };
        add(Fact::Import { name: text(name, source), origin });
    }
}

fn assignment<'t>(node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
    let Some(target) = field(node, "left") else { return };
    if !is_one(target) {
        return add_all(Some(target), add);
    }
    let annotation = field(node, "type").map(|annotation| text(annotation, source));
    // `a = b = value`: the inner one binds `b`, and `a` has the same value.
    let value = field(node, "right").and_then(|value| match value.kind() {
        "assignment" => field(value, "right"),
        _ => Some(value),
    });
    // That there is nothing yet says nothing about what there will be.
    let is_none = value.is_some_and(|value| value.kind() == "none");
    if !is_none || annotation.is_some() {
        let value = value.filter(|_| !is_none);
        add(Fact::Bind { target, value: Given { value, annotation } });
    }
}

fn is_one(target: Node<'_>) -> bool {
    matches!(target.kind(), "identifier" | "attribute")
}

fn bind<'t>(target: Option<Node<'t>>, value: Option<Node<'t>>, add: &mut dyn FnMut(Fact<'t>)) {
    if let Some(target) = target {
        add(Fact::Bind { target, value: Given { value, annotation: None } });
    }
}

/// Binds every name of a pattern to something unknown.
fn add_all<'t>(pattern: Option<Node<'t>>, add: &mut dyn FnMut(Fact<'t>)) {
    let Some(pattern) = pattern else { return };
    if is_one(pattern) {
        return add(Fact::unknown(pattern));
    }
    for target in children(pattern).into_iter().filter(|child| is_one(*child)) {
        add(Fact::unknown(target));
    }
}

fn either<'t>(one: Option<Node<'t>>, other: Option<Node<'t>>) -> View<'t> {
    match (one, other) {
        (Some(one), Some(other)) => View::Either(one, other),
        _ => View::Other,
    }
}
