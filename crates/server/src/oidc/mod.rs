//! Signing in at an OpenID provider: the authorization code flow with PKCE, state and nonce.
//!
//! [`attempt`] is what one browser was sent away with, [`known`] what the provider says about itself and its keys,
//! [`exchange`] the two calls that turn a code into a person, [`token`] the signature. What the answers must say is
//! decided in `core::oidc`. Nothing here opens a session: `app/oidc.rs` does, when the login policy lets it.

pub(crate) mod attempt;
mod exchange;
mod failure;
mod fetch;
mod jwk;
mod known;
mod token;
#[cfg(test)]
mod token_tests;

pub(crate) use failure::OidcError;

use promptsync_core::{
    oidc::{Callback, Deviation, Expected, Person, check, half_hash_matches, person, returned, same_subject},
    time::Timestamp,
};
use serde_json::{Map, Value};

use crate::config::{Config, oidc::Settings};
use attempt::Attempt;
use fetch::Fetch;
use known::Known;

/// Where providers send browsers back to.
pub(crate) const CALLBACK: &str = "/auth/oidc/callback";

/// The configured provider.
#[derive(Debug)]
pub(crate) struct Provider {
    settings: Settings,
    fetch: Fetch,
    known: Known,
}

impl Provider {
    /// The provider of a configuration, when it names one. Its own port is called without being listed.
    pub(crate) fn configured(config: &Config) -> Option<Self> {
        let settings = config.oidc.clone()?;
        let mut policy = config.outbound.clone();
        policy.ports.extend(port(&settings.issuer));
        Some(Self { settings, fetch: Fetch::new(policy), known: Known::default() })
    }

    /// How the provider is configured.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Reads the discovery document, so that a wrong one is found when the server starts.
    pub(crate) async fn discover(&self, now: Timestamp) -> Result<(), OidcError> {
        self.known.metadata(&self.settings.issuer, &self.fetch, now).await.map(drop)
    }

    /// Where to send a browser with this attempt. `public_url` is where it finds us again.
    pub(crate) async fn authorization_url(
        &self,
        attempt: &Attempt,
        public_url: &str,
        now: Timestamp,
    ) -> Result<String, OidcError> {
        let metadata = self.known.metadata(&self.settings.issuer, &self.fetch, now).await?;
        let mut parameters = form_urlencoded::Serializer::new(String::new());
        parameters
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &redirect_uri(public_url))
            .append_pair("scope", &self.settings.scopes)
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256");
        let endpoint = &metadata.authorization_endpoint;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{}", parameters.finish()))
    }

    /// Turns what a browser brought back into a person, or says why not to believe it.
    pub(crate) async fn person(
        &self,
        attempt: &Attempt,
        callback: Callback<'_>,
        public_url: &str,
        now: Timestamp,
    ) -> Result<Person, OidcError> {
        let metadata = self.known.metadata(&self.settings.issuer, &self.fetch, now).await?;
        let code = returned(callback, &attempt.state, &self.settings.issuer, metadata.names_issuer)?;
        let question =
            exchange::Question { code, verifier: &attempt.verifier, redirect_uri: &redirect_uri(public_url) };
        let tokens = exchange::code(self, &metadata, question).await?;
        let token = token::Unverified::parse(&tokens.id_token, metadata.algorithms.as_deref())?;
        let keys = self.known.keys_for(&token, &metadata.jwks_uri, &self.fetch, now).await?;
        let (algorithm, mut claims) = token.verify(&keys)?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client: &self.settings.client_id,
            nonce: &attempt.nonce,
            now,
        };
        check(&claims, expected)?;
        if let Some(access_token) = &tokens.access_token {
            half_hash_matches(&claims, &algorithm.half_hash(access_token))?;
        }
        if let (Some(endpoint), Some(access_token)) = (&metadata.userinfo_endpoint, &tokens.access_token)
            && self.says_too_little(&claims)
        {
            let more = exchange::userinfo(self, endpoint, access_token).await?;
            add(&mut claims, more)?;
        }
        Ok(person(&claims, &self.settings.group_claim)?)
    }

    /// Whether the ID token leaves out what the userinfo endpoint may know.
    fn says_too_little(&self, claims: &Map<String, Value>) -> bool {
        let lacks = |name: &str| !claims.contains_key(name);
        lacks("email") || (!self.settings.groups.is_empty() && lacks(&self.settings.group_claim))
    }
}

fn redirect_uri(public_url: &str) -> String {
    format!("{}{CALLBACK}", public_url.trim_end_matches('/'))
}

/// The port an issuer names.
fn port(issuer: &str) -> Option<u16> {
    let authority = issuer.split("://").nth(1)?.split(['/', '?']).next()?;
    authority.rsplit_once(':')?.1.parse().ok()
}

/// Adds facts about the same person. What the signed token says stays.
fn add(claims: &mut Map<String, Value>, more: Map<String, Value>) -> Result<(), Deviation> {
    same_subject(claims, &more)?;
    // An address and whether it is verified belong together: never one from here and the other from there.
    let has_address = claims.contains_key("email");
    for (name, value) in more {
        if !(has_address && name == "email_verified") {
            claims.entry(name).or_insert(value);
        }
    }
    Ok(())
}
