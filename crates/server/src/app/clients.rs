//! Running applications: what each said last, in memory, and what other servers heard, by way of the database.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;
use promptsync_api::{
    delivery::{ClientReported, ReportClient},
    error::RATE_LIMITED,
};
use promptsync_core::{
    audit::Revision,
    ids::{ProjectId, WorkspaceId},
    names::AliasName,
    time::Timestamp,
};
use promptsync_store::{StoreError, clients};
use tokio::sync::watch;

use super::App;
use crate::{
    endpoint::InProject,
    http::{error::ApiError, query::invalid},
};

/// How often an application reports.
const EVERY_SECONDS: u64 = 60;
/// How long an application counts as running after its last report.
const ALIVE: TimeDelta = TimeDelta::minutes(15);
/// Applications of one project that are known at once.
const MAX: usize = 50_000;
/// Aliases, and names in `uses`, of one report.
const MAX_HOLDS: usize = 100;
const MAX_USES: usize = 2_000;
/// Ways to get changes.
const TRANSPORTS: [&str; 3] = ["stream", "poll", "bundle"];

/// An application.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    /// What it said.
    pub(crate) report: Arc<ReportClient>,
    /// When.
    pub(crate) last_seen: Timestamp,
    /// Whether the database has yet to hear of it.
    is_new: bool,
}

/// The applications that run.
#[derive(Debug)]
pub(crate) struct Clients {
    by_project: Mutex<HashMap<ProjectId, Project>>,
    reports: watch::Sender<u64>,
}

#[derive(Debug)]
struct Project {
    workspace: WorkspaceId,
    clients: BTreeMap<String, Running>,
}

impl Default for Clients {
    fn default() -> Self {
        Self { by_project: Mutex::default(), reports: watch::Sender::new(0) }
    }
}

impl Clients {
    /// Wakes whoever waits for a report.
    pub(crate) fn reports(&self) -> watch::Receiver<u64> {
        self.reports.subscribe()
    }

    /// The applications of a project that run, and hold an alias when one is named.
    pub(crate) fn running(
        &self,
        project: &ProjectId,
        alias: Option<&AliasName>,
        now: Timestamp,
    ) -> Vec<Running> {
        let known = self.known();
        let holds = |running: &&Running| alias.is_none_or(|alias| running.report.holds.contains_key(alias));
        let clients = known.get(project).into_iter().flat_map(|project| project.clients.values());
        clients.filter(|running| now - running.last_seen < ALIVE).filter(holds).cloned().collect()
    }

    /// How many hold an older revision of an alias than this one.
    pub(crate) fn behind(
        &self,
        project: &ProjectId,
        alias: &AliasName,
        moved: Revision,
        now: Timestamp,
    ) -> usize {
        let known = self.known();
        let clients = known.get(project).into_iter().flat_map(|project| project.clients.values());
        let running = clients.filter(|running| now - running.last_seen < ALIVE);
        running.filter(|running| running.report.holds.get(alias).is_some_and(|held| *held < moved)).count()
    }

    /// Notes a report; what is known already and newer stays.
    fn note(&self, workspace: &WorkspaceId, project: &ProjectId, running: Running) -> Result<(), ApiError> {
        let mut known = self.known();
        let own = known
            .entry(project.clone())
            .or_insert_with(|| Project { workspace: workspace.clone(), clients: BTreeMap::new() });
        let instance = &running.report.instance;
        if own.clients.get(instance).is_some_and(|known| known.last_seen > running.last_seen) {
            return Ok(());
        }
        if own.clients.len() >= MAX && !own.clients.contains_key(instance) {
            let detail = format!("a project has at most {MAX} applications that run");
            return Err(ApiError::new(RATE_LIMITED, detail).retry_after(EVERY_SECONDS));
        }
        own.clients.insert(instance.clone(), running);
        Ok(())
    }

