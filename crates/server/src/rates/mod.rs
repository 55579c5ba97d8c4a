//! How much one caller, one workspace, one address may ask for.
//!
//! Each has a bucket, so that a noisy tenant uses up its own and nobody else's. Answers say how much is left, in the
//! fields of draft-ietf-httpapi-ratelimit-headers. Each server counts for itself.

mod buckets;

use std::{fmt::Write as _, hash::Hash, net::IpAddr, sync::OnceLock};

use bytes::{Bytes, BytesMut};
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};
use promptsync_api::error::RATE_LIMITED;
use promptsync_core::{ids::WorkspaceId, time::Timestamp};

use crate::http::{addresses, error::ApiError, written};
use buckets::{Buckets, Found};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Requests a second; 0 for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Of one key or person.
    pub caller: u32,
    /// Of one workspace.
    pub workspace: u32,
    /// Of one address, without a key.
    pub address: u32,
}

/// The buckets of everybody.
#[derive(Debug)]
pub(crate) struct Rates {
    callers: Option<Buckets<String>>,
    workspaces: Option<Buckets<String>>,
    addresses: Option<Buckets<IpAddr>>,
    known: Option<HeaderValue>,
    unknown: Option<HeaderValue>,
}

/// What an answer says about the limits its request met. Filled while the request is on its way.
#[derive(Debug, Default)]
pub(crate) struct Quota(OnceLock<Told>);

#[derive(Debug)]
struct Told {
    policy: HeaderValue,
    /// Of the bucket with the least in it.
    name: &'static str,
    left: u32,
    seconds: u64,
}

impl Told {
    fn limit(&self) -> String {
        let mut text = String::with_capacity(40);
        let _ = write!(text, "\"{}\";r={};t={}", self.name, self.left, self.seconds);
        text
    }
}

impl Rates {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            callers: Buckets::new(limits.caller),
            workspaces: Buckets::new(limits.workspace),
            addresses: Buckets::new(limits.address),
            known: policy(&[("caller", limits.caller), ("workspace", limits.workspace)]),
            unknown: policy(&[("address", limits.address)]),
        }
    }

    /// Counts a request of somebody who is known.
    pub(crate) fn caller(
        &self,
        (caller, workspace): (&str, &WorkspaceId),
        now: Timestamp,
        quota: &Quota,
    ) -> Result<(), ApiError> {
        let Some(policy) = &self.known else { return Ok(()) };
        let caller_left = take(self.callers.as_ref(), caller, now);
        // A request that is refused already does not count for everybody else in the workspace.
        let workspace_left = match caller_left {
            Some(Found { wait: Some(_), .. }) => None,
            _ => take(self.workspaces.as_ref(), workspace.as_str(), now),
        };
        let both = [("caller", caller_left), ("workspace", workspace_left)];
        quota.tell(policy, both.iter().filter_map(|(name, found)| Some((*name, (*found)?))))
    }

    /// Counts a request of somebody who is not known.
    pub(crate) fn address(
        &self,
        address: Option<IpAddr>,
        now: Timestamp,
        quota: &Quota,
    ) -> Result<(), ApiError> {
        let (Some(policy), Some(address)) = (&self.unknown, address) else { return Ok(()) };
        let found = take(self.addresses.as_ref(), &addresses::network(address), now);
        quota.tell(policy, found.map(|found| ("address", found)).into_iter())
    }
}

impl Quota {
    /// Notes what was found, tightest first, and refuses when one bucket is empty.
    fn tell(
        &self,
        policy: &HeaderValue,
        found: impl Iterator<Item = (&'static str, Found)>,
    ) -> Result<(), ApiError> {
        let Some((name, tightest)) = found.min_by_key(|(_, found)| (found.wait.is_none(), found.left)) else {
            return Ok(());
        };
        let seconds =
            tightest.wait.map_or(1, |wait| u64::try_from(wait).unwrap_or(0).div_ceil(1_000_000_000));
        // Only the first is told: a request is counted once.
        let _ = self.0.set(Told { policy: policy.clone(), name, left: tightest.left, seconds });
        if tightest.wait.is_none() {
            return Ok(());
        }
        let detail = match name {
            "caller" => "this key or person sends more requests than one may",
            "workspace" => "the workspace sends more requests than one may",
            _ => "this address sends more requests without a key than one may",
        };
        Err(ApiError::new(RATE_LIMITED, detail).retry_after(seconds))
    }

    /// Puts the fields into an answer.
    pub(crate) fn complete(&self, headers: &mut HeaderMap) {
        let Some(told) = self.0.get() else { return };
        if let Ok(limit) = HeaderValue::from_maybe_shared(Bytes::from(told.limit())) {
            headers.insert(POLICY, told.policy.clone());
            headers.insert(LIMIT, limit);
        }
    }

    /// Writes the same fields.
    pub(crate) fn write(&self, to: &mut BytesMut) {
        let Some(told) = self.0.get() else { return };
        written::field(to, &POLICY, told.policy.as_bytes());
        written::field(to, &LIMIT, told.limit().as_bytes());
    }
}

fn take<K, Q>(buckets: Option<&Buckets<K>>, name: &Q, now: Timestamp) -> Option<Found>
where
    K: Eq + Hash + std::borrow::Borrow<Q>,
    Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
{
    buckets.map(|buckets| buckets.take(name, now.timestamp_micros().saturating_mul(1_000)))
}

/// `"caller";q=100;w=1`: so many requests in a second. Nothing when there is no limit.
fn policy(limits: &[(&str, u32)]) -> Option<HeaderValue> {
    let limits = limits.iter().filter(|(_, rate)| *rate > 0);
    let parts: Vec<_> = limits.map(|(name, rate)| format!("\"{name}\";q={rate};w=1")).collect();
    if parts.is_empty() { None } else { parts.join(", ").parse().ok() }
}
