//! Cuts a source into texts and tags, in one pass and without recursion.

use super::tree::Place;
use crate::template::{TemplateError, TemplateFault};

/// A piece of a source.
#[derive(Debug)]
pub(super) enum Piece<'s> {
    Text(&'s str),
    Tag(Tag<'s>),
}

/// `{{…}}`.
#[derive(Debug)]
pub(super) struct Tag<'s> {
    pub(super) kind: TagKind,
    /// What stands between the braces, without sigil and `~`.
    pub(super) inner: &'s str,
    /// `{{~`: white space before the tag is dropped.
    pub(super) trim_before: bool,
    /// `~}}`: white space after the tag is dropped.
    pub(super) trim_after: bool,
    pub(super) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `{{x}}`, `{{{x}}}`, `{{&x}}`: the same, as nothing is escaped.
    Print,
    Open,
    OpenInverted,
    OpenInline,
    Else,
    Close,
    Include,
    Comment,
}

/// A source in pieces.
pub(super) struct Cut<'s> {
    pub(super) pieces: Vec<Piece<'s>>,
    /// Bytes of raw text.
    pub(super) raw: usize,
}

/// Cuts a source into pieces.
pub(super) fn cut(source: &str) -> Result<Cut<'_>, TemplateError> {
    let place = Place { line: 1, column: 1 };
    let mut cutter = Cutter { source, at: 0, counted: 0, place, cut: Cut { pieces: Vec::new(), raw: 0 } };
    while let Some(found) = source[cutter.at..].find("{{") {
        let open = cutter.at + found;
        let before = &source[cutter.at..open];
        if before.ends_with("\\\\") {
            // `\\{{x}}` is a backslash and then a tag.
            cutter.text(&before[..before.len() - 1])?;
        } else if let Some(before) = before.strip_suffix('\\') {
            // `\{{x}}` stands for itself: the braces are text, and so is what follows them.
            cutter.text(before)?;
            let braces = source[open..].bytes().take_while(|byte| *byte == b'{').count();
            cutter.at = open;
            cutter.text(&source[open..open + braces])?;
            cutter.at = open + braces;
            continue;
        } else {
            cutter.text(before)?;
        }
        let place = cutter.place_of(open);
        cutter.at = open;
        cutter.tag(open, place)?;
    }
    cutter.text(&source[cutter.at..])?;
    Ok(cutter.cut)
}

struct Cutter<'s> {
    source: &'s str,
    at: usize,
    /// Up to where `place` has counted.
    counted: usize,
    place: Place,
    cut: Cut<'s>,
}

impl<'s> Cutter<'s> {
    fn place_of(&mut self, offset: usize) -> Place {
        for character in self.source[self.counted..offset].chars() {
            if character == '\n' {
                self.place = Place { line: self.place.line + 1, column: 1 };
            } else {
                self.place.column += 1;
            }
        }
        self.counted = offset;
        self.place
    }

    fn text(&mut self, text: &'s str) -> Result<(), TemplateError> {
        if let Some(offset) = jinja_statement(text) {
            let place = self.place_of(self.at + offset);
            return Err(place.error(TemplateFault::WrongEngine { looks_like: "Jinja", engine: "Handlebars" }));
        }
        if !text.is_empty() {
            self.cut.pieces.push(Piece::Text(text));
        }
        Ok(())
    }

    fn tag(&mut self, open: usize, place: Place) -> Result<(), TemplateError> {
        let source = self.source;
        if source[open..].starts_with("{{{{") {
            return self.raw_block(open, place);
        }
        let mut at = open + 2;
        let mut trim_before = source[at..].starts_with('~');
        at += usize::from(trim_before);
        if let Some(comment) = source[at..].strip_prefix('!') {
            let (length, trim_after) =
                comment_end(comment).ok_or_else(|| place.syntax("this comment is not closed"))?;
            let inner = &comment[..0];
            self.push(Tag { kind: TagKind::Comment, inner, trim_before, trim_after, place });
            self.at = at + 1 + length;
            return Ok(());
        }
        let triple = source[at..].starts_with('{');
        at += usize::from(triple);
        // `{{{~x}}}` is the older way of writing `{{~{x}}}`.
        if triple && !trim_before && source[at..].starts_with('~') {
            trim_before = true;
            at += 1;
        }
        let end = at + inside(&source[at..]).map_err(|message| place.syntax(message))?;
        let mut inner = &source[at..end];
        let rest = &source[end..];
        let (end, mut trim_after) = match triple {
            false if rest.starts_with("}}") => (end + 2, false),
            true if rest.starts_with("}}}") => (end + 3, false),
            true if rest.starts_with("}~}}") => (end + 4, true),
            false => return Err(place.syntax(UNCLOSED)),
            true => return Err(place.syntax("this tag opens with `{{{` and is not closed with `}}}`")),
        };
        if let Some(trimmed) = inner.strip_suffix('~') {
            (inner, trim_after) = (trimmed, true);
        }
        let (kind, inner) = if triple { (TagKind::Print, inner) } else { kind_of(inner, place)? };
        self.push(Tag { kind, inner: inner.trim(), trim_before, trim_after, place });
        self.at = end;
        Ok(())
    }

