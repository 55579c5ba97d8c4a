//! Running applications.

use std::time::Duration;

use promptsync_api::{
    delivery::{ClientReported, ClientStatus, CompatibilityCheck, ReportClient},
    page::Page,
};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// Says that an application runs, and what it holds.
    pub async fn report_client(
        &self,
        project: &str,
        report: &ReportClient,
    ) -> Result<ClientReported, ClientError> {
        let request = self.request(Method::POST, &["api", "projects", project, "clients"]);
        self.answer(with_body(request, report)).await
    }

    /// The applications that run; those that hold `alias` when one is named.
    pub async fn clients(
        &self,
        project: &str,
        alias: Option<&str>,
    ) -> Result<Vec<ClientStatus>, ClientError> {
        let alias = alias.map(|alias| ("alias", alias));
        let request = self.get(&["api", "compatibility", "status"]).query(&[("project", project)]);
        let page: Page<ClientStatus> = self.answer(request.query(alias.as_slice())).await?;
        Ok(page.items)
    }

    /// The applications that hold an alias, as soon as none is behind, at the latest after `wait`. The server waits for at
    /// most 25 s.
    pub async fn clients_up_to_date(
        &self,
        project: &str,
        alias: &str,
        wait: Duration,
    ) -> Result<Vec<ClientStatus>, ClientError> {
        let wait = wait.as_millis().to_string();
        let query = [("project", project), ("alias", alias), ("wait_ms", &wait)];
        let request = self.get(&["api", "compatibility", "status"]).query(&query);
        let page: Page<ClientStatus> = self.answer(request).await?;
        Ok(page.items)
    }

    /// Whether what running applications pass fits: those that hold `alias`, against `version`; at least one is named.
    pub async fn compatibility(
        &self,
        project: &str,
        alias: Option<&str>,
        version: Option<&str>,
    ) -> Result<CompatibilityCheck, ClientError> {
        let (alias, version) = (alias.map(|text| ("alias", text)), version.map(|text| ("version", text)));
        let request = self.get(&["api", "compatibility", "check"]).query(&[("project", project)]);
        self.answer(request.query(alias.as_slice()).query(version.as_slice())).await
    }
}
