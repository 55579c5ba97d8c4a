//! Wrapping and unwrapping by the transit engine of a Vault.

use std::{sync::Arc, time::Duration};

use promptsync_core::seal::MasterKey;
use promptsync_outbound::{Client, Limits, SystemLookup};
use promptsync_secrets::{ReadError, Vault, vault::TransitKey};

use super::{MasterKeyError, files::Kept};
use crate::{Config, SystemClock};

/// To a connection with the Vault.
const CONNECT: Duration = Duration::from_secs(3);
/// Bytes of its answer.
const ANSWER: usize = 64 << 10;

/// A key of a Vault that wraps master keys.
pub(super) struct Transit {
    vault: Vault,
    key: TransitKey,
}

impl Transit {
    /// The one that is configured.
    pub(super) fn configured(config: &Config) -> Option<Self> {
        let settings = config.transit.clone()?;
        let limits = Limits { connect: CONNECT, total: config.secrets.timeout, bytes: ANSWER };
        let client = Client::with(config.outbound.clone(), limits, Arc::new(SystemLookup), Vec::new());
        let vault =
            Vault::new(client, Arc::new(SystemClock), &settings.url, settings.vault, settings.credential);
        Some(Self { vault, key: settings.key })
    }

    /// Unwraps a key.
    pub(super) async fn unwrap(&self, kept: &Kept) -> Result<MasterKey, MasterKeyError> {
        self.opened(&kept.text).await.map_err(|source| MasterKeyError::Unwrap {
            place: kept.place.clone(),
            transit: self.key.to_string(),
            source,
        })
    }

    /// Wraps a key. What could not be unwrapped again would be lost, so that is tried at once.
    pub(super) async fn wrap(&self, bytes: &[u8; 32]) -> Result<String, MasterKeyError> {
        let failed = |source| MasterKeyError::Wrap { transit: self.key.to_string(), source };
        let wrapped = self.vault.wrap(&self.key, bytes).await.map_err(failed)?;
        let again = self.opened(&wrapped).await.map_err(failed)?;
        if again.id() != MasterKey::from_bytes(bytes).id() {
            return Err(failed(ReadError::Answer));
        }
        Ok(wrapped)
    }

    async fn opened(&self, wrapped: &str) -> Result<MasterKey, ReadError> {
        let plain = self.vault.unwrap(&self.key, wrapped).await?;
        let bytes =
            plain.as_slice().try_into().map_err(|_| ReadError::Form { problem: "is not 32 bytes long" })?;
        Ok(MasterKey::from_bytes(bytes))
    }
}
