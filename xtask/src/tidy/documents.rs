//! Documents name things that exist.

use std::collections::BTreeSet;

use super::{File, Finding};

const MAP: &str = "ARCHITECTURE.md";
const CHANGELOG: &str = "CHANGELOG.md";
/// What a path in the map starts with, when it means a place in this repository.
const PLACES: [&str; 7] = ["crates/", "docs/", "examples/", "openapi/", "python/", "dashboard/", "xtask/"];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for file in files.iter().filter(|file| is_document(file)) {
        for (number, link) in links(file) {
            if let Some(message) = broken(&file.path, link, files) {
                findings.push(file.finding("link", number, message));
            }
        }
        if file.path == MAP {
            for (number, path) in named_places(file) {
                let folder = format!("{}/", path.trim_end_matches('/'));
                if !paths.contains(path) && !paths.iter().any(|known| known.starts_with(&folder)) {
                    findings.push(file.finding("map", number, format!("`{path}` does not exist")));
                }
            }
        }
    }
    match files.iter().find(|file| file.path == CHANGELOG) {
        Some(file) if file.text.contains("\n## [Unreleased]") => {}
        Some(file) => findings.push(file.finding("changelog", 1, "there is no section `## [Unreleased]`")),
        None => findings.push(Finding {
            rule: "changelog",
            path: CHANGELOG.to_owned(),
            line: 1,
            message: "there is no changelog".to_owned(),
        }),
    }
    findings
}

/// A page for people. Prompts and test inputs may link wherever they like.
fn is_document(file: &File) -> bool {
    file.ending() == "md" && !file.path.starts_with("examples/prompts/") && !file.path.contains("/tests/")
}

/// The targets of `[words](target)` outside code.
fn links(file: &File) -> Vec<(usize, &str)> {
    prose(file)
        .flat_map(|(number, line)| {
            line.split("](").skip(1).filter_map(move |rest| {
                let target = rest.split([')', ' ']).next()?;
                (!target.is_empty()).then_some((number, target))
            })
        })
        .collect()
}

/// The lines outside fenced blocks.
fn prose(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    file.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

fn broken(from: &str, link: &str, files: &[File]) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let target = if path.is_empty() { from.to_owned() } else { resolve(from, path) };
    let folder = format!("{}/", target.trim_end_matches('/'));
    let Some(file) = files.iter().find(|file| file.path == target) else {
        let exists = files.iter().any(|file| file.path.starts_with(&folder));
        return (!exists).then(|| format!("the link goes to `{target}`, which does not exist"));
    };
    let anchor = anchor.filter(|_| file.ending() == "md")?;
    let known = prose(file).any(|(_, line)| line.starts_with('#') && slug(line) == anchor);
    (!known).then(|| format!("`{target}` has no heading `#{anchor}`"))
}

/// A relative path, seen from the folder of the file that names it.
fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchor a forge gives a heading.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Words in back ticks that are paths of this repository, without patterns such as `routes/<noun>.rs`.
fn named_places(file: &File) -> Vec<(usize, &str)> {
    file.lines()
        .flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |word| (number, word)))
        .filter(|(_, word)| PLACES.iter().any(|place| word.starts_with(place)))
        .filter(|(_, word)| !word.contains(['<', '*', '{', ' ', ':']))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{file, places};

    fn changelog() -> File {
        file("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        let page = file(
            "docs/guide/start.md",
            "# Start\n\
             [good](../../README.md) [folder](../adr/) [web](https://example.org) [here](#start)\n\
             [bad](../gone.md)\n[no heading](../../README.md#gone) [heading](../../README.md#why-it-is)\n\
             ```\n[code](gone.md)\n```\n",
        );
        let files =
            [page, file("README.md", "# Name\n## Why it is!\n"), file("docs/adr/0001-x.md", ""), changelog()];
        assert_eq!(places(&check(&files)), ["docs/guide/start.md:3", "docs/guide/start.md:4"]);
    }

    #[test]
    fn a_place_that_is_gone_from_the_tree_is_found_in_the_map() {
        let map = file(
            "ARCHITECTURE.md",
            "`crates/core`\n`crates/gone/src/x.rs`\n`crates/server/src/routes/<noun>.rs`\n",
        );
        let files = [map, file("crates/core/Cargo.toml", ""), changelog()];
        assert_eq!(places(&check(&files)), ["ARCHITECTURE.md:2"]);
    }

    #[test]
    fn a_missing_changelog_is_found() {
        assert_eq!(places(&check(&[])), ["CHANGELOG.md:1"]);
        assert_eq!(places(&check(&[file("CHANGELOG.md", "# Changelog\n")])), ["CHANGELOG.md:1"]);
    }
}
