//! Signing in at the identity provider. Browsers come here, so what goes wrong becomes a page.

use bytes::Bytes;
use promptsync_api::{
    error::DUPLICATE_PARAMETER,
    oidc::{AcceptAtProvider, AtProvider, LinkAtProvider},
};
use promptsync_core::oidc::Callback;
use schemars::{Schema, SchemaGenerator};

use crate::{
    app::oidc::{self, Away},
    endpoint::Visit,
    http::{
        error::ApiError,
        query::{Parameter, Parameters, one},
        reply::{Answer, Reply},
    },
    input::{Asked, FromQuery, Input, Json, MaybeJson, Query},
    oidc::attempt::Attempt,
    subjects::Myself,
};

/// Where to go on after signing in.
pub(crate) struct Start {
    next: String,
}

impl FromQuery for Start {
    const PARAMETERS: &'static [Parameter] =
        &[one("next", "A path of this server to go on at; its start page when absent.")];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self { next: parameters.get("next").unwrap_or("/").to_owned() })
    }
}

/// What the provider sends back with the browser.
#[derive(Default)]
pub(crate) struct Returned {
    code: Option<String>,
    state: Option<String>,
    issuer: Option<String>,
    error: Option<String>,
}

impl Input for Returned {
    const PARAMETERS: &'static [Parameter] = &[
        one("code", "What the provider exchanges for tokens."),
        one("state", "What this browser was sent away with."),
        one("iss", "The issuer that answers."),
        one("error", "Why the provider signed nobody in."),
    ];
    const LIMIT: Option<crate::input::Limit> = None;

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }

    /// Providers add parameters of their own, which mean nothing here. Those we know are given once.
    fn read(asked: Asked<'_>, _: Bytes, _: &[Parameter]) -> Result<Self, ApiError> {
        let mut returned = Self::default();
        for (name, value) in form_urlencoded::parse(asked.query.as_bytes()) {
            let place = match &*name {
                "code" => &mut returned.code,
                "state" => &mut returned.state,
                "iss" => &mut returned.issuer,
                "error" => &mut returned.error,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                let detail = format!("`{name}` is given more than once");
                return Err(ApiError::new(DUPLICATE_PARAMETER, detail).shown_to(asked.headers));
            }
        }
        Ok(returned)
    }
}

/// Sends a browser to the provider.
pub(crate) async fn start(visit: Visit, Query(Start { next }): Query<Start>) -> Answer<()> {
    let Away { location, cookie } =
        oidc::start(&visit, &next).await.map_err(|error| error.shown_to(&visit.headers))?;
    Ok(Reply::see_other(location).cookie(cookie))
}

/// Takes a browser back from the provider.
pub(crate) async fn callback(visit: Visit, returned: Returned) -> Answer<()> {
    let callback = Callback {
        code: returned.code.as_deref(),
        state: returned.state.as_deref(),
        issuer: returned.issuer.as_deref(),
        error: returned.error.as_deref(),
    };
    let back = oidc::callback(&visit, callback).await.map_err(|error| error.shown_to(&visit.headers))?;
    let reply = Reply::see_other(back.next).cookie(Attempt::forget());
    Ok(match back.session {
        Some(cookie) => reply.cookie(cookie),
        None => reply,
    })
}

/// Accepts an invitation as who somebody is at the provider.
pub(crate) async fn invitation(visit: Visit, Json(request): Json<AcceptAtProvider>) -> Answer<AtProvider> {
    oidc::start_invitation(&visit, request).await.map(sent_away)
}

/// Links who is signed in to who they are at the provider.
pub(crate) async fn link(call: Myself, MaybeJson(request): MaybeJson<LinkAtProvider>) -> Answer<AtProvider> {
    oidc::start_link(&call, request.next.as_deref().unwrap_or("/")).await.map(sent_away)
}

fn sent_away(away: Away) -> Reply<AtProvider> {
    Reply::ok(AtProvider { location: away.location }).cookie(away.cookie)
}
