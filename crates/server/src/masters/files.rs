//! The files of master keys. The first line is a key, or wraps one; a second line holds the key sealed under the one
//! before it, for processes that have that one in memory.

use std::{fs, io, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use promptsync_core::seal::MasterKey;
use promptsync_secrets::vault::TransitKey;
use zeroize::Zeroizing;

use super::MasterKeyError;
use crate::auth::secret::write_private;

/// The file in the data folder that holds the master key when none is configured.
pub(super) const FILE: &str = "master.key";
/// Beside it, while the keys are being changed: the next one. It seals already, and the other still opens.
pub(super) const NEXT: &str = "master.key.next";
/// What the second line begins with.
const HANDOVER: &str = "handover ";

/// A text that is a master key, or wraps one.
#[derive(Clone)]
pub(super) struct Kept {
    /// The setting or the file.
    pub(super) place: String,
    pub(super) text: Zeroizing<String>,
    /// The key, sealed under the one before it.
    handover: Option<Vec<u8>>,
}

impl Kept {
    /// A text and where it stands.
    pub(super) fn new(place: String, text: &str) -> Self {
        let mut lines = text.trim().lines();
        let first = lines.next().unwrap_or_default().trim().to_owned();
        let handover = lines.find_map(|line| STANDARD.decode(line.strip_prefix(HANDOVER)?.trim()).ok());
        Self { place, text: Zeroizing::new(first), handover }
    }

    pub(super) fn is_wrapped(&self) -> bool {
        TransitKey::is_wrapped(&self.text)
    }

    /// The key, if it is sealed under this one.
    pub(super) fn taken_over(&self, before: &MasterKey) -> Option<MasterKey> {
        before.take_over(&self.text, self.handover.as_ref()?).ok()
    }

    pub(super) fn not_unwrapped(&self) -> MasterKeyError {
        MasterKeyError::Wrapped { place: self.place.clone() }
    }
}

/// The text of a file.
pub(super) fn text(wrapped: &str, handover: Option<Vec<u8>>) -> Zeroizing<String> {
    let handover = handover.map(|sealed| format!("\n{HANDOVER}{}", STANDARD.encode(sealed)));
    Zeroizing::new(format!("{wrapped}{}", handover.unwrap_or_default()))
}

/// A file as it is; nothing when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Kept>, MasterKeyError> {
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => Ok(Some(Kept::new(path.display().to_string(), &text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path)(source)),
    }
}

/// Writes a new key, readable by its owner alone. It appears whole or not at all, and one that another process wrote
/// meanwhile stays.
pub(super) fn write(path: &Path, text: &str) -> Result<(), MasterKeyError> {
    draft(path, text, |draft| {
        fs::hard_link(draft, path)
            .or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
    })
}

/// Lets the next key take the place of the one before, which is renamed after its id.
pub(super) fn promote(
    folder: &Path,
    id: impl Fn(&Kept) -> Result<String, MasterKeyError>,
) -> Result<(), MasterKeyError> {
    let (now, next) = (folder.join(FILE), folder.join(NEXT));
    // Two processes may have finished at the same moment: one renames, the other finds it done.
    let _lock = lock(folder, &next)?;
    if !next.exists() {
        return Ok(());
    }
    if let Some(old) = read(&now)? {
        fs::rename(&now, folder.join(format!("{FILE}.{}.old", id(&old)?))).map_err(failed(&next))?;
    }
    fs::rename(&next, &now).and_then(|()| sync_folder(&now)).map_err(failed(&next))
}

/// Takes the second line out of the file of a key that `is_known`, unless a change of keys is under way.
pub(super) fn settle(folder: &Path, is_known: impl Fn(&Kept) -> bool) -> Result<(), MasterKeyError> {
    let (now, next) = (folder.join(FILE), folder.join(NEXT));
    let holds = |kept: &Kept| kept.handover.is_some() && is_known(kept);
    if next.exists() || !read(&now)?.as_ref().is_some_and(holds) {
        return Ok(());
    }
    let _lock = lock(folder, &now)?;
    match read(&now)?.filter(holds).filter(|_| !next.exists()) {
        Some(kept) => draft(&now, &kept.text, |draft| fs::rename(draft, &now)),
        None => Ok(()),
    }
}

/// Writes a text beside its place, from where `put` takes it.
fn draft(path: &Path, text: &str, put: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), MasterKeyError> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let written = write_private(&draft, text).and_then(|()| put(&draft));
    let _ = fs::remove_file(&draft);
    written.and_then(|()| sync_folder(path)).map_err(failed(path))
}

/// Held while files change places.
fn lock(folder: &Path, path: &Path) -> Result<fs::File, MasterKeyError> {
    let lock = fs::File::open(folder).map_err(failed(path))?;
    lock.lock().map_err(failed(path))?;
    Ok(lock)
}

/// Makes the names in a file's folder durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> MasterKeyError {
    move |source| MasterKeyError::File { path: path.display().to_string(), source }
}
