//! An answer in little room.

use lz4_flex::block;

use super::Prepared;

/// What answers have in common, the most common last. A packed answer names a place in it instead of saying it again, so
/// it can be changed at any time: nothing packed is ever stored.
const COMMON: &[u8] = br#"{"type":"string","required":false,"default":null,"description":"{"role":"system","content":"{"role":"user","content":"You are a helpful assistant. Answer the question using the following context. Return the result as JSON with the fields "git_commit":"","author":{"kind":"user","id":"01"variant":{"locale":"en"},"content":[{"role":""}],"split":{"output_schema":{"type":"object","properties":{","interface":{"kind":"chat","variables":{"":{"type":null,"required":true,"default":null,"description":null}},"roles":[],"placeholders":{},"variants":[],"models":[],"output_schema":null},"metadata":{},"git_commit":null,"created_at":"2026-01-01T00:00:00.000000Z","signature":{"statement":{"workspace":"01","project":"default","prompt":"","version":"1.0.0","digest":"sha256:","author":{"kind":"service","id":"01","name":"command line"},"created_at":"2026-01-01T00:00:00.000000Z","git_commit":null,"record":"sha256:"},"key":"","bytes":""},"revision":1{"id":"01","name":"","project":"default","module":"","version":"1.0.0","alias":"production","digest":"sha256:","variant":null,"content":"","interface":{"kind":"text","variables":{"":{"type":null,"required":true,"default":null,"description":null},"#;

/// A [`Prepared`] answer, compressed.
pub(super) struct Packed {
    /// Bytes of it before.
    length: u32,
    tag: u32,
    target: u32,
    bytes: Box<[u8]>,
}

impl Packed {
    /// Compresses an answer; none when it is longer than anything that is answered.
    pub(super) fn of(answer: &Prepared) -> Option<Self> {
        let place = |place: usize| u32::try_from(place).ok();
        let mut packed = vec![0; block::get_maximum_output_size(answer.whole.len())];
        let taken = block::compress_into_with_dict(&answer.whole, &mut packed, COMMON).ok()?;
        Some(Self {
            length: place(answer.whole.len())?,
            tag: place(answer.tag)?,
            target: place(answer.target)?,
            // Copied: what is cut off would stay unused beside it.
            bytes: packed[..taken].into(),
        })
    }

    /// The answer as it was.
    pub(super) fn unpack(&self) -> Option<Prepared> {
        let whole = block::decompress_with_dict(&self.bytes, self.length as usize, COMMON).ok()?;
        Some(Prepared { whole: whole.into(), tag: self.tag as usize, target: self.target as usize })
    }

    /// Bytes it takes, but for what every answer takes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(body: &[u8]) -> Prepared {
        Prepared::new("\"0123456789ab\"", "prompt:a@1.0.0", body)
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_as_it_was(body in prop::collection::vec(any::<u8>(), 0..20_000)) {
            let answer = answer(&body);
            prop_assert_eq!(Packed::of(&answer).and_then(|packed| packed.unpack()), Some(answer));
        }
    }

    #[test]
    fn what_answers_have_in_common_takes_no_room() {
        let empty = answer(COMMON);
        let packed = Packed::of(&empty).expect("it is short");
        assert!(packed.len() < 100, "{} bytes", packed.len());
        assert_eq!(packed.unpack(), Some(empty));
    }
}
