//! Reads what stands inside a tag: paths, literals, helpers with arguments, block parameters.

use serde_json::{Number, Value};

use super::{
    tags::quote_end,
    tree::{BLOCKS, Expr, Head, Helper, LoopValue, Path, Place},
};
use crate::{
    limits::Limits,
    names::nearest,
    secrets::SecretRef,
    template::{TemplateError, TemplateFault},
};

/// Longest segment of a path, in bytes.
const MAX_SEGMENT: usize = 256;

pub(super) const NAMELESS: &str = "the name of the partial is missing";

/// The inside of a tag: a head and what follows it.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) params: Vec<Expr>,
    pub(super) named: Vec<(String, Expr)>,
    pub(super) block_params: Vec<String>,
}

/// A cursor over the inside of one tag.
pub(super) struct Reader<'s> {
    text: &'s str,
    at: usize,
    place: Place,
    limits: &'s Limits,
    depth: usize,
    parts: usize,
}

/// A head or an argument as it is written, before it is known what it means.
pub(super) enum Term {
    /// A path, or a word that may be a helper.
    Path(Path),
    /// A literal, with the text it was written as.
    Literal(Value, String),
    /// A helper in parentheses.
    Call(Expr),
}

impl<'s> Reader<'s> {
    pub(super) fn new(text: &'s str, place: Place, limits: &'s Limits) -> Self {
        Self { text, at: 0, place, limits, depth: 0, parts: 0 }
    }

    /// Reads arguments up to the end of the tag.
    pub(super) fn line(&mut self) -> Result<Line, TemplateError> {
        let line = self.arguments()?;
        match self.rest().chars().next() {
            None => Ok(line),
            Some(character) => Err(self.unexpected(character)),
        }
    }

    /// The next word or path or literal; nothing at the end.
    pub(super) fn term(&mut self) -> Result<Option<Term>, TemplateError> {
        self.skip_space();
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        self.count()?;
        match first {
            '(' => self.call().map(|call| Some(Term::Call(call))),
            '"' | '\'' => {
                let (text, written) = self.quoted()?;
                Ok(Some(Term::Literal(Value::String(text), written)))
            }
            _ => {
                let start = self.at;
                if let Some(value) = self.literal() {
                    return Ok(Some(Term::Literal(value, self.text[start..self.at].to_owned())));
                }
                self.path().map(|path| Some(Term::Path(path)))
            }
        }
    }

    /// The name of a partial.
    pub(super) fn partial_name(&mut self) -> Result<String, TemplateError> {
        self.skip_space();
        let name = match self.rest().chars().next() {
            None => String::new(),
            Some('(') => return Err(self.place.error(TemplateFault::DynamicPartial)),
            Some('"' | '\'') => self.quoted()?.0,
            Some('[') => {
                let end = self.rest().find(']').unwrap_or(self.rest().len());
                let name = self.rest()[1..end].to_owned();
                self.at += end + 1;
                name
            }
            Some(_) => {
                let end = self.rest().find(char::is_whitespace).unwrap_or(self.rest().len());
                let name = self.rest()[..end].to_owned();
                self.at += end;
                name
            }
        };
        if name.is_empty() { Err(self.place.syntax(NAMELESS)) } else { Ok(name) }
    }

    /// Reads arguments, up to the end of the tag or a closing parenthesis.
    fn arguments(&mut self) -> Result<Line, TemplateError> {
        let mut line = Line::default();
        loop {
            self.skip_space();
            let rest = self.rest();
            if rest.is_empty() || rest.starts_with(')') {
                return Ok(line);
            }
            if let Some(after) = rest.strip_prefix("as").filter(|after| after.trim_start().starts_with('|')) {
                line.block_params = self.block_params(after)?;
                return Ok(line);
            }
            if let Some(name) = self.key() {
                let value = self.argument()?;
                line.named.push((name, value));
            } else {
                let value = self.argument()?;
                line.params.push(value);
            }
        }
    }

