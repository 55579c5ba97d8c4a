//! The settings of single sign-on.

use promptsync_core::oidc::{GroupRoles, issuer_rule};

use super::{ConfigError, Found, Secret};

/// How people sign in at an OpenID provider.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider: its issuer, letter by letter.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// What proves it; nothing for a public client.
    pub client_secret: Option<Secret>,
    /// What we ask for, with spaces between.
    pub scopes: String,
    /// The claim that lists somebody's groups.
    pub group_claim: String,
    /// Which role a group gives in the home workspace.
    pub groups: GroupRoles,
    /// Whether whoever the provider knows becomes a user at the first sign-in.
    pub provision: bool,
    /// Whether an address counts as verified when the provider does not say.
    pub trust_email: bool,
}

impl Found<'_> {
    /// The provider, when an issuer is configured.
    pub(super) fn oidc(&self) -> Result<Option<Settings>, ConfigError> {
        let (issuer, origin) = self.text("oidc_issuer")?;
        if issuer.is_empty() {
            return Ok(None);
        }
        if let Some(expected) = issuer_rule(&issuer) {
            return Err(ConfigError::Value { name: "oidc_issuer", origin, expected });
        }
        let (client_id, origin) = self.text("oidc_client_id")?;
        if client_id.is_empty() {
            let expected = "the id the provider gave this server, since oidc_issuer is set";
            return Err(ConfigError::Value { name: "oidc_client_id", origin, expected });
        }
        let (scopes, origin) = self.text("oidc_scopes")?;
        if !scopes.split(' ').any(|scope| scope == "openid") {
            let expected = "scopes with spaces between, one of them `openid`";
            return Err(ConfigError::Value { name: "oidc_scopes", origin, expected });
        }
        let (groups, origin) = self.text("oidc_groups")?;
        let groups = GroupRoles::parse(&groups).map_err(|source| ConfigError::Groups { origin, source })?;
        Ok(Some(Settings {
            issuer,
            client_id,
            client_secret: Some(self.text("oidc_client_secret")?.0)
                .filter(|secret| !secret.is_empty())
                .map(Secret),
            scopes,
            group_claim: self.text("oidc_group_claim")?.0,
            groups,
            provision: self.parse("oidc_provision", "true or false")?,
            trust_email: self.parse("oidc_trust_email", "true or false")?,
        }))
    }
}
