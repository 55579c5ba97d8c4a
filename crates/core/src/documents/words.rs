//! The texts of a document, for the search.

use super::{Body, Document, Message};

impl Document {
    /// Every text a model may get, one a line: bodies, variants, and what single models have of their own.
    pub fn words(&self) -> String {
        let variants = self.variants.iter().map(|variant| &variant.body);
        let bodies = std::iter::once(&self.body).chain(variants).chain(self.models.values());
        let mut words = String::new();
        for body in bodies {
            let texts: Vec<&str> = match body {
                Body::Text(text) => vec![text],
                Body::Messages(messages) => messages
                    .iter()
                    .filter_map(|message| match message {
                        Message::Said(said) => Some(said.content.as_str()),
                        Message::Placeholder(_) => None,
                    })
                    .collect(),
            };
            for text in texts {
                words.push_str(text);
                words.push('\n');
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_has_its_words() {
        let document: Document = serde_json::from_value(serde_json::json!({
            "kind": "chat", "engine": "jinja",
            "body": [{ "role": "system", "content": "base" }, { "placeholder": "history" }],
            "variants": [{ "tags": { "locale": "de" }, "body": "variant" }],
            "models": { "o3": "model" },
        }))
        .unwrap();
        assert_eq!(document.words(), "base\nvariant\nmodel\n");
    }
}
