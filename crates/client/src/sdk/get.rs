//! Asking for a prompt.

use std::{
    collections::BTreeMap,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use promptsync_api::splits::Drawn;
use promptsync_core::{
    names::{NameError, PromptName},
    problem::Problem,
    references::{Reference, Selector},
    resolve::resolve,
};

use super::{
    Prompt, PromptSync, SdkError, Source,
    followed::Followed,
    held::{Held, Slot},
    load::Loaded,
    points::Question,
    prompt::{Got, Rests, Served},
};

/// How much older than its interval an answer may be before it counts as stale.
const SLACK: u32 = 3;

/// A question for a prompt: await it, or take what is in memory with [`Get::cached`].
#[derive(Clone, Debug)]
#[must_use = "nothing is asked before it is awaited"]
pub struct Get<'a> {
    sdk: &'a PromptSync,
    name: &'a str,
    reference: &'a str,
    tags: BTreeMap<String, String>,
    unit: Option<&'a str>,
    model: Option<&'a str>,
    deadline: Duration,
    folder: bool,
}

/// What is there without waiting, or what to wait for.
enum Now {
    Prompt(Box<Prompt>),
    /// A version that has to be loaded.
    Slot(Arc<Slot>, Served, Rests),
    /// An alias of which nothing is held.
    Alias(Arc<Followed>),
    /// A reference that no alias answers.
    Point,
}

impl<'a> Get<'a> {
    pub(super) fn new(sdk: &'a PromptSync, name: &'a str, reference: &'a str) -> Self {
        let settings = &sdk.core().settings;
        let (unit, deadline) = (settings.unit.as_deref(), settings.deadline);
        Self { sdk, name, reference, tags: BTreeMap::new(), unit, model: None, deadline, folder: true }
    }

