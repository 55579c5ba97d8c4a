//! The form of an API key: `ps_`, 12 characters to find it by, `_`, a secret of 256 bits, a checksum.
//!
//! The checksum tells a mistyped or cut key from a wrong one before anything is looked up.

/// What every key begins with, so that secret scanners know it.
pub(crate) const PREFIX: &str = "ps_";
/// Characters of the part a key is found by.
const LOOKUP: usize = 12;
/// Characters of the secret: 62^43 is more than 2^256.
const SECRET: usize = 43;
/// Characters of the checksum: 62^6 is more than 2^32.
const CHECKSUM: usize = 6;

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key as its owner holds it. Printing it for debugging shows only the part it is found by.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ApiKey(String);

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKey({}…)", self.lookup())
    }
}

impl ApiKey {
    /// A key made of random bytes. `random` fills a buffer; the process has the system's source, tests a seeded one.
    pub(crate) fn generate(mut random: impl FnMut(&mut [u8])) -> Self {
        let lookup = draw(BASE32, LOOKUP, &mut random);
        Self::renew(&lookup, random)
    }

    /// A key found by the same part as another, with a new secret.
    pub(crate) fn renew(lookup: &str, mut random: impl FnMut(&mut [u8])) -> Self {
        let secret = draw(BASE62, SECRET, &mut random);
        let body = format!("{PREFIX}{lookup}_{secret}");
        let checksum = checksum(&body);
        Self(body + &checksum)
    }

    /// Reads a key; nothing when its form or checksum is wrong.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(PREFIX)?;
        let (lookup, rest) = body.split_once('_')?;
        let well_formed = lookup.len() == LOOKUP
            && lookup.bytes().all(|b| BASE32.contains(&b))
            && rest.len() == SECRET + CHECKSUM
            && rest.bytes().all(|b| BASE62.contains(&b));
        let (body, given) = well_formed.then(|| text.split_at(text.len() - CHECKSUM))?;
        (checksum(body) == given).then(|| Self(text.to_owned()))
    }

    /// The part it is found by; not secret.
    pub(crate) fn lookup(&self) -> &str {
        &self.0[PREFIX.len()..PREFIX.len() + LOOKUP]
    }

    /// The whole key.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    /// Its end, for lists.
    pub(crate) fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }
}

/// Characters of an alphabet, each equally likely: bytes beyond the last whole multiple are drawn again.
fn draw(alphabet: &[u8], count: usize, random: &mut impl FnMut(&mut [u8])) -> String {
    let size = alphabet.len();
    let usable = 256 / size * size;
    let mut text = String::with_capacity(count);
    let mut buffer = [0; 64];
    while text.len() < count {
        random(&mut buffer);
        let fair = buffer.iter().map(|&byte| usize::from(byte)).filter(|&byte| byte < usable);
        text.extend(fair.take(count - text.len()).map(|byte| char::from(alphabet[byte % size])));
    }
    text
}

fn checksum(body: &str) -> String {
    let mut rest = crc32(body.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

/// CRC-32 as in ISO 3309 and gzip.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| (crc >> 8) ^ CRC[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

/// The CRC of each single byte.
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte: u32 = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte, 0);
        while bit < 8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> ApiKey {
        let mut state = 1_u32;
        ApiKey::generate(|buffer| {
            for byte in buffer {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = state.to_be_bytes()[0];
            }
        })
    }

    #[test]
    fn the_checksum_is_the_published_crc_32() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_key_reads_back_and_any_changed_character_is_noticed() {
        let key = sample();
        assert_eq!(ApiKey::parse(key.secret()), Some(key.clone()));
        for at in 0..key.secret().len() {
            let mut changed = key.secret().as_bytes().to_vec();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(changed).expect("letters");
            assert_eq!(ApiKey::parse(&changed), None, "{at}");
        }
        let upper = key.secret().to_uppercase();
        for bad in ["", "ps_", "ps__", &upper, &key.secret()[1..], &format!("{}a", key.secret())] {
            assert_eq!(ApiKey::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_printed_for_debugging_shows_no_secret() {
        let key = sample();
        assert!(!format!("{key:?}").contains(&key.secret()[20..30]));
    }
}
