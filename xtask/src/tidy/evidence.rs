//! What the security pages call a proof is a test that exists.

use std::collections::BTreeSet;

use super::{File, Finding};

const PAGE: &str = "docs/security.md";
const STATEMENT: &str = "docs/reference/asvs.csv";
const HEAD: &str = "section,requirements,status,tests,evidence";
const STATUSES: [&str; 4] = ["tested", "partly", "designed", "not applicable"];
const BAD_INPUTS: &str = "docs/reference/bad-inputs.csv";
const BAD_INPUTS_HEAD: &str = "id,status,proof";

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let functions: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.is_rust())
        .flat_map(|file| file.lines().filter_map(|(_, line)| function(line)))
        .collect();
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path == PAGE) {
        for (number, line) in file.lines() {
            for name in line.split('`').skip(1).step_by(2).filter(|name| is_claim(name)) {
                if !functions.contains(name) {
                    findings.push(file.finding("evidence", number, format!("no test is called `{name}`")));
                }
            }
        }
    }
    for file in files.iter().filter(|file| file.path == STATEMENT) {
        for (number, line) in file.lines() {
            let problem = if number == 1 {
                (line != HEAD).then(|| format!("the first line is `{HEAD}`"))
            } else {
                row(line, &functions, &paths)
            };
            findings.extend(problem.map(|message| file.finding("evidence", number, message)));
        }
    }
    for file in files.iter().filter(|file| file.path == BAD_INPUTS) {
        let mut ids = BTreeSet::new();
        for (number, line) in file.lines() {
            let problem = if number == 1 {
                (line != BAD_INPUTS_HEAD).then(|| format!("the first line is `{BAD_INPUTS_HEAD}`"))
            } else {
                bad_input(line, &functions, &mut ids)
            };
            findings.extend(problem.map(|message| file.finding("evidence", number, message)));
        }
    }
    findings
}

/// What is wrong with a row of the table of bad inputs.
fn bad_input<'a>(line: &'a str, functions: &BTreeSet<&str>, ids: &mut BTreeSet<&'a str>) -> Option<String> {
    let fields: Vec<&str> = line.split(',').collect();
    let [id, status, proof] = fields[..] else {
        return Some("a row has three fields, without quotes".to_owned());
    };
    if !ids.insert(id) {
        return Some(format!("`{id}` stands there twice"));
    }
    match status {
        _ if proof.trim().is_empty() => Some("a row names its tests, or gives a reason".to_owned()),
        "covered" => {
            let missing = proof.split_whitespace().find(|name| !functions.contains(name));
            missing.map(|name| format!("no test is called `{name}`"))
        }
        "not-applicable" | "later" => None,
        other => Some(format!("`{other}` is none of covered | not-applicable | later")),
    }
}

/// What is wrong with a row of the statement.
fn row(line: &str, functions: &BTreeSet<&str>, paths: &BTreeSet<&str>) -> Option<String> {
    let fields: Vec<&str> = line.split(',').collect();
    let [_, requirements, status, tests, evidence] = fields[..] else {
        return Some("a row has five fields, without quotes".to_owned());
    };
    let tests: Vec<&str> = tests.split_whitespace().collect();
    if requirements.parse::<u32>().is_err() {
        return Some(format!("`{requirements}` is no number of requirements"));
    }
    if !STATUSES.contains(&status) {
        return Some(format!("`{status}` is none of {}", STATUSES.join(" | ")));
    }
    if let Some(missing) = tests.iter().find(|name| !functions.contains(**name)) {
        return Some(format!("no test is called `{missing}`"));
    }
    if tests.is_empty() && matches!(status, "tested" | "partly") {
        return Some(format!("a row that is {status} names its tests"));
    }
    let missing = evidence.split_whitespace().find(|path| path.contains('/') && !paths.contains(path));
    missing.map(|path| format!("`{path}` does not exist"))
}

/// The name of a function that begins on this line.
fn function(line: &str) -> Option<&str> {
    let rest = line.split("fn ").nth(1)?;
    rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().filter(|name| !name.is_empty())
}

/// Whether a word in code is the name of a test: tests are called by what they claim.
fn is_claim(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    word.chars().all(plain) && word.matches('_').count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{file, places};

    fn found(page: &str, row: &str) -> Vec<String> {
        let files = [
            file(
                "crates/a/tests/it/x.rs",
                "#[test]\nfn a_claim_that_is_tested() {}\n    async fn b_claim_on_both(db: &Db) {",
            ),
            file(PAGE, page),
            file(STATEMENT, &format!("{HEAD}\n{row}\n")),
        ];
        places(&check(&files))
    }

    #[test]
    fn a_claim_without_a_test_is_found() {
        let good = "V1.2,9,tested,a_claim_that_is_tested b_claim_on_both,crates/a/tests/it/x.rs";
        assert_eq!(found("see `a_claim_that_is_tested` and `url_refused`", good), [""; 0]);
        assert_eq!(found("see `a_claim_nobody_tests`", good), [format!("{PAGE}:1")]);
        for bad in [
            "V1.2,9,tested,a_claim_nobody_tests,",
            "V1.2,9,tested,,",
            "V1.2,nine,designed,,",
            "V1.2,9,perfect,a_claim_that_is_tested,",
            "V1.2,9,designed,,docs/nowhere.md",
            "V1.2,9,designed",
        ] {
            assert_eq!(found("", bad), [format!("{STATEMENT}:2")], "{bad}");
        }
        assert_eq!(found("", "V17,7,not applicable,,there is no WebRTC"), [""; 0]);
    }

    #[test]
    fn a_bad_input_has_a_test_that_exists_or_a_reason() {
        let good = "A01,covered,a_claim_that_is_tested b_claim_on_both";
        for (row, is_good) in [
            ("A02,later,there are no webhooks", true),
            ("A02,not-applicable,jobs have no route", true),
            ("A02,later,", false),
            ("A02,covered,", false),
            ("A02,covered,a_claim_nobody_tests", false),
            ("A02,perfect,a_claim_that_is_tested", false),
            ("A02,covered", false),
            (good, false),
        ] {
            let files = [
                file(
                    "crates/a/tests/it/x.rs",
                    "fn a_claim_that_is_tested() {}\nasync fn b_claim_on_both() {}",
                ),
                file(BAD_INPUTS, &format!("{BAD_INPUTS_HEAD}\n{good}\n{row}\n")),
            ];
            let expected: Vec<String> = if is_good { Vec::new() } else { vec![format!("{BAD_INPUTS}:3")] };
            assert_eq!(places(&check(&files)), expected, "{row}");
        }
    }
}
