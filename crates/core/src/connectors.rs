//! Connectors: other systems that a workspace set up, named once and used by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a connector leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorKind {
    /// HashiCorp Vault or OpenBao.
    Vault,
    /// AWS Secrets Manager.
    Aws,
    /// Variables of the server's process.
    Environment,
    /// Files of a folder on the server.
    File,
}

impl ConnectorKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Vault, Self::Aws, Self::Environment, Self::File];

    /// The kind as it is written in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Aws => "aws",
            Self::Environment => "environment",
            Self::File => "file",
        }
    }

    /// Reads a kind.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is another server, which is called at a URL with a credential.
    pub fn is_remote(self) -> bool {
        matches!(self, Self::Vault | Self::Aws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_by_the_word_it_is_printed_with() {
        for kind in ConnectorKind::ALL {
            assert_eq!(ConnectorKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::json!(kind), kind.as_str());
        }
        assert_eq!(ConnectorKind::parse("Vault"), None);
    }
}
