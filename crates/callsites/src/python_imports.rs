//! Which modules a Python source imports, read from its text alone.

/// The module that an item of a module may be.
pub(crate) fn submodule(module: &str, item: &str) -> String {
    let dot = if module.ends_with('.') { "" } else { "." };
    format!("{module}{dot}{item}")
}

/// Hands over every module that a source may import. Most sources are never parsed: what only looks like an import is
/// handed over too, and leads nowhere.
pub(crate) fn modules(source: &str, add: &mut dyn FnMut(String)) {
    // The module whose names go on in the next line, and whether they do so until a parenthesis ends them.
    let mut open: Option<(&str, bool)> = None;
    for line in source.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (from, is_list, items) = match (open.take(), line.strip_prefix("from ")) {
            (Some((module, is_list)), _) => (Some(module), is_list, line),
            (None, Some(rest)) => match rest.split_once(" import") {
                Some((module, items)) => (Some(module.trim()), items.contains('('), items),
                None => continue,
            },
            (None, None) => match line.strip_prefix("import ") {
                Some(items) => (None, false, items),
                None => continue,
            },
        };
        let is_listed = |end: char| !end.is_whitespace() && !matches!(end, '(' | ')' | ',' | '\\');
        for item in items.split(',').map(|item| item.trim_matches(|end| !is_listed(end))) {
            let Some(item) = item.split_whitespace().next() else { continue };
            if let Some(module) = from {
                add(submodule(module, item));
            } else {
                add(item.to_owned());
                add(item.split('.').next().unwrap_or_default().to_owned());
            }
        }
        if let Some(module) = from {
            add(module.to_owned());
            let is_list = is_list && !items.contains(')');
            open = (is_list || items.ends_with('\\')).then_some((module, is_list));
        }
    }
}
