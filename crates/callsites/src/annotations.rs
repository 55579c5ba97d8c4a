//! What is known of a value by its type.

use crate::meaning::{Meaning, Source};

impl<'t> Source<'t> {
    /// What has a type like `PromptManager`, `Optional[PromptManager]`, `&Arc<PromptSync>`.
    pub(crate) fn of_type(&self, annotation: &'t str, at: usize, steps: u32) -> Meaning<'t> {
        let named = |path: &'t str| {
            let mut parts = path.split(['.', ':']).map(str::trim).filter(|part| !part.is_empty());
            let root = self.named(parts.next()?, at, steps.checked_sub(1)?);
            Some(parts.fold(root, |of, name| self.member(of, name)))
        };
        let is_type = |path| matches!(named(path), Some(Meaning::Type | Meaning::Class));
        let is_client = annotation.split('|').filter_map(unwrapped).any(is_type);
        if is_client { Meaning::Client } else { Meaning::Unknown }
    }
}

/// The type in wrappers that leave it usable as it is; not one in a list or mapping.
fn unwrapped(annotation: &str) -> Option<&str> {
    const WRAPPERS: [&str; 14] = [
        "Annotated",
        "Arc",
        "Awaitable",
        "Box",
        "ClassVar",
        "Final",
        "NonNullable",
        "Optional",
        "Partial",
        "Promise",
        "Rc",
        "Readonly",
        "Required",
        "Option",
    ];
    let mut inner = annotation;
    for _ in 0..8 {
        inner = inner.trim().trim_start_matches([':', '&', '*']).trim_matches(['"', '\'', ' ']);
        if let Some(rest) = inner.strip_prefix("mut ").or_else(|| inner.strip_prefix("readonly ")) {
            inner = rest;
            continue;
        }
        // A lifetime: its quote is gone already.
        if let Some((head, rest)) = inner.split_once(' ')
            && head.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            inner = rest;
            continue;
        }
        let Some(open) = inner.find(['[', '<']) else { return Some(inner).filter(|path| !path.is_empty()) };
        let wrapper = inner[..open].rsplit(['.', ':']).next()?.trim();
        if !WRAPPERS.contains(&wrapper) {
            return None;
        }
        inner = inner[open + 1..].trim_end_matches([']', '>']).split(',').next()?;
    }
    None
}
