//! Compiling every template of a document.

use std::collections::BTreeSet;

use indexmap::{IndexMap, IndexSet};

use super::{CompiledDocument, RenderError};
use crate::{
    documents::{Body, Document, Engine, Message, Placeholder, Role, ambiguous},
    limits::Limits,
    names::PromptName,
    problem::Problem,
    secrets::{SecretRef, Secrets},
    template::{Included, Partials, Template, TemplateError, TemplateFault},
    values::Values,
};

/// A body whose templates are compiled.
#[derive(Debug)]
pub(crate) struct CompiledBody {
    pub(super) content: CompiledContent,
    /// What the body reads, each name once, in order of first use.
    pub(super) needs: Vec<Need>,
    /// The secrets the body asks for, each once, in order of first use.
    pub(super) secrets: Vec<SecretRef>,
}

/// One text, or messages.
#[derive(Debug)]
pub(super) enum CompiledContent {
    Text(CompiledText),
    Messages(Vec<CompiledMessage>),
}

/// A variable or placeholder that a body reads.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) name: String,
    /// The field and line of the first use by a template; none for a placeholder.
    pub(super) used_at: Option<(String, u32)>,
    /// Whether every use copes with its absence.
    pub(super) optional: bool,
    pub(super) is_placeholder: bool,
}

/// A compiled entry of a conversation.
#[derive(Debug)]
pub(super) enum CompiledMessage {
    Said { role: Role, name: Option<String>, text: CompiledText },
    Placeholder(Placeholder),
}

/// A compiled template and the field it stands in.
#[derive(Debug)]
pub(super) struct CompiledText {
    path: String,
    template: Template,
}

impl CompiledText {
    pub(super) fn render(
        &self,
        values: &Values<'_>,
        secrets: &Secrets,
        limits: &Limits,
    ) -> Result<String, RenderError> {
        self.template
            .render_values(values, secrets, limits)
            .map_err(|error| RenderError::Template { path: self.path.clone(), error: error.into() })
    }
}

impl CompiledBody {
    fn new(content: CompiledContent) -> Self {
        let mut body = Self { content, needs: Vec::new(), secrets: Vec::new() };
        let mut needs: IndexMap<String, Need> = IndexMap::new();
        for text in body.texts() {
            for usage in text.template.uses() {
                let need = needs.entry(usage.name.clone()).or_insert_with(|| Need {
                    name: usage.name.clone(),
                    used_at: Some((text.path.clone(), usage.line)),
                    optional: true,
                    is_placeholder: false,
                });
                need.optional &= usage.optional;
            }
        }
        for placeholder in body.placeholders() {
            let need = needs.entry(placeholder.placeholder.clone()).or_insert_with(|| Need {
                name: placeholder.placeholder.clone(),
                used_at: None,
                optional: true,
                is_placeholder: true,
            });
            need.is_placeholder = true;
            need.optional &= placeholder.optional;
        }
        let secrets: IndexSet<_> = body
            .texts()
            .iter()
            .flat_map(|text| text.template.secrets())
            .map(|one| one.reference.clone())
            .collect();
        body.secrets = secrets.into_iter().collect();
        body.needs = needs.into_values().collect();
        body
    }

    fn texts(&self) -> Vec<&CompiledText> {
        match &self.content {
            CompiledContent::Text(text) => vec![text],
            CompiledContent::Messages(messages) => messages
                .iter()
                .filter_map(|message| match message {
                    CompiledMessage::Said { text, .. } => Some(text),
                    CompiledMessage::Placeholder(_) => None,
                })
                .collect(),
        }
    }

    /// The placeholders of this body.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        let messages = match &self.content {
            CompiledContent::Text(_) => &[][..],
            CompiledContent::Messages(messages) => messages,
        };
        messages.iter().filter_map(|message| match message {
            CompiledMessage::Placeholder(placeholder) => Some(placeholder),
            CompiledMessage::Said { .. } => None,
        })
    }

    /// The roles of this body's messages.
    pub(crate) fn roles(&self) -> impl Iterator<Item = Role> {
        let messages = match &self.content {
            CompiledContent::Text(_) => &[][..],
            CompiledContent::Messages(messages) => messages,
        };
        messages.iter().filter_map(|message| match message {
            CompiledMessage::Said { role, .. } => Some(*role),
            CompiledMessage::Placeholder(_) => None,
        })
    }
}

