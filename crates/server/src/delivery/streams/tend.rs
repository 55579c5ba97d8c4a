//! The task of a line: it reads what changed, lets silent streams hear that the server is there, and ends those whose
//! key was revoked.

use std::{sync::Arc, time::Duration};

use hyper::{HeaderMap, header::AUTHORIZATION};
use promptsync_core::{
    access::{Object, Permission},
    audit::Revision,
};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    events,
    line::{Line, Party},
};
use crate::app::App;

/// How often each key is looked at: together with the age of what was read, a revoked key's streams end in a second.
const LOOK: Duration = Duration::from_millis(450);
/// How old what is known of a key may be then.
const FRESH: Duration = Duration::from_millis(350);
/// One turn of heartbeats.
const BEAT: Duration = Duration::from_secs(1);
/// Turns for which a line is kept that nobody listens to: whoever comes back finds what they missed.
const KEPT: u32 = 60;

/// Whose turn it is.
enum Turn {
    Newer,
    Beat,
    Look,
}

/// Tends a line until nobody has listened for a while, or the server stops.
pub(super) async fn tend(app: Arc<App>, line: Arc<Line>) {
    let mut newer = app.delivery.feed(&line.id.workspace).newer();
    let mut stopping = app.streams.stopping.subscribe();
    let (mut beats, mut looks) = (interval(BEAT), interval(LOOK));
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let turns = app.streams.limits.heartbeat.as_secs().max(1);
    let (mut turn, mut idle) = (0, 0);
    // Something may have happened since the line was read first.
    let heard = *newer.borrow_and_update();
    let mut is_behind = !read(&app, &line, heard).await;
    loop {
        let due = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            changed = newer.changed() => match changed {
                Ok(()) => Turn::Newer,
                Err(_) => return,
            },
            _ = beats.tick() => Turn::Beat,
            _ = looks.tick() => Turn::Look,
        };
        match due {
            Turn::Newer => {
                let heard = *newer.borrow_and_update();
                is_behind = !read(&app, &line, heard).await;
            }
            Turn::Beat => {
                turn += 1;
                line.beat(turn, turns);
                if is_behind {
                    let heard = *newer.borrow();
                    is_behind = !read(&app, &line, heard).await;
                }
                idle = if line.parties().is_empty() { idle + 1 } else { 0 };
                if idle > KEPT && app.streams.drop_idle(&line.id) {
                    return;
                }
            }
            Turn::Look => {
                for party in line.parties() {
                    if !still_reads(&app, &line, &party).await {
                        line.end(&party);
                    }
                }
            }
        }
    }
}

/// Reads what changed; says whether that was possible.
async fn read(app: &Arc<App>, line: &Line, heard: Revision) -> bool {
    match events::catch_up(app, line, heard).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(alias = %line.id.alias, code = error.code(), "a change cannot be sent yet; it is tried again");
            false
        }
    }
}

/// Whether a key still opens the alias. While nobody can say, it does.
async fn still_reads(app: &App, line: &Line, party: &Party) -> bool {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(AUTHORIZATION, party.authorization.clone());
    match app.authenticate_again(&headers, FRESH).await {
        Ok(caller) => {
            let project = Object::project(&line.id.workspace, &line.id.project);
            caller.workspace == line.id.workspace
                && (caller.can(Permission::Read, project)
                    || caller.can(Permission::Read, project.in_environment(&line.id.alias)))
        }
        Err(error) => error.status() >= 500,
    }
}
