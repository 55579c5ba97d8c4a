//! Telling the server that this application runs, and what it holds.

use std::{sync::Arc, time::Duration};

use promptsync_api::delivery::ReportClient;
use tokio::time::{sleep, timeout};

use super::{SdkError, Transport, backoff::Backoff, core::Core};

/// How often to report before the server said how often.
const EVERY: Duration = Duration::from_mins(1);

/// The longest and shortest time that is believed.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(1);

/// Reports after the first snapshot, after each change, and now and then, until the task is ended.
pub(super) async fn report(core: Arc<Core>) {
    let Some(wire) = &core.wire else { return };
    let mut ticks = core.ticks();
    let mut message = ReportClient {
        instance: instance(),
        service: core.settings.service.clone(),
        host: core.settings.host.clone(),
        sdk: if core.settings.relay.is_some() { "edge" } else { core.settings.language }.to_owned(),
        sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: core.settings.git_commit.clone(),
        uses: core.settings.uses.clone(),
        ..ReportClient::default()
    };
    let (mut every, mut backoff) = (EVERY, Backoff::up_to(EVERY));
    loop {
        (message.transport, message.holds) = (transport(&core).as_str().to_owned(), core.holds());
        if !message.holds.is_empty() {
            match wire.report(&message).await {
                Ok(answer) => {
                    every = Duration::from_secs(answer.every_seconds).clamp(SHORTEST, LONGEST);
                    backoff.reset();
                }
                Err(SdkError::Server(error)) if matches!(error.status(), Some(404 | 405)) => return,
                Err(_) => {
                    sleep(core.dice.around(backoff.next(core.dice.draw()))).await;
                    continue;
                }
            }
        }
        // Until something else is held, or it is time again.
        let changed = async {
            while core.holds() == message.holds && transport(&core).as_str() == message.transport {
                if ticks.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = timeout(core.dice.around(every), changed).await;
    }
}

/// How most of it arrives.
fn transport(core: &Core) -> Transport {
    let transports = core.followed().into_iter().map(|followed| followed.state().transport);
    transports.fold(Transport::None, |all, one| match (all, one) {
        (Transport::Stream, _) | (_, Transport::Stream) => Transport::Stream,
        (Transport::Poll, _) | (_, Transport::Poll) => Transport::Poll,
        _ => Transport::None,
    })
}

/// Which process this is.
fn instance() -> String {
    let mut bytes = [0; 16];
    // Without randomness the process's number has to do.
    if getrandom::fill(&mut bytes).is_err() {
        return format!("process-{}", std::process::id());
    }
    promptsync_core::digest::hex(&bytes)
}
