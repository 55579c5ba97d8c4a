//! Which secrets a template and its partials ask for, and where.

use super::{
    partials::{MAIN, Sources},
    tree::{Expr, Helper, Node, Place},
};
use crate::{
    secrets::{SecretRef, SecretUse},
    template::first_uses,
};

/// The secrets of the template itself, then those of its partials, which have the place of a tag that includes them.
pub(super) fn collect(sources: &Sources) -> Vec<SecretUse> {
    let mut found = Vec::new();
    if let Some(main) = sources.get(MAIN) {
        nodes(&main.nodes, None, &mut found);
    }
    for (name, source) in sources.iter().filter(|(name, _)| *name != MAIN) {
        let include = sources.get(MAIN).and_then(|main| {
            super::partials::includes(&main.nodes).into_iter().find(|include| include.name == *name)
        });
        // A partial that only other partials include has no place in the template: its first line stands for it.
        let place = include.map_or(Place { line: 1, column: 1 }, |include| include.place);
        nodes(&source.nodes, Some(place), &mut found);
    }
    first_uses(found)
}

fn nodes(all: &[Node], within: Option<Place>, found: &mut Vec<SecretUse>) {
    for node in all {
        match node {
            Node::Text(_) => {}
            Node::Print(expr, place) => expression(expr, within.unwrap_or(*place), found),
            Node::Block(block) => {
                for arm in &block.arms {
                    expression(&arm.on, within.unwrap_or(arm.place), found);
                    nodes(&arm.body, within, found);
                }
                nodes(&block.otherwise, within, found);
            }
            Node::Include(include) => {
                let values = include.names.iter().map(|(_, value)| value).chain(&include.context);
                values.for_each(|value| expression(value, within.unwrap_or(include.place), found));
            }
        }
    }
}

fn expression(expr: &Expr, place: Place, found: &mut Vec<SecretUse>) {
    let Expr::Call(helper, params) = expr else { return };
    if *helper == Helper::Secret
        && let [Expr::Literal(serde_json::Value::String(text))] = params.as_slice()
        && let Ok(reference) = SecretRef::parse(text)
    {
        found.push(SecretUse { reference, line: place.line, column: place.column });
        return;
    }
    for param in params {
        expression(param, place, found);
    }
}
