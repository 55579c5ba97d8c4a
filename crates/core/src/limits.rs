//! The sizes beyond which input is refused.

/// Limits of documents, templates and rendering. Every surface uses [`Limits::default`] unless an operator
/// configured others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one template's source, raw text not counted. With it, and with all pieces that a template
    /// includes, the source may be as large as a file.
    pub template_bytes: usize,
    /// Bytes of one document in canonical form.
    pub document_bytes: usize,
    /// Variants of one document.
    pub variants: usize,
    /// Tags of one variant.
    pub tags: usize,
    /// Messages of one body; each is rendered by itself, with fuel of its own.
    pub messages: usize,
    /// Variables of one render.
    pub variables: usize,
    /// Bytes of all variables of one render together.
    pub variables_bytes: usize,
    /// Bytes of one rendered text.
    pub output_bytes: usize,
    /// Bytes one render may build on the way to its output.
    pub intermediate_bytes: usize,
    /// Instructions of one Jinja render, in minijinja's fuel units.
    pub fuel: u64,
    /// Blocks and brackets open at one place of a template.
    pub nesting: usize,
    /// Macros, includes and recursive loops active at one moment of a render.
    pub recursion: usize,
    /// Operators, filters, attributes and calls in one expression.
    pub operators: usize,
    /// `elif` (Handlebars: `else if`) branches of one `if`.
    pub branches: usize,
    /// Items of one `range()`.
    pub range: usize,
    /// Partials expanded by one Handlebars render.
    pub partial_expansions: usize,
    /// Bytes of one prompt file.
    pub file_bytes: usize,
    /// Nodes of one YAML document.
    pub yaml_nodes: usize,
    /// Depth of YAML and JSON.
    pub depth: usize,
    /// Files of one push.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            template_bytes: 64 << 10,
            document_bytes: 1 << 20,
            variants: 200,
            tags: 32,
            messages: 500,
            variables: 1_000,
            variables_bytes: 1 << 20,
            output_bytes: 2 << 20,
            intermediate_bytes: 16 << 20,
            fuel: 50_000,
            nesting: 32,
            recursion: 64,
            operators: 256,
            branches: 64,
            range: 10_000,
            partial_expansions: 10_000,
            file_bytes: 1 << 20,
            yaml_nodes: 20_000,
            depth: 64,
            files: 10_000,
        }
    }
}
