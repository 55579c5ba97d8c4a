//! What TypeScript and JavaScript import and export.

use tree_sitter::Node;

use crate::{
    grammar::{Fact, Grammar, Origin, children, field, first, text},
    script::{Script, string},
};

/// The name of what a module gives without a name.
const DEFAULT: &str = "default";

/// `import …`.
pub(crate) fn import<'t>(node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
    let parts = children(node);
    if let Some(clause) = parts.iter().find(|part| part.kind() == "import_require_clause") {
        // `import name = require("module")`
        let module = field(*clause, "source").and_then(|module| string(module, source));
        if let (Some(name), Some(module)) = (first(*clause), module) {
            add(Fact::Import { name: text(name, source), origin: Origin { module, item: None } });
        }
        return;
    }
    let Some(module) = field(node, "source").and_then(|module| string(module, source)) else { return };
    let clause = parts.into_iter().find(|child| child.kind() == "import_clause");
    for part in clause.map(children).unwrap_or_default() {
        let mut named = |name, item| {
            add(Fact::Import { name: text(name, source), origin: Origin { module, item } });
        };
        match part.kind() {
            // What a package gives without a name is taken for the package.
            "identifier" => named(part, Some(DEFAULT).filter(|_| !Script.is_package(module))),
            "namespace_import" => {
                if let Some(name) = first(part) {
                    named(name, None);
                }
            }
            "named_imports" => {
                for specifier in children(part) {
                    let Some(item) = field(specifier, "name") else { continue };
                    named(field(specifier, "alias").unwrap_or(item), Some(text(item, source)));
                }
            }
            _ => {}
        }
    }
}

/// `export …`, as far as it says more than that a name of this file is exported: who imports it knows.
pub(crate) fn export<'t>(node: Node<'t>, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
    if let Some(module) = field(node, "source") {
        if let Some(module) = string(module, source) {
            reexport(node, module, source, add);
        }
        return;
    }
    let mut cursor = node.walk();
    if node.children(&mut cursor).any(|part| part.kind() == DEFAULT)
        && let Some(value) = field(node, "value").or_else(|| field(node, "declaration"))
    {
        add(Fact::Export { name: DEFAULT, value });
    }
    for specifier in specifiers(node) {
        if let (Some(value), Some(name)) = (field(specifier, "name"), field(specifier, "alias")) {
            add(Fact::Export { name: text(name, source), value });
        }
    }
}

/// `export … from "module"`.
fn reexport<'t>(node: Node<'t>, module: &'t str, source: &'t str, add: &mut dyn FnMut(Fact<'t>)) {
    let parts = children(node);
    if let Some(space) = parts.iter().find(|part| part.kind() == "namespace_export") {
        if let Some(name) = first(*space) {
            add(Fact::Reexport { name: text(name, source), origin: Origin { module, item: None } });
        }
    } else if parts.iter().any(|part| part.kind() == "export_clause") {
        for specifier in specifiers(node) {
            let Some(item) = field(specifier, "name") else { continue };
            let name = field(specifier, "alias").unwrap_or(item);
            let origin = Origin { module, item: Some(text(item, source)) };
            add(Fact::Reexport { name: text(name, source), origin });
        }
    } else {
        add(Fact::ImportAll { module });
    }
}

/// The module in `require("module")`.
pub(crate) fn required<'t>(value: Node<'t>, source: &'t str) -> Option<&'t str> {
    let function = field(value, "function").filter(|_| value.kind() == "call_expression")?;
    let module = field(value, "arguments").and_then(first)?;
    string(module, source).filter(|_| text(function, source) == "require")
}

fn specifiers(node: Node<'_>) -> Vec<Node<'_>> {
    let clause = children(node).into_iter().find(|part| part.kind() == "export_clause");
    clause.map(children).unwrap_or_default()
}
