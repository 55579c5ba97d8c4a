//! Sealing: a value is encrypted for the one place it stands at, and opens nowhere else.
//!
//! AES-256-GCM under a [`DataKey`] of the workspace. The place and the key's version are authenticated with it, so a
//! value that was moved to another row, column, table or workspace is refused like one that was altered. The form is
//! `[1][key version, 4 bytes][nonce, 12 bytes][ciphertext and tag]`.

mod blind;
mod keys;

use aes_gcm::{Aes256Gcm, KeyInit as _, aead::AeadInOut as _};

pub use self::{
    blind::{SearchKey, beginnings},
    keys::{DataKey, KeyError, MasterKey},
};

/// Random bytes that a value is sealed with; never the same twice under one key.
pub type Nonce = [u8; 12];

/// The only form there is.
const FORM: u8 = 1;
/// Where the nonce begins.
const NONCE: usize = 5;
/// Where the ciphertext begins.
const TEXT: usize = 17;
/// Bytes of the tag at the end.
const TAG: usize = 16;

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The workspace's id.
    pub workspace: &'a str,
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's key.
    pub row: &'a str,
}

/// A sealed value that does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is too short, or of a form this program does not know.
    #[error("the value is not sealed in a known form")]
    Form,
    /// It was sealed under another version of the key.
    #[error("the value is sealed under version {sealed} of the key, not {given}")]
    OtherKey {
        /// The version it was sealed under.
        sealed: u32,
        /// The version of the key that was tried.
        given: u32,
    },
    /// It was altered, or stands at another place, or the key is another.
    #[error("the value was altered, moved from another place, or sealed under another key")]
    Forged,
}

/// Seals a value for a place. The nonce must be fresh.
pub fn seal(key: &DataKey, nonce: Nonce, place: &Place<'_>, plaintext: &[u8]) -> Vec<u8> {
    seal_with(&key.cipher(), key.version(), nonce, place, plaintext)
}

/// Opens a value at the place it was sealed for.
pub fn open(key: &DataKey, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    open_with(&key.cipher(), key.version(), place, sealed)
}

/// The version of the key a value was sealed under.
pub fn key_version(sealed: &[u8]) -> Result<u32, SealError> {
    let (&form, rest) = sealed.split_first().ok_or(SealError::Form)?;
    match rest.first_chunk::<4>() {
        Some(version) if form == FORM && sealed.len() >= TEXT + TAG => Ok(u32::from_be_bytes(*version)),
        _ => Err(SealError::Form),
    }
}

fn seal_with(cipher: &Aes256Gcm, version: u32, nonce: Nonce, place: &Place<'_>, plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(TEXT + plaintext.len() + TAG);
    sealed.push(FORM);
    sealed.extend_from_slice(&version.to_be_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let tag = cipher
        .encrypt_inout_detached(&nonce.into(), &associated(place, version), sealed[TEXT..].as_mut().into())
        .expect("AES-GCM takes 64 GiB, and no value is that large");
    sealed.extend_from_slice(&tag);
    sealed
}

fn open_with(
    cipher: &Aes256Gcm,
    version: u32,
    place: &Place<'_>,
    sealed: &[u8],
) -> Result<Vec<u8>, SealError> {
    let found = key_version(sealed)?;
    if found != version {
        return Err(SealError::OtherKey { sealed: found, given: version });
    }
    let nonce: Nonce = sealed[NONCE..TEXT].try_into().map_err(|_| SealError::Form)?;
    let (text, tag) = sealed[TEXT..].split_last_chunk::<TAG>().ok_or(SealError::Form)?;
    let mut plaintext = text.to_vec();
    cipher
        .decrypt_inout_detached(
            &nonce.into(),
            &associated(place, version),
            plaintext.as_mut_slice().into(),
            &(*tag).into(),
        )
        .map_err(|_| SealError::Forged)?;
    Ok(plaintext)
}

/// What is authenticated with a value: each part with its length, so that no two places give the same bytes.
fn associated(place: &Place<'_>, version: u32) -> Vec<u8> {
    let mut bytes = b"promptsync seal 1".to_vec();
    for part in [place.workspace, place.table, place.column, place.row] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes
}

impl DataKey {
    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.bytes().into())
    }
}

impl MasterKey {
    /// Seals a data key for the table of data keys.
    pub fn wrap(&self, nonce: Nonce, workspace: &str, key: &DataKey) -> Vec<u8> {
        let row = key.version().to_string();
        seal_with(&self.cipher(), 0, nonce, &data_keys(workspace, &row), key.bytes())
    }

    /// Opens a data key of this workspace and version.
    pub fn unwrap(&self, workspace: &str, version: u32, sealed: &[u8]) -> Result<DataKey, SealError> {
        let row = version.to_string();
        let bytes =
            zeroize::Zeroizing::new(open_with(&self.cipher(), 0, &data_keys(workspace, &row), sealed)?);
        let bytes = bytes.as_slice().try_into().map_err(|_| SealError::Form)?;
        Ok(DataKey::new(bytes, version))
    }

    /// Seals the key that comes after this one, for processes that have this one in memory. `name` is what the next key
    /// is known by where it is kept: under another name it does not open.
    pub fn hand_over(&self, nonce: Nonce, name: &str, next: &Self) -> Vec<u8> {
        seal_with(&self.cipher(), 0, nonce, &handover(name), next.bytes())
    }

    /// Opens the key that comes after this one.
    pub fn take_over(&self, name: &str, sealed: &[u8]) -> Result<Self, SealError> {
        let bytes = zeroize::Zeroizing::new(open_with(&self.cipher(), 0, &handover(name), sealed)?);
        bytes.as_slice().try_into().map(Self::from_bytes).map_err(|_| SealError::Form)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.bytes().into())
    }
}

fn handover(name: &str) -> Place<'_> {
    Place { workspace: "", table: "master_key", column: "next", row: name }
}

fn data_keys<'a>(workspace: &'a str, row: &'a str) -> Place<'a> {
    Place { workspace, table: "data_keys", column: "sealed", row }
}

#[cfg(test)]
mod tests;
