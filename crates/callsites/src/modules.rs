//! Which files a module is, by their paths.

use std::collections::HashMap;

use crate::Language;

/// Files that one module may be; with more, nobody can tell.
const SAME: usize = 8;

/// The parts of a path that may be a Python module's. Longer ones are not written.
const PARTS: usize = 16;

/// The endings a TypeScript or JavaScript import leaves out, in the order they are tried.
const ENDINGS: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// The endings a Python module has.
const PYTHON: [&str; 4] = [".py", ".pyi", "/__init__.py", "/__init__.pyi"];

/// The files of an application, as they are imported. A file is named by its place in the order of paths.
pub(crate) struct Modules<'a> {
    paths: &'a [String],
    places: HashMap<&'a str, usize>,
    /// Python's files by every dotted name they may have, in the order of their paths.
    dotted: HashMap<String, Vec<usize>>,
}

impl<'a> Modules<'a> {
    /// Of paths that are sorted.
    pub(crate) fn of(paths: &'a [String]) -> Self {
        let mut dotted: HashMap<String, Vec<usize>> = HashMap::new();
        for (file, path) in paths.iter().enumerate() {
            let Some(bare) = PYTHON.iter().rev().find_map(|ending| path.strip_suffix(ending)) else {
                continue;
            };
            let mut name = String::new();
            for part in bare.rsplit('/').take(PARTS) {
                name = if name.is_empty() { part.to_owned() } else { format!("{part}.{name}") };
                dotted.entry(name.clone()).or_default().push(file);
            }
        }
        let places = paths.iter().enumerate().map(|(file, path)| (path.as_str(), file)).collect();
        Self { paths, places, dotted }
    }

    /// The files that a module may be in a file that imports it: none when it is not the application's own.
    pub(crate) fn find(&self, language: Language, importer: usize, module: &str) -> Vec<usize> {
        match language {
            Language::Python => match module.trim_start_matches('.') {
                absolute if absolute.len() == module.len() => self.nearest(importer, module),
                rest => self.beside(importer, module.len() - rest.len(), rest),
            },
            Language::TypeScript | Language::Tsx => self.script(importer, module).into_iter().collect(),
            Language::Rust => Vec::new(),
        }
    }

    /// `from ..module import name`: as many folders up as there are dots after the first.
    fn beside(&self, importer: usize, dots: usize, module: &str) -> Vec<usize> {
        let up = std::iter::repeat_n("..", dots - 1);
        let down = module.split('.').filter(|part| !part.is_empty());
        let Some(bare) = joined(&self.paths[importer], up.chain(down)) else { return Vec::new() };
        let path = |ending: &str| match bare.as_str() {
            // The folder that everything is in has no name.
            "" => ending.trim_start_matches('/').to_owned(),
            bare => format!("{bare}{ending}"),
        };
        PYTHON.iter().filter_map(|ending| self.places.get(path(ending).as_str()).copied()).collect()
    }

    /// The files of a dotted name that share the most folders with the one that imports it.
    fn nearest(&self, importer: usize, module: &str) -> Vec<usize> {
        let Some(files) = self.dotted.get(module) else { return Vec::new() };
        let shared = |file: usize| shared(&self.paths[file], &self.paths[importer]);
        // Paths that share folders stand together, around the one that shares them with all.
        let before = &files[..files.partition_point(|file| *file < importer)];
        let after = &files[files.partition_point(|file| *file <= importer)..];
        let most = before.last().into_iter().chain(after.first()).map(|file| shared(*file)).max();
        let is_near = |file: &&usize| Some(shared(**file)) == most;
        let near = before.iter().rev().take_while(is_near).chain(after.iter().take_while(is_near));
        let near: Vec<usize> = near.copied().take(SAME + 1).collect();
        if near.len() > SAME { Vec::new() } else { near }
    }

    /// `import … from "./module"`.
    fn script(&self, importer: usize, module: &str) -> Option<usize> {
        let bare = joined(&self.paths[importer], module.split('/'))?;
        let swapped = bare.rsplit_once('.').map(|(stem, ending)| match ending {
            "js" => vec![format!("{stem}.ts"), format!("{stem}.tsx")],
            "jsx" => vec![format!("{stem}.tsx")],
            "mjs" => vec![format!("{stem}.mts")],
            "cjs" => vec![format!("{stem}.cts")],
            _ => Vec::new(),
        });
        let whole = ENDINGS.iter().map(|ending| format!("{bare}.{ending}"));
        let folder = if bare.is_empty() { "index".to_owned() } else { format!("{bare}/index") };
        let index = ENDINGS.iter().map(|ending| format!("{folder}.{ending}"));
        let mut paths =
            std::iter::once(bare.clone()).chain(swapped.unwrap_or_default()).chain(whole).chain(index);
        paths.find_map(|path| self.places.get(path.as_str()).copied())
    }
}

/// The path that leads from a file's folder along some parts.
fn joined<'p>(file: &'p str, parts: impl Iterator<Item = &'p str>) -> Option<String> {
    let mut path: Vec<&str> = file.split('/').collect();
    path.pop();
    for part in parts {
        match (part, path.last()) {
            ("" | ".", _) => {}
            ("..", None | Some(&"..")) => path.push(".."),
            // Above the root of the machine there is nothing.
            ("..", Some(&"")) => return None,
            ("..", Some(_)) => {
                path.pop();
            }
            (part, _) => path.push(part),
        }
    }
    Some(path.join("/"))
}

/// How many folders two paths share from their beginning.
fn shared(one: &str, other: &str) -> usize {
    let (one, other) = (one.split('/'), other.split('/'));
    one.zip(other).take_while(|(one, other)| one == other).count()
}
