//! SQL lives in the store, and is never built from data.

use super::{File, Finding};

/// Where SQL may stand: the store, what gives each of its tests a database, what tampers with one, and what the store
/// is measured against.
const SQL: [&str; 4] = [
    "crates/store/",
    "crates/testing/src/database.rs",
    "crates/testing/src/tamper.rs",
    "crates/bench/src/control/commits.rs",
];
const STATEMENTS: [(&str, &str); 5] = [
    ("SELECT ", " FROM "),
    ("INSERT INTO ", "("),
    ("UPDATE ", " SET "),
    ("DELETE FROM ", ""),
    ("CREATE TABLE ", ""),
];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.is_tidy()) {
        let in_store = SQL.iter().any(|place| file.path.starts_with(place));
        for (number, line) in file.code() {
            if line.contains("AssertSqlSafe") && !file.is_test() {
                findings.push(file.finding(
                    "sql-from-data",
                    number,
                    "`AssertSqlSafe` is the door to SQL injection",
                ));
            }
            if !in_store && let Some(what) = sql_in(line) {
                findings.push(file.finding(
                    "sql-in-store",
                    number,
                    format!("{what} belongs in crates/store"),
                ));
            }
        }
        if file.path.starts_with(SQL[0]) {
            findings.extend(pushed_data(file));
        }
    }
    findings
}

fn sql_in(line: &str) -> Option<&'static str> {
    if line.contains("sqlx::") || line.contains("use sqlx") {
        return Some("sqlx");
    }
    let statement = STATEMENTS.iter().any(|(verb, rest)| {
        line.split_once(verb).is_some_and(|(before, after)| before.contains('"') && after.contains(rest))
    });
    statement.then_some("an SQL statement")
}

/// `push` on a query builder with anything but a literal. A builder is what was named or typed as one; a `.push(`
/// that starts a line continues a chain, and in a file with builders it is taken for one of theirs.
fn pushed_data(file: &File) -> Vec<Finding> {
    let builders: Vec<&str> = file.code().filter_map(|(_, line)| builder_name(line)).collect();
    if builders.is_empty() {
        return Vec::new();
    }
    let lines: Vec<(usize, &str)> = file.code().collect();
    let mut findings = Vec::new();
    for (index, (number, line)) in lines.iter().enumerate() {
        for (at, found) in line.match_indices(".push(") {
            let receiver =
                line[..at].rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
            let chained = line[..at].trim().is_empty();
            if !chained && !builders.contains(&receiver) {
                continue;
            }
            let mut argument = line[at + found.len()..].trim_start();
            if argument.is_empty() {
                argument = lines.get(index + 1).map_or("", |(_, next)| next.trim_start());
            }
            if !(argument.starts_with('"') || argument.starts_with("r\"") || argument.starts_with("r#\"")) {
                let message = "a query is put together from literals; data goes through `push_bind`";
                findings.push(file.finding("sql-from-data", *number, message));
            }
        }
    }
    findings
}

/// The name in `let mut NAME = QueryBuilder…` and `NAME: &mut QueryBuilder…`.
fn builder_name(line: &str) -> Option<&str> {
    let before = &line[..line.find("QueryBuilder")?];
    let before = before.trim_end().trim_end_matches("sqlx::").trim_end();
    let name = match before.strip_suffix('=') {
        Some(binding) => binding.split(':').next()?,
        None => before.trim_end_matches("&mut").trim_end().strip_suffix(':')?,
    };
    let name = name.trim_end().rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{file, places};

    #[test]
    fn sql_outside_the_store_is_found() {
        let bad = file(
            "crates/server/src/app/prompts.rs",
            "// SELECT name FROM prompts is fine here\n\
             let a = sqlx::query(text);\n\
             let b = \"SELECT name FROM prompts\";\n\
             let c = \"DELETE FROM prompts\";\n\
             let d = \"Select a title from the list\";\n",
        );
        let good = file("crates/store/src/prompts.rs", "sqlx::query(\"SELECT name FROM prompts\")\n");
        let expected = [
            "crates/server/src/app/prompts.rs:2",
            "crates/server/src/app/prompts.rs:3",
            "crates/server/src/app/prompts.rs:4",
        ];
        assert_eq!(places(&check(&[bad, good])), expected);
    }

    #[test]
    fn the_escape_hatch_is_found_in_the_store_but_left_to_its_tests() {
        let bad = file("crates/store/src/search.rs", "sqlx::query(AssertSqlSafe(text))\n");
        let test = file("crates/store/tests/it/raw.rs", "sqlx::query(AssertSqlSafe(text))\n");
        assert_eq!(places(&check(&[bad, test])), ["crates/store/src/search.rs:1"]);
    }

    #[test]
    fn a_query_builder_takes_only_literals() {
        let bad = file(
            "crates/store/src/search.rs",
            "let mut query = QueryBuilder::new(\"SELECT 1\");\n\
             query.push(\" WHERE a = \").push_bind(a);\n\
             query.push(order);\n\
             query\n    .push(\n        column)\n\
             names.push(name);\n",
        );
        let borrowed = file(
            "crates/store/src/page.rs",
            "fn add(query: &mut QueryBuilder<'_, Sqlite>, text: &str) {\n    query.push(format!(\"{text}\"));\n}\n",
        );
        let plain = file("crates/store/src/rows.rs", "rows.push(row);\n");
        let expected =
            ["crates/store/src/search.rs:3", "crates/store/src/search.rs:5", "crates/store/src/page.rs:2"];
        assert_eq!(places(&check(&[bad, borrowed, plain])), expected);
    }
}
