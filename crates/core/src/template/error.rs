//! What can be wrong with a template or its values.

use crate::{
    problem::Problem,
    secrets::{SecretRefError, Secrets},
};

/// A fault and its place in the template.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{fault}")]
pub struct TemplateError {
    /// What is wrong.
    pub fault: TemplateFault,
    /// Line in the template, from 1, when known.
    pub line: Option<u32>,
    /// Column in that line, in characters, from 1, when known.
    pub column: Option<u32>,
    /// The partial in which it happened, when not the template itself.
    pub partial: Option<String>,
}

/// What is wrong with a template or its values. Texts never contain a variable's value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateFault {
    /// The template does not follow its language.
    #[error("{message}")]
    Syntax {
        /// What the parser said.
        message: String,
    },
    /// A Handlebars template does not follow its language.
    #[error("{message}")]
    TagSyntax {
        /// What is wrong with the tag.
        message: String,
    },
    /// The source is longer than the limit.
    #[error("the template has {bytes} bytes; the limit is {limit}")]
    TooLarge {
        /// Its size, without what does not count.
        bytes: usize,
        /// The limit.
        limit: usize,
        /// What can be done about it.
        hint: &'static str,
    },
    /// One expression has too many operators, filters, attributes or calls, or one `if` too many branches.
    #[error("{what} is too complex: more than {limit} {unit}")]
    TooComplex {
        /// What: `this expression`, `this if`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// Of what: `operators`, `branches`.
        unit: &'static str,
    },
    /// Blocks or brackets are nested too deep.
    #[error("nested deeper than {limit} levels")]
    NestingTooDeep {
        /// The limit.
        limit: usize,
    },
    /// A filter, function, test or method that does not exist or is not allowed.
    #[error("`{name}` is not available as a {what}")]
    Unavailable {
        /// `filter`, `function`, `test`, `method`, `helper`.
        what: &'static str,
        /// Its name.
        name: String,
        /// An available one that is spelt alike.
        nearest: Option<String>,
    },
    /// An include of something that is not declared.
    #[error("`{name}` is not a declared dependency")]
    IncludeNotDeclared {
        /// What was to be included.
        name: String,
    },
    /// An include whose name is computed.
    #[error("the name of an include must be written out, it cannot be computed")]
    DynamicInclude,
    /// A Handlebars partial that the prompt does not have.
    #[error("there is no partial `{name}`")]
    PartialNotDeclared {
        /// What was to be included.
        name: String,
    },
    /// A Handlebars partial whose name is computed.
    #[error("the name of a partial must be written out, it cannot be computed")]
    DynamicPartial,
    /// A secret whose reference is computed, or with other arguments than a reference.
    #[error("`secret` takes one reference, written out in quotes")]
    DynamicSecret,
    /// A secret whose reference is none.
    #[error("{error}")]
    SecretReference {
        /// What is wrong with it.
        error: SecretRefError,
    },
    /// A secret that the side that renders did not look up.
    #[error("the secret `{reference}` was not looked up")]
    SecretMissing {
        /// Its reference.
        reference: String,
    },
    /// Partials that include each other.
    #[error("includes form a cycle: {}", path.join(" → "))]
    PartialCycle {
        /// The names along the cycle.
        path: Vec<String>,
    },
    /// Partials that expand too often.
    #[error("partials would be expanded more than {limit} times")]
    PartialExpansion {
        /// The limit.
        limit: usize,
    },
    /// A template written in the other language.
    #[error("this looks like {looks_like}, but the prompt's engine is {engine}")]
    WrongEngine {
        /// The language it looks like.
        looks_like: &'static str,
        /// The engine of the document.
        engine: &'static str,
    },
    /// A variable the caller did not pass.
    #[error("the variable `{path}` is missing")]
    MissingVariable {
        /// The variable, with its path.
        path: String,
        /// A passed or declared name that is spelt alike.
        nearest: Option<String>,
    },
    /// An attribute of something that has no attributes, or any other use of an undefined value.
    #[error("{message}")]
    Undefined {
        /// What was undefined.
        message: String,
    },
    /// An operation that the types or values at hand do not allow.
    #[error("{message}")]
    Operation {
        /// What failed, without values.
        message: String,
    },
    /// An argument beyond what the function accepts.
    #[error("{name}: {message}")]
    ArgumentOutOfRange {
        /// The filter or function.
        name: String,
        /// What is allowed.
        message: String,
    },
    /// `range()` of too many items.
    #[error("range() may have at most {limit} items")]
    RangeTooLarge {
        /// The limit.
        limit: usize,
    },
    /// Macros, includes or recursive loops deeper than the limit.
    #[error("recursion deeper than {limit} levels")]
    Recursion {
        /// The limit.
        limit: usize,
    },
    /// The render took too many steps, built too much, or wrote too much.
    #[error("the render exceeds its limit of {limit} {unit}")]
    RenderLimit {
        /// The limit.
        limit: u64,
        /// Of what: `steps`, `bytes of output`, `bytes of memory`.
        unit: &'static str,
    },
}

