//! Where an answer comes from.

use std::fmt;

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Source {
    /// From memory, kept up to date by the server.
    Memory,
    /// From the cache in a folder; the server has said nothing since this program started.
    File,
    /// From a bundle.
    Bundle,
    /// From prompt files of this machine.
    Folder,
    /// From the server, for this call.
    Server,
}

/// How changes reach this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// Not at all: only what this machine has is there.
    #[default]
    None,
    /// By asking now and then.
    Poll,
    /// By a stream, as they happen.
    Stream,
}

impl Source {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::File => "file",
            Self::Bundle => "bundle",
            Self::Folder => "folder",
            Self::Server => "server",
        }
    }
}

impl Transport {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "bundle",
            Self::Poll => "poll",
            Self::Stream => "stream",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
