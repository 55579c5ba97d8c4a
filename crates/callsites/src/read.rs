//! Finding the calls of a source.

use std::collections::HashMap;

use tree_sitter::Node;

use crate::{
    Call, LARGEST, LONGEST_LINE, Language, Place, Skipped,
    exports::{Exports, Links},
    grammar::View,
    meaning::{Meaning, Source},
    passed::{Question, filled},
    scopes::Scopes,
    trees, vocabulary,
};

/// The calls of one source that are listed. No person writes as many, and each has a list of variables.
const CALLS: usize = 4096;

/// What a source says somewhere when it imports PromptSync.
const IMPORTS: [&str; 2] = ["promptsync", "prompt_manager"];

/// Whether a source says somewhere that it has to do with PromptSync.
pub(crate) fn mentions(source: &str) -> bool {
    IMPORTS.iter().any(|name| source.contains(name))
}

/// The calls of a source in the order they are written, and what others get from it. A source that is broken is read as
/// far as it can be.
pub(crate) fn read(
    language: Language,
    source: &str,
    links: Links<'_>,
) -> Result<(Vec<Call>, Exports), Skipped> {
    if source.len() > LARGEST {
        return Err(Skipped::TooLarge);
    }
    if source.lines().any(|line| line.len() > LONGEST_LINE) {
        return Err(Skipped::Minified);
    }
    let trees = trees::parse(language, source);
    let grammar = language.grammar();
    let scopes = Scopes::of(grammar, &trees, source);
    let source = Source::new(grammar, source, scopes, links);
    let mut found = Calls::default();
    for node in trees.iter().flat_map(trees::nodes) {
        if let View::Call { function } = grammar.view(node, source.text) {
            found.look(&source, node, function);
        }
        if found.filled.len() + found.questions.len() >= CALLS {
            break;
        }
    }
    let exports = Exports::of(&source);
    Ok((found.finish(&source), exports))
}

#[derive(Default)]
struct Calls<'t> {
    filled: Vec<Call>,
    /// Every question, and what those ask whose answer is filled somewhere.
    questions: Vec<Node<'t>>,
    answered: HashMap<usize, Option<Call>>,
}

impl<'t> Calls<'t> {
    fn look(&mut self, source: &Source<'t>, call: Node<'t>, function: Node<'t>) {
        if source.is_question(call) {
            self.questions.push(call);
            return;
        }
        let Some((of, _, at)) = source.method(function).filter(|(_, name, _)| vocabulary::fills(name)) else {
            return;
        };
        match of {
            Meaning::Prompt(question) => {
                let asked = self.answered.entry(question.id());
                let asked = asked.or_insert_with(|| Question::of(source, question)?.call(source));
                let Some(bare) = asked.clone() else { return };
                let arguments = source.grammar.arguments(call, source.text);
                self.filled.push(Call { filled: Some(filled(source, &arguments, at)), ..bare });
            }
            Meaning::Client | Meaning::Package => {
                let Some(asked) = Question::of(source, call) else { return };
                let Some(bare) = asked.call(source) else { return };
                self.filled.push(Call { filled: Some(asked.filled(source, at)), ..bare });
            }
            _ => {}
        }
    }

    fn finish(mut self, source: &Source<'t>) -> Vec<Call> {
        let open = self.questions.iter().filter(|question| !self.answered.contains_key(&question.id()));
        let bare = open.filter_map(|question| Question::of(source, *question)?.call(source));
        self.filled.extend(bare);
        self.filled.sort_by_key(|call| (call.at, call.filled.as_ref().map(|filled| filled.at)));
        self.filled
    }
}

impl Question<'_> {
    fn call(&self, source: &Source<'_>) -> Option<Call> {
        Some(Call {
            prompt: self.prompt?.to_owned(),
            reference: self.reference.map(str::to_owned),
            at: Place::of(self.at, source.text),
            filled: None,
        })
    }
}
