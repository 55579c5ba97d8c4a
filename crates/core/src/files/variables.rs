//! Declared variables, in the shapes people write them.

use indexmap::{IndexMap, map::Entry};
use serde_json::Value;

use super::{
    reading::{Reading, take},
    tree::{Node, Scalar, Style, Tree},
};
use crate::{
    names::nearest,
    problem::Problem,
    variables::{VariableSpec, VariableType},
};

const KEYS: &[&str] = &["type", "required", "default", "description", "enum"];
const TYPES: &[&str] = &["string", "integer", "number", "boolean", "array", "object", "enum", "any"];

/// Reads `variables`: a list of names, a list of `{name, type, …}`, or a map from a name to its description, its
/// type, or both in a map.
pub(super) fn read(reading: &mut Reading<'_>, node: Node) -> IndexMap<String, VariableSpec> {
    let mut declared = IndexMap::new();
    match node.tree {
        Tree::Map(entries) => {
            for (name, node) in entries {
                let (path, at) = (format!("variables.{name}"), node.at);
                let spec = spec(reading, &path, node);
                declare(reading, &mut declared, name, at, spec);
            }
        }
        _ => {
            for (index, item) in reading.items("variables", node).unwrap_or_default().into_iter().enumerate()
            {
                let at = item.at;
                if let Some((name, spec)) = listed(reading, index, item) {
                    declare(reading, &mut declared, name, at, spec);
                }
            }
        }
    }
    declared
}

fn declare(
    reading: &mut Reading<'_>,
    declared: &mut IndexMap<String, VariableSpec>,
    name: String,
    at: (u32, u32),
    spec: VariableSpec,
) {
    let path = format!("variables.{name}");
    let starts_as_one = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !starts_as_one || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        let shown: String = name.chars().take(80).collect();
        let problem = Problem::new("name", format!("`{}` cannot name a variable", shown.escape_debug()));
        reading.refuse("variables", at, problem.hint("use letters, digits and `_`, the first a letter"));
        return;
    }
    reading.declare(&path, at);
    match declared.entry(name) {
        Entry::Occupied(_) => {
            reading.refuse(&path, at, Problem::new("invalid", "the variable is declared twice"));
        }
        Entry::Vacant(entry) => {
            entry.insert(spec);
        }
    }
}

fn listed(reading: &mut Reading<'_>, index: usize, item: Node) -> Option<(String, VariableSpec)> {
    let path = format!("variables[{index}]");
    let Tree::Map(mut entries) = item.tree else {
        return Some((reading.text(&path, item)?, VariableSpec::default()));
    };
    let Some(name) = take(&mut entries, "name") else {
        reading.refuse(&path, item.at, Problem::new("missing_field", "a variable in a list needs a `name`"));
        return None;
    };
    let name = reading.text(&path, name)?;
    let spec = spec(reading, &format!("variables.{name}"), Node { at: item.at, tree: Tree::Map(entries) });
    Some((name, spec))
}

fn spec(reading: &mut Reading<'_>, path: &str, node: Node) -> VariableSpec {
    if node.is_null() {
        return VariableSpec::default();
    }
    let Tree::Map(mut entries) = node.tree else {
        let Some(word) = reading.text(path, node) else { return VariableSpec::default() };
        return match type_of(&word) {
            Ok(kind) => VariableSpec { kind, ..VariableSpec::default() },
            Err(NoType) => VariableSpec { description: Some(word), ..VariableSpec::default() },
        };
    };
    let at = node.at;
    let mut spec = VariableSpec::default();
    if let Some(node) = take(&mut entries, "type") {
        spec.kind = read_type(reading, &format!("{path}.type"), node);
    }
    if let Some(node) = take(&mut entries, "required") {
        spec.required = reading.boolean(&format!("{path}.required"), &node);
    }
    if let Some(node) = take(&mut entries, "description") {
        spec.description = reading.text(&format!("{path}.description"), node);
    }
    if let Some(node) = take(&mut entries, "enum") {
        read_choices(reading, path, node, &mut spec);
    }
    if spec.kind == Some(VariableType::Enum) && spec.choices.is_empty() {
        reading.refuse(path, at, Problem::new("missing_field", "an enum lists its values under `enum`"));
    } else if let Some(node) = entries.shift_remove("default") {
        read_default(reading, path, node, &mut spec);
    }
    reading.keep_unknown(&format!("{path}."), entries, KEYS);
    spec
}

