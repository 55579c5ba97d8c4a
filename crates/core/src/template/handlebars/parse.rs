//! From pieces to a tree of nodes. Blocks are matched on a stack, so depth costs no recursion.

use std::collections::BTreeMap;

use super::{
    expressions::{Line, NAMELESS, Reader, Term, clip, helper_call, unknown_helper},
    tags::{Cut, Piece, Tag, TagKind, cut},
    tree::{Arm, ArmKind, BLOCKS, Block, Expr, Head, Helper, Include, Node, Parsed, Path, Place},
    whitespace::{kept, trim},
};
use crate::{
    limits::Limits,
    template::{TemplateError, TemplateFault},
};

/// What a user can do about a template that is too large.
const LITERAL: &str =
    "wrap what is meant literally in {{{{raw}}}} … {{{{/raw}}}}: what stands there does not count";

/// Reads one source. Raw text is inert, so it does not count towards the size of a template.
pub(super) fn parse(source: &str, limits: &Limits) -> Result<Parsed, TemplateError> {
    let Cut { pieces, raw } = cut(source)?;
    let parsed = source.len() - raw;
    if parsed > limits.template_bytes {
        return Err(TemplateError::too_large(parsed, limits.template_bytes, LITERAL));
    }
    let trim = trim(&pieces);
    let mut parser = Parser { limits, nodes: Vec::new(), open: Vec::new(), inlines: BTreeMap::new() };
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => {
                let text = kept(text, trim.cut[index]);
                if !text.is_empty() {
                    parser.nodes.push(Node::Text(text.to_owned()));
                }
            }
            Piece::Tag(tag) => parser.tag(tag, trim.indent[index])?,
        }
    }
    match parser.open.pop() {
        Some(open) => {
            Err(open.place.syntax(format!("`{}` is not closed by `{{{{/{}}}}}`", open.tag, open.name)))
        }
        None => Ok(Parsed { nodes: parser.nodes, inlines: parser.inlines }),
    }
}

struct Parser<'s> {
    limits: &'s Limits,
    /// The nodes of the innermost open part.
    nodes: Vec<Node>,
    open: Vec<Open>,
    inlines: BTreeMap<String, Vec<Node>>,
}

/// A block whose end has not come yet.
struct Open {
    /// As it was opened, for messages: `{{#if}}`.
    tag: String,
    /// What closes it.
    name: String,
    place: Place,
    /// The nodes around the block.
    around: Vec<Node>,
    what: Opened,
}

enum Opened {
    Block { done: Vec<Arm>, current: Option<Arm> },
    Inline { name: String },
}

impl Parser<'_> {
    fn tag(&mut self, tag: &Tag<'_>, indent: &str) -> Result<(), TemplateError> {
        let place = tag.place;
        let mut reader = Reader::new(tag.inner, place, self.limits);
        match tag.kind {
            TagKind::Comment => {}
            TagKind::Print => self.nodes.push(Node::Print(print(&mut reader, place)?, place)),
            TagKind::Open | TagKind::OpenInverted => {
                let inverted = tag.kind == TagKind::OpenInverted;
                let (name, arm) = arm(&mut reader, place, inverted)?;
                let opened = format!("{{{{{}{name}}}}}", if inverted { '^' } else { '#' });
                self.open(opened, name, place, Opened::Block { done: Vec::new(), current: Some(arm) })?;
            }
            TagKind::OpenInline => {
                let name = inline_name(&mut reader, place)?;
                if self.inlines.contains_key(&name) {
                    return Err(place.syntax(format!("the inline partial `{name}` is defined twice")));
                }
                self.open("{{#*inline}}".to_owned(), "inline".to_owned(), place, Opened::Inline { name })?;
            }
            TagKind::Else => self.otherwise(tag, &mut reader)?,
            TagKind::Close => self.close(tag)?,
            TagKind::Include => {
                let include = include(&mut reader, place, indent)?;
                self.nodes.push(Node::Include(include));
            }
        }
        Ok(())
    }

    fn open(&mut self, tag: String, name: String, place: Place, what: Opened) -> Result<(), TemplateError> {
        if self.open.len() >= self.limits.nesting {
            return Err(place.error(TemplateFault::NestingTooDeep { limit: self.limits.nesting }));
        }
        let around = std::mem::take(&mut self.nodes);
        self.open.push(Open { tag, name, place, around, what });
        Ok(())
    }

    /// `{{else}}` and `{{else if x}}`.
    fn otherwise(&mut self, tag: &Tag<'_>, reader: &mut Reader<'_>) -> Result<(), TemplateError> {
        let place = tag.place;
        let limit = self.limits.branches;
        let Some(Opened::Block { done, current }) = self.open.last_mut().map(|open| &mut open.what) else {
            return Err(place.syntax("`{{else}}` stands outside of a block"));
        };
        let Some(mut arm_before) = current.take() else {
            return Err(place.syntax("after the last `{{else}}` of a block comes its end"));
        };
        arm_before.body = std::mem::take(&mut self.nodes);
        done.push(arm_before);
        if !tag.inner.is_empty() {
            if done.len() > limit {
                let fault =
                    TemplateFault::TooComplex { what: "this block", limit, unit: "`else if` branches" };
                return Err(place.error(fault));
            }
            *current = Some(arm(reader, place, false)?.1);
        }
        Ok(())
    }

    fn close(&mut self, tag: &Tag<'_>) -> Result<(), TemplateError> {
        let name = tag.inner;
        let Some(open) = self.open.pop() else {
            return Err(tag.place.syntax(format!("`{{{{/{}}}}}` closes nothing", clip(name))));
        };
        if open.name != name {
            let (line, name) = (tag.place.line, clip(name));
            return Err(open.place.syntax(format!(
                "`{}` is closed by `{{{{/{name}}}}}` in line {line}: expected `{{{{/{}}}}}`",
                open.tag, open.name,
            )));
        }
        let body = std::mem::replace(&mut self.nodes, open.around);
        match open.what {
            Opened::Inline { name } => {
                self.inlines.insert(name, body);
            }
            Opened::Block { mut done, current } => {
                let otherwise = match current {
                    Some(mut arm) => {
                        arm.body = body;
                        done.push(arm);
                        Vec::new()
                    }
                    None => body,
                };
                self.nodes.push(Node::Block(Block { arms: done, otherwise }));
            }
        }
        Ok(())
    }
}

