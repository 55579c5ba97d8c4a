//! Rust.

use tree_sitter::Node;

use crate::{
    grammar::{
        Argument, Entries, Fact, Given, Grammar, Origin, ScopeKind, View, children, field, first, plain, text,
    },
    rust_macros::is_json,
};

/// The grammar of Rust.
pub(crate) struct Rust;

impl Grammar for Rust {
    fn view<'t>(&self, node: Node<'t>, source: &'t str) -> View<'t> {
        match node.kind() {
            "identifier" | "self" | "field_identifier" | "type_identifier" => View::Name(text(node, source)),
            "field_expression" => member(field(node, "value"), field(node, "field"), source),
            "scoped_identifier" | "scoped_type_identifier" => {
                member(field(node, "path"), field(node, "name"), source)
            }
            "call_expression" if literal_list(node, source).is_some() => View::Mapping,
            "call_expression" => match field(node, "function") {
                Some(function) if function.kind() == "generic_function" => {
                    field(function, "function").map_or(View::Other, |function| View::Call { function })
                }
                Some(function) => View::Call { function },
                None => View::Other,
            },
            "await_expression" | "try_expression" | "parenthesized_expression" => {
                first(node).map_or(View::Other, View::Same)
            }
            "reference_expression" => field(node, "value").map_or(View::Other, View::Same),
            "string_literal" | "raw_string_literal" => {
                plain(node, "string_content", source).map_or(View::Other, View::Text)
            }
            "macro_invocation" if is_json(node, source) => View::Mapping,
            _ => View::Other,
        }
    }

    fn arguments<'t>(&self, call: Node<'t>, _: &'t str) -> Vec<Argument<'t>> {
        let Some(list) = field(call, "arguments") else { return Vec::new() };
        let arguments = children(list).into_iter().filter(|child| child.kind() != "attribute_item");
        arguments.map(|at| Argument { name: None, value: Some(at), at }).collect()
    }

    fn entries<'t>(&self, mapping: Node<'t>, source: &'t str) -> Entries<'t> {
        let mut entries = Entries::default();
        if let Some(list) = literal_list(mapping, source) {
            for pair in children(list) {
                let key = first(pair).filter(|_| pair.kind() == "tuple_expression");
                match key.and_then(|key| key_text(key, source)) {
                    Some((name, at)) => entries.names.push((name, at, None)),
                    None => entries.open = true,
                }
            }
            return entries;
        }
        json_names(mapping, source, &mut entries);
        entries
    }

    fn facts<'t>(&self, node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
        match node.kind() {
            "function_item" | "closure_expression" => add(Fact::Scope(ScopeKind::Function)),
            "use_declaration" => self.import(node, source, add),
            "let_declaration" | "let_condition" | "const_item" | "static_item" | "parameter" => {
                let Some(pattern) = field(node, "pattern").or_else(|| field(node, "name")) else { return };
                let Some(target) = bound(pattern) else { return };
                let annotation = field(node, "type").map(|annotation| text(annotation, source));
                let mut value = field(node, "value");
                // A mapping that may change is not what was written.
                if children(node).iter().any(|child| child.kind() == "mutable_specifier") {
                    value = value.filter(|value| !matches!(self.view(*value, source), View::Mapping));
                }
                add(Fact::Bind { target, value: Given { value, annotation } });
            }
            "assignment_expression" => {
                if let (Some(target), Some(value)) = (field(node, "left"), field(node, "right")) {
                    add(Fact::value(target, value));
                }
            }
            "closure_parameters" => {
                for target in children(node).into_iter().filter_map(bound) {
                    add(Fact::unknown(target));
                }
            }
            "for_expression" => {
                if let Some(target) = field(node, "pattern").and_then(bound) {
                    add(Fact::unknown(target));
                }
            }
            "match_expression" => {
                let Some(value) = field(node, "value") else { return };
                for arm in field(node, "body").map(children).unwrap_or_default() {
                    let pattern = field(arm, "pattern").and_then(first);
                    if let Some(pattern) = pattern.filter(|pattern| holds(*pattern, source))
                        && let Some(target) = bound(pattern)
                    {
                        add(Fact::value(target, value));
                    } else if let Some(target) = pattern.and_then(bound) {
                        add(Fact::unknown(target));
                    }
                }
            }
            "field_declaration" => {
                if let (Some(target), Some(annotation)) = (field(node, "name"), field(node, "type")) {
                    add(Fact::Field { target, annotation: text(annotation, source) });
                }
            }
            _ => {}
        }
    }

    fn is_package(&self, name: &str) -> bool {
        matches!(name, "promptsync" | "promptsync_client" | "promptsync_sdk")
    }

    fn names_packages_anywhere(&self) -> bool {
        true
    }

    fn wraps_values(&self) -> bool {
        true
    }

    fn keeps_mappings(&self) -> bool {
        true
    }

    fn has_distinctive_get(&self) -> bool {
        false
    }
}

