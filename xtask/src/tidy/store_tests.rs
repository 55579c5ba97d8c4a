//! Every public function of the store is called by a test of the store, which runs on both databases.

use super::{File, Finding};

const SOURCES: &str = "crates/store/src/";
/// The tests, and what gives each of them its database.
const TESTS: [&str; 2] = ["crates/store/tests/", "crates/testing/src/"];
const MARK: &str = "#[cfg(test)]";

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut tests = String::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        if TESTS.iter().any(|folder| file.path.starts_with(folder)) {
            tests.push_str(&file.text);
        } else if file.path.starts_with(SOURCES) {
            tests.push_str(tests_in(file));
        }
    }
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.path.starts_with(SOURCES)) {
        let (module, outer) = modules(&file.path);
        for (number, line) in sources_in(file) {
            let Some(function) = Function::read(line) else { continue };
            let is_called = function.is_called(module, &tests)
                || outer.is_some_and(|outer| function.is_called(outer, &tests));
            if !is_called && !function.is_called_alone(tests_in(file)) {
                let message = format!("no test of the store calls `{module}::{}`", function.name);
                findings.push(file.finding("untested-store-function", number, message));
            }
        }
    }
    findings
}

struct Function<'a> {
    name: &'a str,
    is_method: bool,
}

impl<'a> Function<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let text = line.trim_start();
        let rest = text.strip_prefix("pub async fn ").or_else(|| text.strip_prefix("pub fn "))?;
        let name = rest.split(|c: char| !is_word(c)).next()?;
        Some(Self { name, is_method: text.len() < line.len() })
    }

    fn is_called(&self, module: &str, tests: &str) -> bool {
        if self.is_method {
            has_word(tests, &format!(".{}", self.name)) || has_word(tests, &format!("::{}", self.name))
        } else {
            has_word(tests, &format!("{module}::{}", self.name))
        }
    }

    fn is_called_alone(&self, tests_beside_it: &str) -> bool {
        tests_beside_it.contains(&format!("{}(", self.name))
    }
}

/// The names other modules use: the file's, or for `mod.rs` the folder's; and the folder's that gives out what its files
/// hold.
fn modules(path: &str) -> (&str, Option<&str>) {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/lib");
    let mut names = path.rsplit('/');
    let module = names.next().unwrap_or(path);
    (module, names.next().filter(|outer| *outer != "src"))
}

fn tests_in(file: &File) -> &str {
    file.text.find(MARK).map_or("", |at| &file.text[at..])
}

fn sources_in(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.lines().take_while(|(_, line)| !line.starts_with(MARK))
}

/// Whether `text` holds `word`, not as the beginning of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let begins = word.starts_with(['.', ':']) || !text[..at].ends_with(is_word);
        begins && !text[at + word.len()..].starts_with(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{file, places};

    const SOURCE: &str = "\
pub async fn set(tx: &mut Tx) {}
pub fn get(tx: &mut Tx) {}
fn private() {}
impl Db {
    pub async fn begin(&self) {}
}
";

    #[test]
    fn a_function_no_test_calls_is_found() {
        let files = [file("crates/store/src/aliases.rs", SOURCE)];
        let expected = [
            "crates/store/src/aliases.rs:1",
            "crates/store/src/aliases.rs:2",
            "crates/store/src/aliases.rs:5",
        ];
        assert_eq!(places(&check(&files)), expected);
    }

    #[test]
    fn a_folder_gives_out_what_its_files_hold() {
        let files = [
            file("crates/store/tests/it.rs", "snapshot::load_at(tx);"),
            file("crates/store/src/snapshot/past.rs", "pub async fn load_at(tx: &mut ReadTx) {}\n"),
            file("crates/store/src/snapshot/rows.rs", "pub fn read() {}\n"),
        ];
        assert_eq!(places(&check(&files)), ["crates/store/src/snapshot/rows.rs:1"]);
    }

    #[test]
    fn a_call_in_a_test_is_enough_but_not_of_another_module() {
        let tests = file(
            "crates/store/tests/it.rs",
            "keys::set(tx); aliases::set_all(tx); aliases::get(tx); db.begin();",
        );
        let files = [file("crates/store/src/aliases.rs", SOURCE), tests];
        assert_eq!(places(&check(&files)), ["crates/store/src/aliases.rs:1"]);
    }

    #[test]
    fn tests_beside_the_function_count() {
        let text = "pub fn parse() {}\n#[cfg(test)]\nmod tests {\n    fn t() { parse() }\n}\n";
        assert_eq!(places(&check(&[file("crates/store/src/page.rs", text)])), [""; 0]);
    }
}