    fn argument(&mut self) -> Result<Expr, TemplateError> {
        match self.term()? {
            Some(Term::Path(path)) => Ok(Expr::Path(path)),
            Some(Term::Literal(value, _)) => Ok(Expr::Literal(value)),
            Some(Term::Call(call)) => Ok(call),
            None => Err(self.place.syntax("a value is missing after `=`")),
        }
    }

    /// `(helper argument …)`.
    fn call(&mut self) -> Result<Expr, TemplateError> {
        self.depth += 1;
        if self.depth > self.limits.nesting {
            return Err(self.place.error(TemplateFault::NestingTooDeep { limit: self.limits.nesting }));
        }
        self.at += 1;
        let head = self.term()?;
        let line = self.arguments()?;
        if !self.rest().starts_with(')') {
            return Err(self.place.syntax("`(` is not closed"));
        }
        self.at += 1;
        self.depth -= 1;
        match head {
            Some(Term::Path(path)) => helper_call(&path, line, self.place),
            _ => Err(self.place.syntax("after `(` comes the name of a helper")),
        }
    }

    /// `name=`.
    fn key(&mut self) -> Option<String> {
        let rest = self.rest();
        let length = rest.find(|character| !is_name(character))?;
        if length == 0 || !rest[length..].starts_with('=') {
            return None;
        }
        self.at += length + 1;
        Some(rest[..length].to_owned())
    }

    fn block_params(&mut self, after: &str) -> Result<Vec<String>, TemplateError> {
        let inside = after.trim_start().strip_prefix('|').and_then(|rest| rest.split_once('|'));
        let Some((names, rest)) = inside else {
            return Err(self.place.syntax("block parameters are written `as |item index|`"));
        };
        let names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
        if names.is_empty() || names.len() > 2 || !names.iter().all(|name| name.chars().all(is_name)) {
            return Err(self.place.syntax("block parameters are one or two names: `as |item index|`"));
        }
        self.at = self.text.len() - rest.len();
        Ok(names)
    }

    fn quoted(&mut self) -> Result<(String, String), TemplateError> {
        let rest = self.rest();
        let end = quote_end(rest.as_bytes(), 0)
            .ok_or_else(|| self.place.syntax("a quote in this tag is not closed"))?;
        self.at += end;
        let inside = &rest[1..end - 1];
        let mut text = String::with_capacity(inside.len());
        let mut characters = inside.chars();
        while let Some(character) = characters.next() {
            match (character, characters.clone().next()) {
                ('\\', Some(quote @ ('"' | '\''))) => {
                    text.push(quote);
                    characters.next();
                }
                _ => text.push(character),
            }
        }
        Ok((text, inside.to_owned()))
    }

