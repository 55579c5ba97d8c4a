//! Which modules a TypeScript or JavaScript source imports, read from its text alone.

/// The longest module that is looked for, in bytes.
const LONGEST: usize = 256;

/// Hands over every text that names a module beside or above the source. Most sources are never parsed: what is no
/// import is handed over too, and leads nowhere.
pub(crate) fn modules(source: &str, add: &mut dyn FnMut(String)) {
    for (start, quote) in source.match_indices(['"', '\'']) {
        let rest = &source[start + quote.len()..];
        if !rest.starts_with('.') {
            continue;
        }
        let end = rest.bytes().take(LONGEST).position(|byte| quote.as_bytes().contains(&byte));
        let Some(module) = end.and_then(|end| rest.get(..end)) else { continue };
        if matches!(module, "." | "..") || module.starts_with("./") || module.starts_with("../") {
            add(module.to_owned());
        }
    }
}
