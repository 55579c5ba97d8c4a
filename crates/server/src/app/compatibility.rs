//! Which applications run, what they hold of each alias, and whether their code fits what aliases or versions offer.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use promptsync_api::{
    delivery::{ClientProblem, ClientStatus, CompatibilityCheck, HeldAlias},
    error::{INVALID, RELEASE_NOT_FOUND, VERSION_NOT_FOUND},
};
use promptsync_core::{
    access::Permission,
    audit::Revision,
    callers::{self, Uses},
    compatibility::Offered,
    names::{AliasName, PromptName},
    references::Reference,
    versions::VersionNumber,
};
use promptsync_store::{Manifest, ReadTx, alias_history, aliases, releases, versions};
use tokio::time::{Instant, timeout_at};

use super::{aliases::existing, clients::Running, releases::find as find_release, resolve};
use crate::{endpoint::InProject, http::error::ApiError};

/// How often the database is asked what other servers heard, while somebody waits.
const LOOK: Duration = Duration::from_millis(400);
/// Reports that come within this time are looked at together.
const TOGETHER: Duration = Duration::from_millis(10);
/// Moves of an alias that are looked through for the one a client holds.
const MOVES: u32 = 500;

type Releases = Vec<(Revision, Option<VersionNumber>)>;

/// What is known of an alias that clients hold.
struct Alias {
    moved: Revision,
    releases: Releases,
    offered: BTreeMap<PromptName, Offered>,
}

/// The applications that run. With `wait` as soon as none of those that hold `alias` is behind, at the latest after that
/// time.
pub(crate) async fn status(
    call: &InProject,
    alias: Option<&str>,
    wait: Option<Duration>,
) -> Result<Vec<ClientStatus>, ApiError> {
    let (app, workspace, project) = (&call.app, &call.caller.workspace, &call.project.id);
    let alias = match alias {
        Some(name) => Some(existing(&mut app.db.begin_read(workspace).await?, call, name).await?),
        None => None,
    };
    match (&alias, wait) {
        (Some(alias), Some(wait)) => wait_for(call, alias, wait).await?,
        _ => app.read_clients(workspace, project).await?,
    }
    let name = alias.as_ref().map(|alias| &alias.name);
    let running = app.clients.running(project, name, app.clock.now());
    let mut tx = app.db.begin_read(workspace).await?;
    let known = known(&mut tx, call, &running, name).await?;
    Ok(running.iter().map(|running| shown(running, &known)).collect())
}

async fn wait_for(call: &InProject, alias: &aliases::Alias, wait: Duration) -> Result<(), ApiError> {
    let (app, workspace, project) = (&call.app, &call.caller.workspace, &call.project.id);
    let deadline = Instant::now() + wait;
    let mut reports = app.clients.reports();
    app.read_clients(workspace, project).await?;
    let mut look = Instant::now() + LOOK;
    while app.clients.behind(project, &alias.name, alias.revision, app.clock.now()) > 0 {
        if Instant::now() >= deadline {
            break;
        }
        if timeout_at(look.min(deadline), reports.changed()).await.is_ok() {
            tokio::time::sleep(TOGETHER).await;
            reports.mark_unchanged();
        } else {
            app.read_clients(workspace, project).await?;
            look = Instant::now() + LOOK;
        }
    }
    Ok(())
}

/// Whether what running applications pass fits a version, or an alias as it stands.
pub(crate) async fn check(
    call: &InProject,
    alias: Option<&str>,
    version: Option<&str>,
) -> Result<CompatibilityCheck, ApiError> {
    let (app, workspace, project) = (&call.app, &call.caller.workspace, &call.project.id);
    app.read_clients(workspace, project).await?;
    let mut tx = app.db.begin_read(workspace).await?;
    let alias = match alias {
        Some(name) => Some(existing(&mut tx, call, name).await?),
        None => None,
    };
    let (against, manifest) = match (version, &alias) {
        (Some(version), _) => named(&mut tx, call, version).await?,
        (None, Some(alias)) => (alias.name.to_string(), aliases::entries(&mut tx, &alias.id).await?),
        (None, None) => {
            return Err(ApiError::new(INVALID, "say what to check: `alias`, `version`, or both")
                .hint("with both, the applications that hold the alias are checked against the version"));
        }
    };
    let name = alias.as_ref().map(|alias| &alias.name);
    let running = app.clients.running(project, name, app.clock.now());
    let used = used(&running);
    let offered = offered(&mut tx, call, &used, &manifest).await?;
    let (mut checked, mut problems) = (0, Vec::new());
    for one in running.iter().filter(|one| !one.report.uses.is_empty()) {
        checked += 1;
        for message in callers::misfits(&one.report.uses, &offered) {
            problems.push(ClientProblem {
                instance: one.report.instance.clone(),
                service: one.report.service.clone(),
                host: one.report.host.clone(),
                message,
            });
        }
    }
    Ok(CompatibilityCheck {
        against,
        compatible: problems.is_empty(),
        checked,
        unknown: running.len() - checked,
        problems,
    })
}

