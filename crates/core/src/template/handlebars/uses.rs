//! Which variables a template reads, and where.
//!
//! Only what the caller passes counts: the fields of a list's items, block parameters and named arguments of a
//! partial are no variables of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    partials::{MAIN, Sources},
    tree::{Arm, ArmKind, Expr, Head, Helper, Include, Node, Path, Place},
};
use crate::variables::VariableUse;

/// Uses taken over from partials, after which each partial is looked at once more at most: a short text can include
/// long partials thousands of times.
const MAX_TAKEN_OVER: usize = 100_000;

/// The variables of a template and its partials, in order of first use. A use inside a partial has the place of the
/// tag that includes it.
pub(super) fn collect(sources: &Sources) -> Vec<VariableUse> {
    let mut done = BTreeMap::new();
    for (name, source) in sources {
        if name != MAIN {
            summarise(name, source.nodes.as_slice(), sources, &mut done);
        }
    }
    let mut walk = Walk::new(&done);
    if let Some(main) = sources.get(MAIN) {
        walk.nodes(&main.nodes);
    }
    let uses = walk.found.into_iter().filter(|found| found.up.is_none_or(|up| up == 0));
    uses.map(|found| VariableUse {
        name: found.path.first().cloned().unwrap_or_default(),
        path: found.path.join("."),
        line: found.place.line,
        column: found.place.column,
        optional: found.optional,
    })
    .collect()
}

/// What a partial reads of its surroundings.
type Summaries<'a> = BTreeMap<&'a str, Vec<Found>>;

/// Summarises a partial after those that it includes. Partials form no cycle and a bounded depth.
fn summarise<'a>(name: &'a str, nodes: &'a [Node], sources: &'a Sources, done: &mut Summaries<'a>) {
    if done.contains_key(name) {
        return;
    }
    for include in super::partials::includes(nodes) {
        if let Some((name, source)) = sources.get_key_value(&include.name) {
            summarise(name, &source.nodes, sources, done);
        }
    }
    let mut walk = Walk::new(done);
    walk.nodes(nodes);
    // A path that is needed anywhere in the partial is needed; each is named once.
    let needed: BTreeSet<_> = walk.found.iter().filter(|found| !found.optional).map(Found::key).collect();
    let mut seen = BTreeSet::new();
    let mut summary = Vec::new();
    for found in &walk.found {
        if seen.insert(found.key()) {
            summary.push(Found { optional: !needed.contains(&found.key()), ..found.clone() });
        }
    }
    done.insert(name, summary);
}

/// A read of something outside of the source.
#[derive(Clone, Debug)]
struct Found {
    /// Contexts above the source's own; nothing for `@root`.
    up: Option<usize>,
    path: Vec<String>,
    optional: bool,
    place: Place,
}

impl Found {
    fn key(&self) -> (Option<usize>, Vec<String>) {
        (self.up, self.path.clone())
    }
}

/// What a bare name means.
enum Scope {
    /// A field of the list's item, or of a value that has no path.
    Item,
    /// A field of the value at this path.
    Within { up: Option<usize>, path: Vec<String> },
}

