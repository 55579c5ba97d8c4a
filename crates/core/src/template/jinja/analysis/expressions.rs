//! The expressions of a template: names, filters, tests, functions and methods.

use minijinja::machinery::{Span, ast};

use super::Walk;
use crate::{
    secrets::SecretUse,
    template::{
        SECRET, TemplateError, TemplateFault,
        jinja::{environment, methods, nearest, secrets},
    },
};

/// Names that other Jinja hosts provide. Here they are undefined, and code that probes for them gets no hint.
pub(in crate::template::jinja) const RESERVED: &[&str] = &["self", "lipsum"];

impl<'s> Walk<'s> {
    /// Walks a whole expression, as it stands in a tag.
    pub(super) fn root(&mut self, expr: &ast::Expr<'s>) -> Result<(), TemplateError> {
        if !self.constants.add(expr) {
            let limit = self.limits.intermediate_bytes as u64;
            let fault = TemplateFault::RenderLimit { limit, unit: "bytes of memory" };
            return Err(self.fault(fault, expr.span()));
        }
        self.expression(expr)
    }

    pub(super) fn expression(&mut self, expr: &ast::Expr<'s>) -> Result<(), TemplateError> {
        use ast::Expr;
        match expr {
            Expr::Const(_) => Ok(()),
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => self.path(expr, false),
            Expr::Slice(slice) => {
                self.expression(&slice.expr)?;
                [&slice.start, &slice.stop, &slice.step]
                    .into_iter()
                    .flatten()
                    .try_for_each(|bound| self.expression(bound))
            }
            Expr::UnaryOp(unary) => self.expression(&unary.expr),
            Expr::BinOp(binary) => {
                self.expression(&binary.left)?;
                match binary.op {
                    ast::BinOpKind::ScAnd => {
                        self.branch(&binary.left, true, |walk| walk.expression(&binary.right))
                    }
                    ast::BinOpKind::ScOr => {
                        self.branch(&binary.left, false, |walk| walk.expression(&binary.right))
                    }
                    _ => self.expression(&binary.right),
                }
            }
            Expr::Compare(compare) => {
                self.expression(&compare.expr)?;
                compare.ops.iter().try_for_each(|op| self.expression(&op.expr))
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.test_expr)?;
                self.branch(&choice.test_expr, true, |walk| walk.expression(&choice.true_expr))?;
                let Some(other) = &choice.false_expr else { return Ok(()) };
                self.branch(&choice.test_expr, false, |walk| walk.expression(other))
            }
            Expr::Filter(filter) => self.filter(filter),
            Expr::Test(test) => self.test(test),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => list.items.iter().try_for_each(|item| self.expression(item)),
            Expr::Tuple(tuple) => tuple.items.iter().try_for_each(|item| self.expression(item)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).try_for_each(|item| self.expression(item)),
        }
    }

    /// Reads `name`, `name.attribute`, `name['key']` and so on.
    fn path(&mut self, expr: &ast::Expr<'s>, copes: bool) -> Result<(), TemplateError> {
        let mut steps = Vec::new();
        let mut base = expr;
        loop {
            match base {
                ast::Expr::GetAttr(attribute) => {
                    if attribute.name.starts_with("__") {
                        let message = "attributes that begin with `__` are not available".to_owned();
                        return Err(self.fault(TemplateFault::Undefined { message }, expr.span()));
                    }
                    steps.push(attribute.name.to_owned());
                    base = &attribute.expr;
                }
                ast::Expr::GetItem(item) => {
                    match &item.subscript_expr {
                        ast::Expr::Const(constant) => steps.push(constant.value.to_string()),
                        subscript => {
                            self.expression(subscript)?;
                            steps.clear();
                        }
                    }
                    base = &item.expr;
                }
                ast::Expr::Var(variable) => {
                    self.check_reserved(variable.id, variable.span())?;
                    let path: Vec<_> =
                        std::iter::once(variable.id.to_owned()).chain(steps.into_iter().rev()).collect();
                    self.read(variable.id, path.join("."), variable.span(), copes);
                    return Ok(());
                }
                other => return self.expression(other),
            }
        }
    }

    fn check_reserved(&self, name: &str, span: Span) -> Result<(), TemplateError> {
        if name == "else" {
            let fault = TemplateFault::WrongEngine { looks_like: "Handlebars", engine: "jinja" };
            return Err(self.fault(fault, span));
        }
        if RESERVED.contains(&name) && !self.is_local(name) {
            let message = format!("`{name}` is undefined");
            return Err(self.fault(TemplateFault::Undefined { message }, span));
        }
        Ok(())
    }

    fn filter(&mut self, filter: &ast::Spanned<ast::Filter<'s>>) -> Result<(), TemplateError> {
        let copes = matches!(filter.name, "default" | "d");
        match &filter.expr {
            Some(expr @ ast::Expr::Var(_)) => self.path(expr, copes)?,
            Some(expr) => self.expression(expr)?,
            None => {}
        }
        if !environment::has_filter(filter.name) {
            return Err(self.unavailable("filter", filter.name, environment::filter_names(), filter.span()));
        }
        if matches!(filter.name, "map" | "select" | "reject" | "selectattr" | "rejectattr") {
            self.named_argument(filter)?;
        }
        self.arguments(&filter.args, filter.span())
    }

    /// Checks the name that `map('upper')` or `select('odd')` gives as text.
    fn named_argument(&self, filter: &ast::Spanned<ast::Filter<'s>>) -> Result<(), TemplateError> {
        let position = usize::from(matches!(filter.name, "selectattr" | "rejectattr"));
        let Some(ast::CallArg::Pos(ast::Expr::Const(constant))) = filter.args.get(position) else {
            return Ok(());
        };
        let Some(name) = constant.value.as_str() else { return Ok(()) };
        let (what, known, names) = if filter.name == "map" {
            ("filter", environment::has_filter(name), environment::filter_names())
        } else {
            ("test", environment::has_test(name), environment::test_names())
        };
        if known { Ok(()) } else { Err(self.unavailable(what, name, names, filter.span())) }
    }

    fn test(&mut self, test: &ast::Spanned<ast::Test<'s>>) -> Result<(), TemplateError> {
        let copes = matches!(test.name, "defined" | "undefined");
        match &test.expr {
            expr @ ast::Expr::Var(_) => self.path(expr, copes)?,
            expr => self.expression(expr)?,
        }
        if !environment::has_test(test.name) {
            return Err(self.unavailable("test", test.name, environment::test_names(), test.span()));
        }
        self.arguments(&test.args, test.span())
    }

    pub(super) fn call(&mut self, call: &ast::Spanned<ast::Call<'s>>) -> Result<(), TemplateError> {
        match &call.expr {
            ast::Expr::Var(function) => {
                let name = function.id;
                self.check_reserved(name, function.span())?;
                if name == SECRET && !self.is_local(name) {
                    return self.secret(call);
                }
                let known = self.is_local(name)
                    || environment::FUNCTIONS.contains(&name)
                    || (name == "super" && self.blocks > 0);
                if !known {
                    let names =
                        environment::FUNCTIONS.iter().chain(&self.macros).chain([&SECRET]).copied().collect();
                    return Err(self.unavailable("function", name, names, function.span()));
                }
            }
            ast::Expr::GetAttr(attribute) => {
                let name = attribute.name;
                if name.starts_with("__") {
                    self.path(&call.expr, false)?;
                }
                let of_local = matches!(&attribute.expr, ast::Expr::Var(base) if self.is_local(base.id));
                if !of_local && !methods::NAMES.contains(&name) {
                    self.expression(&attribute.expr)?;
                    return Err(self.unavailable("method", name, methods::NAMES.to_vec(), call.span()));
                }
                if name == "changed" && call.args.len() > 1 {
                    let message = "`loop.changed` takes one value".to_owned();
                    return Err(self.fault(TemplateFault::Syntax { message }, call.span()));
                }
                self.expression(&attribute.expr)?;
            }
            other => self.expression(other)?,
        }
        self.arguments(&call.args, call.span())
    }

    fn secret(&mut self, call: &ast::Spanned<ast::Call<'s>>) -> Result<(), TemplateError> {
        let reference = secrets::reference(call).map_err(|fault| self.fault(fault, call.span()))?;
        let (line, column) =
            self.include.unwrap_or_else(|| self.places.of(call.span().start_offset as usize));
        self.secrets.push(SecretUse { reference, line, column });
        Ok(())
    }

    fn arguments(&mut self, arguments: &[ast::CallArg<'s>], span: Span) -> Result<(), TemplateError> {
        arguments.iter().try_for_each(|argument| match argument {
            ast::CallArg::Pos(value) | ast::CallArg::Kwarg(_, value) => self.expression(value),
            ast::CallArg::PosSplat(_) | ast::CallArg::KwargSplat(_) => {
                let message = "arguments cannot be unpacked with `*` or `**`".to_owned();
                Err(self.fault(TemplateFault::Syntax { message }, span))
            }
        })
    }

    fn unavailable(&self, what: &'static str, name: &str, known: Vec<&str>, span: Span) -> TemplateError {
        let nearest = nearest(name, known.into_iter());
        self.fault(TemplateFault::Unavailable { what, name: name.to_owned(), nearest }, span)
    }
}

/// The names that are certainly defined when `condition` is `met`.
pub(super) fn defined_by<'s>(condition: &ast::Expr<'s>, met: bool, names: &mut Vec<&'s str>) {
    match condition {
        ast::Expr::Test(test) => {
            if let ast::Expr::Var(variable) = &test.expr
                && ((test.name == "defined" && met) || (test.name == "undefined" && !met))
            {
                names.push(variable.id);
            }
        }
        ast::Expr::UnaryOp(unary) if matches!(unary.op, ast::UnaryOpKind::Not) => {
            defined_by(&unary.expr, !met, names);
        }
        ast::Expr::BinOp(binary) => {
            let both = match binary.op {
                ast::BinOpKind::ScAnd => met,
                ast::BinOpKind::ScOr => !met,
                _ => false,
            };
            if both {
                defined_by(&binary.left, met, names);
                defined_by(&binary.right, met, names);
            }
        }
        _ => {}
    }
}
