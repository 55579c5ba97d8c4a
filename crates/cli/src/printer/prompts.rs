//! Contents of prompts: texts as they are, conversations so that people can read them.

use promptsync_core::{
    documents::{Body, Message, Role},
    render::Rendered,
};

use super::Printer;
use crate::error::Result;

impl Printer {
    /// Prints a content that is not rendered.
    pub(crate) fn body(&self, body: &Body) -> Result {
        match body {
            Body::Text(text) => self.text(text),
            Body::Messages(messages) => {
                self.text(&conversation(messages.iter().map(|message| match message {
                    Message::Said(said) => (heading(said.role, said.name.as_deref()), said.content.as_str()),
                    Message::Placeholder(place) => (format!("[messages from `{}`]", place.placeholder), ""),
                })))
            }
        }
    }

    /// Prints a rendered prompt.
    pub(crate) fn rendered(&self, rendered: &Rendered) -> Result {
        match rendered {
            Rendered::Text(text) => self.text(text),
            Rendered::Messages(messages) => self.text(&conversation(
                messages.iter().map(|said| (heading(said.role, said.name.as_deref()), said.content.as_str())),
            )),
        }
    }
}

fn conversation<'a>(messages: impl Iterator<Item = (String, &'a str)>) -> String {
    let parts: Vec<String> = messages
        .map(|(heading, content)| match content {
            "" => format!("{heading}\n"),
            _ => format!("{heading}\n{}\n", content.trim_end_matches('\n')),
        })
        .collect();
    parts.join("\n")
}

fn heading(role: Role, name: Option<&str>) -> String {
    let role = match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::Function => "function",
    };
    name.map_or_else(|| format!("[{role}]"), |name| format!("[{role} {name}]"))
}
