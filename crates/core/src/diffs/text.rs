//! Differences between two texts.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffTag};

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Line {
    /// On which side it stands.
    pub kind: LineKind,
    /// Line number on the old side, from 1.
    pub old_line: Option<u32>,
    /// Line number on the new side, from 1.
    pub new_line: Option<u32>,
    /// The line cut into pieces, so that changed words stand out.
    pub pieces: Vec<Piece>,
}

/// On which side a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Both.
    Same,
    /// Only the old one.
    Removed,
    /// Only the new one.
    Added,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Piece {
    /// Its text.
    pub text: String,
    /// Whether this part is what changed.
    pub changed: bool,
}

/// Lines or words of both sides together that are compared one by one. Beyond, only what both texts begin and end
/// with is told apart from the rest: the search for more grows faster than the texts.
const MAX_ITEMS: usize = 60_000;

/// Steps that one comparison may spend on the words of its changed lines; a pair of lines with n words costs n√n.
/// Enough for two pairs of the largest lines, or for 3,000 pairs of 500 words.
const WORD_STEPS: usize = 32_000_000;

/// The part of a changed line that must be unchanged for its words to be compared: below, the two lines have
/// nothing to do with each other.
const MIN_SHARED: f32 = 0.3;

/// Unchanged lines shown around changed ones.
const CONTEXT: usize = 3;

/// Compares two texts by line, and changed lines by word. Bounded in time and space whatever the texts: of texts
/// with tens of thousands of lines, a whole stretch may stand as one.
pub fn lines(old: &str, new: &str) -> Vec<Line> {
    let (old, new) = (split_lines(old), split_lines(new));
    if old.len() + new.len() > MAX_ITEMS {
        return stretches(&old, &new);
    }
    let mut lines = Vec::new();
    let mut word_steps = WORD_STEPS;
    for step in steps(&old, &new) {
        match step {
            Step::Same { old: from, new: to } => {
                for (old_index, new_index) in from.zip(to) {
                    lines.push(Line {
                        kind: LineKind::Same,
                        old_line: number(old_index),
                        new_line: number(new_index),
                        pieces: whole(old[old_index], false),
                    });
                }
            }
            Step::Changed { old: from, new: to } => {
                changed(&mut lines, (&old, from), (&new, to), &mut word_steps);
            }
        }
    }
    lines
}

/// Compares two texts by word: pieces of the old text and pieces of the new.
pub fn words(old: &str, new: &str) -> (Vec<Piece>, Vec<Piece>) {
    pieces(&split_words(old), &split_words(new))
}

fn pieces(old: &[&str], new: &[&str]) -> (Vec<Piece>, Vec<Piece>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for step in steps(old, new) {
        let (from, to, changed) = match step {
            Step::Same { old, new } => (old, new, false),
            Step::Changed { old, new } => (old, new, true),
        };
        before.extend(whole(&old[from].concat(), changed));
        after.extend(whole(&new[to].concat(), changed));
    }
    (before, after)
}

/// The parts of a comparison worth showing: changed lines with a few unchanged ones around them.
pub fn hunks(lines: &[Line]) -> Vec<Range<usize>> {
    let mut hunks: Vec<Range<usize>> = Vec::new();
    for (index, _) in lines.iter().enumerate().filter(|(_, line)| line.kind != LineKind::Same) {
        let around = index.saturating_sub(CONTEXT)..(index + CONTEXT + 1).min(lines.len());
        match hunks.last_mut() {
            Some(last) if around.start <= last.end => last.end = around.end,
            _ => hunks.push(around),
        }
    }
    hunks
}

/// A stretch of two lists.
enum Step {
    Same { old: Range<usize>, new: Range<usize> },
    Changed { old: Range<usize>, new: Range<usize> },
}

fn steps(old: &[&str], new: &[&str]) -> Vec<Step> {
    if old.len() + new.len() > MAX_ITEMS {
        return coarse_steps(old, new);
    }
    similar::capture_diff_slices(Algorithm::Myers, old, new)
        .into_iter()
        .map(|op| match op.as_tag_tuple() {
            (DiffTag::Equal, old, new) => Step::Same { old, new },
            (_, old, new) => Step::Changed { old, new },
        })
        .collect()
}