fn print(reader: &mut Reader<'_>, place: Place) -> Result<Expr, TemplateError> {
    let head = reader.term()?;
    let line = reader.line()?;
    if !line.block_params.is_empty() {
        return Err(place.syntax("only a block has block parameters"));
    }
    let bare = line.params.is_empty() && line.named.is_empty();
    match head {
        None => Err(place.syntax("this tag is empty")),
        Some(Term::Call(call)) if bare => Ok(call),
        Some(Term::Path(path)) if !bare => helper_call(&path, line, place),
        Some(Term::Path(path)) => {
            let name = path.written.as_str();
            // A variable may be called `secret`: without an argument it is not the helper.
            if Helper::find(name).is_some_and(|helper| helper != Helper::Secret) || BLOCKS.contains(&name) {
                let message = format!(
                    "`{name}` is a helper: give it arguments, or write `this.{name}` for the variable"
                );
                return Err(place.syntax(message));
            }
            Ok(Expr::Path(path))
        }
        // `{{1}}` and `{{"a b"}}` name variables.
        Some(Term::Literal(_, written)) if bare => {
            Ok(Expr::Path(Path { head: Head::Name, segments: vec![written.clone()], written }))
        }
        Some(_) => Err(place.syntax("only a helper takes arguments")),
    }
}

/// The head of a block, with the name that closes it.
fn arm(reader: &mut Reader<'_>, place: Place, inverted: bool) -> Result<(String, Arm), TemplateError> {
    let head = reader.term()?;
    let mut line = reader.line()?;
    let Some(Term::Path(path)) = head else {
        return Err(place.syntax("a block starts with the name of a helper or of a variable"));
    };
    let name = path.written.clone();
    let block = match name.as_str() {
        "if" => Some((ArmKind::If, inverted)),
        "unless" => Some((ArmKind::If, !inverted)),
        "each" => Some((ArmKind::Each, inverted)),
        "with" => Some((ArmKind::With, inverted)),
        _ => None,
    };
    let names = std::mem::take(&mut line.block_params);
    let mut zero_is_true = false;
    let (kind, inverted, on) = if let Some((kind, inverted)) = block {
        if kind == ArmKind::If
            && let Some(at) = line.named.iter().position(|(key, _)| key == "includeZero")
        {
            zero_is_true = matches!(line.named.remove(at).1, Expr::Literal(serde_json::Value::Bool(true)));
        }
        if let Some((key, _)) = line.named.first() {
            return Err(place.syntax(format!("`{name}` takes no `{}=`", clip(key))));
        }
        let on = line.params.pop().filter(|_| line.params.is_empty());
        let on = on.ok_or_else(|| place.syntax(format!("`{name}` needs one argument")))?;
        (kind, inverted, on)
    } else if Helper::find(&name).is_some_and(|helper| helper != Helper::Secret || !line.params.is_empty()) {
        (ArmKind::If, inverted, helper_call(&path, line, place)?)
    } else if line.params.is_empty() && line.named.is_empty() {
        (ArmKind::Section, inverted, Expr::Path(path))
    } else {
        return Err(unknown_helper(&name, place));
    };
    if kind == ArmKind::If && !names.is_empty() {
        return Err(place.syntax(format!("`{name}` has no block parameters")));
    }
    Ok((name, Arm { kind, inverted, on, zero_is_true, names, body: Vec::new(), place }))
}

fn inline_name(reader: &mut Reader<'_>, place: Place) -> Result<String, TemplateError> {
    let head = reader.term()?;
    if !matches!(&head, Some(Term::Path(path)) if path.written == "inline") {
        return Err(place.syntax("the only decorator is `{{#*inline \"name\"}}`"));
    }
    let Some(Term::Literal(serde_json::Value::String(name), _)) = reader.term()? else {
        return Err(place.syntax("an inline partial needs a name in quotes: `{{#*inline \"name\"}}`"));
    };
    reader.line()?;
    if name.is_empty() { Err(place.syntax(NAMELESS)) } else { Ok(name) }
}

fn include(reader: &mut Reader<'_>, place: Place, indent: &str) -> Result<Include, TemplateError> {
    let name = reader.partial_name()?;
    let mut line: Line = reader.line()?;
    let context = line.params.pop();
    if !line.params.is_empty() || !line.block_params.is_empty() {
        return Err(place.syntax("a partial takes at most one context and then `key=value`"));
    }
    Ok(Include { name, context, names: line.named, indent: indent.to_owned(), place })
}
