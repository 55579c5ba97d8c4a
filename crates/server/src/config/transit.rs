//! Settings of the Vault that wraps the master key.

use promptsync_core::secrets::SecretValue;
use promptsync_secrets::vault::{TransitKey, VaultAuth, VaultSettings};

use super::{ConfigError, Found};

/// A key of a Vault that wraps the master key, and how the server gets there.
#[derive(Clone, Debug)]
pub struct TransitSettings {
    /// The transit key.
    pub key: TransitKey,
    /// Where the Vault is.
    pub url: String,
    /// Its namespace, and how one signs in.
    pub vault: VaultSettings,
    /// What one signs in with.
    pub credential: SecretValue,
}

impl Found<'_> {
    /// What wraps the master key, when a transit key is named.
    pub(super) fn transit(&self) -> Result<Option<TransitSettings>, ConfigError> {
        let wrong = |name, expected| Err(ConfigError::Value { name, origin: self.text(name)?.1, expected });
        let text = |name| self.text(name).map(|(text, _)| text);
        if text("master_key_transit")?.is_empty() {
            return Ok(None);
        }
        let key = self.parse("master_key_transit", "a mount and a key such as transit/promptsync")?;
        let url = text("vault_url")?;
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return wrong("vault_url", "the address of the Vault that master_key_transit means");
        }
        let credential = text("vault_credential")?;
        if credential.is_empty() || !credential.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("vault_credential", "what opens the Vault that master_key_transit means");
        }
        let (method, role) = (text("vault_auth")?, text("vault_role")?);
        let mount = Some(text("vault_auth_mount")?).filter(|mount| !mount.is_empty());
        let mount = mount.unwrap_or_else(|| method.clone());
        let auth = match method.as_str() {
            "token" => VaultAuth::Token,
            "approle" => VaultAuth::Approle { role_id: role, mount },
            "jwt" => VaultAuth::Jwt { role, mount },
            _ => return wrong("vault_auth", "token, approle or jwt"),
        };
        let vault = VaultSettings { namespace: text("vault_namespace")?, auth, ..VaultSettings::default() };
        match vault.wrong() {
            None => {}
            Some("namespace") => return wrong("vault_namespace", "a path such as team/a"),
            Some("auth.role") => return wrong("vault_role", "the role to sign in with"),
            Some(_) => return wrong("vault_auth_mount", "a path such as auth-method"),
        }
        Ok(Some(TransitSettings { key, url, vault, credential: SecretValue::new(credential) }))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn merged(settings: &[(&'static str, &str)]) -> Result<Option<TransitSettings>, ConfigError> {
        let usual = [
            ("master_key_transit", "transit/promptsync"),
            ("vault_url", "https://vault.example.com"),
            ("vault_credential", "hunter2"),
        ];
        let flags = usual.iter().chain(settings).map(|(name, text)| (*name, (*text).to_owned())).collect();
        Config::merge(&flags, &[].into(), Path::new("none")).map(|config| config.transit)
    }

    #[test]
    fn a_transit_key_needs_a_vault_and_a_way_in() {
        assert!(merged(&[("master_key_transit", "")]).expect("fits").is_none());
        let token = merged(&[]).expect("fits").expect("a transit key");
        assert_eq!(
            (token.key.to_string().as_str(), &token.vault.auth),
            ("transit/promptsync", &VaultAuth::Token)
        );
        assert!(!format!("{token:?}").contains("hunter2"));
        let approle =
            merged(&[("vault_auth", "approle"), ("vault_role", "r")]).expect("fits").expect("a key");
        assert_eq!(approle.vault.auth, VaultAuth::Approle { role_id: "r".into(), mount: "approle".into() });
        let jwt = [("vault_auth", "jwt"), ("vault_role", "r"), ("vault_auth_mount", "k8s")];
        let jwt = merged(&jwt).expect("fits").expect("a key");
        assert_eq!(jwt.vault.auth, VaultAuth::Jwt { role: "r".into(), mount: "k8s".into() });
    }

    #[test]
    fn a_mistake_names_its_setting() {
        for (settings, named) in [
            (&[("master_key_transit", "promptsync")][..], "master_key_transit"),
            (&[("master_key_transit", "transit/../sys")], "master_key_transit"),
            (&[("vault_url", "")], "vault_url"),
            (&[("vault_url", "vault.example.com")], "vault_url"),
            (&[("vault_credential", "")], "vault_credential"),
            (&[("vault_credential", "a\nb")], "vault_credential"),
            (&[("vault_auth", "userpass")], "vault_auth"),
            (&[("vault_auth", "approle")], "vault_role"),
            (
                &[("vault_auth", "jwt"), ("vault_role", "r"), ("vault_auth_mount", "../sys")],
                "vault_auth_mount",
            ),
            (&[("vault_namespace", "a//b")], "vault_namespace"),
        ] {
            let error = merged(settings).expect_err(named);
            assert!(matches!(error, ConfigError::Value { name, .. } if name == named), "{named}: {error}");
        }
    }
}
