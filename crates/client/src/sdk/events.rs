//! Reading a stream of server-sent events.

/// Bytes of one event; more is no event.
const LARGEST: usize = 32 << 20;

/// An event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// Its kind.
    pub(super) kind: String,
    /// Its data.
    pub(super) data: String,
}

/// A stream with events without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endless;

/// What has arrived of a stream and is no event yet.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    event: Event,
    /// Bytes of the event so far.
    size: usize,
}

impl Events {
    /// The events that these bytes complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Endless> {
        let mut events = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.grow(&rest[..end])?;
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line));
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                self.size = 0;
                if !event.data.is_empty() {
                    events.push(event);
                }
            } else {
                self.field(&line);
            }
        }
        self.grow(rest)?;
        Ok(events)
    }

    /// Whether no event is half here.
    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), Endless> {
        self.size += bytes.len();
        if self.size > LARGEST {
            return Err(Endless);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn field(&mut self, line: &str) {
        // A line that begins with a colon is a comment: a sign of life.
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.event.kind),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // What only says that the connection lives must not count as an event that grows for ever.
            "" => self.size = self.event.data.len() + self.event.kind.len(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": hello\n\nid: 7\nevent: change\ndata: {\"a\":\ndata: 1}\n\n:\n\nevent: resync\r\ndata:{}\r\n\r\nevent: x\n\n";

    fn expected() -> [Event; 2] {
        [
            Event { kind: "change".into(), data: "{\"a\":\n1}".into() },
            Event { kind: "resync".into(), data: "{}".into() },
        ]
    }

    #[test]
    fn events_are_the_same_however_they_arrive() {
        for size in 1..=STREAM.len() {
            let mut events = Events::default();
            let found: Vec<Event> =
                STREAM.as_bytes().chunks(size).flat_map(|chunk| events.feed(chunk).unwrap()).collect();
            assert_eq!(found, expected(), "in chunks of {size}");
        }
    }

    #[test]
    fn an_event_without_end_is_none() {
        let mut events = Events::default();
        let chunk = vec![b'x'; 1 << 20];
        let fed = (0..40).map(|_| events.feed(&chunk).map(|_| ())).find(Result::is_err);
        assert_eq!(fed, Some(Err(Endless)));
    }

    #[test]
    fn signs_of_life_do_not_add_up() {
        let (mut events, comment) = (Events::default(), format!(": {}\n", "x".repeat(1 << 18)));
        for _ in 0..200 {
            assert_eq!(events.feed(comment.as_bytes()), Ok(Vec::new()));
        }
    }
}
