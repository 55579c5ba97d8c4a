//! The helpers that give a value: `lookup`, `len`, comparisons and logic.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    render::Render,
    tree::{Expr, Helper},
    values::Val,
};
use crate::template::TemplateFault;

impl<'a> Render<'a> {
    /// Calls a helper whose number of arguments was checked when the template was read.
    pub(super) fn call(
        &mut self,
        helper: Helper,
        params: &'a [Expr],
    ) -> Result<Option<Val<'a>>, TemplateFault> {
        let result = match (helper, params) {
            (Helper::Lookup, [object, key]) => {
                let object = self.value(object)?;
                return match (object, self.present(key)?) {
                    (Some(object), Val::Text(key)) => Ok(object.field(key)),
                    (Some(Val::List(items)), key) => {
                        let index = key.as_i128().and_then(|index| usize::try_from(index).ok());
                        Ok(index.and_then(|index| items.get(index)).map(Val::from))
                    }
                    _ => Ok(None),
                };
            }
            (Helper::Log, _) => return Ok(None),
            (Helper::Secret, [Expr::Literal(Value::String(reference))]) => Val::Text(self.secret(reference)?),
            (Helper::Not, [value]) => Val::Bool(!self.is_true(value)?),
            (Helper::Len, [value]) => Val::Count(match self.present(value)? {
                Val::Text(text) => {
                    self.spend(text.len() / 64)?;
                    text.chars().count()
                }
                Val::List(items) => items.len(),
                Val::Object(map) => map.len(),
                other => {
                    return Err(operation(format!(
                        "len needs a text, a list or an object, not {}",
                        other.kind()
                    )));
                }
            }),
            (Helper::And | Helper::Or, params) => {
                let or = helper == Helper::Or;
                let mut all = !or;
                for param in params {
                    if self.is_true(param)? == or {
                        all = or;
                        break;
                    }
                }
                Val::Bool(all)
            }
            (Helper::Eq | Helper::Ne, [left, right]) => {
                let (left, right) = (self.present(left)?, self.present(right)?);
                Val::Bool(self.same(left, right)? == (helper == Helper::Eq))
            }
            (_, [left, right]) => {
                let (left, right) = (self.present(left)?, self.present(right)?);
                let ordering = self.compare(helper, left, right)?;
                Val::Bool(match helper {
                    Helper::Gt => ordering == Ordering::Greater,
                    Helper::Gte => ordering != Ordering::Less,
                    Helper::Lt => ordering == Ordering::Less,
                    _ => ordering != Ordering::Greater,
                })
            }
            _ => return Err(operation(format!("{} was given the wrong number of arguments", helper.name()))),
        };
        Ok(Some(result))
    }

    fn is_true(&mut self, expr: &'a Expr) -> Result<bool, TemplateFault> {
        Ok(self.value(expr)?.is_some_and(Val::is_true))
    }

    /// Whether two values are equal. Lists and objects are compared item by item, each for a step.
    fn same(&mut self, left: Val<'a>, right: Val<'a>) -> Result<bool, TemplateFault> {
        self.spend(1)?;
        Ok(match (left, right) {
            (Val::Null, Val::Null) => true,
            (Val::Bool(left), Val::Bool(right)) => left == right,
            (Val::Text(left), Val::Text(right)) => {
                self.spend(left.len().min(right.len()) / 64)?;
                left == right
            }
            (Val::List(left), Val::List(right)) => {
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right) {
                    if !self.same_nested(left.into(), right.into())? {
                        return Ok(false);
                    }
                }
                true
            }
            (Val::Object(left), Val::Object(right)) => {
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (key, left) in left {
                    let Some(right) = right.get(key) else { return Ok(false) };
                    if !self.same_nested(left.into(), right.into())? {
                        return Ok(false);
                    }
                }
                true
            }
            _ => numbers(left, right) == Some(Ordering::Equal),
        })
    }

    fn same_nested(&mut self, left: Val<'a>, right: Val<'a>) -> Result<bool, TemplateFault> {
        stacker::maybe_grow(64 << 10, 1 << 20, || self.same(left, right))
    }

    fn compare(&mut self, helper: Helper, left: Val<'a>, right: Val<'a>) -> Result<Ordering, TemplateFault> {
        if let (Val::Text(left), Val::Text(right)) = (left, right) {
            self.spend(left.len().min(right.len()) / 64)?;
            return Ok(left.cmp(right));
        }
        numbers(left, right).ok_or_else(|| {
            let kinds = (left.kind(), right.kind());
            operation(format!(
                "{} compares two numbers or two texts, not {} and {}",
                helper.name(),
                kinds.0,
                kinds.1
            ))
        })
    }
}

fn numbers(left: Val<'_>, right: Val<'_>) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn operation(message: String) -> TemplateFault {
    TemplateFault::Operation { message }
}