pub(super) fn compile(
    document: Document,
    includes: &Partials,
    limits: &Limits,
) -> Result<CompiledDocument, Vec<Problem>> {
    let mut problems = Vec::new();
    let partials = partials(&document, includes, &mut problems);
    if document.variants.len() > limits.variants {
        let message = format!("{} variants; the limit is {}", document.variants.len(), limits.variants);
        return Err(vec![Problem::new("too_many_variants", message).at_path("variants")]);
    }
    variant_tags(&document, limits, &mut problems);
    let mut compiler = Compiler {
        document: &document,
        partials: &partials,
        limits,
        problems,
        broken_partials: BTreeSet::new(),
    };
    let base = compiler.body("", &document.body);
    let variants = (0..)
        .zip(&document.variants)
        .map(|(index, variant)| compiler.body(&format!("variants[{index}]."), &variant.body))
        .collect::<Vec<_>>();
    let models = document
        .models
        .iter()
        .map(|(model, body)| {
            compiler.body(&format!("models.{model}."), body).map(|body| (model.clone(), body))
        })
        .collect::<Vec<_>>();
    let problems = compiler.problems;
    if !problems.is_empty() {
        return Err(problems);
    }
    // Every body that does not compile left a problem.
    let (Some(base), Some(variants), Some(models)) =
        (base, variants.into_iter().collect(), models.into_iter().collect())
    else {
        return Err(problems);
    };
    let mut whole = CompiledDocument { document, base, variants, models, uses: Vec::new() };
    whole.uses =
        whole.bodies().flat_map(CompiledBody::texts).flat_map(|text| text.template.uses()).cloned().collect();
    Ok(whole)
}

struct Compiler<'a> {
    document: &'a Document,
    partials: &'a Partials,
    limits: &'a Limits,
    problems: Vec<Problem>,
    broken_partials: BTreeSet<String>,
}

impl Compiler<'_> {
    fn body(&mut self, prefix: &str, body: &Body) -> Option<CompiledBody> {
        match body {
            Body::Text(source) => {
                let text = self.text(format!("{prefix}content"), source)?;
                Some(CompiledBody::new(CompiledContent::Text(text)))
            }
            Body::Messages(messages) => {
                if messages.len() > self.limits.messages {
                    let limit = self.limits.messages;
                    let message = format!("{} messages; the limit is {limit}", messages.len());
                    self.problems.push(
                        Problem::new("too_many_messages", message).at_path(format!("{prefix}messages")),
                    );
                    return None;
                }
                let compiled: Vec<_> = (0..)
                    .zip(messages)
                    .map(|(index, message)| self.message(&format!("{prefix}messages[{index}]"), message))
                    .collect();
                let compiled = compiled.into_iter().collect::<Option<_>>()?;
                Some(CompiledBody::new(CompiledContent::Messages(compiled)))
            }
        }
    }

    fn message(&mut self, path: &str, message: &Message) -> Option<CompiledMessage> {
        match message {
            Message::Placeholder(placeholder) => Some(CompiledMessage::Placeholder(placeholder.clone())),
            Message::Said(said) => {
                let text = self.text(format!("{path}.content"), &said.content)?;
                Some(CompiledMessage::Said { role: said.role, name: said.name.clone(), text })
            }
        }
    }

    fn text(&mut self, path: String, source: &str) -> Option<CompiledText> {
        match Template::compile(self.document.engine, source, self.partials, self.limits) {
            Ok(template) => {
                self.undeclared(&template, &path);
                Some(CompiledText { path, template })
            }
            Err(error) => {
                self.report(&error, path);
                None
            }
        }
    }

    /// Refuses what this document includes without declaring it: that a dependency brings it along can change.
    fn undeclared(&mut self, template: &Template, path: &str) {
        for include in template.includes() {
            let Included { name, within, line, column } = include;
            if !is_of(self.document, include)
                || self.document.partials.contains_key(name)
                || self.document.dependencies.keys().any(|declared| declared.as_str() == name)
            {
                continue;
            }
            let fault = match self.document.engine {
                Engine::Jinja => TemplateFault::IncludeNotDeclared { name: name.clone() },
                Engine::Handlebars => TemplateFault::PartialNotDeclared { name: name.clone() },
            };
            let (line, column) = (Some(*line), Some(*column));
            let error = TemplateError { fault, line, column, partial: within.clone() };
            self.report(&error, path.to_owned());
        }
    }

    /// A broken partial is met by every body that includes it, and reported once.
    fn report(&mut self, error: &TemplateError, path: String) {
        let problem = Problem::from(error);
        self.problems.push(match &error.partial {
            Some(name) if !self.broken_partials.insert(name.clone()) => return,
            Some(name) if self.document.partials.contains_key(name) => {
                problem.at_path(format!("partials.{name}"))
            }
            Some(name) => {
                let message = format!("in the included `{name}`: {}", problem.message);
                Problem { message, line: None, column: None, ..problem }.at_path(path)
            }
            None => problem.at_path(path),
        });
    }
}

