//! From a name to addresses that may be called.

use std::{future::Future, io, net::IpAddr, pin::Pin, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{Policy, Refused};

/// Addresses of a name, when they are known.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name. The process asks its system, tests have doubles.
pub trait Lookup: Send + Sync {
    /// Every address of a name.
    fn addresses(&self, name: &str) -> Found;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, name: &str) -> Found {
        let name = name.to_owned();
        Box::pin(
            async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect()) },
        )
    }
}

/// A resolver that answers only with addresses that may be called. One that may not be spoils the name.
#[derive(Clone)]
pub(crate) struct Guard {
    policy: Arc<Policy>,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    pub(crate) fn new(policy: Arc<Policy>, lookup: Arc<dyn Lookup>) -> Self {
        Self { policy, lookup }
    }

    /// The addresses of a name, each of which may be called.
    pub(crate) async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, NameError> {
        let found = self.lookup.addresses(name).await.map_err(NameError::Lookup)?;
        found.iter().try_for_each(|address| self.policy.check_address(*address))?;
        if found.is_empty() { Err(NameError::Lookup(io::ErrorKind::NotFound.into())) } else { Ok(found) }
    }
}

/// A name without addresses to call.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NameError {
    /// The resolver knows none.
    #[error("the name cannot be resolved")]
    Lookup(#[source] io::Error),
    /// One of them may not be called.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.addresses(name.as_str()).await?;
            let addresses: Addrs = Box::new(found.into_iter().map(|address| (address, 0).into()));
            Ok(addresses)
        })
    }
}
