//! Partials: which exist, that they form no cycle, and how often they expand.

use std::collections::BTreeMap;

use super::{
    parse::parse,
    tree::{Include, Node, Place, Source},
};
use crate::{
    limits::Limits,
    template::{ELSEWHERE, Included, Partials, TemplateError, TemplateFault},
};

/// Every source a template needs, itself under the empty name.
pub(super) type Sources = BTreeMap<String, Source>;

/// The name of the template itself among the sources.
pub(super) const MAIN: &str = "";

/// Reads a template and every partial it reaches, and checks the graph they form.
pub(super) fn read(source: &str, partials: &Partials, limits: &Limits) -> Result<Sources, TemplateError> {
    let mut sources = Sources::new();
    let mut inlines = Sources::new();
    let mut wanted = vec![(MAIN.to_owned(), source)];
    let mut bytes = 0_usize;
    while let Some((name, text)) = wanted.pop() {
        let file = (name != MAIN).then(|| name.clone());
        let in_file = |mut error: TemplateError| {
            error.partial.clone_from(&file);
            error
        };
        bytes += text.len();
        if bytes > limits.file_bytes {
            return Err(in_file(TemplateError::too_large(bytes, limits.file_bytes, ELSEWHERE)));
        }
        let parsed = parse(text, limits).map_err(in_file)?;
        let reached = parsed.inlines.values().chain([&parsed.nodes]).flat_map(|nodes| includes(nodes));
        for include in reached {
            let known = sources.contains_key(&include.name) || include.name == name;
            if let Some((name, text)) = partials.get_key_value(&include.name).filter(|_| !known)
                && !wanted.iter().any(|(waiting, _)| waiting == name)
            {
                wanted.push((name.clone(), text));
            }
        }
        for (name, nodes) in parsed.inlines {
            let inline = Source { file: file.clone(), nodes };
            if inlines.insert(name.clone(), inline).is_some() {
                let message = format!("the inline partial `{name}` is defined twice");
                let fault = TemplateFault::TagSyntax { message };
                return Err(in_file(TemplateError { fault, line: None, column: None, partial: None }));
            }
        }
        sources.insert(name, Source { file, nodes: parsed.nodes });
    }
    // An inline partial hides a declared one of the same name.
    sources.extend(inlines);
    let mut walk = Walk { sources: &sources, limits, path: Vec::new(), seen: BTreeMap::new() };
    walk.visit(MAIN)?;
    for name in sources.keys() {
        walk.visit(name)?;
    }
    Ok(sources)
}

/// What the template and its partials include, inline partials left out. Each pair once.
pub(super) fn included(sources: &Sources) -> Vec<Included> {
    let mut found: BTreeMap<(&Option<String>, &str), Place> = BTreeMap::new();
    for source in sources.values() {
        for include in includes(&source.nodes) {
            let declared = sources.get(&include.name).and_then(|source| source.file.as_deref());
            if declared == Some(&include.name) {
                let place = found.entry((&source.file, &include.name)).or_insert(include.place);
                *place = (*place).min(include.place);
            }
        }
    }
    found
        .into_iter()
        .map(|((within, name), Place { line, column })| Included {
            name: name.to_owned(),
            within: within.clone(),
            line,
            column,
        })
        .collect()
}

/// The partials that some nodes include.
pub(super) fn includes(nodes: &[Node]) -> Vec<&Include> {
    let mut found = Vec::new();
    let mut open = vec![nodes];
    while let Some(nodes) = open.pop() {
        for node in nodes {
            match node {
                Node::Include(include) => found.push(include),
                Node::Block(block) => {
                    open.extend(block.arms.iter().map(|arm| arm.body.as_slice()));
                    open.push(&block.otherwise);
                }
                Node::Text(_) | Node::Print(..) => {}
            }
        }
    }
    found
}

struct Walk<'a> {
    sources: &'a Sources,
    limits: &'a Limits,
    path: Vec<&'a str>,
    /// Expansions and depth below each source.
    seen: BTreeMap<&'a str, (usize, usize)>,
}

impl<'a> Walk<'a> {
    /// Counts the expansions below a source, and how deep they go.
    fn visit(&mut self, name: &'a str) -> Result<(usize, usize), TemplateError> {
        if let Some(known) = self.seen.get(name) {
            return Ok(*known);
        }
        let Some(source) = self.sources.get(name) else { return Ok((0, 0)) };
        let (mut expansions, mut depth) = (0_usize, 0);
        self.path.push(name);
        for include in includes(&source.nodes) {
            let fault = |fault| {
                let mut error = include.place.error(fault);
                error.partial.clone_from(&source.file);
                error
            };
            let Some((included, _)) = self.sources.get_key_value(&include.name) else {
                return Err(fault(TemplateFault::PartialNotDeclared {
                    name: include.name.chars().take(80).collect(),
                }));
            };
            if let Some(start) = self.path.iter().position(|open| open == included) {
                let mut path: Vec<String> =
                    self.path[start..].iter().map(|name| (*name).to_owned()).collect();
                path.push(included.clone());
                return Err(fault(TemplateFault::PartialCycle { path }));
            }
            if self.path.len() > self.limits.recursion {
                return Err(fault(TemplateFault::Recursion { limit: self.limits.recursion }));
            }
            let (below, levels) = self.visit(included)?;
            expansions = expansions.saturating_add(below).saturating_add(1);
            depth = depth.max(levels + 1);
            if expansions > self.limits.partial_expansions {
                let limit = self.limits.partial_expansions;
                return Err(fault(TemplateFault::PartialExpansion { limit }));
            }
            if self.path.len() - 1 + depth > self.limits.recursion {
                return Err(fault(TemplateFault::Recursion { limit: self.limits.recursion }));
            }
        }
        self.path.pop();
        self.seen.insert(name, (expansions, depth));
        Ok((expansions, depth))
    }
}
