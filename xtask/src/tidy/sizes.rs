//! Files stay small, and are named after what they hold.

use super::{File, Finding};

const LONGEST: usize = 500;
/// Tests are lists of claims: they stay readable longer.
const LONGEST_TEST: usize = 800;
const HIGHEST_MEDIAN: usize = 150;
const ENDINGS: [&str; 4] = ["rs", "py", "ts", "tsx"];
const NAMELESS: [&str; 7] = ["common", "helper", "helpers", "manager", "misc", "util", "utils"];

/// Files that are called so because that is what they hold.
const NAMED: [(&str, &str); 4] = [
    ("crates/core/src/template/handlebars/helpers.rs", "what Handlebars calls its functions"),
    ("python/promptsync/manager.py", "the class is called so, as people were promised"),
    ("python/promptsync/library/manager.py", "the class is called so, as people were promised"),
    ("python/compat/src/prompt_manager/core/manager.py", "existing programs import it from there"),
];

/// Files that may be longer, each with the reason.
const LONGER: &[(&str, &str)] = &[];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_code(file)) {
        let lines = file.text.lines().count();
        let longest = if file.is_test() { LONGEST_TEST } else { LONGEST };
        if lines > longest && !is_listed(file) {
            let message = format!(
                "{lines} lines; above {longest} a file is split, or listed with a reason in {}",
                file!()
            );
            findings.push(file.finding("size", longest, message));
        }
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let nameless = NAMELESS.contains(&name.split('.').next().unwrap_or_default());
        if nameless && !NAMED.iter().any(|(path, _)| *path == file.path) {
            findings.push(file.finding(
                "nameless",
                1,
                format!("`{name}` says nothing; name the file after its noun"),
            ));
        }
    }
    for file in files.iter().filter(|file| is_listed(file) && file.text.lines().count() <= LONGEST) {
        let message = format!("not above {LONGEST} lines any more; take it off the list in {}", file!());
        findings.push(file.finding("size", 1, message));
    }
    let median = median(files);
    if median > HIGHEST_MEDIAN {
        findings.push(Finding {
            rule: "size",
            path: ".".to_owned(),
            line: 1,
            message: format!(
                "half of the code files have more than {median} lines; the goal is {HIGHEST_MEDIAN}"
            ),
        });
    }
    findings
}

/// One line about the code files.
pub(super) fn summary(files: &[File]) -> String {
    let longest = files.iter().filter(|file| is_code(file)).max_by_key(|file| file.text.lines().count());
    let longest = longest.map_or_else(String::new, |file| {
        format!("; the longest is {} with {}", file.path, file.text.lines().count())
    });
    let count = files.iter().filter(|file| is_code(file)).count();
    format!("{count} of them code, median {} lines{longest}", median(files))
}

fn is_listed(file: &File) -> bool {
    LONGER.iter().any(|(path, _)| *path == file.path)
}

fn is_code(file: &File) -> bool {
    ENDINGS.contains(&file.ending())
}

fn median(files: &[File]) -> usize {
    let mut sizes: Vec<usize> =
        files.iter().filter(|file| is_code(file)).map(|file| file.text.lines().count()).collect();
    sizes.sort_unstable();
    sizes.get(sizes.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{file, places};

    #[test]
    fn a_long_file_is_found() {
        let short = file("crates/core/src/a.rs", &"x\n".repeat(LONGEST));
        let long = file("crates/core/src/b.rs", &"x\n".repeat(LONGEST + 1));
        let test = file("crates/core/tests/b.rs", &"x\n".repeat(LONGEST + 1));
        let page = file("docs/long.md", &"x\n".repeat(LONGEST + 1));
        let small: Vec<File> = (0..5).map(|_| file("crates/core/src/c.rs", "x\n")).collect();
        let mut files = vec![short, long, test, page];
        files.extend(small);
        assert_eq!(places(&check(&files)), ["crates/core/src/b.rs:500"]);
    }

    #[test]
    fn a_tree_of_long_files_is_found() {
        let files = [file("a.rs", &"x\n".repeat(200)), file("b.rs", &"x\n".repeat(200)), file("c.rs", "x\n")];
        assert_eq!(places(&check(&files)), [".:1"]);
    }

    #[test]
    fn a_name_that_says_nothing_is_found() {
        let files =
            [file("crates/core/src/utils.rs", ""), file("python/helpers.py", ""), file("docs/common.md", "")];
        assert_eq!(places(&check(&files)), ["crates/core/src/utils.rs:1", "python/helpers.py:1"]);
    }
}
