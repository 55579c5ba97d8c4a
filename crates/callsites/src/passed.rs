//! What a call passes: the prompt it names, and the variables it fills it with.

use tree_sitter::Node;

use crate::{
    Filled, Place, Variable,
    grammar::{Argument, View},
    meaning::{Meaning, Source},
    vocabulary,
};

/// The variables of one call that are listed; a mapping with more is as good as one made by a program.
const VARIABLES: usize = 256;

/// A question for a prompt, as far as it is literal.
pub(crate) struct Question<'t> {
    /// The prompt's name; none when it is computed.
    pub(crate) prompt: Option<&'t str>,
    /// The alias or version that is written with it.
    pub(crate) reference: Option<&'t str>,
    /// Where the prompt is named.
    pub(crate) at: Node<'t>,
    /// The arguments after those.
    rest: Vec<Argument<'t>>,
}

impl<'t> Question<'t> {
    /// Reads the arguments of a call that asks a client.
    pub(crate) fn of(source: &Source<'t>, call: Node<'t>) -> Option<Self> {
        let mut rest = source.grammar.arguments(call, source.text);
        let is_prompt = |argument: &Argument<'_>| argument.name.is_none_or(vocabulary::is_name);
        let first = rest.iter().position(is_prompt)?;
        let named = rest.remove(first);
        let written = named.value.and_then(|value| source.literal(value));
        let (prompt, mut reference) = match written.map(|text| text.split_once('@').unwrap_or((text, ""))) {
            Some((prompt, "")) => (Some(prompt), None),
            Some((prompt, reference)) => (Some(prompt), Some(reference)),
            None => (None, None),
        };
        if let Some(second) = rest.first()
            && second.name.is_none()
            && let Some(text) = second.value.and_then(|value| source.literal(value))
        {
            reference = reference.or(Some(text));
            rest.remove(0);
        }
        for argument in &rest {
            if argument.name.is_some_and(vocabulary::is_reference) {
                reference = reference.or(argument.value.and_then(|value| source.literal(value)));
            }
        }
        let mut question = Self { prompt, reference, at: named.at, rest };
        question.reference = question.reference.or_else(|| question.option(source));
        Some(question)
    }

    /// The reference in `{ alias: "stable" }`.
    fn option(&self, source: &Source<'t>) -> Option<&'t str> {
        let options = self.rest.first().filter(|argument| argument.name.is_none())?.value?;
        let Meaning::Mapping(options) = source.meaning(options) else { return None };
        let entries = source.grammar.entries(options, source.text).names;
        let value = entries.into_iter().find(|(name, ..)| vocabulary::is_reference(name))?.2?;
        source.literal(value)
    }

    /// What a client's own `render("name", …)` passes.
    pub(crate) fn filled(mut self, source: &Source<'t>, at: Node<'t>) -> Filled {
        self.rest.retain(|argument| !argument.name.is_some_and(vocabulary::is_option));
        filled(source, &self.rest, at)
    }
}

/// What the arguments of `format` or `render` pass.
pub(crate) fn filled<'t>(source: &Source<'t>, arguments: &[Argument<'t>], at: Node<'t>) -> Filled {
    let mut filled = Filled { variables: Vec::new(), open: false, at: Place::of(at, source.text) };
    let mut is_first = true;
    for argument in arguments {
        let mapping = argument.value.and_then(|value| match source.meaning(value) {
            Meaning::Mapping(mapping) => Some(mapping),
            _ => None,
        });
        match (argument.name, argument.value) {
            (Some("variables"), Some(_)) if mapping.is_some() => filled.extend(source, mapping),
            (Some(name), _) => filled.push(name, Place::of(argument.at, source.text)),
            // After the variables come options: secrets, strictness.
            (None, Some(_)) if is_first => filled.extend(source, mapping),
            (None, Some(_)) => {}
            (None, None) => filled.open = true,
        }
        is_first &= argument.name.is_some();
    }
    filled
}

impl Filled {
    fn extend<'t>(&mut self, source: &Source<'t>, mapping: Option<Node<'t>>) {
        let Some(mapping) = mapping else {
            self.open = true;
            return;
        };
        // Many calls may pass one mapping; it is read once.
        let mut mappings = source.mappings.borrow_mut();
        let (variables, open) = mappings.entry(mapping.id()).or_insert_with(|| listed(source, mapping));
        self.open |= *open;
        for variable in variables {
            self.push(&variable.name, variable.at);
        }
    }

    fn push(&mut self, name: &str, at: Place) {
        if self.variables.len() == VARIABLES {
            self.open = true;
        } else {
            self.variables.push(Variable { name: name.to_owned(), at });
        }
    }
}

fn listed<'t>(source: &Source<'t>, mapping: Node<'t>) -> (Vec<Variable>, bool) {
    let entries = source.grammar.entries(mapping, source.text);
    let open = entries.open || entries.names.len() > VARIABLES;
    let variable = |(name, node, _): (&str, Node<'_>, _)| Variable {
        name: name.to_owned(),
        at: Place::of(node, source.text),
    };
    (entries.names.into_iter().take(VARIABLES).map(variable).collect(), open)
}

impl<'t> Source<'t> {
    fn literal(&self, node: Node<'t>) -> Option<&'t str> {
        match self.meaning(node) {
            Meaning::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What a call is made on, what it is called, and where that is written.
    pub(crate) fn method(&self, function: Node<'t>) -> Option<(Meaning<'t>, &'t str, Node<'t>)> {
        match self.grammar.view(function, self.text) {
            View::Member { of, name, at } => Some((self.meaning(of), name, at)),
            View::Name(_) => match self.meaning(function) {
                Meaning::Function(name) => Some((Meaning::Package, name, function)),
                _ => None,
            },
            _ => None,
        }
    }
}
