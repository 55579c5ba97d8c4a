//! What the compiler would compute ahead: constant expressions are evaluated before any limit of a render holds.

use minijinja::{
    Value,
    machinery::ast::{BinOpKind, CallArg, Expr, UnaryOpKind},
    value::ValueKind,
};

use super::budget::NODE;

/// Bytes of constants that one template may keep.
const KEPT: u64 = 4 << 20;

/// Bytes that computing one template's constants may copy: some tens of milliseconds.
const COPIED: u64 = 256 << 20;

/// What the constants of a template cost so far.
#[derive(Default)]
pub(super) struct Constants {
    kept: u64,
    copied: u64,
}

impl Constants {
    /// Adds an expression; whether the template stays within bounds.
    pub(super) fn add(&mut self, expr: &Expr<'_>) -> bool {
        let folded = fold(expr);
        self.kept = self.kept.saturating_add(folded.kept);
        self.copied = self.copied.saturating_add(folded.copied);
        self.kept <= KEPT && self.copied <= COPIED
    }
}

/// A bound on a constant expression.
#[derive(Clone, Copy, Default)]
struct Folded {
    /// Whether it can be computed ahead.
    constant: bool,
    /// Size of its value.
    bytes: u64,
    /// Its value, when it is a whole number.
    number: Option<i128>,
    /// Bytes built by evaluating the constant parts at this node once.
    once: u64,
    /// Bytes copied while compiling it: each level tries again.
    copied: u64,
    /// Bytes of the constants that remain in the program.
    kept: u64,
}

fn fold(expr: &Expr<'_>) -> Folded {
    match expr {
        Expr::Const(constant) => {
            let bytes = NODE + constant.value.as_str().map_or(0, |text| text.len() as u64);
            Folded { constant: true, bytes, number: whole(&constant.value), kept: bytes, ..Folded::default() }
        }
        Expr::List(list) => combine(list.items.iter().map(fold)),
        Expr::Tuple(tuple) => combine(tuple.items.iter().map(fold)),
        Expr::Map(map) => combine(map.keys.iter().chain(&map.values).map(fold)),
        Expr::UnaryOp(unary) => {
            let inner = fold(&unary.expr);
            let number = match unary.op {
                UnaryOpKind::Neg => inner.number.and_then(i128::checked_neg),
                UnaryOpKind::Not => Some(1),
            };
            step(&[inner], inner.bytes, number)
        }
        Expr::BinOp(binary) => {
            let (left, right) = (fold(&binary.left), fold(&binary.right));
            let (bytes, number) = operate(binary.op, left, right);
            step(&[left, right], bytes, number)
        }
        Expr::Compare(compare) => {
            let operands: Vec<_> = std::iter::once(fold(&compare.expr))
                .chain(compare.ops.iter().map(|op| fold(&op.expr)))
                .collect();
            let bytes = operands.iter().fold(NODE, |sum, operand| sum.saturating_add(operand.bytes));
            step(&operands, bytes, Some(1))
        }
        Expr::Var(_) => opaque(&[]),
        Expr::GetAttr(attribute) => opaque(&[&attribute.expr]),
        Expr::GetItem(item) => opaque(&[&item.expr, &item.subscript_expr]),
        Expr::Slice(slice) => {
            let bounds = [&slice.start, &slice.stop, &slice.step];
            opaque(&std::iter::once(&slice.expr).chain(bounds.into_iter().flatten()).collect::<Vec<_>>())
        }
        Expr::IfExpr(choice) => {
            let other = choice.false_expr.iter();
            opaque(&[&choice.test_expr, &choice.true_expr].into_iter().chain(other).collect::<Vec<_>>())
        }
        Expr::Filter(filter) => opaque(&filter.expr.iter().chain(values(&filter.args)).collect::<Vec<_>>()),
        Expr::Test(test) => {
            opaque(&std::iter::once(&test.expr).chain(values(&test.args)).collect::<Vec<_>>())
        }
        Expr::Call(call) => {
            opaque(&std::iter::once(&call.expr).chain(values(&call.args)).collect::<Vec<_>>())
        }
    }
}

fn values<'e, 's>(arguments: &'e [CallArg<'s>]) -> impl Iterator<Item = &'e Expr<'s>> {
    arguments.iter().map(|argument| match argument {
        CallArg::Pos(value)
        | CallArg::Kwarg(_, value)
        | CallArg::PosSplat(value)
        | CallArg::KwargSplat(value) => value,
    })
}

/// What is not computed ahead itself, though its parts may be.
fn opaque(parts: &[&Expr<'_>]) -> Folded {
    let parts: Vec<_> = parts.iter().map(|part| fold(part)).collect();
    let (copied, kept) = (sum(&parts, |part| part.copied), sum(&parts, |part| part.kept));
    Folded { bytes: NODE, copied, kept, ..Folded::default() }
}

fn sum(parts: &[Folded], of: fn(&Folded) -> u64) -> u64 {
    parts.iter().fold(0, |sum, part| sum.saturating_add(of(part)))
}

fn whole(value: &Value) -> Option<i128> {
    if value.kind() == ValueKind::Bool {
        return Some(1);
    }
    i128::try_from(value.clone()).ok()
}

fn combine(items: impl Iterator<Item = Folded>) -> Folded {
    let items: Vec<_> = items.collect();
    let bytes = items.iter().fold(NODE, |sum, item| sum.saturating_add(item.bytes));
    step(&items, bytes, None)
}

fn step(parts: &[Folded], bytes: u64, number: Option<i128>) -> Folded {
    let constant = parts.iter().all(|part| part.constant);
    let once = bytes.saturating_add(sum(parts, |part| part.once));
    let copied = once.saturating_add(sum(parts, |part| part.copied));
    let kept = if constant { bytes } else { sum(parts, |part| part.kept) };
    Folded { constant, bytes, number, once, copied, kept }
}

fn operate(op: BinOpKind, left: Folded, right: Folded) -> (u64, Option<i128>) {
    let both = left.number.zip(right.number);
    let number = match op {
        BinOpKind::Add => both.and_then(|(a, b)| a.checked_add(b)),
        BinOpKind::Sub => both.and_then(|(a, b)| a.checked_sub(b)),
        BinOpKind::Mul => both.and_then(|(a, b)| a.checked_mul(b)),
        BinOpKind::Div | BinOpKind::FloorDiv => both.and_then(|(a, b)| a.checked_div(b)),
        BinOpKind::Rem => both.map(|(_, b)| b),
        BinOpKind::Pow => both.and_then(|(a, b)| a.checked_pow(u32::try_from(b).ok()?)),
        BinOpKind::ScAnd | BinOpKind::ScOr => left.number.max(right.number),
        _ => Some(1),
    };
    let bytes = match op {
        BinOpKind::Mul => match (left.number, right.number) {
            (Some(_), Some(_)) | (None, None) => NODE,
            (Some(times), None) => right.bytes.saturating_mul(u64::try_from(times).unwrap_or(0)),
            (None, Some(times)) => left.bytes.saturating_mul(u64::try_from(times).unwrap_or(0)),
        },
        _ => left.bytes.saturating_add(right.bytes),
    };
    (bytes, number)
}
