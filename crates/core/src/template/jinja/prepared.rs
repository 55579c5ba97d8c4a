//! Templates of text, plain variables and secrets: cut into pieces once, joined at render.

use minijinja::machinery::ast;
use serde_json::Value as Json;

use super::{place, print, secrets, values};
use crate::{
    limits::Limits,
    secrets::Secrets,
    template::{TemplateError, TemplateFault},
    values::{Given, Values},
};

/// A prepared template.
#[derive(Debug)]
pub(super) struct Prepared {
    pieces: Vec<Piece>,
    text_bytes: usize,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Variable { name: String, line: u32, column: u32 },
    Secret { reference: String, line: u32, column: u32 },
}

impl Prepared {
    /// Cuts a parsed template that holds text, plain variables and secrets alone.
    pub(super) fn cut(source: &str, tree: &ast::Stmt<'_>) -> Self {
        let mut pieces = Vec::new();
        let mut text_bytes = 0;
        let places = place::Places::new(source);
        if let ast::Stmt::Template(template) = tree {
            for child in &template.children {
                match child {
                    ast::Stmt::EmitRaw(raw) => {
                        text_bytes += raw.raw.len();
                        pieces.push(Piece::Text(raw.raw.to_owned()));
                    }
                    ast::Stmt::EmitExpr(emit) => match &emit.expr {
                        ast::Expr::Var(variable) => {
                            let (line, column) = places.of(variable.span().start_offset as usize);
                            pieces.push(Piece::Variable { name: variable.id.to_owned(), line, column });
                        }
                        ast::Expr::Call(call) => {
                            if let Ok(reference) = secrets::reference(call) {
                                let (line, column) = places.of(call.span().start_offset as usize);
                                let reference = reference.to_string();
                                pieces.push(Piece::Secret { reference, line, column });
                            }
                        }
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
        Self { pieces, text_bytes }
    }

    /// Joins the pieces with the values and secrets.
    pub(super) fn join(
        &self,
        values: &Values<'_>,
        secrets: &Secrets,
        limits: &Limits,
    ) -> Result<String, TemplateError> {
        let mut output = String::with_capacity(self.text_bytes + self.text_bytes / 4);
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => output.push_str(text),
                Piece::Secret { reference, line, column } => match secrets.find(reference) {
                    Some(value) if value.len() <= limits.output_bytes => output.push_str(value),
                    Some(_) => return Err(too_long(limits)),
                    None => {
                        let fault = TemplateFault::SecretMissing { reference: reference.clone() };
                        let (line, column) = (Some(*line), Some(*column));
                        return Err(TemplateError { fault, line, column, partial: None });
                    }
                },
                Piece::Variable { name, line, column } => match values.get(name) {
                    Some(Given::Text(text)) => push(&mut output, text, limits)?,
                    Some(Given::Json(Json::String(text))) => push(&mut output, text, limits)?,
                    Some(value) => output.push_str(&print::text(&values::engine(value)?)),
                    None => {
                        let nearest = super::nearest(name, values.names());
                        let fault = TemplateFault::MissingVariable { path: name.clone(), nearest };
                        let (line, column) = (Some(*line), Some(*column));
                        return Err(TemplateError { fault, line, column, partial: None });
                    }
                },
            }
            if output.len() > limits.output_bytes {
                return Err(too_long(limits));
            }
        }
        Ok(output)
    }
}

fn push(output: &mut String, text: &str, limits: &Limits) -> Result<(), TemplateError> {
    if text.len() > limits.output_bytes {
        return Err(too_long(limits));
    }
    output.push_str(text);
    Ok(())
}

fn too_long(limits: &Limits) -> TemplateError {
    let fault = TemplateFault::RenderLimit { limit: limits.output_bytes as u64, unit: "bytes of output" };
    TemplateError { fault, line: None, column: None, partial: None }
}
