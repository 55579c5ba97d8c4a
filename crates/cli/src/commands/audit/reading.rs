//! Reading logs, keys and remembered checkpoints from files.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use promptsync_core::{
    audit::{
        lines::{self, Line, parse_all},
        statements::Checkpoint,
        verify::{Known, Verdict, Verifier},
    },
    signing::{Pin, PublicKey},
};

use crate::error::{CliError, Result};

/// Bytes that are read at once, and judged together.
const BLOCK: u64 = 16 << 20;

/// The key a log has to be signed by, as it was given.
pub(super) fn pin(key: Option<&str>, trust: Option<&Path>) -> Result<Option<Pin>> {
    let text = match (key, trust) {
        (Some(key), _) => key.to_owned(),
        (None, Some(path)) => {
            let text = fs::read_to_string(path).map_err(|error| CliError::file("read", path, &error))?;
            let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
            line.unwrap_or_default().to_owned()
        }
        (None, None) => return Ok(None),
    };
    let key = PublicKey::parse(&text).map_err(|error| {
        CliError::usage("public_key", error.to_string())
            .hint("`promptsync keys list-signing` prints the keys of a workspace")
    })?;
    Ok(Some(Pin { key, sequence: None }))
}

/// The checkpoints in a file that `audit witness` wrote.
pub(super) fn checkpoints(path: &Path) -> Result<Vec<Checkpoint>> {
    let bytes = fs::read(path).map_err(|error| CliError::file("read", path, &error))?;
    let read = bytes.split_inclusive(|byte| *byte == b'\n').map(|line| match lines::parse(line) {
        Ok(Line::Checkpoint(signed)) => Ok(*signed),
        _ => Err(CliError::usage(
            "witness",
            format!("{} holds something that is no checkpoint", path.display()),
        )),
    });
    read.collect()
}

/// Judges a log, block by block with every processor.
pub(super) fn verify(mut log: impl Read, known: Known) -> io::Result<Verdict> {
    let mut judge = Judge::new(known);
    loop {
        let mut block = Vec::new();
        let is_end = log.by_ref().take(BLOCK).read_to_end(&mut block)? == 0;
        if is_end || judge.read(&block) {
            return Ok(judge.finish());
        }
    }
}

/// Judges a log that arrives in blocks of bytes.
pub(super) struct Judge {
    verifier: Verifier,
    /// The beginning of a line whose end did not arrive yet.
    rest: Vec<u8>,
    threads: usize,
}

impl Judge {
    pub(super) fn new(known: Known) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { verifier: Verifier::new(known), rest: Vec::new(), threads }
    }

    /// Reads a block; says whether reading on is of no use.
    pub(super) fn read(&mut self, block: &[u8]) -> bool {
        let end = block.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (whole, begun) = block.split_at(end);
        if end > 0 {
            self.rest.extend_from_slice(whole);
            for line in parse_all(&self.rest, self.threads) {
                self.verifier.line(line);
            }
            self.rest.clear();
        }
        self.rest.extend_from_slice(begun);
        self.verifier.has_finding()
    }

    pub(super) fn finish(mut self) -> Verdict {
        if !self.rest.is_empty() {
            self.verifier.line(lines::parse(&self.rest));
        }
        self.verifier.finish()
    }
}