/// What a release or another alias names.
async fn named(tx: &mut ReadTx, call: &InProject, version: &str) -> Result<(String, Manifest), ApiError> {
    let selector = Reference::parse(version)?.selector;
    if let Some(other) = resolve::alias_of(&selector) {
        if !call.can_in_environment(Permission::Read, other) {
            call.require(Permission::Read)?;
        }
        let other = existing(tx, call, other.as_str()).await?;
        return Ok((other.name.to_string(), aliases::entries(tx, &other.id).await?));
    }
    call.require(Permission::Read)?;
    let release = find_release(tx, &call.project, &selector).await;
    let release = release.map_err(|error| error.recode(RELEASE_NOT_FOUND, VERSION_NOT_FOUND))?;
    Ok((release.version.to_string(), releases::manifest(tx, &release).await?))
}

/// The prompts that any of these applications uses.
fn used(running: &[Running]) -> Vec<PromptName> {
    let names: BTreeSet<&String> = running.iter().flat_map(|one| one.report.uses.keys()).collect();
    names.into_iter().filter_map(|name| PromptName::parse(name).ok()).collect()
}

/// What is offered of the prompts that are used.
async fn offered(
    tx: &mut ReadTx,
    call: &InProject,
    used: &[PromptName],
    manifest: &Manifest,
) -> Result<BTreeMap<PromptName, Offered>, ApiError> {
    let mut past = versions::of_prompts(tx, &call.project.id, used).await?;
    let offer = |(name, number): (&PromptName, &VersionNumber)| {
        let version = past.remove(name)?.into_iter().find(|one| one.version == *number)?;
        let offered =
            Offered { version: version.version, digest: version.digest, interface: version.interface };
        Some((name.clone(), offered))
    };
    Ok(manifest.iter().filter_map(offer).collect())
}

/// What has to be known of the aliases that these applications hold; of one alone when it is named.
async fn known(
    tx: &mut ReadTx,
    call: &InProject,
    running: &[Running],
    only: Option<&AliasName>,
) -> Result<BTreeMap<AliasName, Alias>, ApiError> {
    let held: BTreeSet<&AliasName> = running.iter().flat_map(|one| one.report.holds.keys()).collect();
    let used = used(running);
    let mut found = BTreeMap::new();
    for alias in aliases::list(tx, &call.project.id).await? {
        if !held.contains(&alias.name) || only.is_some_and(|only| *only != alias.name) {
            continue;
        }
        let manifest = aliases::entries(tx, &alias.id).await?;
        let known = Alias {
            moved: alias.revision,
            releases: alias_history::releases(tx, &alias.id, MOVES).await?,
            offered: if used.is_empty() {
                BTreeMap::new()
            } else {
                offered(tx, call, &used, &manifest).await?
            },
        };
        found.insert(alias.name, known);
    }
    Ok(found)
}

fn shown(running: &Running, known: &BTreeMap<AliasName, Alias>) -> ClientStatus {
    let report = &*running.report;
    let mut held = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, revision) in &report.holds {
        let Some(alias) = known.get(name) else { continue };
        let release = alias.releases.iter().find(|(moved, _)| moved <= revision);
        let release = release.and_then(|(_, release)| release.clone());
        held.insert(
            name.clone(),
            HeldAlias { revision: *revision, release, behind: *revision < alias.moved },
        );
        problems.extend(misfits(&report.uses, name, alias));
    }
    ClientStatus {
        instance: report.instance.clone(),
        service: report.service.clone(),
        host: report.host.clone(),
        sdk: report.sdk.clone(),
        sdk_version: report.sdk_version.clone(),
        git_commit: report.git_commit.clone(),
        transport: report.transport.clone(),
        last_seen: running.last_seen,
        compatible: (!report.uses.is_empty() && !held.is_empty()).then_some(problems.is_empty()),
        aliases: held,
        problems,
    }
}

fn misfits(uses: &Uses, name: &AliasName, alias: &Alias) -> impl Iterator<Item = String> {
    callers::misfits(uses, &alias.offered).into_iter().map(move |said| format!("{name}: {said}"))
}
