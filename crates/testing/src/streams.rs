//! Streams of events, read one by one.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::HeaderMap;
use promptsync_server::AnswerBody;
use serde_json::Value;

/// Longer than any event takes: what takes so long is a failure.
const NEVER: Duration = Duration::from_secs(30);

/// A stream that was asked for.
#[derive(Debug)]
pub struct Listening {
    /// The answer's status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    body: AnswerBody,
    reader: EventReader,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: Option<i64>,
    /// `change`, `resync` or `reconnect`; `comment` for what is none.
    pub kind: String,
    /// Its data.
    pub data: Value,
}

/// Finds events in bytes as they come.
#[derive(Debug, Default)]
pub struct EventReader {
    text: String,
    events: VecDeque<Event>,
}

impl Listening {
    pub(crate) fn new(status: u16, headers: HeaderMap, body: AnswerBody) -> Self {
        Self { status, headers, body, reader: EventReader::default() }
    }

    /// The next event; none when the stream has ended.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.reader.take() {
                return Some(event);
            }
            let frame = tokio::time::timeout(NEVER, self.body.frame()).await.expect("an event comes in time");
            let bytes = frame?.expect("streams do not fail").into_data().expect("streams have no trailers");
            self.reader.add(&bytes);
        }
    }

    /// The next event that is not a comment.
    pub async fn news(&mut self) -> Option<Event> {
        loop {
            match self.event().await {
                Some(event) if event.kind == "comment" => {}
                other => return other,
            }
        }
    }

    /// The status and the code of a refusal.
    pub fn refusal(&self) -> String {
        let body = self.body.whole().cloned().unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        format!("{} {}", self.status, body["code"].as_str().unwrap_or("?"))
    }
}

impl EventReader {
    /// Takes more bytes.
    pub fn add(&mut self, bytes: &Bytes) {
        self.text.push_str(std::str::from_utf8(bytes).expect("events are text"));
        while let Some(end) = self.text.find("\n\n") {
            let block: String = self.text.drain(..end + 2).collect();
            self.events.extend(event(&block));
        }
    }

    /// The next event that came.
    pub fn take(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}

fn event(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    if block.starts_with(':') {
        return Some(Event { id: None, kind: "comment".to_owned(), data: Value::Null });
    }
    Some(Event {
        id: field("id").map(|id| id.parse().expect("an id is a revision")),
        kind: field("event")?.to_owned(),
        data: serde_json::from_str(field("data").unwrap_or("null")).expect("data is JSON"),
    })
}
