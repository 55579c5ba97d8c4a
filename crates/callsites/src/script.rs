//! TypeScript and JavaScript.

use tree_sitter::Node;

use crate::grammar::{
    Argument, Entries, Fact, Given, Grammar, ScopeKind, View, children, field, first, plain, text,
};

/// The grammar of TypeScript, which contains that of JavaScript.
pub(crate) struct Script;

impl Grammar for Script {
    fn view<'t>(&self, node: Node<'t>, source: &'t str) -> View<'t> {
        match node.kind() {
            "identifier"
            | "this"
            | "property_identifier"
            | "private_property_identifier"
            | "shorthand_property_identifier_pattern" => View::Name(text(node, source)),
            "member_expression" => match (field(node, "object"), field(node, "property")) {
                (Some(of), Some(at)) => View::Member { of, name: text(at, source), at },
                _ => View::Other,
            },
            "call_expression" => {
                field(node, "function").map_or(View::Other, |function| View::Call { function })
            }
            "new_expression" => {
                field(node, "constructor").map_or(View::Other, |function| View::Call { function })
            }
            "await_expression"
            | "parenthesized_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression" => first(node).map_or(View::Other, View::Same),
            "binary_expression" if is_choice(node, source) => {
                match (field(node, "left"), field(node, "right")) {
                    (Some(one), Some(other)) => View::Either(one, other),
                    _ => View::Other,
                }
            }
            "ternary_expression" => match (field(node, "consequence"), field(node, "alternative")) {
                (Some(one), Some(other)) => View::Either(one, other),
                _ => View::Other,
            },
            "string" | "template_string" => string(node, source).map_or(View::Other, View::Text),
            "object" => View::Mapping,
            _ => View::Other,
        }
    }

    fn arguments<'t>(&self, call: Node<'t>, _: &'t str) -> Vec<Argument<'t>> {
        let Some(list) = field(call, "arguments") else { return Vec::new() };
        let argument = |at: Node<'t>| match at.kind() {
            "spread_element" => Argument { name: None, value: None, at },
            _ => Argument { name: None, value: Some(at), at },
        };
        children(list).into_iter().map(argument).collect()
    }

    fn entries<'t>(&self, mapping: Node<'t>, source: &'t str) -> Entries<'t> {
        let mut entries = Entries::default();
        for entry in children(mapping) {
            let (key, value) = match entry.kind() {
                "pair" => (field(entry, "key"), field(entry, "value")),
                "method_definition" => (field(entry, "name"), None),
                "shorthand_property_identifier" => (Some(entry), Some(entry)),
                _ => (None, None),
            };
            let name = key.and_then(|key| match key.kind() {
                "property_identifier" | "shorthand_property_identifier" | "number" => Some(text(key, source)),
                "string" => string(key, source),
                _ => None,
            });
            match (key, name) {
                (Some(key), Some(name)) => entries.names.push((name, key, value)),
                _ => entries.open = true,
            }
        }
        entries
    }

    fn facts<'t>(&self, node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
        match node.kind() {
            "function_declaration"
            | "function_expression"
            | "generator_function_declaration"
            | "generator_function"
            | "method_definition" => add(Fact::Scope(ScopeKind::Function)),
            "arrow_function" => {
                add(Fact::Scope(ScopeKind::Function));
                if let Some(target) = field(node, "parameter") {
                    add(Fact::unknown(target));
                }
            }
            "class_declaration" | "class" | "abstract_class_declaration" => {
                add(Fact::Scope(ScopeKind::Class));
            }
            "import_statement" => self.import(node, source, add),
            "variable_declarator" => self.declared(node, source, add),
            "public_field_definition" | "field_definition" => {
                let target = field(node, "name").or_else(|| field(node, "property"));
                given(node, target, "value", source, add);
            }
            "required_parameter" | "optional_parameter" => parameter(node, source, add),
            "assignment_expression" => {
                if let (Some(target), Some(value)) = (field(node, "left"), field(node, "right"))
                    && !matches!(value.kind(), "null" | "undefined")
                {
                    add(Fact::value(target, value));
                }
            }
            "augmented_assignment_expression" | "for_in_statement" => {
                if let Some(target) = field(node, "left") {
                    add(Fact::unknown(target));
                }
            }
            _ => {}
        }
    }

    fn is_package(&self, name: &str) -> bool {
        let name = name.strip_prefix('@').unwrap_or(name);
        name.split('/').next() == Some("promptsync")
    }
}

