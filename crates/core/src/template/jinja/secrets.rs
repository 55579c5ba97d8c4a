//! The function `secret`: what it may be given, and what it answers during a render.

use std::cell::RefCell;

use minijinja::{
    Error, Value,
    machinery::ast::{Call, CallArg, Expr, Spanned},
};

use super::budget::{charge, fault};
use crate::{
    secrets::{SecretRef, Secrets},
    template::{SECRET, TemplateFault},
};

/// The function's name in the engine: no template can write it, so no variable can stand in its place.
pub(super) const FUNCTION: &str = "secret()";

thread_local! {
    /// What the render on this thread puts in place of references. A render is synchronous.
    static OPEN: RefCell<Option<Secrets>> = const { RefCell::new(None) };
}

/// The secrets of a running render; those of the one before it come back on drop.
pub(super) struct Opened(Option<Secrets>);

/// Opens secrets for a render on this thread.
pub(super) fn open(secrets: &Secrets) -> Opened {
    Opened(OPEN.replace(Some(secrets.clone())))
}

impl Drop for Opened {
    fn drop(&mut self) {
        OPEN.set(self.0.take());
    }
}

/// The reference that a call of `secret` asks for: one text, written out.
pub(super) fn reference(call: &Spanned<Call<'_>>) -> Result<SecretRef, TemplateFault> {
    let [CallArg::Pos(Expr::Const(constant))] = call.args.as_slice() else {
        return Err(TemplateFault::DynamicSecret);
    };
    let text = constant.value.as_str().ok_or(TemplateFault::DynamicSecret)?;
    SecretRef::parse(text).map_err(|error| TemplateFault::SecretReference { error })
}

/// Whether an expression is a call of `secret`, by its name.
pub(super) fn is_call(expr: &Expr<'_>) -> bool {
    matches!(expr, Expr::Call(call) if matches!(&call.expr, Expr::Var(function) if function.id == SECRET))
}

/// The function as templates call it.
pub(super) fn secret(reference: &str) -> Result<Value, Error> {
    OPEN.with_borrow(|open| {
        let found = open.as_ref().and_then(|secrets| secrets.find(reference));
        let Some(value) = found else {
            return Err(fault(TemplateFault::SecretMissing { reference: reference.to_owned() }));
        };
        charge(value.len() as u64)?;
        Ok(Value::from(value))
    })
}
