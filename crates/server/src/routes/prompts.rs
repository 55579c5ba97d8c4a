//! Prompts.

use std::collections::BTreeMap;

use promptsync_api::{
    page::Page,
    prompts::{PromptSummary, ResolvedPrompt},
};

use crate::{
    app::{
        pages::Paging,
        prompts::{self, Filter, Wish},
    },
    http::{
        error::ApiError,
        query::{CURSOR, LIMIT, Parameter, Parameters, invalid, many, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Nothing, Query},
    subjects::{OnPrompt, OnReference, WithinProject},
};

impl FromQuery for Filter {
    const PARAMETERS: &'static [Parameter] = &[
        one("module", "Only prompts directly in this module."),
        many("tag", "Only prompts with this tag; repeat it for several."),
        one("alias", "Only prompts this alias points at."),
        LIMIT,
        CURSOR,
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            module: parameters.get("module").map(str::to_owned),
            tags: parameters.all("tag").map(str::to_owned).collect(),
            alias: parameters.get("alias").map(str::to_owned),
            paging: Paging::from_query(parameters)?,
        })
    }
}

impl FromQuery for Wish {
    const PARAMETERS: &'static [Parameter] = &[
        many("tag", "A tag that chooses a variant, `locale:en`; repeat it for several."),
        one("tags", "All tags at once: `locale=en,tone=formal`."),
        one("model", "The model, when the prompt has a content of its own for it."),
        one(
            "unit",
            "Who it is for, where the alias divides its traffic: the same unit gets the same version.",
        ),
        one("document", "`true` adds the whole document."),
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let mut tags = BTreeMap::new();
        let single = parameters.all("tag").map(|text| ("tag", text.split_once([':', '='])));
        let listed =
            parameters.get("tags").unwrap_or_default().split(',').filter(|text| !text.trim().is_empty());
        for (name, pair) in single.chain(listed.map(|text| ("tags", text.split_once('=')))) {
            let (key, value) =
                pair.ok_or_else(|| invalid(name, "a tag is written `locale:en`, or `locale=en` in `tags`"))?;
            if tags.insert(key.trim().to_owned(), value.trim().to_owned()).is_some() {
                return Err(invalid(name, "a tag is given twice"));
            }
        }
        Ok(Self {
            tags,
            model: parameters.get("model").map(str::to_owned),
            unit: parameters.get("unit").map(str::to_owned),
            document: parameters.flag("document")?,
        })
    }
}

/// Lists prompts.
pub(crate) async fn list(call: WithinProject, Query(filter): Query<Filter>) -> Answer<Page<PromptSummary>> {
    prompts::list(&call, &filter).await.map(Reply::ok)
}

/// Shows a prompt without content.
pub(crate) async fn summary(call: OnPrompt, _: Nothing) -> Answer<PromptSummary> {
    prompts::get(&call, call.segment("name")).await.map(Reply::ok)
}

/// The prompt a caller should use now.
pub(crate) async fn resolved(call: OnReference, Query(wish): Query<Wish>) -> Answer<ResolvedPrompt> {
    let (name, reference) = (call.segment("name"), call.segment("version_or_alias"));
    Ok(Reply::delivered(&prompts::resolved(&call, name, reference, &wish).await?))
}
