//! What a template reads and calls, found on its syntax tree before anything runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    rc::Rc,
};

use minijinja::{
    machinery::{self, Span, ast},
    syntax::SyntaxConfig,
};

use super::{
    environment, errors,
    folding::Constants,
    place::{self, Places},
    scan, secrets,
};
use crate::{
    limits::Limits,
    secrets::SecretUse,
    template::{Included, Partials, SECRET, TemplateError, TemplateFault, first_uses},
    variables::VariableUse,
};

mod expressions;

/// What was found.
pub(super) struct Analysis {
    /// Every variable that the caller provides, once per path.
    pub uses: Vec<VariableUse>,
    /// The partials that are reached.
    pub partials: Vec<String>,
    /// Which source includes which partial, and where.
    pub includes: Vec<Included>,
    /// The secrets that are asked for.
    pub secrets: Vec<SecretUse>,
    /// Whether the template is text, plain variables and secrets alone.
    pub plain: bool,
}

/// Parses, checks and reads a template and the partials it reaches.
pub(super) fn analyse(source: &str, partials: &Partials, limits: &Limits) -> Result<Analysis, TemplateError> {
    scan::check(source, limits)?;
    let tree = parse(source)?;
    let mut walk = Walk {
        source,
        places: Rc::new(Places::new(source)),
        bytes: source.len(),
        partials,
        limits,
        trees: BTreeMap::new(),
        chain: Vec::new(),
        include: None,
        scopes: vec![BTreeSet::new()],
        known: Vec::new(),
        blocks: 0,
        uses: Vec::new(),
        includes: BTreeMap::new(),
        expansions: 0,
        constants: Constants::default(),
        macros: BTreeSet::new(),
        secrets: Vec::new(),
        other_secret: None,
    };
    let plain = is_plain(&tree);
    walk.statement(&tree)?;
    walk.check_secret()?;
    let partials = walk.trees.keys().map(|name| (*name).to_owned()).collect();
    let includes = walk.includes.into_iter().map(|((within, name), (line, column))| Included {
        name: name.to_owned(),
        within: within.map(str::to_owned),
        line,
        column,
    });
    Ok(Analysis {
        includes: includes.collect(),
        uses: merge(walk.uses),
        partials,
        secrets: first_uses(walk.secrets),
        plain,
    })
}

/// Parses one source that [`scan::check`] has passed.
pub(super) fn parse(source: &str) -> Result<ast::Stmt<'_>, TemplateError> {
    machinery::parse(source, "", SyntaxConfig::default()).map_err(|error| errors::syntax(&error, source))
}

fn is_plain(tree: &ast::Stmt<'_>) -> bool {
    let ast::Stmt::Template(template) = tree else { return false };
    template.children.iter().all(|child| match child {
        ast::Stmt::EmitRaw(_) => true,
        ast::Stmt::EmitExpr(emit) => matches!(emit.expr, ast::Expr::Var(_)) || secrets::is_call(&emit.expr),
        _ => false,
    })
}

/// One entry per path, in order of first use; optional when every use of the variable copes with its absence.
fn merge(uses: Vec<VariableUse>) -> Vec<VariableUse> {
    let needed: BTreeSet<_> = uses.iter().filter(|one| !one.optional).map(|one| one.name.clone()).collect();
    let mut seen = BTreeSet::new();
    let mut merged = Vec::new();
    for mut one in uses {
        if seen.insert(one.path.clone()) {
            one.optional = !needed.contains(&one.name);
            merged.push(one);
        }
    }
    merged
}

/// A parsed partial.
#[derive(Clone)]
struct Tree<'s> {
    statement: Rc<ast::Stmt<'s>>,
    places: Rc<Places<'s>>,
}

struct Walk<'s> {
    source: &'s str,
    places: Rc<Places<'s>>,
    /// Bytes of the template and the partials it reaches.
    bytes: usize,
    partials: &'s Partials,
    limits: &'s Limits,
    trees: BTreeMap<&'s str, Tree<'s>>,
    /// The partials we are in, outermost first.
    chain: Vec<&'s str>,
    /// Where the template itself includes the partial we are in.
    include: Option<(u32, u32)>,
    /// Names that the template itself defines.
    scopes: Vec<BTreeSet<&'s str>>,
    /// Names that a condition around us found defined.
    known: Vec<&'s str>,
    /// Blocks we are in, where `super()` means something.
    blocks: usize,
    uses: Vec<VariableUse>,
    /// The first place where a source includes a partial.
    includes: BTreeMap<(Option<&'s str>, &'s str), (u32, u32)>,
    expansions: usize,
    constants: Constants,
    macros: BTreeSet<&'s str>,
    secrets: Vec<SecretUse>,
    /// What to say when `secret` is something else as well.
    other_secret: Option<TemplateError>,
}

