//! Searching without words in clear: an index holds tokens that only the workspace's search key gives.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Characters of the shortest beginning of a word that can be looked for; a shorter word is found whole.
const SHORTEST: usize = 3;
/// Characters of the longest one: longer words are found by their first ten.
const LONGEST: usize = 10;
/// Letters of a token, of 16 different ones: 40 bits. Among a million tokens a question meets a wrong one once in a
/// million times.
const LETTERS: usize = 10;

/// Turns words into tokens. Every workspace has its own, so that the same word is another token elsewhere.
#[derive(Clone)]
pub struct SearchKey(Zeroizing<[u8; 32]>);

impl SearchKey {
    /// A key from its bytes, which must be random.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The token of a beginning that [`beginnings`] gives.
    pub fn token(&self, beginning: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes keys of any length");
        mac.update(beginning.as_bytes());
        let code = mac.finalize().into_bytes();
        // Letters only, so that no database's parser sees a number or an address in a token.
        let halves = code.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        halves.take(LETTERS).map(|half| char::from(b'a' + half)).collect()
    }

    /// The token that finds the words beginning with this one.
    pub fn asked(&self, word: &str) -> String {
        let end = word.char_indices().nth(LONGEST).map_or(word.len(), |(at, _)| at);
        self.token(&word[..end])
    }
}

/// The beginnings a word can be found by: those of 3 to 10 characters, or the whole word when it is shorter.
pub fn beginnings(word: &str) -> impl Iterator<Item = &str> {
    let ends = word.char_indices().map(|(at, character)| at + character.len_utf8());
    let count = ends.clone().take(LONGEST).count();
    ends.take(LONGEST).skip(count.min(SHORTEST).saturating_sub(1)).map(|end| &word[..end])
}

impl std::fmt::Debug for SearchKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SearchKey(…)")
    }
}