/// A comparison of few lines, each a whole stretch of the text but for those next to the change.
fn stretches(old: &[&str], new: &[&str]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut push = |kind: LineKind, from: &Range<usize>, to: &Range<usize>| {
        let (text, changed) = match kind {
            LineKind::Same => (&old[from.clone()], false),
            LineKind::Removed => (&old[from.clone()], true),
            LineKind::Added => (&new[to.clone()], true),
        };
        if !text.is_empty() {
            lines.push(Line {
                kind,
                old_line: number(from.start).filter(|_| kind != LineKind::Added),
                new_line: number(to.start).filter(|_| kind != LineKind::Removed),
                pieces: whole(&text.join("\n"), changed),
            });
        }
    };
    for step in coarse_steps(old, new) {
        match step {
            Step::Same { old, new } => {
                let len = old.len();
                let cuts: Vec<usize> = (0..=len).filter(|at| *at <= CONTEXT || at + CONTEXT >= len).collect();
                for cut in cuts.windows(2) {
                    let shifted = |range: &Range<usize>| range.start + cut[0]..range.start + cut[1];
                    push(LineKind::Same, &shifted(&old), &shifted(&new));
                }
            }
            Step::Changed { old, new } => {
                push(LineKind::Removed, &old, &new);
                push(LineKind::Added, &old, &new);
            }
        }
    }
    lines
}

fn coarse_steps(old: &[&str], new: &[&str]) -> Vec<Step> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    vec![
        Step::Same { old: 0..start, new: 0..start },
        Step::Changed { old: start..old_end, new: start..new_end },
        Step::Same { old: old_end..old.len(), new: new_end..new.len() },
    ]
}

/// Removed lines, then added ones; the first of the one beside the first of the other, and so on, to mark words.
fn changed(
    lines: &mut Vec<Line>,
    (old, from): (&[&str], Range<usize>),
    (new, to): (&[&str], Range<usize>),
    word_steps: &mut usize,
) {
    let mut added = Vec::with_capacity(to.len());
    for (offset, old_index) in from.clone().enumerate() {
        let pair =
            to.clone().nth(offset).and_then(|new_index| marked(old[old_index], new[new_index], word_steps));
        let (before, after) = match pair {
            Some((before, after)) => (before, Some(after)),
            None => (whole(old[old_index], true), None),
        };
        added.push(after);
        lines.push(Line {
            kind: LineKind::Removed,
            old_line: number(old_index),
            new_line: None,
            pieces: before,
        });
    }
    for (offset, new_index) in to.enumerate() {
        let marked = added.get_mut(offset).and_then(Option::take);
        lines.push(Line {
            kind: LineKind::Added,
            old_line: None,
            new_line: number(new_index),
            pieces: marked.unwrap_or_else(|| whole(new[new_index], true)),
        });
    }
}

/// The words of two lines, when the lines share enough of them and there are steps left to find out.
fn marked(old: &str, new: &str, word_steps: &mut usize) -> Option<(Vec<Piece>, Vec<Piece>)> {
    let (old_words, new_words) = (split_words(old), split_words(new));
    let count = old_words.len() + new_words.len();
    *word_steps = word_steps.checked_sub(count.min(MAX_ITEMS) * count.min(MAX_ITEMS).isqrt())?;
    let (before, after) = pieces(&old_words, &new_words);
    let shared: usize = before
        .iter()
        .filter(|piece| !piece.changed && !piece.text.trim().is_empty())
        .map(|p| p.text.len())
        .sum();
    let longest = old.len().max(new.len());
    #[expect(clippy::cast_precision_loss, reason = "a share of a line needs no precision")]
    let is_related = shared as f32 >= MIN_SHARED * longest as f32;
    (is_related && shared > 0).then_some((before, after))
}

fn whole(text: &str, changed: bool) -> Vec<Piece> {
    if text.is_empty() { Vec::new() } else { vec![Piece { text: text.to_owned(), changed }] }
}

fn number(index: usize) -> Option<u32> {
    u32::try_from(index + 1).ok()
}

/// No text has no lines; a line end at the end is seen as an empty last line, so that its loss is a change.
fn split_lines(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('\n').collect() }
}