impl TemplateError {
    /// A source that is too large, without a place.
    pub(super) fn too_large(bytes: usize, limit: usize, hint: &'static str) -> Self {
        let fault = TemplateFault::TooLarge { bytes, limit, hint };
        Self { fault, line: None, column: None, partial: None }
    }

    /// The same error, certain not to quote a secret: what an operation says about its operands is the engine's.
    pub(super) fn covered(mut self, secrets: &Secrets) -> Self {
        let (TemplateFault::Syntax { message: words }
        | TemplateFault::Undefined { message: words }
        | TemplateFault::Operation { message: words }
        | TemplateFault::ArgumentOutOfRange { message: words, .. }
        | TemplateFault::MissingVariable { path: words, .. }
        | TemplateFault::Unavailable { name: words, .. }) = &mut self.fault
        else {
            return self;
        };
        if let Some(covered) = secrets.cover(words) {
            *words = covered;
        }
        self
    }

    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self.fault {
            TemplateFault::Syntax { .. } | TemplateFault::TagSyntax { .. } => "template_syntax",
            TemplateFault::TooLarge { .. } => "template_too_large",
            TemplateFault::TooComplex { .. } => "expression_too_complex",
            TemplateFault::NestingTooDeep { .. } => "nesting_limit",
            TemplateFault::Unavailable { what: "filter", .. } => "forbidden_filter",
            TemplateFault::Unavailable { what: "helper", .. } => "unknown_helper",
            TemplateFault::Unavailable { .. } => "unknown_function",
            TemplateFault::IncludeNotDeclared { .. } => "include_not_declared",
            TemplateFault::DynamicInclude => "dynamic_include_forbidden",
            TemplateFault::DynamicSecret => "dynamic_secret_forbidden",
            TemplateFault::SecretReference { .. } => SecretRefError::CODE,
            TemplateFault::SecretMissing { .. } => "secret_unavailable",
            TemplateFault::PartialNotDeclared { .. } => "partial_not_declared",
            TemplateFault::DynamicPartial => "dynamic_partial_forbidden",
            TemplateFault::PartialCycle { .. } => "partial_cycle",
            TemplateFault::PartialExpansion { .. } => "partial_expansion_limit",
            TemplateFault::WrongEngine { .. } => "wrong_engine",
            TemplateFault::MissingVariable { .. } => "missing_variable",
            TemplateFault::Undefined { .. } => "template_undefined",
            TemplateFault::Operation { .. } => "template_operation",
            TemplateFault::ArgumentOutOfRange { .. } => "argument_out_of_range",
            TemplateFault::RangeTooLarge { .. } => "range_too_large",
            TemplateFault::Recursion { .. } => "recursion_limit",
            TemplateFault::RenderLimit { .. } => "render_limit",
        }
    }
}

impl From<&TemplateError> for Problem {
    fn from(error: &TemplateError) -> Self {
        let mut problem = Problem::new(error.code(), error.to_string());
        problem.line = error.line;
        problem.column = error.column;
        problem.hint = match &error.fault {
            TemplateFault::MissingVariable { nearest: Some(name), .. }
            | TemplateFault::Unavailable { nearest: Some(name), .. } => {
                Some(format!("did you mean `{name}`?"))
            }
            TemplateFault::TooLarge { hint, .. } => Some((*hint).into()),
            TemplateFault::Syntax { .. } => {
                Some("if this text is meant literally, wrap it in {% raw %} … {% endraw %}".into())
            }
            TemplateFault::TagSyntax { .. } => {
                let raw =
                    "if this text is meant literally, write `\\{{` or wrap it in {{{{raw}}}} … {{{{/raw}}}}";
                Some(raw.into())
            }
            TemplateFault::PartialNotDeclared { name } => {
                Some(format!("add `{name}` under `partials:` or `dependencies:` of this prompt"))
            }
            TemplateFault::IncludeNotDeclared { name } => {
                Some(format!("list `{name}` under `dependencies:` of this prompt"))
            }
            TemplateFault::DynamicSecret => Some("for example `secret(\"payments/openai#key\")`".into()),
            TemplateFault::WrongEngine { looks_like, .. } => {
                Some(format!("set `engine: {}` in the file", looks_like.to_ascii_lowercase()))
            }
            _ => None,
        };
        problem
    }
}