    /// `{{{{raw}}}} … {{{{/raw}}}}`: everything between stands for itself.
    fn raw_block(&mut self, open: usize, place: Place) -> Result<(), TemplateError> {
        let rest = &self.source[open + 4..];
        let end = rest.find("}}}}").ok_or_else(|| place.syntax("`{{{{` opens raw text and is not closed"))?;
        let name = rest[..end].trim();
        if name != "raw" {
            return Err(
                place.syntax("four braces open raw text, which is written `{{{{raw}}}} … {{{{/raw}}}}`")
            );
        }
        let body = &rest[end + 4..];
        let close = "{{{{/raw}}}}";
        let length =
            body.find(close).ok_or_else(|| place.syntax("`{{{{raw}}}}` is not closed by `{{{{/raw}}}}`"))?;
        if length > 0 {
            self.cut.pieces.push(Piece::Text(&body[..length]));
            self.cut.raw += length;
        }
        self.at = open + 4 + end + 4 + length + close.len();
        Ok(())
    }

    fn push(&mut self, tag: Tag<'s>) {
        self.cut.pieces.push(Piece::Tag(tag));
    }
}

/// What a tag does, by its first character or word, and what is left of it.
fn kind_of(inner: &str, place: Place) -> Result<(TagKind, &str), TemplateError> {
    let inner = inner.trim_start();
    let Some(sigil) = inner.chars().next() else {
        return Err(place.syntax("this tag is empty"));
    };
    let rest = &inner[sigil.len_utf8()..];
    Ok(match sigil {
        '#' => match rest.trim_start().chars().next() {
            Some('>') => return Err(place.syntax("partial blocks (`{{#> …}}`) are not available")),
            Some('*') => (TagKind::OpenInline, &rest.trim_start()[1..]),
            _ => (TagKind::Open, rest),
        },
        '^' if rest.trim().is_empty() => (TagKind::Else, ""),
        '^' => (TagKind::OpenInverted, rest),
        '/' => (TagKind::Close, rest),
        '>' => (TagKind::Include, rest),
        '&' => (TagKind::Print, rest),
        '*' => return Err(place.syntax("decorators are not available")),
        _ => match inner.strip_prefix("else") {
            Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => (TagKind::Else, rest),
            _ => (TagKind::Print, inner),
        },
    })
}

/// The length of a comment after `{{!`, closing braces included, and whether a `~` stands before them.
fn comment_end(comment: &str) -> Option<(usize, bool)> {
    if !comment.starts_with("--") {
        let end = comment.find("}}")?;
        return Some((end + 2, comment[..end].ends_with('~')));
    }
    let mut at = 2;
    while let Some(found) = comment[at..].find("--") {
        let after = &comment[at + found + 2..];
        if after.starts_with("}}") {
            return Some((at + found + 4, false));
        }
        if after.starts_with("~}}") {
            return Some((at + found + 5, true));
        }
        at += found + 1;
    }
    None
}

const UNCLOSED: &str = "this tag is not closed with `}}`";

/// The length of a tag's inside, up to its first closing brace.
fn inside(rest: &str) -> Result<usize, &'static str> {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'"' | b'\'' => quote_end(bytes, at).ok_or("a quote in this tag is not closed")?,
            b'[' => at + 1 + rest[at..].find(']').ok_or("a `[` in this tag is not closed")?,
            b'}' => return Ok(at),
            b'{' if bytes.get(at + 1) == Some(&b'{') => return Err(UNCLOSED),
            b'{' => return Err("`{` has no meaning inside a tag"),
            _ => at + 1,
        };
    }
    Err(UNCLOSED)
}

/// The offset after the quote that closes the one at `open`.
pub(super) fn quote_end(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            byte if *byte == bytes[open] => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The offset of a Jinja statement such as `{% for … %}`.
fn jinja_statement(text: &str) -> Option<usize> {
    const WORDS: [&str; 25] = [
        "for",
        "endfor",
        "if",
        "elif",
        "else",
        "endif",
        "set",
        "endset",
        "block",
        "endblock",
        "macro",
        "endmacro",
        "raw",
        "endraw",
        "include",
        "import",
        "from",
        "extends",
        "filter",
        "endfilter",
        "call",
        "endcall",
        "with",
        "endwith",
        "autoescape",
    ];
    text.match_indices("{%").map(|(offset, _)| offset).find(|offset| {
        let rest = text[offset + 2..].trim_start_matches(['-', '+']).trim_start();
        let word = rest.split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or_default();
        WORDS.contains(&word)
    })
}