impl<'s> Walk<'s> {
    fn fault(&self, fault: TemplateFault, span: Span) -> TemplateError {
        let mut error = place::error(fault, self.source, span.start_offset as usize);
        error.partial = self.chain.last().map(|name| (*name).to_owned());
        error
    }

    fn body(&mut self, statements: &[ast::Stmt<'s>]) -> Result<(), TemplateError> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn scoped(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<(), TemplateError>,
    ) -> Result<(), TemplateError> {
        self.scopes.push(BTreeSet::new());
        let result = inside(self);
        self.scopes.pop();
        result
    }

    /// Walks what runs only when `condition` is `met`.
    fn branch(
        &mut self,
        condition: &ast::Expr<'s>,
        met: bool,
        inside: impl FnOnce(&mut Self) -> Result<(), TemplateError>,
    ) -> Result<(), TemplateError> {
        let before = self.known.len();
        expressions::defined_by(condition, met, &mut self.known);
        let result = inside(self);
        self.known.truncate(before);
        result
    }

    fn define(&mut self, target: &ast::Expr<'s>) -> Result<(), TemplateError> {
        match target {
            ast::Expr::Var(variable) => {
                self.name(variable.id, variable.span());
                if let Some(scope) = self.scopes.last_mut() {
                    scope.insert(variable.id);
                }
                Ok(())
            }
            ast::Expr::List(list) => list.items.iter().try_for_each(|item| self.define(item)),
            ast::Expr::GetAttr(attribute) => self.expression(&attribute.expr),
            _ => Ok(()),
        }
    }

    fn define_name(&mut self, name: &'s str) {
        self.name(name, Span::default());
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name);
        }
    }

    /// Notes that something is called `secret` that is not the function.
    fn name(&mut self, name: &str, span: Span) {
        if name == SECRET && self.other_secret.is_none() {
            let message =
                "`secret` is a function here: give the variable or macro of this name another one".to_owned();
            self.other_secret = Some(self.fault(TemplateFault::Undefined { message }, span));
        }
    }

    /// A template that asks for secrets has nothing else of the function's name: which one is meant must be certain.
    fn check_secret(&mut self) -> Result<(), TemplateError> {
        match self.other_secret.take() {
            Some(error) if !self.secrets.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn statement(&mut self, statement: &ast::Stmt<'s>) -> Result<(), TemplateError> {
        use ast::Stmt;
        match statement {
            Stmt::Template(template) => {
                // A macro may call one that is declared further down.
                for child in &template.children {
                    if let Stmt::Macro(declared) = child {
                        self.define_name(declared.name);
                    }
                }
                // The parent replaces everything after it: that can be linked only where it is certain to happen.
                let mut extended = false;
                template.children.iter().try_for_each(|child| match child {
                    Stmt::Extends(extends) if !std::mem::replace(&mut extended, true) => {
                        self.partial(&extends.name)
                    }
                    _ => self.statement(child),
                })
            }
            Stmt::EmitExpr(emit) => self.root(&emit.expr),
            Stmt::EmitRaw(_) | Stmt::Continue(_) | Stmt::Break(_) => Ok(()),
            Stmt::ForLoop(looped) => self.for_loop(looped),
            Stmt::IfCond(condition) => {
                self.root(&condition.expr)?;
                self.branch(&condition.expr, true, |walk| walk.body(&condition.true_body))?;
                self.branch(&condition.expr, false, |walk| walk.body(&condition.false_body))
            }
            Stmt::WithBlock(with) => {
                with.assignments.iter().try_for_each(|(_, value)| self.root(value))?;
                self.scoped(|walk| {
                    with.assignments.iter().try_for_each(|(target, _)| walk.define(target))?;
                    walk.body(&with.body)
                })
            }
            Stmt::Set(set) => {
                self.root(&set.expr)?;
                self.define(&set.target)
            }
            Stmt::SetBlock(set) => {
                self.scoped(|walk| walk.body(&set.body))?;
                set.filter.iter().try_for_each(|filter| self.root(filter))?;
                self.define(&set.target)
            }
            Stmt::AutoEscape(escape) => {
                self.root(&escape.enabled)?;
                self.body(&escape.body)
            }
            Stmt::FilterBlock(filter) => {
                self.root(&filter.filter)?;
                self.body(&filter.body)
            }
            Stmt::Block(block) => {
                self.blocks += 1;
                let result = self.scoped(|walk| walk.body(&block.body));
                self.blocks -= 1;
                result
            }
            Stmt::Import(import) => {
                self.scoped(|walk| walk.partial(&import.expr))?;
                self.define(&import.name)
            }
            Stmt::FromImport(import) => {
                self.scoped(|walk| walk.partial(&import.expr))?;
                import.names.iter().try_for_each(|(name, alias)| {
                    let target = alias.as_ref().unwrap_or(name);
                    if let ast::Expr::Var(variable) = target {
                        self.macros.insert(variable.id);
                    }
                    self.define(target)
                })
            }
            Stmt::Extends(extends) => {
                let message = "`extends` may stand once in a template, outside of every other tag".to_owned();
                Err(self.fault(TemplateFault::Syntax { message }, extends.name.span()))
            }
            Stmt::Include(include) => self.scoped(|walk| walk.partial(&include.name)),
            Stmt::Macro(declared) => {
                self.define_name(declared.name);
                self.macros.insert(declared.name);
                self.macro_body(declared)
            }
            Stmt::CallBlock(block) => {
                self.call(&block.call)?;
                self.macro_body(&block.macro_decl)
            }
            Stmt::Do(statement) => self.call(&statement.call),
        }
    }

    fn for_loop(&mut self, looped: &ast::ForLoop<'s>) -> Result<(), TemplateError> {
        self.root(&looped.iter)?;
        self.scoped(|walk| {
            walk.define(&looped.target)?;
            looped.filter_expr.iter().try_for_each(|filter| walk.root(filter))?;
            walk.define_name("loop");
            walk.body(&looped.body)
        })?;
        self.scoped(|walk| walk.body(&looped.else_body))
    }

    fn macro_body(&mut self, declared: &ast::Macro<'s>) -> Result<(), TemplateError> {
        self.scoped(|walk| {
            declared.defaults.iter().try_for_each(|default| walk.root(default))?;
            declared.args.iter().try_for_each(|argument| walk.define(argument))?;
            walk.define_name("caller");
            walk.body(&declared.body)
        })
    }

    /// Walks the partial that an include, import or extends names.
    fn partial(&mut self, name: &ast::Expr<'s>) -> Result<(), TemplateError> {
        let literal = match name {
            ast::Expr::Const(constant) => constant.value.to_str(),
            _ => None,
        };
        let Some(literal) = literal else {
            return Err(self.fault(TemplateFault::DynamicInclude, name.span()));
        };
        let Some((key, source)) = self.partials.get_key_value(&*literal) else {
            let fault = TemplateFault::IncludeNotDeclared { name: literal.to_string() };
            return Err(self.fault(fault, name.span()));
        };
        if let Some(start) = self.chain.iter().position(|open| *open == key.as_str()) {
            let path =
                self.chain[start..].iter().chain([&key.as_str()]).map(|one| (*one).to_owned()).collect();
            return Err(self.fault(TemplateFault::PartialCycle { path }, name.span()));
        }
        self.expansions += 1;
        if self.expansions > self.limits.partial_expansions {
            let fault = TemplateFault::PartialExpansion { limit: self.limits.partial_expansions };
            return Err(self.fault(fault, name.span()));
        }
        if self.chain.len() >= self.limits.recursion {
            return Err(self.fault(TemplateFault::Recursion { limit: self.limits.recursion }, name.span()));
        }
        let tree = self.tree(key, source)?;
        let place = self.places.of(name.span().start_offset as usize);
        self.includes.entry((self.chain.last().copied(), key)).or_insert(place);
        let include = self.include.or(Some(place));
        let outer = (
            mem::replace(&mut self.source, source),
            mem::replace(&mut self.places, tree.places),
            mem::replace(&mut self.include, include),
        );
        self.chain.push(key);
        let result = self.statement(&tree.statement);
        self.chain.pop();
        (self.source, self.places, self.include) = outer;
        result
    }

    fn tree(&mut self, name: &'s str, source: &'s str) -> Result<Tree<'s>, TemplateError> {
        if let Some(tree) = self.trees.get(name) {
            return Ok(tree.clone());
        }
        self.bytes += source.len();
        let parsed = scan::check_whole(self.bytes, self.limits)
            .and_then(|()| scan::check(source, self.limits))
            .and_then(|()| parse(source));
        let statement = parsed.map_err(|error| TemplateError { partial: Some(name.to_owned()), ..error })?;
        let tree = Tree { statement: Rc::new(statement), places: Rc::new(Places::new(source)) };
        self.trees.insert(name, tree.clone());
        Ok(tree)
    }

    fn read(&mut self, name: &'s str, path: String, span: Span, copes: bool) {
        if self.is_local(name) || environment::FUNCTIONS.contains(&name) {
            return;
        }
        self.name(name, span);
        let (line, column) = self.include.unwrap_or_else(|| self.places.of(span.start_offset as usize));
        let optional = copes || self.known.contains(&name);
        self.uses.push(VariableUse { name: name.to_owned(), path, line, column, optional });
    }
}
