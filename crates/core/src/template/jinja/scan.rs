//! The check before parsing: the parser recurses, so chains and nesting are bounded on the flat list of tokens.

use minijinja::{
    machinery::{Span, Token, Tokenizer},
    syntax::SyntaxConfig,
};

use super::place;
use crate::{
    limits::Limits,
    template::{ELSEWHERE, TemplateError, TemplateFault},
};

/// What a user can do about a template that is too large.
const LITERAL: &str =
    "wrap what is meant literally in {% raw %} … {% endraw %}: what stands there does not count";

/// Refuses a source that is too deep, too long a chain, whose tags and blocks are not closed, or that is too large.
///
/// Raw text is inert, so it counts only towards the size of a file. A fault with a place comes first: an example of
/// another language, pasted as it is, is often both.
pub(super) fn check(source: &str, limits: &Limits) -> Result<(), TemplateError> {
    check_whole(source.len(), limits)?;
    let mut scan = Scan { source, limits, tag: None, blocks: Vec::new(), raw: 0 };
    let mut tokenizer = Tokenizer::new(source, "", false, SyntaxConfig::default());
    let mut end = 0;
    loop {
        match tokenizer.next_token() {
            Ok(Some((token, place))) => {
                end = place.end_offset as usize;
                scan.token(&token, place)?;
            }
            Ok(None) => return scan.finish(),
            Err(error) => return Err(scan.lexer_error(&error, end)),
        }
    }
}

/// Refuses a source, or a source and all that it includes, that is larger than a file may be.
pub(super) fn check_whole(bytes: usize, limits: &Limits) -> Result<(), TemplateError> {
    if bytes > limits.file_bytes {
        return Err(TemplateError::too_large(bytes, limits.file_bytes, ELSEWHERE));
    }
    Ok(())
}

struct Scan<'s> {
    source: &'s str,
    limits: &'s Limits,
    tag: Option<Tag<'s>>,
    blocks: Vec<Block<'s>>,
    /// Bytes of raw text.
    raw: usize,
}

/// An open `{{` or `{%`.
struct Tag<'s> {
    opened: usize,
    is_block: bool,
    keyword: Option<&'s str>,
    assigns: bool,
    /// Operators so far, for each open bracket: a comma starts anew, since only chains recurse.
    chain: Vec<usize>,
    /// Whether the last token ends an operand, so that a bracket after it calls or indexes.
    after_operand: bool,
}

struct Block<'s> {
    keyword: &'s str,
    opened: usize,
    branches: usize,
}

impl<'s> Scan<'s> {
    fn token(&mut self, token: &Token<'s>, span: Span) -> Result<(), TemplateError> {
        let at = span.start_offset as usize;
        match token {
            Token::TemplateData(_) => {
                // An `endraw` without `raw` is refused when its tag ends, so the end alone tells.
                if ends_raw(&self.source[span.end_offset as usize..]) {
                    self.raw += (span.end_offset - span.start_offset) as usize;
                }
                Ok(())
            }
            Token::VariableStart | Token::BlockStart => {
                self.tag = Some(Tag {
                    opened: at,
                    is_block: matches!(token, Token::BlockStart),
                    keyword: None,
                    assigns: false,
                    chain: vec![0],
                    after_operand: false,
                });
                Ok(())
            }
            Token::VariableEnd => {
                self.tag = None;
                Ok(())
            }
            Token::BlockEnd => match self.tag.take() {
                Some(tag) => self.block(&tag),
                None => Ok(()),
            },
            _ => self.expression(token, at),
        }
    }