/// Whether an include stands in the document's own text, not in that of a dependency.
fn is_of(document: &Document, include: &Included) -> bool {
    include.within.as_ref().is_none_or(|within| document.partials.contains_key(within))
}

/// Advice about a document that compiles: dependencies that it never includes.
pub(super) fn warnings(compiled: &CompiledDocument) -> Vec<Problem> {
    let document = compiled.document();
    let included: BTreeSet<&str> = compiled
        .bodies()
        .flat_map(CompiledBody::texts)
        .flat_map(|text| text.template.includes())
        .filter(|include| is_of(document, include))
        .map(|include| include.name.as_str())
        .collect();
    let unused = document.dependencies.keys().filter(|name| !included.contains(name.as_str()));
    let advice = |name: &PromptName| {
        Problem::new("unused_dependency", format!("the dependency `{name}` is never included"))
            .at_path(format!("dependencies.{name}"))
            .hint("remove it from `dependencies:`, or include it")
    };
    unused.map(advice).collect()
}

/// Everything a template may include.
fn partials(document: &Document, includes: &Partials, problems: &mut Vec<Problem>) -> Partials {
    let mut partials = includes.clone();
    for name in document.dependencies.keys() {
        if !partials.contains_key(name.as_str()) {
            let message = format!("the dependency `{name}` was not found");
            problems
                .push(Problem::new("dependency_not_found", message).at_path(format!("dependencies.{name}")));
            // An empty piece in its place keeps the templates from complaining a second time.
            partials.insert(name.to_string(), String::new());
        }
    }
    for (name, text) in &document.partials {
        if includes.get(name).is_some_and(|other| other != text) {
            let message = format!("`{name}` is a partial of this prompt and a name among its dependencies");
            problems.push(
                Problem::new("name_exists", message)
                    .at_path(format!("partials.{name}"))
                    .hint("give the partial another name"),
            );
        }
        partials.insert(name.clone(), text.clone());
    }
    partials
}

/// Refuses variants with too many tags, and those between which some caller could not choose.
fn variant_tags(document: &Document, limits: &Limits, problems: &mut Vec<Problem>) {
    let before = problems.len();
    for (index, variant) in document.variants.iter().enumerate() {
        if variant.tags.len() > limits.tags {
            let message = format!("{} tags; the limit is {}", variant.tags.len(), limits.tags);
            let path = format!("variants[{index}].tags");
            problems.push(Problem::new("too_many_tags", message).at_path(path));
        }
    }
    if problems.len() == before
        && let Some((first, second)) = ambiguous(document)
    {
        let message =
            format!("variants[{first}] matches some of the same callers, and neither is more specific");
        let hint = "give one of them another tag, or add a variant with the tags of both";
        let path = format!("variants[{second}].tags");
        problems.push(Problem::new("ambiguous_variant", message).at_path(path).hint(hint));
    }
}
