use std::{fs, path::Path};

/// Every public function of the store is called by a test that runs on both databases, so that no statement is
/// first tried by a user.
#[test]
fn every_public_function_of_the_store_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = read(&root.join("tests/it"));
    tests.extend(read(&root.join("../testing/src")));
    let tests: String = tests.into_iter().map(|(_, text)| text).collect();
    let mut missing = Vec::new();
    let mut count = 0;
    for (module, text) in read(&root.join("src")) {
        let names =
            text.lines().filter_map(|line| line.strip_prefix("pub async fn ")?.split(['(', '<']).next());
        for name in names {
            count += 1;
            if !tests.contains(&format!("{module}::{name}(")) {
                missing.push(format!("{module}::{name}"));
            }
        }
    }
    assert!(count > 30, "only {count} functions were found: does the store look different now?");
    assert_eq!(missing, Vec::<String>::new());
}

fn read(folder: &Path) -> Vec<(String, String)> {
    let files = fs::read_dir(folder).unwrap();
    let paths =
        files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "rs"));
    paths
        .map(|path| {
            let module = path.file_stem().unwrap().to_string_lossy().into_owned();
            (module, fs::read_to_string(&path).unwrap())
        })
        .collect()
}