    /// A number or one of the words `true`, `false`, `null`.
    fn literal(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(rest.len());
        let word = &rest[..end];
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" | "undefined" => Value::Null,
            _ => Value::Number(number(word)?),
        };
        self.at += end;
        Some(value)
    }

    fn path(&mut self) -> Result<Path, TemplateError> {
        let start = self.at;
        let at_sign = self.eat("@");
        let mut ups = 0;
        while self.eat("../") {
            ups += 1;
            self.count()?;
        }
        let mut head = if ups > 0 { Head::Context(ups) } else { Head::Name };
        let mut segments = Vec::new();
        if !at_sign && self.eat("..") {
            head = Head::Context(ups + 1);
        } else if !at_sign && (self.eat("./") || self.eat(".")) {
            head = Head::Context(ups);
            if self.text[..self.at].ends_with('/') {
                segments.push(self.segment()?);
            }
        } else {
            segments.push(self.segment()?);
        }
        while self.eat(".") || self.eat("/") {
            self.count()?;
            segments.push(self.segment()?);
        }
        if let Some(next) = self.rest().chars().next().filter(|next| !next.is_whitespace() && *next != ')') {
            return Err(self.unexpected(next));
        }
        let written = self.text[start..self.at].to_owned();
        if at_sign {
            head = self.data(&mut segments, ups)?;
        } else if written.trim_start_matches("../").starts_with("this")
            && segments.first().is_some_and(|first| first == "this")
        {
            segments.remove(0);
            head = Head::Context(ups);
        }
        Ok(Path { head, segments, written })
    }

    /// What `@name` stands for.
    fn data(&self, segments: &mut Vec<String>, ups: usize) -> Result<Head, TemplateError> {
        let name = segments.remove(0);
        let head = match name.as_str() {
            "root" => Head::Root,
            "index" => Head::Loop(LoopValue::Index, ups),
            "key" => Head::Loop(LoopValue::Key, ups),
            "first" => Head::Loop(LoopValue::First, ups),
            "last" => Head::Loop(LoopValue::Last, ups),
            _ => {
                let known = "there are `@root`, `@index`, `@key`, `@first` and `@last`";
                return Err(self.place.syntax(format!("`@{}` does not exist; {known}", clip(&name))));
            }
        };
        if matches!(head, Head::Loop(..)) && !segments.is_empty() {
            return Err(self.place.syntax(format!("`@{name}` has no fields")));
        }
        Ok(head)
    }

    fn segment(&mut self) -> Result<String, TemplateError> {
        let rest = self.rest();
        let (text, length) = if let Some(inside) = rest.strip_prefix('[') {
            let end = inside.find(']').ok_or_else(|| self.place.syntax("a `[` in this tag is not closed"))?;
            (&inside[..end], end + 2)
        } else {
            let end = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
            (&rest[..end], end)
        };
        if length == 0 {
            return Err(match rest.chars().next() {
                Some(character) => self.unexpected(character),
                None => self.place.syntax("a name is missing at the end of this tag"),
            });
        }
        if text.len() > MAX_SEGMENT {
            return Err(self.place.syntax(format!("a name may have at most {MAX_SEGMENT} bytes")));
        }
        self.at += length;
        Ok(text.to_owned())
    }

    fn count(&mut self) -> Result<(), TemplateError> {
        self.parts += 1;
        if self.parts > self.limits.operators {
            let limit = self.limits.operators;
            return Err(self.place.error(TemplateFault::TooComplex {
                what: "this tag",
                limit,
                unit: "parts",
            }));
        }
        Ok(())
    }

    fn rest(&self) -> &'s str {
        &self.text[self.at..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn unexpected(&self, character: char) -> TemplateError {
        if character == '|' {
            return self
                .place
                .error(TemplateFault::WrongEngine { looks_like: "Jinja", engine: "Handlebars" });
        }
        self.place.syntax(format!("`{}` has no meaning here", character.escape_debug()))
    }
}

/// The call of a helper by name.
pub(super) fn helper_call(name: &Path, line: Line, place: Place) -> Result<Expr, TemplateError> {
    let helper = Helper::find(&name.written).ok_or_else(|| unknown_helper(&name.written, place))?;
    if let Some((key, _)) = line.named.first() {
        return Err(place.syntax(format!("`{}` takes no `{}=`", helper.name(), clip(key))));
    }
    if !helper.arity().contains(&line.params.len()) {
        let wanted = if *helper.arity().start() == 1 { "one argument" } else { "two arguments" };
        return Err(place.syntax(format!("the helper `{}` needs {wanted}", helper.name())));
    }
    if helper == Helper::Secret {
        let [Expr::Literal(Value::String(text))] = line.params.as_slice() else {
            return Err(place.error(TemplateFault::DynamicSecret));
        };
        SecretRef::parse(text).map_err(|error| place.error(TemplateFault::SecretReference { error }))?;
    }
    Ok(Expr::Call(helper, line.params))
}

pub(super) fn unknown_helper(name: &str, place: Place) -> TemplateError {
    let name = clip(name);
    let known = BLOCKS.iter().copied().chain(Helper::ALL.iter().map(|(known, _)| *known));
    let nearest = nearest(&name, known).map(str::to_owned);
    place.error(TemplateFault::Unavailable { what: "helper", name, nearest })
}

/// The beginning of a text, for messages.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}

fn is_name(character: char) -> bool {
    !character.is_whitespace() && !"!\"#%&'()*+,./;<=>@[\\]^`{|}~".contains(character)
}

fn number(word: &str) -> Option<Number> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || !digits.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.parse::<i64>().ok().map(Number::from);
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return word.parse::<f64>().ok().and_then(Number::from_f64);
    }
    None
}
