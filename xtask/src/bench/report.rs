//! The page of figures: a section a family, replaced when the family is measured again.

use std::{fmt::Write as _, fs, process::Command};

use super::{Family, table::Table};
use crate::steps::{Result, capture, root};

const PAGE: &str = "docs/benchmarks.md";
const HEADING: &str = "## ";
const LINE: usize = 128;

/// Puts the figures of a family into the page, in the place of those it had.
pub(super) fn write(family: &Family, table: &Table) -> Result {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path)?;
    fs::write(path, replaced(&page, family.title, &section(family, table)?))?;
    println!("wrote `{}` into {PAGE}", family.title);
    Ok(())
}

fn section(family: &Family, table: &Table) -> Result<String> {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let processor = processor.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism()?;
    let commit = capture(Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(root()))?;
    let date = capture(Command::new("date").args(["-u", "+%F"]))?;
    let mut text = format!("{HEADING}{}\n\n{}\n\n", family.title, wrapped(family.about));
    writeln!(
        text,
        "`cargo xtask bench {}`, {}, at {}, {processor} with {cores} cores.\n\n{table}",
        family.name,
        date.trim(),
        commit.trim(),
    )?;
    Ok(text)
}

/// The text in lines of the length that the documents have.
fn wrapped(text: &str) -> String {
    let (mut lines, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let taken = word.chars().count() + 1;
        if length > 0 {
            lines.push(if length + taken > LINE { '\n' } else { ' ' });
        }
        length = if length + taken > LINE { taken } else { length + taken };
        lines.push_str(word);
    }
    lines
}

/// The page with this section in the place of the one with the same heading, or at the end.
fn replaced(page: &str, title: &str, section: &str) -> String {
    let heading = format!("{HEADING}{title}\n");
    let Some(begin) = page.find(&format!("\n{heading}")).map(|place| place + 1) else {
        return format!("{}\n\n{}\n", page.trim_end(), section.trim_end());
    };
    let after = begin + heading.len();
    let end = page[after..].find(&format!("\n{HEADING}")).map_or(page.len(), |place| after + place + 1);
    let rest = &page[end..];
    let gap = if rest.is_empty() { "" } else { "\n" };
    format!("{}{}\n{gap}{rest}", &page[..begin], section.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Figures\n\n## One\n\nold\n\n## Two\n\nkept\n";

    #[test]
    fn a_section_takes_the_place_of_the_one_before_and_others_stay() {
        let page = replaced(PAGE, "One", "## One\n\nnew\n\n");
        assert_eq!(page, "# Figures\n\n## One\n\nnew\n\n## Two\n\nkept\n");
        let page = replaced(&page, "Two", "## Two\n\nalso new\n");
        assert_eq!(page, "# Figures\n\n## One\n\nnew\n\n## Two\n\nalso new\n");
    }

    #[test]
    fn lines_end_between_words_and_are_not_too_long() {
        let text = wrapped(&"word ".repeat(100));
        assert!(text.lines().all(|line| line.chars().count() <= LINE && line.ends_with("word")), "{text}");
        assert_eq!((text.lines().count(), text.split_whitespace().count()), (4, 100));
    }

    #[test]
    fn a_new_section_comes_last() {
        assert!(replaced(PAGE, "Three", "## Three\n\nnew\n").ends_with("kept\n\n## Three\n\nnew\n"));
    }
}
