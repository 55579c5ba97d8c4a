//! Prompts.

use std::collections::BTreeMap;

use promptsync_api::prompts::{PromptSummary, ResolvedPrompt};

use crate::{Client, ClientError};

/// What a reader asks of a prompt beside its name and version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Tags that choose a variant.
    pub tags: BTreeMap<String, String>,
    /// The model, when the prompt has content of its own for it.
    pub model: Option<String>,
    /// Who it is for, where the alias divides its traffic; without it each request draws anew.
    pub unit: Option<String>,
    /// Whether the whole document is wanted.
    pub document: bool,
}

impl Client {
    /// Every prompt of a project.
    pub async fn prompts(&self, project: &str) -> Result<Vec<PromptSummary>, ClientError> {
        self.all(&["api", "projects", project, "prompts"], &[]).await
    }

    /// Prompts that fit words and tags, best first.
    pub async fn search(
        &self,
        project: &str,
        words: &str,
        tags: &[String],
    ) -> Result<Vec<PromptSummary>, ClientError> {
        let mut query = vec![("q", words)];
        query.extend(tags.iter().map(|tag| ("tag", tag.as_str())));
        self.all(&["api", "projects", project, "search"], &query).await
    }

    /// The version a reference names, with the content chosen by tags and model.
    pub async fn resolve(
        &self,
        project: &str,
        prompt: &str,
        reference: &str,
        wish: &Wish,
    ) -> Result<ResolvedPrompt, ClientError> {
        let mut request = self.get(&["api", "prompts", prompt, reference]).query(&[("project", project)]);
        for (name, value) in &wish.tags {
            request = request.query(&[("tag", format!("{name}:{value}"))]);
        }
        if let Some(model) = &wish.model {
            request = request.query(&[("model", model)]);
        }
        if let Some(unit) = &wish.unit {
            request = request.query(&[("unit", unit)]);
        }
        if wish.document {
            request = request.query(&[("document", "true")]);
        }
        self.answer(request).await
    }
}