struct Walk<'a> {
    summaries: &'a Summaries<'a>,
    scopes: Vec<Scope>,
    block_params: Vec<&'a str>,
    /// Paths that are known to be there, because a condition around asks for them.
    guards: Vec<(Option<usize>, Vec<String>)>,
    found: Vec<Found>,
    taken_over: usize,
    included: BTreeSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn new(summaries: &'a Summaries<'a>) -> Self {
        Self {
            summaries,
            scopes: Vec::new(),
            block_params: Vec::new(),
            guards: Vec::new(),
            found: Vec::new(),
            taken_over: 0,
            included: BTreeSet::new(),
        }
    }

    fn nodes(&mut self, nodes: &'a [Node]) {
        for node in nodes {
            match node {
                Node::Text(_) => {}
                Node::Print(expr, place) => self.expr(expr, *place, false),
                Node::Block(block) => {
                    for arm in &block.arms {
                        self.arm(arm);
                    }
                    let guards = self.guards.len();
                    if let [arm] = block.arms.as_slice()
                        && arm.inverted
                    {
                        self.guard(&arm.on);
                    }
                    self.nodes(&block.otherwise);
                    self.guards.truncate(guards);
                }
                Node::Include(include) => self.include(include),
            }
        }
    }

    fn arm(&mut self, arm: &'a Arm) {
        self.expr(&arm.on, arm.place, true);
        let (guards, block_params, scopes) = (self.guards.len(), self.block_params.len(), self.scopes.len());
        if !arm.inverted {
            self.guard(&arm.on);
            self.block_params.extend(arm.names.iter().map(String::as_str));
            match (arm.kind, &arm.on) {
                (ArmKind::If, _) => {}
                (ArmKind::With, Expr::Path(path)) => {
                    let scope =
                        self.locate(path).map_or(Scope::Item, |(up, path)| Scope::Within { up, path });
                    self.scopes.push(scope);
                }
                _ => self.scopes.push(Scope::Item),
            }
        }
        self.nodes(&arm.body);
        self.guards.truncate(guards);
        self.block_params.truncate(block_params);
        self.scopes.truncate(scopes);
    }

    fn include(&mut self, include: &'a Include) {
        if let Some(context) = &include.context {
            self.expr(context, include.place, false);
        }
        for (_, value) in &include.names {
            self.expr(value, include.place, false);
        }
        let summary = self.summaries.get(include.name.as_str()).map_or(&[][..], Vec::as_slice);
        self.taken_over += summary.len();
        if !self.included.insert(&include.name) && self.taken_over > MAX_TAKEN_OVER {
            return;
        }
        let given = |path: &[String]| {
            path.first().is_some_and(|first| include.names.iter().any(|(name, _)| name == first))
        };
        for found in summary {
            let up = match (found.up, &include.context) {
                (Some(0), _) if given(&found.path) => continue,
                (Some(0), Some(_)) => continue,
                (Some(up), Some(_)) => Some(up - 1),
                (up, _) => up,
            };
            let place = match up {
                None => Some((None, found.path.clone())),
                Some(up) => self.outside(up, &found.path),
            };
            if let Some((up, path)) = place {
                self.read(up, path, found.optional, include.place);
            }
        }
    }

    fn expr(&mut self, expr: &Expr, place: Place, optional: bool) {
        match expr {
            Expr::Literal(_) => {}
            Expr::Path(path) => {
                if let Some((up, path)) = self.locate(path).filter(|(_, path)| !path.is_empty()) {
                    self.read(up, path, optional, place);
                }
            }
            Expr::Call(helper, params) => {
                for (index, param) in params.iter().enumerate() {
                    let optional = match helper {
                        Helper::And | Helper::Or | Helper::Not | Helper::Log => true,
                        Helper::Lookup => index == 0 && optional,
                        _ => false,
                    };
                    self.expr(param, place, optional);
                }
            }
        }
    }

    fn read(&mut self, up: Option<usize>, path: Vec<String>, optional: bool, place: Place) {
        let guarded = self.guards.iter().any(|(guard_up, guard)| {
            let shorter = guard.len().min(path.len());
            *guard_up == up && guard[..shorter] == path[..shorter]
        });
        self.found.push(Found { up, path, optional: optional || guarded, place });
    }

    /// Inside a block whose condition holds, what the condition asks for is there.
    fn guard(&mut self, on: &Expr) {
        match on {
            Expr::Path(path) => self.guards.extend(self.locate(path).filter(|(_, path)| !path.is_empty())),
            Expr::Call(Helper::And, params) => params.iter().for_each(|param| self.guard(param)),
            _ => {}
        }
    }

    /// Where outside of this source a path leads; nothing when it stays inside.
    fn locate(&self, path: &Path) -> Option<(Option<usize>, Vec<String>)> {
        match path.head {
            Head::Root => Some((None, path.segments.clone())),
            Head::Loop(..) => None,
            Head::Name => {
                let first = path.segments.first()?;
                if self.block_params.contains(&first.as_str()) {
                    return None;
                }
                self.outside(0, &path.segments)
            }
            Head::Context(up) => self.outside(up, &path.segments),
        }
    }

    fn outside(&self, up: usize, segments: &[String]) -> Option<(Option<usize>, Vec<String>)> {
        if up >= self.scopes.len() {
            return Some((Some(up - self.scopes.len()), segments.to_vec()));
        }
        match &self.scopes[self.scopes.len() - 1 - up] {
            Scope::Item => None,
            Scope::Within { up, path } => Some((*up, path.iter().chain(segments).cloned().collect())),
        }
    }
}