    fn expression(&mut self, token: &Token<'s>, at: usize) -> Result<(), TemplateError> {
        let Some(tag) = &mut self.tag else { return Ok(()) };
        if tag.is_block
            && tag.keyword.is_none()
            && let Token::Ident(name) = token
        {
            tag.keyword = Some(name);
            return Ok(());
        }
        let mut operators = 0;
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                operators = usize::from(tag.after_operand);
                tag.chain.push(0);
                tag.after_operand = false;
                if tag.chain.len() > self.limits.nesting + 1 {
                    let fault = TemplateFault::NestingTooDeep { limit: self.limits.nesting };
                    return Err(place::error(fault, self.source, at));
                }
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                if tag.chain.len() > 1 {
                    tag.chain.pop();
                }
                tag.after_operand = true;
            }
            Token::Comma => {
                if let Some(chain) = tag.chain.last_mut() {
                    *chain = 0;
                }
                tag.after_operand = false;
            }
            Token::Assign => {
                tag.assigns |= tag.chain.len() == 1;
                tag.after_operand = false;
            }
            Token::Ident("and" | "or" | "not" | "in" | "is" | "if" | "else") => {
                operators = 1;
                tag.after_operand = false;
            }
            Token::Ident(_)
            | Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_) => tag.after_operand = true,
            Token::Colon => tag.after_operand = false,
            _ => {
                operators = 1;
                tag.after_operand = false;
            }
        }
        let level = tag.chain.len().saturating_sub(1 + usize::from(is_opening(token)));
        if let Some(chain) = tag.chain.get_mut(level) {
            *chain += operators;
        }
        if tag.chain.iter().sum::<usize>() > self.limits.operators {
            let fault = TemplateFault::TooComplex {
                what: "this expression",
                limit: self.limits.operators,
                unit: "operators",
            };
            return Err(place::error(fault, self.source, tag.opened));
        }
        Ok(())
    }

    fn block(&mut self, tag: &Tag<'s>) -> Result<(), TemplateError> {
        let Some(keyword) = tag.keyword else { return Ok(()) };
        match keyword {
            "for" | "if" | "with" | "filter" | "block" | "macro" | "call" | "autoescape" => {
                self.open(keyword, tag.opened)
            }
            "set" if !tag.assigns => self.open(keyword, tag.opened),
            "elif" => {
                let Some(block) = self.blocks.last_mut() else { return Ok(()) };
                block.branches += 1;
                if block.branches > self.limits.branches {
                    let fault = TemplateFault::TooComplex {
                        what: "this if",
                        limit: self.limits.branches,
                        unit: "branches",
                    };
                    return Err(place::error(fault, self.source, block.opened));
                }
                Ok(())
            }
            _ => match keyword.strip_prefix("end") {
                Some(name) => self.close(name, tag.opened),
                None => Ok(()),
            },
        }
    }

    fn open(&mut self, keyword: &'s str, opened: usize) -> Result<(), TemplateError> {
        self.blocks.push(Block { keyword, opened, branches: 0 });
        if self.blocks.len() > self.limits.nesting {
            let fault = TemplateFault::NestingTooDeep { limit: self.limits.nesting };
            return Err(place::error(fault, self.source, opened));
        }
        Ok(())
    }

    fn close(&mut self, name: &str, at: usize) -> Result<(), TemplateError> {
        match self.blocks.pop() {
            Some(block) if block.keyword == name => Ok(()),
            Some(block) => {
                let (line, _) = place::of(self.source, block.opened);
                let expected = block.keyword;
                let message =
                    format!("`end{name}` where `end{expected}` is expected (opened in line {line})");
                Err(place::syntax(message, self.source, at))
            }
            None => Err(place::syntax(format!("`end{name}` closes nothing"), self.source, at)),
        }
    }

    fn finish(self) -> Result<(), TemplateError> {
        if let Some(tag) = &self.tag {
            return Err(self.unclosed(tag.opened));
        }
        if let Some(block) = self.blocks.last() {
            let keyword = block.keyword;
            let message = format!("`{keyword}` is never closed, `end{keyword}` is missing");
            return Err(place::syntax(message, self.source, block.opened));
        }
        let parsed = self.source.len() - self.raw;
        if parsed > self.limits.template_bytes {
            return Err(TemplateError::too_large(parsed, self.limits.template_bytes, LITERAL));
        }
        Ok(())
    }

    fn unclosed(&self, opened: usize) -> TemplateError {
        let mark = self.source.get(opened..opened + 2).unwrap_or("{{");
        if mark == "{{" && looks_like_handlebars(&self.source[opened..]) {
            return self.handlebars(opened);
        }
        place::syntax(format!("`{mark}` is never closed"), self.source, opened)
    }

    fn handlebars(&self, at: usize) -> TemplateError {
        let fault = TemplateFault::WrongEngine { looks_like: "Handlebars", engine: "jinja" };
        place::error(fault, self.source, at)
    }

    fn lexer_error(&self, error: &minijinja::Error, end: usize) -> TemplateError {
        if let Some(tag) = &self.tag {
            if !tag.is_block && looks_like_handlebars(&self.source[tag.opened..]) {
                return self.handlebars(tag.opened);
            }
            let rest = &self.source[tag.opened..];
            if !rest.contains(if tag.is_block { "%}" } else { "}}" }) {
                return self.unclosed(tag.opened);
            }
        } else if let Some(comment) = self.source[end..].find("{#") {
            return place::syntax("`{#` is never closed", self.source, end + comment);
        } else if let Some(raw) = self.source[end..].find("{%") {
            return place::syntax("`raw` is never closed, `endraw` is missing", self.source, end + raw);
        }
        let message = error.detail().unwrap_or("this cannot be read").to_owned();
        place::syntax(message, self.source, error.range().map_or(end, |range| range.start))
    }
}

fn ends_raw(rest: &str) -> bool {
    let tag = rest.strip_prefix("{%").map(|tag| tag.strip_prefix(['-', '+']).unwrap_or(tag));
    tag.is_some_and(|tag| tag.trim_ascii_start().starts_with("endraw"))
}

fn is_opening(token: &Token<'_>) -> bool {
    matches!(token, Token::ParenOpen | Token::BracketOpen | Token::BraceOpen)
}

/// Whether a tag that is not Jinja is one of Handlebars: `{{#if x}}`, `{{/if}}`, `{{> part}}`, `{{{x}}}`.
pub(super) fn looks_like_handlebars(tag: &str) -> bool {
    let Some(inside) = tag.strip_prefix("{{") else { return false };
    let inside = inside.trim_start_matches(['~', ' ']);
    let named =
        |rest: &str| rest.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '@');
    match inside.chars().next() {
        Some('#' | '/' | '>' | '^' | '&') => named(inside[1..].trim_start_matches(['>', '*'])),
        Some('{') => {
            named(&inside[1..]) && inside[1..].find("}}}").is_some_and(|end| !inside[1..=end].contains(':'))
        }
        Some('!' | '@') => true,
        _ => inside.starts_with("else}}") || inside.starts_with("else if "),
    }
}
