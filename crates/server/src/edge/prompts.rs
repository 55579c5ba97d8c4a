//! The prompt a caller should use now, in the words of the server's own answer.

use std::{sync::Arc, time::Instant};

use hyper::HeaderMap;
use promptsync_api::{
    delivery::REVISION_HEADER,
    error::{BAD_REQUEST, UNAVAILABLE},
    prompts::{Content, ResolvedPrompt},
    splits::Drawn,
};
use promptsync_client::sdk::{Prompt, SdkError, Source, VersionFacts};
use promptsync_core::{
    access::{Object, Permission, can},
    audit::Revision,
    digest::Digest,
    documents::choose,
    names::AliasName,
    problem::Problem,
    references::Reference,
};

use super::{DEADLINE, Relay, readers::Reader};
use crate::{
    app::{
        projects::prompt_name,
        prompts::Wish,
        resolve::{Unit, alias_of, reference},
    },
    delivery::{Asked, Delivered, Prepared, Stale, asked_for},
    http::error::ApiError,
};

/// How a prompt is asked for.
pub(super) struct Question<'a> {
    pub(super) name: &'a str,
    pub(super) reference: &'a str,
    pub(super) query: &'a str,
    pub(super) wish: Wish,
}

impl Relay {
    /// The prompt a caller should use now: what the SDK gives, which resolves and verifies as every other reader does.
    pub(super) async fn resolved(
        &self,
        reader: &Reader,
        asked: Question<'_>,
        headers: &HeaderMap,
    ) -> Result<Delivered, ApiError> {
        let unit = Unit::named_or(asked.wish.unit.as_deref(), || self.ids.next())?;
        let (name, wanted) = (prompt_name(asked.name)?, reference(asked.reference)?);
        let alias = alias_of(&wanted.selector);
        // What an alias served in the past is another version.
        self.check(reader, alias.filter(|_| wanted.at.is_none())).await?;
        if let Some(alias) = alias {
            self.follows(alias)?;
        }
        let deadline = Instant::now() + DEADLINE;
        let found = self.sdk.get(name.as_str(), asked.reference).unit(unit.name()).deadline(DEADLINE).await;
        let prompt = found.map_err(|error| self.not_found(reader, &wanted, error))?;
        let revision = prompt.revision().unwrap_or_default();
        seen(headers, revision)?;
        let drawn = prompt.drawn().map(|drawn| Drawn { sticky: unit.is_named(), ..drawn.clone() });
        // A version that is asked for by itself may be held because an alias serves it.
        let led = alias.and(prompt.alias());
        let place = (prompt.name(), prompt.version(), prompt.digest(), led, &drawn);
        let how = format!("{place:?} {}", asked_for("", asked.query));
        let kept = Asked { view: 0, divided: None, how: &how };
        let answer = if let Some(known) = self.answers.get(&kept) {
            known
        } else {
            let version = prompt.version().ok_or_else(|| ApiError::internal("a version without a number"))?;
            let facts = self.sdk.version_facts(prompt.name(), version, prompt.digest(), deadline).await;
            let facts = facts.map_err(|error| self.refused(error))?;
            let answer = Arc::new(self.prepare(&prompt, led, &facts, drawn, &asked.wish)?);
            self.answers.keep(&kept, &answer);
            answer
        };
        Ok(Delivered { answer, revision, stale: self.stale(&prompt, led) })
    }

    /// What is said when nobody can confirm the answer.
    fn stale(&self, prompt: &Prompt, led: Option<&AliasName>) -> Option<Stale> {
        let is_cut_off = led.is_some_and(|alias| self.sdk.is_cut_off(alias));
        let source = match prompt.source() {
            Source::File => Source::File,
            _ => Source::Memory,
        };
        (is_cut_off || prompt.is_stale()).then(|| Stale { age: prompt.age(), source: source.as_str() })
    }

    /// A reference that finds nothing. What a copy from before the start does not have may exist.
    fn not_found(&self, reader: &Reader, wanted: &Reference, error: SdkError) -> ApiError {
        let SdkError::NotFound(error) = error else { return self.refused(error) };
        let mut problem = Problem::from(&*error);
        // Names of other things are for those who may list them.
        let whole = Object::project(&self.workspace, &self.project_id);
        if !can(&reader.principal, Permission::Read, whole) {
            problem.hint = None;
        }
        let copies = self.sdk.copies();
        let copy = alias_of(&wanted.selector).and_then(|alias| copies.get(alias));
        let refusal = ApiError::of(problem);
        if copy.is_some_and(|copy| !copy.is_fresh()) { self.not_in_copy() } else { refusal }
    }

    /// An answer in its final form.
    fn prepare(
        &self,
        prompt: &Prompt,
        led: Option<&AliasName>,
        facts: &VersionFacts,
        drawn: Option<Drawn>,
        wish: &Wish,
    ) -> Result<Prepared, ApiError> {
        let document = prompt.document();
        let version = prompt.version().ok_or_else(|| ApiError::internal("a version without a number"))?;
        let choice = choose(document, &wish.tags, wish.model.as_deref())
            .map_err(|refused| ApiError::of(Problem::new("ambiguous_variant", refused.to_string())))?;
        let target = format!("prompt:{}@{version}#{}", prompt.name(), prompt.digest());
        let identity = format!("{target} {facts:?} {led:?} {drawn:?}");
        let answer = ResolvedPrompt {
            id: facts.id.clone(),
            name: prompt.name().clone(),
            project: self.project.to_string(),
            module: facts.module.clone(),
            version: version.clone(),
            alias: led.cloned(),
            split: drawn,
            digest: prompt.digest().clone(),
            variant: choice.variant.map(|index| document.variants[index].tags.clone()),
            content: Content::from(choice.body.clone()),
            interface: prompt.interface(),
            document: wish.document.then(|| document.clone()),
            record: facts.record.clone().filter(|_| wish.document),
            metadata: document.metadata.clone(),
            git_commit: facts.git_commit.clone(),
            created_at: facts.created_at,
            signature: facts.signature.clone(),
            revision: prompt.revision().unwrap_or_default(),
            stale_seconds: None,
            source: None,
        };
        let tag = format!("\"{}\"", Digest::of(identity.as_bytes()).short());
        let body = serde_json::to_vec(&answer).map_err(ApiError::internal)?;
        Ok(Prepared::new(&tag, &target, &body))
    }
}

/// Whether the answer is as new as the request says it has to be.
fn seen(headers: &HeaderMap, revision: Revision) -> Result<(), ApiError> {
    let Some(asked) = headers.get(REVISION_HEADER) else { return Ok(()) };
    let asked = asked.to_str().ok().and_then(|text| text.parse::<Revision>().ok());
    let asked = asked.ok_or_else(|| {
        ApiError::new(BAD_REQUEST, format!("`{REVISION_HEADER}` is the revision that another answer gave"))
    })?;
    if revision >= asked {
        return Ok(());
    }
    let detail = format!("this edge knows no later move than that of revision {revision}");
    Err(ApiError::new(UNAVAILABLE, detail).retry_after(1))
}
