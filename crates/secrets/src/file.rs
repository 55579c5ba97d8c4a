//! Secrets in files of one folder, as Kubernetes and Docker mount them: one file a secret, or JSON with fields.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use promptsync_core::secrets::SecretRef;
use zeroize::Zeroizing;

use crate::{Fields, MAX_VALUE, ReadError};

/// A folder of secrets.
#[derive(Clone, Debug)]
pub struct Files(PathBuf);

impl Files {
    /// The secrets of a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The file `path`, or `path/key`, or `path.json` with fields.
    pub async fn read(&self, reference: &SecretRef) -> Result<Fields, ReadError> {
        let (folder, reference) = (self.0.clone(), reference.clone());
        let reading = tokio::task::spawn_blocking(move || read(&folder, &reference));
        reading.await.unwrap_or(Err(ReadError::Answer))
    }

    /// Whether the folder is there.
    pub fn test(&self) -> Result<(), ReadError> {
        if self.0.is_dir() { Ok(()) } else { Err(ReadError::NotFound) }
    }
}

fn read(folder: &Path, reference: &SecretRef) -> Result<Fields, ReadError> {
    let root = fs::canonicalize(folder).map_err(|_| ReadError::NotFound)?;
    if let Some(key) = reference.key()
        && let Some(text) = text_of(&root, &format!("{}/{key}", reference.path()))?
    {
        let value = promptsync_core::secrets::SecretValue::new(text);
        return Ok(Fields::Named([(key.to_owned(), value)].into()));
    }
    for name in [reference.path().to_owned(), format!("{}.json", reference.path())] {
        if let Some(text) = text_of(&root, &name)? {
            return Fields::text(text);
        }
    }
    Err(ReadError::NotFound)
}

/// The text of a file below the folder; nothing when there is none. Links are followed as long as they stay inside.
fn text_of(root: &Path, name: &str) -> Result<Option<String>, ReadError> {
    let path = match fs::canonicalize(root.join(name)) {
        Ok(path) => path,
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied) => {
            return Err(ReadError::Forbidden);
        }
        Err(_) => return Ok(None),
    };
    if !path.starts_with(root) {
        return Err(ReadError::Forbidden);
    }
    if !path.is_file() {
        return Ok(None);
    }
    let file = File::open(&path).map_err(|_| ReadError::Forbidden)?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_VALUE as u64 + 1).read_to_end(&mut bytes).map_err(|_| ReadError::Forbidden)?;
    if bytes.len() > MAX_VALUE {
        return Err(ReadError::Form { problem: "is longer than 65,536 bytes" });
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| ReadError::Form { problem: "is not UTF-8 text" })?;
    // Editors and `echo` end a file with a line break that nobody means.
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn found(folder: &Path, text: &str) -> Result<String, ReadError> {
        let reference = SecretRef::parse(text).expect(text);
        let value = read(folder, &reference)?.pick(reference.key())?;
        Ok(value.expose().to_owned())
    }

    #[test]
    fn a_file_is_a_secret_and_json_has_fields() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir_all(root.join("payments/stripe")).expect("folders");
        fs::write(root.join("payments/openai"), "one\n").expect("a file");
        fs::write(root.join("payments/stripe/key"), "two").expect("a file");
        fs::write(root.join("db.json"), "{\"user\": \"u\", \"pass\": \"three\"}").expect("a file");
        assert_eq!(found(root, "payments/openai").as_deref(), Ok("one"));
        assert_eq!(found(root, "payments/stripe#key").as_deref(), Ok("two"));
        assert_eq!(found(root, "db#pass").as_deref(), Ok("three"));
        assert_eq!(found(root, "db#none"), Err(ReadError::NoKey { key: "none".into() }));
        assert_eq!(found(root, "payments"), Err(ReadError::NotFound));
        assert_eq!(found(root, "nothing"), Err(ReadError::NotFound));
    }

    #[test]
    fn a_link_stays_in_the_folder_or_is_refused() {
        let (outside, folder) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let root = folder.path();
        fs::write(outside.path().join("shadow"), "not yours").expect("a file");
        fs::write(root.join("real"), "yours").expect("a file");
        symlink("real", root.join("inside")).expect("a link");
        symlink(outside.path().join("shadow"), root.join("out")).expect("a link");
        symlink(outside.path(), root.join("dir")).expect("a link");
        assert_eq!(found(root, "inside").as_deref(), Ok("yours"));
        assert_eq!(found(root, "out"), Err(ReadError::Forbidden));
        assert_eq!(found(root, "dir/shadow"), Err(ReadError::Forbidden));
    }

    #[test]
    fn a_file_that_is_too_long_or_no_text_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("long"), vec![b'x'; MAX_VALUE + 1]).expect("a file");
        fs::write(folder.path().join("bytes"), [0xff, 0xfe]).expect("a file");
        for name in ["long", "bytes"] {
            assert!(matches!(found(folder.path(), name), Err(ReadError::Form { .. })), "{name}");
        }
    }
}