impl Script {
    fn import<'t>(&self, node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
        let module = field(node, "source").and_then(|module| string(module, source));
        let is_ours = module.is_some_and(|module| self.is_package(module));
        let clause = children(node).into_iter().find(|child| child.kind() == "import_clause");
        for part in clause.map(children).unwrap_or_default() {
            match part.kind() {
                // What a package gives without a name is taken for the package.
                "identifier" => self.named(is_ours, part, None, source, add),
                "namespace_import" => {
                    if let Some(name) = first(part) {
                        self.named(is_ours, name, None, source, add);
                    }
                }
                "named_imports" => {
                    for specifier in children(part) {
                        let Some(item) = field(specifier, "name") else { continue };
                        let name = field(specifier, "alias").unwrap_or(item);
                        self.named(is_ours, name, Some(item), source, add);
                    }
                }
                _ => {}
            }
        }
    }

    #[expect(clippy::unused_self, reason = "said like the other ways to import")]
    fn named<'t>(
        &self,
        is_ours: bool,
        name: Node<'t>,
        item: Option<Node<'t>>,
        source: &'t str,
        add: &mut dyn FnMut(Fact<'t>),
    ) {
        if is_ours {
            let item = item.map(|item| text(item, source));
            add(Fact::Import { name: text(name, source), item });
        } else {
            add(Fact::unknown(name));
        }
    }

    fn declared<'t>(&self, node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
        let Some(target) = field(node, "name") else { return };
        let is_ours = field(node, "value").is_some_and(|value| self.requires(value, source));
        match target.kind() {
            "identifier" if is_ours => add(Fact::Import { name: text(target, source), item: None }),
            "identifier" => given(node, Some(target), "value", source, add),
            "object_pattern" => {
                for part in children(target) {
                    let (item, name) = match part.kind() {
                        "pair_pattern" => (field(part, "key"), field(part, "value")),
                        "shorthand_property_identifier_pattern" => (Some(part), Some(part)),
                        _ => continue,
                    };
                    if let (Some(item), Some(name)) = (item, name) {
                        self.named(is_ours, name, Some(item), source, add);
                    }
                }
            }
            _ => {}
        }
    }

    /// `require("promptsync")`.
    fn requires(&self, value: Node<'_>, source: &str) -> bool {
        let function = field(value, "function").filter(|_| value.kind() == "call_expression");
        let module = field(value, "arguments").and_then(first).and_then(|module| string(module, source));
        function.is_some_and(|function| text(function, source) == "require")
            && module.is_some_and(|module| self.is_package(module))
    }
}

fn parameter<'t>(node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
    let Some(target) = field(node, "pattern") else { return };
    given(node, Some(target), "value", source, add);
    let mut cursor = node.walk();
    let mut parts = node.children(&mut cursor);
    // `constructor(private prompts: PromptSync)` makes it a member too.
    let is_member = parts.any(|part| matches!(part.kind(), "accessibility_modifier" | "readonly"));
    if let Some(annotation) = field(node, "type")
        && is_member
    {
        add(Fact::Field { target, annotation: text(annotation, source) });
    }
}

fn given<'t>(
    node: Node<'t>,
    target: Option<Node<'t>>,
    value: &str,
    source: &'t str,
    add: &mut dyn FnMut(Fact<'t>),
) {
    let Some(target) = target else { return };
    let annotation = field(node, "type").map(|annotation| text(annotation, source));
    let value = field(node, value);
    let is_nothing = value.is_some_and(|value| matches!(value.kind(), "null" | "undefined"));
    // A declaration without a value or type is filled elsewhere; a parameter is not.
    let is_parameter = node.kind().ends_with("parameter");
    if annotation.is_some() || is_parameter || (value.is_some() && !is_nothing) {
        let value = value.filter(|_| !is_nothing);
        add(Fact::Bind { target, value: Given { value, annotation } });
    }
}

fn string<'t>(node: Node<'t>, source: &'t str) -> Option<&'t str> {
    plain(node, "string_fragment", source)
}

fn is_choice(node: Node<'_>, source: &str) -> bool {
    field(node, "operator").is_some_and(|operator| matches!(text(operator, source), "??" | "||"))
}
