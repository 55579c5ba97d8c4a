//! Padding texts to a width.

use minijinja::Error;

use super::budget::{charge, out_of_range, refused};

/// The widest that a text may be padded to.
const WIDEST: i64 = 100_000;

/// Where the padding goes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// Before the text.
    Left,
    /// After the text.
    Right,
    /// On both sides, as Python's `center` divides it.
    Both,
}

/// The text, padded with `fill` to `width` characters.
pub(super) fn to(name: &str, text: &str, width: i64, fill: &str, side: Side) -> Result<String, Error> {
    if width > WIDEST {
        return Err(out_of_range(name, format!("the width may be at most {WIDEST}")));
    }
    let mut fills = fill.chars();
    let (Some(fill), None) = (fills.next(), fills.next()) else {
        return Err(refused(format!("{name}: the fill must be one character")));
    };
    let width = usize::try_from(width).unwrap_or(0);
    let missing = width.saturating_sub(text.chars().count());
    charge((text.len() + missing * fill.len_utf8()) as u64)?;
    let left = match side {
        Side::Left => missing,
        Side::Right => 0,
        Side::Both => missing / 2 + (missing & width & 1),
    };
    let padding = |count: usize| std::iter::repeat_n(fill, count);
    Ok(padding(left).chain(text.chars()).chain(padding(missing - left)).collect())
}
