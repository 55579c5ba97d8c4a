//! How applications get prompts and say which they hold: documents, streams of changes, clients.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use promptsync_core::{
    digest::Digest,
    names::AliasName,
    signing::{Signed, SnapshotDelta},
    versions::VersionNumber,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Documents that one request can ask for.
pub const MAX_DOCUMENTS: usize = 500;

/// Bytes of documents that one event of a stream carries; what does not fit is fetched by digest.
pub const EVENT_DOCUMENTS: usize = 16 << 10;

/// The header that says which revision of the workspace an answer knows, and in a request which it must know at least.
pub const REVISION_HEADER: &str = "promptsync-revision";

/// `POST /api/projects/{project}/documents`: several documents at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantDocuments {
    /// Their digests, at most 500.
    pub digests: BTreeSet<Digest>,
}

/// Documents by digest. What the caller may not read, or nobody has, is left out; and what is more than one answer
/// holds, for another request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Documents {
    /// Canonical texts: the SHA-256 of each is its digest.
    pub documents: BTreeMap<Digest, String>,
}

/// The data of the event `change` of `GET /api/projects/{project}/stream`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeEvent {
    /// What changed, signed.
    pub delta: Signed<SnapshotDelta>,
    /// The documents it brings, as far as they fit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub documents: BTreeMap<Digest, String>,
}

/// The data of the event `resync`: what happened in between is not known any more; the snapshot has to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResyncEvent {
    /// The revision of the alias's last move: the snapshot to read now has at least this one.
    pub revision: i64,
}

/// The data of the event `reconnect`: this server goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReconnectEvent {
    /// How long to wait before connecting again, in milliseconds; each client gets another time.
    pub after_ms: u64,
}

/// `POST /api/projects/{project}/clients`: an application says that it runs, and which revisions it serves.
///
/// Sent after the first snapshot, after each change that was taken over, and every `every_seconds`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportClient {
    /// Which process it is: a random id made when it started.
    pub instance: String,
    /// The application's name.
    pub service: String,
    /// The machine's name.
    #[serde(default)]
    pub host: Option<String>,
    /// Which SDK: `rust`, `python`, `edge`.
    pub sdk: String,
    /// The SDK's version.
    pub sdk_version: String,
    /// The commit the application was built from.
    #[serde(default)]
    pub git_commit: Option<String>,
    /// `stream`, `poll` or `bundle`.
    pub transport: String,
    /// The revision of the snapshot it holds of each alias.
    pub holds: BTreeMap<AliasName, i64>,
    /// The variables its code passes to each prompt, when it declared them: whether it fits is checked against these.
    #[serde(default)]
    pub uses: BTreeMap<String, BTreeSet<String>>,
}

/// The answer to [`ReportClient`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientReported {
    /// When to report again at the latest.
    pub every_seconds: u64,
}

/// A running application: an item of `GET /api/compatibility/status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientStatus {
    /// Which process it is.
    pub instance: String,
    /// The application's name.
    pub service: String,
    /// The machine's name.
    pub host: Option<String>,
    /// Which SDK.
    pub sdk: String,
    /// The SDK's version.
    pub sdk_version: String,
    /// The commit the application was built from.
    pub git_commit: Option<String>,
    /// `stream`, `poll` or `bundle`.
    pub transport: String,
    /// When it reported last.
    pub last_seen: DateTime<Utc>,
    /// What it holds of each alias.
    pub aliases: BTreeMap<AliasName, HeldAlias>,
    /// Whether its code fits what its aliases serve; `null` when it did not say what its code passes.
    pub compatible: Option<bool>,
    /// What does not fit, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// `GET /api/edge`: what an edge holds, and how it follows its server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EdgeStatus {
    /// The server it follows.
    pub upstream: String,
    /// The project it delivers.
    pub project: String,
    /// Whether the server still lets its key read.
    pub admitted: bool,
    /// The aliases it holds.
    pub aliases: BTreeMap<AliasName, EdgeAlias>,
}

/// What an edge holds of an alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EdgeAlias {
    /// The revision it serves; `null` before there is any.
    pub revision: Option<i64>,
    /// `memory`, or `file` when the server has said nothing since the edge started.
    pub source: Option<String>,
    /// How long ago it was known to be right.
    pub age_seconds: Option<u64>,
    /// `stream`, `poll` or `bundle`.
    pub transport: String,
    /// Whether everything that answering takes is here, for the time when the server is not.
    pub complete: bool,
    /// The code of why the last try gave nothing; `null` when it gave something.
    pub failure: Option<String>,
    /// The code of what was last said in the workspace's name and not believed.
    pub refused: Option<String>,
}

/// What a client holds of an alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldAlias {
    /// The revision of its snapshot.
    pub revision: i64,
    /// The release the alias stood on then, when it stood on one.
    pub release: Option<VersionNumber>,
    /// Whether the alias has moved since.
    pub behind: bool,
}

/// The answer of `GET /api/compatibility/check`: whether what running applications pass fits an alias or a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompatibilityCheck {
    /// What was asked about: a release, or the alias as it stands.
    pub against: String,
    /// Whether every application that said what it passes would go on working.
    pub compatible: bool,
    /// Applications that said what they pass.
    pub checked: usize,
    /// Applications that did not.
    pub unknown: usize,
    /// What does not fit.
    pub problems: Vec<ClientProblem>,
}

/// Something that does not fit a running application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientProblem {
    /// Which process.
    pub instance: String,
    /// The application's name.
    pub service: String,
    /// The machine's name.
    pub host: Option<String>,
    /// What does not fit, in words.
    pub message: String,
}