    /// Tags that choose a variant.
    pub fn tags<K: Into<String>, V: Into<String>>(mut self, tags: impl IntoIterator<Item = (K, V)>) -> Self {
        self.tags.extend(tags.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// One more tag.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(name.into(), value.into());
        self
    }

    /// Who asks: where the alias divides its traffic, the same unit always gets the same version.
    pub fn unit(mut self, unit: &'a str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The model, when the prompt may have content of its own for it.
    pub fn model(mut self, model: &'a str) -> Self {
        self.model = Some(model);
        self
    }

    /// How long this call may take.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Prompt files of this machine are no answer.
    pub fn without_folder(mut self) -> Self {
        self.folder = false;
        self
    }

    /// What is in memory, compiled. It waits for nothing; none when there is anything to wait for.
    ///
    /// # Errors
    /// When the name or reference is none, or what is held knows nothing of that name.
    pub fn cached(&self) -> Result<Option<Prompt>, SdkError> {
        let (name, reference) = self.parse()?;
        match self.now(&name, &reference, Instant::now()) {
            Ok(Now::Prompt(prompt)) => Ok(Some(*prompt)),
            Ok(Now::Slot(..)) => Ok(None),
            Ok(Now::Alias(_) | Now::Point) => Ok(self.alone(&name, &reference)),
            Err(error) => self.alone(&name, &reference).map(Some).ok_or(error),
        }
    }

    /// A prompt file that was compiled before, where no server will ever say anything else.
    fn alone(&self, name: &PromptName, reference: &Reference) -> Option<Prompt> {
        let core = self.sdk.core();
        let slot = self.in_folder(name, reference).filter(|_| core.wire.is_none())?;
        Some(self.prompt(slot, self.in_memory(slot)?, Served::by_folder(), Rests::Itself))
    }

    fn in_memory(&self, slot: &Slot) -> Option<Loaded> {
        let compiled = self.sdk.core().memory.compiled(&slot.key)?;
        Some(Loaded { compiled, source: Source::Memory })
    }

    async fn answer(self) -> Result<Prompt, SdkError> {
        let started = Instant::now();
        let (name, reference) = self.parse()?;
        let deadline = started + self.deadline;
        let found = match self.now(&name, &reference, started) {
            Ok(Now::Prompt(prompt)) => return Ok(*prompt),
            Ok(now) => self.wait(now, &name, &reference, deadline).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(prompt) => Ok(prompt),
            Err(error) => self.fall_back(&name, &reference, error, deadline).await,
        }
    }

    fn parse(&self) -> Result<(PromptName, Reference), SdkError> {
        let bad =
            |error: NameError| SdkError::Name { problem: Box::new(Problem::new("name", error.to_string())) };
        Ok((PromptName::parse(self.name).map_err(bad)?, Reference::parse(self.reference)?))
    }

    /// What there is without waiting.
    fn now(&self, name: &PromptName, reference: &Reference, now: Instant) -> Result<Now, SdkError> {
        if reference.at.is_some() {
            return Ok(Now::Point);
        }
        match &reference.selector {
            Selector::Alias(alias) => {
                let followed = self.sdk.follow(alias)?;
                match followed.held() {
                    Some(held) => self.in_held(&followed, &held, name, &reference.selector, now),
                    None => Ok(Now::Alias(followed)),
                }
            }
            // What an alias serves is signed with everything it includes.
            Selector::Exact(number) => Ok(self.in_aliases(now, |held| held.slot(name, number))),
            Selector::Digest(digest) => Ok(self.in_aliases(now, |held| held.slot_of(name, digest))),
            Selector::Range(_) | Selector::Latest | Selector::Commit(_) => Ok(Now::Point),
        }
    }

    fn in_aliases(&self, now: Instant, find: impl Fn(&Held) -> Option<&Arc<Slot>>) -> Now {
        let held = self.sdk.core().followed().into_iter().filter_map(|followed| followed.held());
        let found = held
            .into_iter()
            .find_map(|held| find(&held).map(|slot| self.ready(slot, &held, None, Rests::Itself, now)));
        found.unwrap_or(Now::Point)
    }

    fn in_held(
        &self,
        followed: &Arc<Followed>,
        held: &Arc<Held>,
        name: &PromptName,
        selector: &Selector,
        now: Instant,
    ) -> Result<Now, SdkError> {
        let found = resolve(&held.facts, name, selector, self.unit)?;
        let slot = held.slot(name, &found.version.version).ok_or(SdkError::Closed)?;
        let rests = Rests::Alias(Arc::clone(followed), Arc::downgrade(held));
        Ok(self.ready(slot, held, Drawn::of(&found, self.unit.is_some()), rests, now))
    }

    fn ready(&self, slot: &Arc<Slot>, held: &Held, drawn: Option<Drawn>, rests: Rests, now: Instant) -> Now {
        let (age, fresh) = (held.age(now), held.is_fresh());
        let stale = !fresh || held.is_expired(now) || age > self.sdk.core().settings.poll * SLACK;
        let source = if fresh { Source::Memory } else { held.source };
        let served = Served { source, age, stale, revision: Some(held.revision()), drawn };
        match self.in_memory(slot) {
            Some(loaded) => Now::Prompt(Box::new(self.prompt(slot, loaded, served, rests))),
            None => Now::Slot(Arc::clone(slot), served, rests),
        }
    }

    fn prompt(&self, slot: &Arc<Slot>, loaded: Loaded, mut served: Served, rests: Rests) -> Prompt {
        if loaded.source == Source::Server {
            served.source = Source::Server;
        }
        self.sdk.core().usage.count(slot);
        Prompt {
            slot: Arc::clone(slot),
            compiled: loaded.compiled,
            limits: Arc::clone(&self.sdk.core().limits),
            tags: self.tags.clone(),
            model: self.model.map(str::to_owned),
            served,
            got: Got { at: Instant::now(), rests },
        }
    }

    async fn wait(
        &self,
        now: Now,
        name: &PromptName,
        reference: &Reference,
        deadline: Instant,
    ) -> Result<Prompt, SdkError> {
        match now {
            Now::Prompt(prompt) => Ok(*prompt),
            Now::Slot(slot, served, rests) => self.load(&slot, served, rests, deadline).await,
            Now::Alias(followed) => {
                let core = self.sdk.core();
                let look = || match followed.held() {
                    Some(held) => Some(Ok(held)),
                    None => followed.state().failure.map(Err),
                };
                let held = match core.until(deadline, look).await {
                    Some(Ok(held)) => held,
                    Some(Err(cause)) if cause.is_not_found() => return Err(cause),
                    Some(Err(cause)) => return Err(SdkError::Unavailable { cause: Box::new(cause) }),
                    None => return Err(self.too_late()),
                };
                match self.in_held(&followed, &held, name, &reference.selector, Instant::now())? {
                    Now::Prompt(mut prompt) => {
                        prompt.served.source = held.source;
                        Ok(*prompt)
                    }
                    Now::Slot(slot, mut served, rests) => {
                        served.source = held.source;
                        self.load(&slot, served, rests, deadline).await
                    }
                    Now::Alias(_) | Now::Point => Err(SdkError::Closed),
                }
            }
            Now::Point => self.point(name, reference, deadline).await,
        }
    }

    async fn point(
        &self,
        name: &PromptName,
        reference: &Reference,
        deadline: Instant,
    ) -> Result<Prompt, SdkError> {
        let core = self.sdk.core();
        let is_alias = matches!(reference.selector, Selector::Alias(_));
        let question = Question {
            name: name.clone(),
            reference: reference.clone(),
            text: self.reference.trim().to_owned(),
            unit: self.unit.filter(|_| is_alias).map(str::to_owned),
        };
        let asked = Instant::now();
        let point = core.point(question, deadline).await.ok_or_else(|| self.too_late())??;
        let source = match point.source {
            Source::Server if point.found < asked => Source::Memory,
            source => source,
        };
        let age = point.found.elapsed() + point.older;
        let is_old = source == Source::File || !point.older.is_zero() || age > core.settings.poll * SLACK;
        let stale = is_old && !point.for_ever;
        let served = Served { source, age, stale, revision: Some(point.revision), drawn: None };
        self.load(&point.slot, served, Rests::Itself, deadline).await
    }

    async fn load(
        &self,
        slot: &Arc<Slot>,
        served: Served,
        rests: Rests,
        deadline: Instant,
    ) -> Result<Prompt, SdkError> {
        if let Some(loaded) = self.in_memory(slot) {
            return Ok(self.prompt(slot, loaded, served, rests));
        }
        let loaded = self.sdk.core().load(slot).by(deadline).await.ok_or_else(|| self.too_late())??;
        Ok(self.prompt(slot, loaded, served, rests))
    }

    /// A prompt file, when nothing else answered and the server has no say: it never said, or does not answer.
    async fn fall_back(
        &self,
        name: &PromptName,
        reference: &Reference,
        error: SdkError,
        deadline: Instant,
    ) -> Result<Prompt, SdkError> {
        let core = self.sdk.core();
        let Some(slot) = self.in_folder(name, reference) else { return Err(error) };
        let answers =
            core.followed().iter().any(|followed| followed.held().is_some_and(|held| held.is_fresh()));
        if error.is_not_found() && answers {
            return Err(error);
        }
        // It needs no network, so a deadline that is over already does not keep it from being compiled.
        let deadline = deadline.max(Instant::now() + Duration::from_millis(10));
        let rests = if core.wire.is_none() { Rests::Itself } else { Rests::Absence };
        self.load(slot, Served::by_folder(), rests, deadline).await
    }

    /// A prompt file that may stand for what the reference means.
    fn in_folder(&self, name: &PromptName, reference: &Reference) -> Option<&Arc<Slot>> {
        let folder = self.sdk.core().folder.as_ref().filter(|_| self.folder)?;
        let slot = folder.find(name)?;
        let fits = match &reference.selector {
            Selector::Exact(_) | Selector::Commit(_) => false,
            Selector::Digest(digest) => slot.content.digest == *digest,
            Selector::Alias(_) | Selector::Latest | Selector::Range(_) => reference.at.is_none(),
        };
        fits.then_some(slot)
    }

    fn too_late(&self) -> SdkError {
        SdkError::Deadline { waited: self.deadline }
    }
}

impl<'a> IntoFuture for Get<'a> {
    type Output = Result<Prompt, SdkError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.answer())
    }
}