/// Words, white space, and every other character by itself.
fn split_words(text: &str) -> Vec<&str> {
    #[derive(PartialEq)]
    enum Class {
        Word,
        Space,
        Other,
    }
    let class = |c: char| match c {
        '_' => Class::Word,
        _ if c.is_alphanumeric() => Class::Word,
        _ if c.is_whitespace() => Class::Space,
        _ => Class::Other,
    };
    let mut words = Vec::new();
    let mut start = 0;
    let mut last: Option<Class> = None;
    for (at, c) in text.char_indices() {
        let this = class(c);
        if at > start && (last.as_ref() != Some(&this) || this == Class::Other) {
            words.push(&text[start..at]);
            start = at;
        }
        last = Some(this);
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(lines: &[Line]) -> Vec<String> {
        lines
            .iter()
            .map(|line| {
                let sign = match line.kind {
                    LineKind::Same => ' ',
                    LineKind::Removed => '-',
                    LineKind::Added => '+',
                };
                let pieces = line.pieces.iter().map(|piece| {
                    if piece.changed { format!("[{}]", piece.text) } else { piece.text.clone() }
                });
                format!("{sign}{}", pieces.collect::<String>())
            })
            .collect()
    }

    #[test]
    fn changed_words_are_marked_in_changed_lines() {
        for (old, new, expected) in [
            ("", "", vec![]),
            ("a", "a", vec![" a"]),
            ("", "a", vec!["+[a]"]),
            ("a", "", vec!["-[a]"]),
            ("a\nb", "a\nb\n", vec![" a", " b", "+"]),
            (
                "Hello {{ name }}, how are you?\nBye",
                "Hello {{ customer }}, how are you?\nBye",
                vec!["-Hello {{ [name] }}, how are you?", "+Hello {{ [customer] }}, how are you?", " Bye"],
            ),
            ("wholly one thing", "some other text", vec!["-[wholly one thing]", "+[some other text]"]),
            ("one\ntwo", "one\nand a half\ntwo", vec![" one", "+[and a half]", " two"]),
        ] {
            assert_eq!(shown(&lines(old, new)), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn lines_are_numbered_on_their_own_side() {
        let found = lines("a\nb\nc", "a\nx\ny\nc");
        let numbers: Vec<_> = found.iter().map(|line| (line.old_line, line.new_line)).collect();
        assert_eq!(
            numbers,
            [(Some(1), Some(1)), (Some(2), None), (None, Some(2)), (None, Some(3)), (Some(3), Some(4))]
        );
    }

    #[test]
    fn a_hunk_holds_three_lines_around_a_change_and_near_changes_share_one() {
        let old: Vec<String> = (1..=40).map(|n| n.to_string()).collect();
        let mut new = old.clone();
        new[9] = "x".into();
        new[14] = "y".into();
        new[30] = "z".into();
        let found = lines(&old.join("\n"), &new.join("\n"));
        // Each change is two lines of the comparison.
        assert_eq!(hunks(&found), [6..20, 29..37]);
        assert_eq!(hunks(&lines("a", "a")), []);
    }

    #[test]
    fn a_text_of_a_million_lines_becomes_few() {
        let same: String = (0..40_000).flat_map(|n| [n.to_string(), "\n".into()]).collect();
        let (old, new) = (format!("{same}old\nolder\n{same}"), format!("{same}new\n{same}"));
        let found = lines(&old, &new);
        assert_eq!(found.len(), 7 + 2 + 7);
        let text = |side: LineKind| -> String {
            let lines = found.iter().filter(|line| line.kind != side);
            lines
                .map(|l| l.pieces.iter().map(|p| p.text.as_str()).collect())
                .collect::<Vec<String>>()
                .join("\n")
        };
        assert_eq!(text(LineKind::Added), old);
        assert_eq!(text(LineKind::Removed), new);
        let removed = found.iter().find(|line| line.kind == LineKind::Removed).unwrap();
        assert_eq!((removed.old_line, removed.pieces[0].text.as_str()), (Some(40_001), "old\nolder"));
        let last = &found[found.len() - 1];
        assert_eq!((last.old_line, last.new_line), (Some(80_003), Some(80_002)));
        assert_eq!(hunks(&found).len(), 1);
    }

    #[test]
    fn huge_texts_are_compared_coarsely_and_completely() {
        let long = |seed: &str| format!("same {} end", seed.repeat(100_000));
        let (old, new) = (long("a b "), long("c d "));
        let (before, after) = words(&old, &new);
        assert_eq!(before.iter().map(|piece| piece.text.as_str()).collect::<String>(), old);
        assert_eq!(after.iter().map(|piece| piece.text.as_str()).collect::<String>(), new);
        assert_eq!((before[0].text.as_str(), before[0].changed), ("same ", false));
        assert!(before[1].changed && !before[2].changed);
    }

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec("[ab é]{0,3}", 0..12).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn each_side_of_a_comparison_is_its_text(old in text(), new in text()) {
            let found = lines(&old, &new);
            for (text, other) in [(&old, LineKind::Added), (&new, LineKind::Removed)] {
                let side: Vec<String> = found
                    .iter()
                    .filter(|line| line.kind != other)
                    .map(|line| line.pieces.iter().map(|piece| piece.text.as_str()).collect())
                    .collect();
                prop_assert_eq!(&side.join("\n"), text);
            }
            prop_assert_eq!(old == new, found.iter().all(|line| line.kind == LineKind::Same));
        }

        #[test]
        fn words_lose_nothing(old in "\\PC{0,30}", new in "\\PC{0,30}") {
            let (before, after) = words(&old, &new);
            prop_assert_eq!(before.into_iter().map(|piece| piece.text).collect::<String>(), old);
            prop_assert_eq!(after.into_iter().map(|piece| piece.text).collect::<String>(), new);
        }
    }
}
