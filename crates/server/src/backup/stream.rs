//! The form of a backup: a header, and pieces of 64 KiB that are encrypted and bound to their order and end (STREAM).
//!
//! The header is a line that says what it is, the id of the master key, a salt and the stream's nonce. The key is
//! derived from the master key and the salt, and the header is authenticated with every piece.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use aes_gcm::{Aes256Gcm, KeyInit as _, aead::Payload};
use promptsync_core::{digest::hex, seal::MasterKey};

use crate::system_random;

const MAGIC: &[u8; 20] = b"promptsync backup 1\n";
/// Hexadecimal digits of the master key's id.
const ID: usize = 16;
const SALT: usize = 32;
const NONCE: usize = 7;
const HEADER: usize = MAGIC.len() + ID + SALT + NONCE;
const PIECE: usize = 64 << 10;
const TAG: usize = 16;

/// Encrypts everything that `input` gives.
pub(super) fn write(master: &MasterKey, mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut header = [MAGIC.as_slice(), master.id().as_bytes()].concat();
    header.resize(HEADER, 0);
    system_random(&mut header[MAGIC.len() + ID..]);
    output.write_all(&header)?;
    let mut stream = EncryptorBE32::from_aead(cipher(master, &header), &nonce(&header)?.into());
    let mut piece = read_piece(&mut input, PIECE)?;
    loop {
        let next = read_piece(&mut input, PIECE)?;
        let payload = Payload { msg: &piece, aad: &header };
        if next.is_empty() {
            return output.write_all(&stream.encrypt_last(payload).map_err(|_| too_large())?);
        }
        output.write_all(&stream.encrypt_next(payload).map_err(|_| too_large())?)?;
        piece = next;
    }
}

/// The id of the master key that a backup needs, and its header.
pub(super) fn header(input: &mut impl Read) -> io::Result<(String, Vec<u8>)> {
    let header = read_piece(input, HEADER)?;
    if header.len() != HEADER || !header.starts_with(MAGIC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "this is not a backup of PromptSync"));
    }
    let id = String::from_utf8_lossy(&header[MAGIC.len()..MAGIC.len() + ID]).into_owned();
    Ok((id, header))
}

/// What a backup holds, decrypted piece by piece. A piece is given only when it is authentic, and the end only when
/// it is the end.
pub(super) struct Reader<R> {
    input: R,
    header: Vec<u8>,
    stream: Option<DecryptorBE32<Aes256Gcm>>,
    ahead: Vec<u8>,
    piece: io::Cursor<Vec<u8>>,
}

impl<R: Read> Reader<R> {
    /// Reads on after the header.
    pub(super) fn new(master: &MasterKey, header: Vec<u8>, mut input: R) -> io::Result<Self> {
        let stream = DecryptorBE32::from_aead(cipher(master, &header), &nonce(&header)?.into());
        let ahead = read_piece(&mut input, PIECE + TAG)?;
        Ok(Self { input, header, stream: Some(stream), ahead, piece: io::Cursor::default() })
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(mut stream) = self.stream.take() else { return Ok(0) };
            let next = read_piece(&mut self.input, PIECE + TAG)?;
            let payload = Payload { msg: &self.ahead, aad: &self.header };
            let plain = if next.is_empty() {
                stream.decrypt_last(payload).map_err(|_| altered())?
            } else {
                let plain = stream.decrypt_next(payload).map_err(|_| altered())?;
                self.stream = Some(stream);
                plain
            };
            self.ahead = next;
            self.piece = io::Cursor::new(plain);
        }
    }
}

fn cipher(master: &MasterKey, header: &[u8]) -> Aes256Gcm {
    let salt = &header[MAGIC.len() + ID..MAGIC.len() + ID + SALT];
    Aes256Gcm::new((&*master.derive(&format!("backup {}", hex(salt)))).into())
}

fn nonce(header: &[u8]) -> io::Result<[u8; NONCE]> {
    header[HEADER - NONCE..].try_into().map_err(|_| altered())
}

/// As many bytes as there are, at most `size`.
fn read_piece(input: &mut impl Read, size: usize) -> io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(size);
    input.take(size as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

fn altered() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the backup was altered, or its end is missing")
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "a backup holds at most 256 TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> MasterKey {
        MasterKey::from_bytes(&[4; 32])
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write(&master(), plain, &mut out).expect("memory can be written");
        out
    }

    fn opened(sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut input = sealed;
        let (id, header) = header(&mut input)?;
        assert_eq!(id.len(), ID);
        let mut plain = Vec::new();
        Reader::new(&master(), header, input)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn everything_comes_back_whatever_its_size() {
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let plain: Vec<u8> =
                (0..size).map(|index| u8::try_from(index % 251).unwrap_or_default()).collect();
            assert!(opened(&sealed(&plain)).expect("authentic") == plain, "{size}");
        }
    }

    #[test]
    fn an_altered_byte_and_a_missing_end_are_refused() {
        let whole = sealed(&vec![7; 2 * PIECE + 100]);
        for at in (0..whole.len()).step_by(997).chain([MAGIC.len() + ID, HEADER - 1, HEADER, whole.len() - 1])
        {
            if (MAGIC.len()..MAGIC.len() + ID).contains(&at) {
                continue;
            }
            let mut altered = whole.clone();
            altered[at] ^= 1;
            assert!(opened(&altered).is_err(), "byte {at}");
        }
        for length in [0, 10, HEADER, HEADER + 1, HEADER + PIECE + TAG, whole.len() - 1] {
            assert!(opened(&whole[..length]).is_err(), "{length} bytes");
        }
        let piece = HEADER + PIECE + TAG;
        let swapped = [&whole[..HEADER], &whole[piece..piece + PIECE + TAG], &whole[HEADER..piece]].concat();
        assert!(opened(&swapped).is_err(), "pieces in another order");
        assert!(opened(&[whole.as_slice(), &[0]].concat()).is_err(), "something after the end");
    }
}
