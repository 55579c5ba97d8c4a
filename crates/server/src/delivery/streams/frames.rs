//! Events as they are written: encoded once, shared by every stream.

use bytes::Bytes;
use promptsync_api::delivery::{ChangeEvent, ReconnectEvent, ResyncEvent};
use promptsync_core::audit::Revision;
use serde::Serialize;

/// A comment: it says that the server is there, and nothing more.
pub(super) const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// How long a client waits before it connects again, when nobody told it otherwise.
pub(super) const OPENING: Bytes = Bytes::from_static(b"retry: 1000\n\n");

/// A change. Its id is the revision, so that whoever comes back says how far they are.
pub(super) fn change(revision: Revision, event: &ChangeEvent) -> Result<Bytes, serde_json::Error> {
    frame(&format!("id: {revision}\nevent: change\n"), event)
}

/// The news that something is lost. It has no id: only the snapshot that is read then says how far the client is.
pub(super) fn resync(revision: Revision) -> Bytes {
    frame("event: resync\n", &ResyncEvent { revision }).unwrap_or_default()
}

/// The news that this server goes away.
pub(super) fn reconnect(after_ms: u64) -> Bytes {
    frame("event: reconnect\n", &ReconnectEvent { after_ms }).unwrap_or_default()
}

fn frame(head: &str, data: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let mut text = format!("{head}data: ").into_bytes();
    // JSON has no line ends of its own.
    serde_json::to_writer(&mut text, data)?;
    text.extend_from_slice(b"\n\n");
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_data_and_an_empty_line() {
        assert_eq!(resync(7), "event: resync\ndata: {\"revision\":7}\n\n");
        assert_eq!(reconnect(12), "event: reconnect\ndata: {\"after_ms\":12}\n\n");
    }
}