fn read_type(reading: &mut Reading<'_>, path: &str, node: Node) -> Option<VariableType> {
    let at = node.at;
    let word = reading.text(path, node)?;
    type_of(&word).unwrap_or_else(|NoType| {
        let shown: String = word.chars().take(40).collect();
        let problem = Problem::new("invalid", format!("`{shown}` is not a type"));
        let hint = match nearest(&shown, TYPES.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("types are {}", TYPES.join(", ")),
        };
        reading.refuse(path, at, problem.hint(hint));
        None
    })
}

/// A word that is no type.
struct NoType;

/// The type a word means; `None` for any type.
fn type_of(word: &str) -> Result<Option<VariableType>, NoType> {
    Ok(Some(match word.to_ascii_lowercase().as_str() {
        "string" | "str" | "text" => VariableType::String,
        "integer" | "int" => VariableType::Integer,
        "number" | "float" | "double" => VariableType::Number,
        "boolean" | "bool" => VariableType::Boolean,
        "array" | "list" => VariableType::Array,
        "object" | "dict" | "map" => VariableType::Object,
        "enum" => VariableType::Enum,
        "any" => return Ok(None),
        _ => return Err(NoType),
    }))
}

fn read_choices(reading: &mut Reading<'_>, path: &str, node: Node, spec: &mut VariableSpec) {
    let path = format!("{path}.enum");
    let wants_text = spec.kind == Some(VariableType::String);
    let items = reading.items(&path, node).unwrap_or_default();
    for item in items {
        let value = if wants_text {
            reading.text(&path, item).map(Value::String)
        } else {
            reading.value(&path, item)
        };
        spec.choices.extend(value);
    }
    if !spec.choices.is_empty() {
        spec.kind = Some(VariableType::Enum);
    }
}

/// A default of null says that the variable may be left out.
fn read_default(reading: &mut Reading<'_>, path: &str, node: Node, spec: &mut VariableSpec) {
    if node.is_null() {
        spec.required = spec.required.or(Some(false));
        return;
    }
    let (at, path) = (node.at, format!("{path}.default"));
    let is_written = matches!(&node.tree, Tree::Scalar(Scalar { style: Style::Plain, .. }));
    let choices_are_texts =
        spec.kind == Some(VariableType::Enum) && spec.choices.iter().all(Value::is_string);
    let value = if is_written && (spec.kind == Some(VariableType::String) || choices_are_texts) {
        reading.text(&path, node).map(Value::String)
    } else {
        reading.value(&path, node)
    };
    let Some(value) = value else { return };
    if let Some(expected) = misfit(&value, spec) {
        reading.refuse(&path, at, Problem::new("invalid_default", format!("the default must be {expected}")));
        return;
    }
    spec.default = Some(value);
}

/// What a default should be, when it is something else.
fn misfit(value: &Value, spec: &VariableSpec) -> Option<String> {
    let (fits, expected) = match spec.kind? {
        VariableType::String => (value.is_string(), "a text"),
        VariableType::Integer => (value.is_i64() || value.is_u64(), "a whole number"),
        VariableType::Number => (value.is_number(), "a number"),
        VariableType::Boolean => (value.is_boolean(), "true or false"),
        VariableType::Array => (value.is_array(), "a list"),
        VariableType::Object => (value.is_object(), "a mapping"),
        VariableType::Enum => (spec.choices.contains(value), "one of the values under `enum`"),
    };
    (!fits).then(|| expected.to_owned())
}
