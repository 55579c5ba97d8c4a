//! The documentation names the limits that hold.

use promptsync_core::limits::Limits;

/// The number in the row of `page` that begins with `what`.
fn documented(page: &str, what: &str) -> Option<u64> {
    let row = page.lines().find(|line| line.starts_with(&format!("| {what}")))?;
    row.split('|').nth(2)?.trim().replace(',', "").parse().ok()
}

#[test]
fn the_documented_limits_are_those_of_the_code() {
    let limits = Limits::default();
    let templates = [
        ("bytes of one template", limits.template_bytes),
        ("bytes of a template and its", limits.file_bytes),
        ("open blocks", limits.nesting),
        ("operators", limits.operators),
        ("`elif`", limits.branches),
        ("macros, pieces", limits.recursion),
        ("pieces one Handlebars", limits.partial_expansions),
        ("items of one `range()`", limits.range),
        ("steps of one render", usize::try_from(limits.fuel).unwrap()),
        ("bytes of one rendered", limits.output_bytes),
        ("bytes one Jinja render", limits.intermediate_bytes),
        ("variables of one render", limits.variables),
        ("bytes of all variables", limits.variables_bytes),
        ("variants of one prompt", limits.variants),
        ("tags of one variant", limits.tags),
        ("bytes of one prompt", limits.document_bytes),
    ];
    let handlebars = [
        ("bytes of a template", limits.template_bytes),
        ("open blocks", limits.nesting),
        ("`else if`", limits.branches),
        ("arguments", limits.operators),
        ("partials inside", limits.recursion),
        ("partials a template", limits.partial_expansions),
        ("steps of a render", usize::try_from(limits.fuel).unwrap()),
        ("bytes of output", limits.output_bytes),
    ];
    let pages = [
        (include_str!("../../../docs/reference/templates.md"), templates.as_slice()),
        (include_str!("../../../docs/reference/handlebars.md"), handlebars.as_slice()),
    ];
    for (page, rows) in pages {
        for (what, limit) in rows {
            assert_eq!(documented(page, what), Some(*limit as u64), "{what}");
        }
    }
}
