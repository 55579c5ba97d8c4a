//! TypeScript and JavaScript.

use tree_sitter::Node;

use crate::{
    grammar::{
        Argument, Class, Entries, Fact, Given, Grammar, Origin, ScopeKind, View, children, field, first,
        plain, text,
    },
    script_modules::{export, import, required},
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
            | "type_identifier"
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
            "function_declaration" | "function_expression" | "arrow_function" => {
                let annotation = field(node, "return_type").map(|annotation| text(annotation, source));
                let value = field(node, "body").filter(|body| body.kind() != "statement_block");
                View::Function { annotation, value }
            }
            "class_declaration" | "class" | "abstract_class_declaration" => View::Class,
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
            "function_declaration" | "generator_function_declaration" => {
                add(Fact::Scope(ScopeKind::Function));
                declared_as(node, add);
            }
            "function_expression" | "generator_function" | "method_definition" => {
                add(Fact::Scope(ScopeKind::Function));
            }
            "arrow_function" => {
                add(Fact::Scope(ScopeKind::Function));
                if let Some(target) = field(node, "parameter") {
                    add(Fact::unknown(target));
                }
            }
            "class" => add(Fact::Scope(ScopeKind::Class)),
            "class_declaration" | "abstract_class_declaration" => {
                add(Fact::Scope(ScopeKind::Class));
                declared_as(node, add);
            }
            "return_statement" => add(Fact::Return(first(node))),
            "import_statement" => import(node, source, add),
            "export_statement" => export(node, source, add),
            "variable_declarator" => declared(node, source, add),
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
                    if let Some(name) = exported(target, source) {
                        add(Fact::Export { name, value });
                    }
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

    fn class<'t>(&self, class: Node<'t>, source: &'t str) -> Class<'t> {
        let heritage = children(class).into_iter().find(|part| part.kind() == "class_heritage");
        let clauses = heritage.map(children).unwrap_or_default();
        let extended = clauses.into_iter().filter(|clause| clause.kind() == "extends_clause");
        let body = field(class, "body").map(children).unwrap_or_default();
        let names = body.into_iter().filter_map(|part| field(part, "name"));
        Class {
            bases: extended.filter_map(|clause| field(clause, "value")).collect(),
            methods: names.map(|name| text(name, source)).collect(),
        }
    }

    fn is_package(&self, name: &str) -> bool {
        let name = name.strip_prefix('@').unwrap_or(name);
        name.split('/').next() == Some("promptsync")
    }
}

fn declared<'t>(node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
    let Some(target) = field(node, "name") else { return };
    let module = field(node, "value").and_then(|value| required(value, source));
    match (target.kind(), module) {
        ("identifier", Some(module)) => {
            add(Fact::Import { name: text(target, source), origin: Origin { module, item: None } });
        }
        ("identifier", None) => given(node, Some(target), "value", source, add),
        ("object_pattern", _) => {
            for part in children(target) {
                let (item, name) = match part.kind() {
                    "pair_pattern" => (field(part, "key"), field(part, "value")),
                    "shorthand_property_identifier_pattern" => (Some(part), Some(part)),
                    _ => continue,
                };
                match (item, name, module) {
                    (Some(item), Some(name), Some(module)) => {
                        let origin = Origin { module, item: Some(text(item, source)) };
                        add(Fact::Import { name: text(name, source), origin });
                    }
                    (_, Some(name), None) => add(Fact::unknown(name)),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// A function or class has its name where it is declared.
fn declared_as<'t>(node: Node<'t>, add: &mut dyn FnMut(Fact<'t>)) {
    if let Some(name) = field(node, "name") {
        add(Fact::value(name, node));
    }
}

/// The name under which `exports.name = value` and `module.exports.name = value` hand a value out.
fn exported<'t>(target: Node<'t>, source: &'t str) -> Option<&'t str> {
    let of = field(target, "object").filter(|_| target.kind() == "member_expression")?;
    let is_exports = matches!(text(of, source), "exports" | "module.exports");
    field(target, "property").filter(|_| is_exports).map(|name| text(name, source))
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

pub(crate) fn string<'t>(node: Node<'t>, source: &'t str) -> Option<&'t str> {
    plain(node, "string_fragment", source)
}

fn is_choice(node: Node<'_>, source: &str) -> bool {
    field(node, "operator").is_some_and(|operator| matches!(text(operator, source), "??" | "||"))
}
