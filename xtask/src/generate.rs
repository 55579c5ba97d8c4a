//! Generated files: written from the code, committed, and checked to be up to date.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::steps::{self, Result, cargo, root, target};

/// Files of the tree that only the generator may make: a folder and the ending of the names.
const OWNED: [(&str, &str); 2] = [("openapi", ".json"), ("docs/reference", ".schema.json")];

/// Writes the generated files, or with `--check` fails when the tree's differ from them.
pub(crate) fn run(arguments: &[String]) -> Result {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("expected nothing or --check".into()),
    };
    let fresh = target()?.join("generated");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    // The generator is an example of the command line's crate: it needs all our crates, and this program none.
    let mut generator =
        cargo(&["run", "--quiet", "--package", "promptsync-cli", "--example", "generate", "--"]);
    steps::run(generator.arg(&fresh))?;
    let changes = compare(&fresh, root())?;
    if check {
        return if changes.is_empty() { Ok(()) } else { Err(complaint(&changes).into()) };
    }
    for change in &changes {
        apply(change, &fresh, root())?;
        println!("{} {}", change.verb(), change.path().display());
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
enum Change {
    Write(PathBuf),
    Remove(PathBuf),
}

impl Change {
    fn path(&self) -> &Path {
        match self {
            Self::Write(path) | Self::Remove(path) => path,
        }
    }

    fn verb(&self) -> &'static str {
        match self {
            Self::Write(_) => "wrote",
            Self::Remove(_) => "removed",
        }
    }
}

/// What has to change in `tree` to hold what is in `fresh`.
fn compare(fresh: &Path, tree: &Path) -> Result<Vec<Change>> {
    let made = files(fresh, Path::new(""))?;
    let mut changes = Vec::new();
    for path in &made {
        if fs::read(tree.join(path)).ok() != Some(fs::read(fresh.join(path))?) {
            changes.push(Change::Write(path.clone()));
        }
    }
    for (folder, ending) in OWNED {
        for path in files(tree, Path::new(folder))? {
            let owned = path.to_str().is_some_and(|name| name.ends_with(ending));
            if owned && !made.contains(&path) {
                changes.push(Change::Remove(path));
            }
        }
    }
    Ok(changes)
}

fn apply(change: &Change, fresh: &Path, tree: &Path) -> Result {
    match change {
        Change::Write(path) => {
            let place = tree.join(path);
            fs::create_dir_all(place.parent().unwrap_or(tree))?;
            fs::copy(fresh.join(path), place)?;
        }
        Change::Remove(path) => fs::remove_file(tree.join(path))?,
    }
    Ok(())
}

fn complaint(changes: &[Change]) -> String {
    let paths: Vec<_> = changes.iter().map(|change| format!("  {}", change.path().display())).collect();
    format!("out of date; run `cargo xtask gen` and commit the result:\n{}", paths.join("\n"))
}

/// The files below `root/folder`, relative to `root`; none when there is no such folder.
fn files(root: &Path, folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let place = root.join(folder);
    if !place.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            found.extend(files(root, &path)?);
        } else {
            found.insert(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, path: &str, text: &str) {
        let place = folder.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    #[test]
    fn a_changed_a_missing_and_a_left_over_file_are_found() {
        let folder = std::env::temp_dir().join(format!("promptsync-generate-{}", std::process::id()));
        let (fresh, tree) = (folder.join("fresh"), folder.join("tree"));
        write(&fresh, "openapi/promptsync.json", "{}");
        write(&fresh, "docs/reference/errors.md", "new");
        write(&fresh, "docs/reference/cli.md", "same");
        write(&tree, "docs/reference/errors.md", "old");
        write(&tree, "docs/reference/cli.md", "same");
        write(&tree, "docs/reference/glossary.md", "written by hand");
        write(&tree, "docs/reference/gone.schema.json", "{}");
        let changes = compare(&fresh, &tree).unwrap();
        for change in &changes {
            apply(change, &fresh, &tree).unwrap();
        }
        let left = compare(&fresh, &tree).unwrap();
        fs::remove_dir_all(folder).unwrap();
        assert_eq!(
            changes,
            [
                Change::Write("docs/reference/errors.md".into()),
                Change::Write("openapi/promptsync.json".into()),
                Change::Remove("docs/reference/gone.schema.json".into()),
            ]
        );
        assert_eq!(left, []);
    }
}