impl Rust {
    fn import<'t>(&self, node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
        let Some(argument) = field(node, "argument") else { return };
        let path = text(argument, source).trim_start_matches(':');
        let module = path.split([':', ' ', ';']).next().unwrap_or_default();
        let is_ours = self.is_package(module);
        let mut waiting = vec![argument];
        while let Some(part) = waiting.pop() {
            let (item, name) = match part.kind() {
                "scoped_use_list" => {
                    waiting.extend(field(part, "list"));
                    continue;
                }
                "use_list" => {
                    waiting.extend(children(part));
                    continue;
                }
                "use_wildcard" if is_ours => {
                    add(Fact::ImportAll { module });
                    continue;
                }
                "use_as_clause" => (field(part, "path").map(last), field(part, "alias")),
                "scoped_identifier" => (Some(last(part)), Some(last(part))),
                "identifier" => (Some(part), Some(part)),
                _ => continue,
            };
            let (Some(item), Some(name)) = (item, name) else { continue };
            if is_ours {
                let item = Some(text(item, source)).filter(|item| !self.is_package(item));
                add(Fact::Import { name: text(name, source), origin: Origin { module, item } });
            } else {
                add(Fact::unknown(name));
            }
        }
    }
}

fn member<'t>(of: Option<Node<'t>>, at: Option<Node<'t>>, source: &'t str) -> View<'t> {
    match (of, at) {
        (Some(of), Some(at)) => View::Member { of, name: text(at, source), at },
        _ => View::Other,
    }
}

fn last(path: Node<'_>) -> Node<'_> {
    field(path, "name").unwrap_or(path)
}

/// Whether a pattern binds what a result holds when all went well.
fn holds(pattern: Node<'_>, source: &str) -> bool {
    field(pattern, "type").is_some_and(|kind| matches!(text(kind, source), "Ok" | "Some"))
}

/// The one name a pattern binds: `name`, `mut name`, `Ok(name)`, `Some(name)`.
fn bound(pattern: Node<'_>) -> Option<Node<'_>> {
    let mut pattern = pattern;
    for _ in 0..4 {
        pattern = match pattern.kind() {
            "identifier" => return Some(pattern),
            "mut_pattern" | "ref_pattern" | "reference_pattern" => children(pattern).pop()?,
            "parameter" => field(pattern, "pattern")?,
            "tuple_struct_pattern" => match children(pattern).as_slice() {
                [_, only] => *only,
                _ => return None,
            },
            _ => return None,
        };
    }
    None
}

/// The list in `Map::from_iter([("name".to_owned(), value)])`.
fn literal_list<'t>(call: Node<'t>, source: &str) -> Option<Node<'t>> {
    let function = field(call, "function").filter(|_| call.kind() == "call_expression")?;
    let name = field(function, "name").map(|name| text(name, source))?;
    let list = field(call, "arguments").and_then(first)?;
    (matches!(name, "from" | "from_iter") && list.kind() == "array_expression").then_some(list)
}

/// The text of a key: `"name"`, `"name".to_owned()`, `String::from("name")`.
fn key_text<'t>(key: Node<'t>, source: &'t str) -> Option<(&'t str, Node<'t>)> {
    let mut key = key;
    for _ in 0..4 {
        key = match key.kind() {
            "string_literal" => return plain(key, "string_content", source).map(|text| (text, key)),
            "call_expression" => {
                let function = field(key, "function")?;
                match function.kind() {
                    "field_expression" => field(function, "value")?,
                    _ => field(key, "arguments").and_then(first)?,
                }
            }
            _ => return None,
        };
    }
    None
}

/// The names in `json!({ "name": value })`: a text after `{` or a comma, and before a colon.
fn json_names<'t>(mapping: Node<'t>, source: &'t str, entries: &mut Entries<'t>) {
    let object = children(mapping)
        .into_iter()
        .find(|child| child.kind() == "token_tree")
        .and_then(first)
        .filter(|object| object.kind() == "token_tree" && text(*object, source).starts_with('{'));
    let Some(object) = object else {
        entries.open = true;
        return;
    };
    let mut cursor = object.walk();
    let tokens: Vec<_> = object.children(&mut cursor).filter(|token| !token.is_extra()).collect();
    let mut begins = true;
    for (index, token) in tokens.iter().enumerate() {
        let is_key = begins && index > 0 && token.kind() != "}";
        begins = index == 0 || text(*token, source) == ",";
        if !is_key {
            continue;
        }
        let colon = tokens.get(index + 1).is_some_and(|next| text(*next, source).starts_with(':'));
        let name = plain(*token, "string_content", source).filter(|_| token.kind() == "string_literal");
        match name {
            Some(name) if colon => entries.names.push((name, *token, None)),
            _ => entries.open = true,
        }
    }
}
