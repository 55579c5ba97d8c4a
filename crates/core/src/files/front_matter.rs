//! Front matter: YAML between two `---` lines at the very start of a text.

use super::{
    tree::{Entries, Tree},
    yaml,
};
use crate::{limits::Limits, problem::Problem};

/// A text cut into front matter and body.
pub(super) struct Cut<'a> {
    /// The YAML between the two lines, and what it says.
    pub(super) head: Option<(&'a str, Entries)>,
    /// What follows.
    pub(super) body: &'a str,
    /// Lines before the body.
    pub(super) body_line: u32,
    /// Advice, when something looks like front matter and is none.
    pub(super) warning: Option<Problem>,
}

/// Cuts a text. Without a first line of exactly `---` and a map below it, all of it is body. YAML that can be read
/// and must be refused (a key twice, a tag, too deep) is an error.
pub(super) fn cut<'a>(text: &'a str, limits: &Limits) -> Result<Cut<'a>, Problem> {
    let all = |warning| Ok(Cut { head: None, body: text, body_line: 0, warning });
    let Some((head, body)) = split(text) else { return all(None) };
    match yaml::read(head, limits) {
        Ok(Some(node)) => match node.tree {
            Tree::Map(entries) => {
                let lines = head.bytes().filter(|byte| *byte == b'\n').count() + 2;
                let body_line = super::text::to_u32(lines);
                Ok(Cut { head: Some((head, entries)), body, body_line, warning: None })
            }
            _ => all(None),
        },
        Ok(None) => all(None),
        Err(problem) if problem.code == "yaml_syntax" => {
            let line = problem.line.unwrap_or(0) + 1;
            let warning =
                Problem::new("yaml_syntax", "the lines between `---` are read as text, not as front matter")
                    .hint(problem.message)
                    .at(line, problem.column.unwrap_or(1));
            all(Some(warning))
        }
        Err(problem) => {
            let (line, column) = (problem.line.unwrap_or(0) + 1, problem.column.unwrap_or(1));
            Err(problem.at(line, column))
        }
    }
}

/// The text between the first line and the closing line, and the text after it.
fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("---\n")?;
    let mut start = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..start], &rest[start + line.len()..]));
        }
        start += line.len();
    }
    None
}
