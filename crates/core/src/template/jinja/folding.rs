//! What the compiler would compute ahead: constant expressions are evaluated before any limit of a render holds.

use minijinja::{
    Value,
    machinery::ast::{BinOpKind, Expr, UnaryOpKind},
    value::ValueKind,
};

use super::budget::NODE;

/// A bound on a constant expression.
#[derive(Clone, Copy, Default)]
struct Folded {
    /// Size of its value.
    bytes: u64,
    /// Its value, when it is a whole number.
    number: Option<i128>,
    /// Bytes built by evaluating the constant parts at this node once.
    once: u64,
    /// Bytes built while compiling it: each level tries again.
    work: u64,
}

/// An upper bound of the bytes that compiling `expr` builds by evaluating its constant parts.
pub(super) fn work(expr: &Expr<'_>) -> u64 {
    fold(expr).work
}

fn fold(expr: &Expr<'_>) -> Folded {
    match expr {
        Expr::Const(constant) => Folded {
            bytes: NODE + constant.value.as_str().map_or(0, |text| text.len() as u64),
            number: whole(&constant.value),
            ..Folded::default()
        },
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
        _ => Folded { bytes: NODE, ..Folded::default() },
    }
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
    let once = parts.iter().fold(bytes, |sum, part| sum.saturating_add(part.once));
    let work = parts.iter().fold(once, |sum, part| sum.saturating_add(part.work));
    Folded { bytes, number, once, work }
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
