//! Questions to the server, each with a limit of bytes and of time, whatever the server does.

use std::{collections::BTreeSet, time::Duration};

use chrono::DateTime;
use promptsync_api::{
    delivery::{ClientReported, Documents, ReportClient, WantDocuments},
    prompts::ResolvedPrompt,
    signing_keys::SigningKeys,
};
use promptsync_core::{
    audit::Revision,
    digest::Digest,
    names::AliasName,
    signing::{Signed, SnapshotStatement},
    time::Timestamp,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::SdkError;
use crate::{Client, ClientError, requests::with_body};

/// How long a short answer may take, however slowly it comes.
const SHORT: Duration = Duration::from_secs(10);
/// How long a long one may take.
const LONG: Duration = Duration::from_mins(1);
/// How long a stream may last; then it is opened anew.
const STREAM: Duration = Duration::from_hours(24);

/// Bytes of answers.
const SNAPSHOT: usize = 64 << 20;
const DOCUMENTS: usize = 64 << 20;
const PROMPT: usize = 8 << 20;
const SMALL: usize = 1 << 20;

/// Bytes that are read away from the threads that run tasks.
const LARGE: usize = 128 << 10;

/// An answer with what its head says.
pub(super) struct Dated<T> {
    pub(super) value: T,
    pub(super) etag: Option<String>,
    pub(super) date: Option<Timestamp>,
}

/// The server.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    project: String,
}

impl Wire {
    pub(super) fn new(url: &str, key: Option<&str>, project: &str) -> Result<Self, SdkError> {
        Ok(Self { client: Client::new(url, key)?, project: project.to_owned() })
    }

    /// The server's address.
    pub(super) fn url(&self) -> &str {
        self.client.url()
    }

    pub(super) async fn keys(&self) -> Result<SigningKeys, SdkError> {
        self.read(self.client.get(&["api", "signing-keys"]), SMALL, SHORT).await
    }

    /// The snapshot of an alias; none when the one with this tag is still good.
    pub(super) async fn snapshot(
        &self,
        alias: &AliasName,
        etag: Option<&str>,
    ) -> Result<Dated<Option<Signed<SnapshotStatement>>>, SdkError> {
        let path = ["api", "projects", &self.project, "snapshot"];
        let mut request = self.client.get(&path).query(&[("alias", alias.as_str())]).timeout(SHORT);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let response = self.client.open(request).await?;
        let (date, unchanged) = (date(&response), response.status() == StatusCode::NOT_MODIFIED);
        if unchanged && etag.is_none() {
            return Err(self.client.unreadable(304, "it was not asked conditionally".to_owned()).into());
        }
        let etag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let value = if unchanged { None } else { Some(self.body(response, SNAPSHOT).await?) };
        Ok(Dated { value, etag, date })
    }

    /// The changes of an alias since a revision, as they happen.
    pub(super) async fn stream(&self, alias: &AliasName, since: Revision) -> Result<Response, SdkError> {
        let path = ["api", "projects", &self.project, "stream"];
        let request = self.client.get(&path).query(&[("alias", alias.as_str())]).timeout(STREAM);
        let request =
            request.header("last-event-id", since.to_string()).header(header::ACCEPT, "text/event-stream");
        // The head of the answer comes at once; the rest may take a day.
        let opened = tokio::time::timeout(SHORT, self.client.open(request)).await;
        let response = opened.map_err(|_| ClientError::Timeout { url: self.client.url().to_owned() })??;
        if response.status() == StatusCode::OK {
            Ok(response)
        } else {
            let status = response.status().as_u16();
            Err(self.client.unreadable(status, "it is no stream".to_owned()).into())
        }
    }

    /// Documents by digest, unverified.
    pub(super) async fn documents(&self, digests: BTreeSet<Digest>) -> Result<Documents, SdkError> {
        let request = self.client.request(Method::POST, &["api", "projects", &self.project, "documents"]);
        self.read(with_body(request, &WantDocuments { digests }), DOCUMENTS, LONG).await
    }

    /// The version that a reference names, with its document.
    pub(super) async fn resolve(
        &self,
        prompt: &str,
        reference: &str,
        unit: Option<&str>,
    ) -> Result<ResolvedPrompt, SdkError> {
        let query = [("project", self.project.as_str()), ("document", "true")];
        let mut request = self.client.get(&["api", "prompts", prompt, reference]).query(&query);
        if let Some(unit) = unit {
            request = request.query(&[("unit", unit)]);
        }
        self.read(request, PROMPT, SHORT).await
    }

    /// Says that this application runs, and what it holds.
    pub(super) async fn report(&self, report: &ReportClient) -> Result<ClientReported, SdkError> {
        let request = self.client.request(Method::POST, &["api", "projects", &self.project, "clients"]);
        self.read(with_body(request, report), SMALL, SHORT).await
    }

    /// Hands in what was counted.
    pub(super) async fn metrics(&self, body: &Value) -> Result<(), SdkError> {
        let request = self.client.request(Method::POST, &["api", "metrics"]);
        let request = with_body(request.query(&[("project", self.project.as_str())]), body).timeout(SHORT);
        self.client.open(request).await?;
        Ok(())
    }

    /// What went wrong while a stream was read.
    pub(super) fn broken(&self, error: &reqwest::Error) -> SdkError {
        self.client.failed(error).into()
    }

    /// An answer that came and is none.
    pub(super) fn unreadable(&self, reason: &str) -> SdkError {
        self.client.unreadable(200, reason.to_owned()).into()
    }

    /// Nothing came for too long.
    pub(super) fn silent(&self) -> SdkError {
        ClientError::Timeout { url: self.client.url().to_owned() }.into()
    }

    async fn read<T: DeserializeOwned + Send + 'static>(
        &self,
        request: RequestBuilder,
        most: usize,
        within: Duration,
    ) -> Result<T, SdkError> {
        let response = self.client.open(request.timeout(within)).await?;
        self.body(response, most).await
    }

    async fn body<T: DeserializeOwned + Send + 'static>(
        &self,
        response: Response,
        most: usize,
    ) -> Result<T, SdkError> {
        let status = response.status().as_u16();
        let bytes = self.client.bytes_up_to(response, most).await?;
        let read = if bytes.len() > LARGE {
            tokio::task::spawn_blocking(move || serde_json::from_slice(&bytes))
                .await
                .map_err(|_| SdkError::Closed)?
        } else {
            serde_json::from_slice(&bytes)
        };
        Ok(read.map_err(|error| self.client.unreadable(status, error.to_string()))?)
    }
}

/// When the server says it answered.
pub(super) fn date(response: &Response) -> Option<Timestamp> {
    let date = response.headers().get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}
