//! What dependencies give to the templates that include them.

use crate::{
    documents::{Body, Document},
    names::PromptName,
    problem::Problem,
    template::Partials,
};

pub(super) fn collect<'a>(
    document: &Document,
    dependencies: impl IntoIterator<Item = (&'a PromptName, &'a Document)>,
) -> Result<Partials, Vec<Problem>> {
    let mut partials = Partials::new();
    let mut problems = Vec::new();
    for (name, dependency) in dependencies {
        let mut refuse = |code: &str, message: String| {
            problems.push(Problem::new(code, message).at_path(format!("dependencies.{name}")));
        };
        let Body::Text(text) = &dependency.body else {
            refuse("dependency_conflict", format!("`{name}` is a conversation; only a text can be included"));
            continue;
        };
        if dependency.engine != document.engine {
            let message = format!(
                "`{name}` is written in {:?} and cannot be included by a prompt in {:?}",
                dependency.engine, document.engine
            );
            refuse("dependency_conflict", message);
            continue;
        }
        let own = dependency.partials.iter().map(|(partial, text)| (partial.as_str(), text));
        for (piece, text) in std::iter::once((name.as_str(), text)).chain(own) {
            if partials.insert(piece.to_owned(), text.clone()).is_some_and(|other| other != *text) {
                let message = format!("two dependencies bring different pieces of text named `{piece}`");
                refuse("dependency_conflict", message);
            }
        }
    }
    if problems.is_empty() { Ok(partials) } else { Err(problems) }
}