    /// Takes what the database has yet to hear, and forgets those that were silent for long.
    fn take_new(&self, now: Timestamp) -> Vec<clients::Client> {
        let mut taken = Vec::new();
        let mut known = self.known();
        for (project, own) in known.iter_mut() {
            own.clients.retain(|_, running| now - running.last_seen < ALIVE);
            for (instance, running) in own.clients.iter_mut().filter(|(_, running)| running.is_new) {
                running.is_new = false;
                taken.push(clients::Client {
                    workspace: own.workspace.clone(),
                    project: project.clone(),
                    instance: instance.clone(),
                    report: serde_json::to_value(&*running.report).unwrap_or_default(),
                    last_seen: running.last_seen,
                });
            }
        }
        known.retain(|_, own| !own.clients.is_empty());
        // In one order everywhere, so that two servers never wait for each other.
        taken.sort_unstable_by(|a, b| (&a.project, &a.instance).cmp(&(&b.project, &b.instance)));
        taken
    }

    fn put_back(&self, taken: &[clients::Client]) {
        let mut known = self.known();
        for client in taken {
            let own = known.get_mut(&client.project).and_then(|own| own.clients.get_mut(&client.instance));
            if let Some(running) = own {
                running.is_new = true;
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ProjectId, Project>> {
        self.by_project.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Writes what applications said, for other servers. What cannot be written is tried again.
    pub async fn write_clients(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let taken = self.clients.take_new(now);
        if taken.is_empty() {
            return Ok(());
        }
        let written = clients::note(&self.db, &taken, now - ALIVE).await;
        if written.is_err() {
            self.clients.put_back(&taken);
        }
        written
    }

    /// Reads what other servers heard from a project's applications.
    pub(crate) async fn read_clients(
        &self,
        workspace: &WorkspaceId,
        project: &ProjectId,
    ) -> Result<(), ApiError> {
        let mut tx = self.db.begin_read(workspace).await?;
        let found = clients::of_project(&mut tx, project, self.clock.now() - ALIVE).await?;
        drop(tx);
        for client in found {
            // A report that a newer server wrote may say more than this one understands.
            let Ok(report) = serde_json::from_value(client.report) else { continue };
            let running = Running { report: Arc::new(report), last_seen: client.last_seen, is_new: false };
            self.clients.note(workspace, project, running)?;
        }
        Ok(())
    }
}

/// Notes that an application runs, and what it holds.
pub(crate) fn report(call: &InProject, report: ReportClient) -> Result<ClientReported, ApiError> {
    check(&report)?;
    let app = &call.app;
    let running = Running { report: Arc::new(report), last_seen: app.clock.now(), is_new: true };
    app.clients.note(&call.caller.workspace, &call.project.id, running)?;
    app.clients.reports.send_modify(|count| *count += 1);
    Ok(ClientReported { every_seconds: EVERY_SECONDS })
}

fn check(report: &ReportClient) -> Result<(), ApiError> {
    text("instance", &report.instance, 1, 100)?;
    text("service", &report.service, 1, 200)?;
    text("sdk", &report.sdk, 1, 50)?;
    text("sdk_version", &report.sdk_version, 1, 50)?;
    text("host", report.host.as_deref().unwrap_or_default(), 0, 255)?;
    text("git_commit", report.git_commit.as_deref().unwrap_or_default(), 0, 64)?;
    if !TRANSPORTS.contains(&report.transport.as_str()) {
        return Err(invalid("transport", "expected `stream`, `poll` or `bundle`"));
    }
    if report.holds.len() > MAX_HOLDS {
        return Err(invalid("holds", "an application holds at most 100 aliases"));
    }
    let names = report.uses.values().map(|names| names.len() + 1).sum::<usize>();
    if names > MAX_USES {
        return Err(invalid("uses", "at most 2000 names of prompts and variables"));
    }
    for (prompt, variables) in &report.uses {
        text("uses", prompt, 1, 200)?;
        variables.iter().try_for_each(|name| text("uses", name, 1, 200))?;
    }
    Ok(())
}

fn text(field: &str, value: &str, least: usize, most: usize) -> Result<(), ApiError> {
    let fits = (least..=most).contains(&value.len()) && !value.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(invalid(field, &format!("expected {least} to {most} plain characters"))) }
}
