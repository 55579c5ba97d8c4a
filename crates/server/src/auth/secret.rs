//! The server's own secret: the pepper of key hashes and the seal of cursors.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use promptsync_core::digest::hex;
use sha2::Sha256;

/// The file in the data folder that holds the secret when none is configured.
pub(crate) const FILE: &str = "server.key";

/// 256 random bits that never leave the server. Losing them makes every API key invalid.
#[derive(Clone)]
pub struct ServerSecret([u8; 32]);

impl std::fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// A server secret that cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The text is not 64 hexadecimal digits.
    #[error("a server key is 64 hexadecimal digits; make one with `openssl rand -hex 32`")]
    Form,
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// The file cannot be read or written.
    #[error("cannot use {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl ServerSecret {
    /// A secret from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A secret from 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim().as_bytes();
        if text.len() != 64 {
            return Err(SecretError::Form);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks(2)) {
            let digits = std::str::from_utf8(pair).map_err(|_| SecretError::Form)?;
            if !pair.iter().all(u8::is_ascii_hexdigit) {
                return Err(SecretError::Form);
            }
            *byte = u8::from_str_radix(digits, 16).map_err(|_| SecretError::Form)?;
        }
        Ok(Self(bytes))
    }

    /// The secret of a data folder; made at the first start, readable by its owner alone.
    pub fn of_data_dir(data_dir: &Path) -> Result<Self, SecretError> {
        let path = data_dir.join(FILE);
        let at = |source| SecretError::File { path: path.display().to_string(), source };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes).map_err(|_| SecretError::Random)?;
                write_private(&path, &hex(&bytes)).map_err(at)?;
                Ok(Self(bytes))
            }
            Err(error) => Err(at(error)),
        }
    }

    /// HMAC-SHA-256 over a purpose and some parts, each with its length, so that no two lists of parts collide.
    pub(crate) fn seal(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        self.mac(purpose, parts).finalize().into_bytes().into()
    }

    /// Whether a seal, or its beginning, is right; in constant time.
    pub(crate) fn matches(&self, purpose: &str, parts: &[&str], seal: &[u8]) -> bool {
        self.mac(purpose, parts).verify_truncated_left(seal).is_ok()
    }

    fn mac(&self, purpose: &str, parts: &[&str]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

#[cfg(unix)]
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_hexadecimal_digits_are_a_server_key() {
        assert!(ServerSecret::parse(&"aB".repeat(32)).is_ok());
        for bad in ["", "aa", &"zz".repeat(32), &"+1".repeat(32), &"aB".repeat(33)] {
            assert!(ServerSecret::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn parts_cannot_be_shifted_against_each_other() {
        let secret = ServerSecret::from_bytes([1; 32]);
        assert_ne!(secret.seal("p", &["ab", "c"]), secret.seal("p", &["a", "bc"]));
    }
}
