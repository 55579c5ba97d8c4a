//! From a version to something that renders.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use promptsync_core::{
    digest::Digest,
    documents::Document,
    names::PromptName,
    problem::Problem,
    render::{CompiledDocument, includes},
};

use super::{
    SdkError, Source,
    core::Core,
    flights::Flight,
    held::Slot,
    memory::{Item, WEIGHT},
};

/// A compiled document, and where its text came from.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) compiled: Arc<CompiledDocument>,
    pub(super) source: Source,
}

type Texts = BTreeMap<Digest, Arc<str>>;

impl Core {
    /// Compiles a version, away from the caller; whoever asks for the same meanwhile waits for the same.
    pub(super) fn load(self: &Arc<Self>, slot: &Arc<Slot>) -> Flight<Loaded> {
        let (core, slot) = (Arc::clone(self), Arc::clone(slot));
        self.loads.join(&self.runtime, slot.key.to_string(), || async move {
            let (mut texts, mut source) = core.local_texts(&slot).await?;
            let missing: BTreeSet<Digest> =
                slot.digests().filter(|digest| !texts.contains_key(digest)).cloned().collect();
            if !missing.is_empty() {
                texts.extend(core.fetch(missing).await?);
                source = Source::Server;
            }
            let compiling = Arc::clone(&core);
            let compiled = core.away(move || compiling.compile(&slot, &texts)).await?;
            Ok(Loaded { compiled, source })
        })
    }

    /// The documents of a version that this machine has, and the farthest place one came from.
    async fn local_texts(self: &Arc<Self>, slot: &Arc<Slot>) -> Result<(Texts, Source), SdkError> {
        let (core, slot) = (Arc::clone(self), Arc::clone(slot));
        self.away(move || {
            let (mut texts, mut farthest) = (Texts::new(), Source::Memory);
            for digest in slot.digests() {
                if let Some((text, source)) = core.local_text(digest) {
                    farthest = farthest.max(source);
                    texts.insert(digest.clone(), text);
                }
            }
            Ok((texts, farthest))
        })
        .await
    }

    fn compile(&self, slot: &Slot, texts: &Texts) -> Result<Arc<CompiledDocument>, SdkError> {
        let unusable = |problems: Vec<Problem>| SdkError::Unusable { problems: problems.into() };
        let read = |digest: &Digest| -> Result<Document, SdkError> {
            let text = texts.get(digest).map_or("", |text| text);
            serde_json::from_str(text).map_err(|error| {
                // What the document says stays out of the words.
                let place = format!("line {}, column {}", error.line(), error.column());
                unusable(vec![Problem::new("unreadable", format!("the document cannot be read at {place}"))])
            })
        };
        let document = read(&slot.content.digest)?;
        let pieces = slot.content.includes.iter();
        let pieces = pieces.map(|(name, digest)| Ok((name.clone(), read(digest)?)));
        let pieces = pieces.collect::<Result<BTreeMap<PromptName, Document>, SdkError>>()?;
        let partials = includes(&document, &pieces).map_err(unusable)?;
        let bytes: usize = texts.values().map(|text| text.len()).sum();
        let compiled = CompiledDocument::new(document, &partials, &self.limits).map_err(unusable)?;
        let compiled = Arc::new(compiled);
        self.memory.put(slot.key.clone(), Item::Compiled(Arc::clone(&compiled)), bytes * WEIGHT);
        Ok(compiled)
    }
}
