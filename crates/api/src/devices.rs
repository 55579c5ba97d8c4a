//! Signing in on a device without a browser, in the manner of RFC 8628.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/auth/device`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartDevice {}

/// A code to show, and one to ask with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceCodes {
    /// For `POST /api/auth/token`; secret.
    pub device_code: String,
    /// For the person, who enters it on the page.
    pub user_code: String,
    /// The page.
    pub verification_uri: String,
    /// The page with the code filled in.
    pub verification_uri_complete: String,
    /// Seconds the codes work.
    pub expires_in: i64,
    /// Seconds to wait between two questions.
    pub interval: u64,
}

/// `POST /api/auth/token`
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskForToken {
    /// The device's code.
    pub device_code: String,
    /// What signs in, for the list of sessions.
    #[serde(default)]
    pub client: Option<String>,
}

/// `POST /api/auth/device/decision`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideDevice {
    /// The code the device shows.
    pub user_code: String,
    /// Whether the device may sign in as the caller.
    pub decision: DeviceDecision,
}

/// What somebody decided about a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceDecision {
    /// It may sign in.
    Approve,
    /// It may not.
    Deny,
}

impl std::fmt::Debug for DeviceCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceCodes(…)")
    }
}

impl std::fmt::Debug for AskForToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AskForToken(…)")
    }
}
