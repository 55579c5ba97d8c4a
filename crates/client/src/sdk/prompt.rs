//! A prompt that is ready to render.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use promptsync_api::splits::Drawn;
use promptsync_core::{
    audit::Revision,
    digest::Digest,
    documents::Document,
    interface::{Interface, interface},
    limits::Limits,
    names::{AliasName, PromptName},
    render::{CompiledDocument, RenderError, RenderInput, RenderRequest, Rendered},
    secrets::{SecretRef, Secrets},
    values::Values,
    versions::VersionNumber,
};
use serde_json::{Map, Value};

use super::{
    Source,
    followed::Followed,
    held::{Held, Slot},
};

/// How long a prompt that was got counts as what asking again would give: its age and source are no older.
const AGAIN: Duration = Duration::from_secs(1);

/// A version of a prompt, chosen for a caller and ready to render. It stays what it is while others are published.
#[derive(Clone, Debug)]
pub struct Prompt {
    pub(super) slot: Arc<Slot>,
    pub(super) compiled: Arc<CompiledDocument>,
    pub(super) limits: Arc<Limits>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) model: Option<String>,
    pub(super) served: Served,
    pub(super) got: Got,
}

/// When a prompt was got, and what that rests on.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) at: Instant,
    pub(super) rests: Rests,
}

/// What has to be the same for asking again to give the same.
#[derive(Clone, Debug)]
pub(super) enum Rests {
    /// What an alias serves.
    Alias(Arc<Followed>, Weak<Held>),
    /// Nothing that changes at once.
    Itself,
    /// It stands in for something that may come at any moment.
    Absence,
}

/// Where a prompt comes from, and how sure that is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Served {
    pub(super) source: Source,
    pub(super) age: Duration,
    pub(super) stale: bool,
    pub(super) revision: Option<Revision>,
    pub(super) drawn: Option<Drawn>,
}

impl Served {
    /// By a prompt file of this machine, which may be behind what was published.
    pub(super) fn by_folder() -> Self {
        Self { source: Source::Folder, age: Duration::ZERO, stale: true, revision: None, drawn: None }
    }
}

impl Prompt {
    /// Its name.
    pub fn name(&self) -> &PromptName {
        &self.slot.prompt
    }

    /// Its version; a file of this machine has none.
    pub fn version(&self) -> Option<&VersionNumber> {
        self.slot.version.as_ref()
    }

    /// The alias that led there, when one did.
    pub fn alias(&self) -> Option<&AliasName> {
        self.slot.alias.as_ref()
    }

    /// The digest of its content.
    pub fn digest(&self) -> &Digest {
        &self.slot.content.digest
    }

    /// Its content.
    pub fn document(&self) -> &Document {
        self.compiled.document()
    }

    /// The workspace's revision it was read at; a file of this machine has none.
    pub fn revision(&self) -> Option<Revision> {
        self.served.revision
    }

    /// What callers depend on.
    pub fn interface(&self) -> Interface {
        interface(self.compiled.document(), &self.compiled)
    }

    /// The draw, where the alias divides the prompt's traffic.
    pub fn drawn(&self) -> Option<&Drawn> {
        self.served.drawn.as_ref()
    }

    /// Where it comes from.
    pub fn source(&self) -> Source {
        self.served.source
    }

    /// How long ago it was known to be what the reference means.
    pub fn age(&self) -> Duration {
        self.served.age
    }

    /// Whether it may have been replaced without this program knowing: the server is away, or was never there.
    pub fn is_stale(&self) -> bool {
        self.served.stale
    }

    /// Fills it with values. Masks stand in place of secrets.
    ///
    /// # Errors
    /// When a value is missing or wrong, or the template fails. An error carries no value.
    pub fn render(&self, variables: &Map<String, Value>) -> Result<Rendered, RenderError> {
        self.render_with(variables, &Secrets::masked())
    }

    /// The same with the values of secrets, which this program looked up: see [`Prompt::secrets`].
    ///
    /// # Errors
    /// When a value is missing or wrong, or the template fails. An error carries no value.
    pub fn render_with(
        &self,
        variables: &Map<String, Value>,
        secrets: &Secrets,
    ) -> Result<Rendered, RenderError> {
        self.render_values(variables.into(), secrets)
    }

    /// The same with values that are kept in another form than JSON.
    ///
    /// # Errors
    /// When a value is missing or wrong, or the template fails. An error carries no value.
    pub fn render_values(&self, variables: Values<'_>, secrets: &Secrets) -> Result<Rendered, RenderError> {
        self.compiled.render_input(&self.input(variables), secrets, &self.limits)
    }

    /// Everything that is wrong with values that are kept in another form.
    pub fn check_values(&self, variables: Values<'_>) -> Vec<RenderError> {
        self.compiled.check_input(&self.input(variables), &self.limits)
    }

    fn input<'a>(&'a self, variables: Values<'a>) -> RenderInput<'a> {
        RenderInput { variables, tags: &self.tags, model: self.model.as_deref() }
    }

    /// Everything that is wrong with a caller's values; nothing when a render would start.
    pub fn check(&self, variables: &Map<String, Value>) -> Vec<RenderError> {
        self.check_values(variables.into())
    }

    /// The secrets that a render for these tags and this model asks for.
    ///
    /// # Errors
    /// When no content can be chosen.
    pub fn secrets(&self) -> Result<&[SecretRef], RenderError> {
        self.compiled.secrets_of(&self.request(&Map::new()))
    }

    /// Whether asking again at this moment would give the same, so that it can be used again instead.
    pub(super) fn is_still_so(&self) -> bool {
        let same = match &self.got.rests {
            Rests::Alias(followed, held) => followed.serves(held),
            Rests::Itself => true,
            Rests::Absence => false,
        };
        same && self.got.at.elapsed() < AGAIN
    }

    fn request(&self, variables: &Map<String, Value>) -> RenderRequest {
        RenderRequest { variables: variables.clone(), tags: self.tags.clone(), model: self.model.clone() }
    }
}
