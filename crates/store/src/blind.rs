//! Words of content as tokens: what the full-text index holds of a sealed document.
//!
//! A token says nothing about its word without the workspace's search key. Tokens of one prompt are a sorted set: the
//! index shows neither the order of its words nor how often one occurs.

use std::collections::{BTreeSet, HashMap, HashSet};

use promptsync_core::{
    ids::WorkspaceId,
    seal::{Place, SearchKey, beginnings},
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

/// Beginnings of words that are indexed of one prompt. PostgreSQL holds 1 MiB of words in a row, and a token takes 16
/// bytes of it.
const INDEXED: usize = 40_000;

/// Tokens that are remembered while prompts are indexed: they share most of their words.
const REMEMBERED: usize = 100_000;

/// Turns content into tokens.
pub(crate) struct Blinder {
    key: SearchKey,
    known: HashMap<String, String>,
}

impl Blinder {
    pub(crate) fn new(key: SearchKey) -> Self {
        Self { key, known: HashMap::new() }
    }

    /// The tokens of these words, separated by blanks.
    pub(crate) fn tokens(&mut self, words: impl Iterator<Item = String>) -> String {
        let words: Vec<String> = words.collect();
        let mut seen = HashSet::new();
        let mut tokens = BTreeSet::new();
        for beginning in words.iter().flat_map(|word| beginnings(word)) {
            if seen.len() == INDEXED {
                break;
            }
            if seen.insert(beginning) {
                tokens.insert(self.token(beginning));
            }
        }
        tokens.into_iter().collect::<Vec<_>>().join(" ")
    }

    fn token(&mut self, beginning: &str) -> String {
        if let Some(token) = self.known.get(beginning) {
            return token.clone();
        }
        if self.known.len() == REMEMBERED {
            self.known.clear();
        }
        let token = self.key.token(beginning);
        self.known.insert(beginning.to_owned(), token.clone());
        token
    }
}

/// The workspace's search key; none when nothing was indexed yet.
pub(crate) async fn search_key(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Option<SearchKey>> {
    let sealed: Option<Vec<u8>> = on!(tx, c => sqlx::query_scalar(
        "SELECT sealed FROM search_keys WHERE workspace_id = $1",
    )
    .bind(workspace.as_str())
    .fetch_optional(c)
    .await)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let bytes = zeroize::Zeroizing::new(tx.open(&place(workspace), &sealed).await?);
    let bytes = bytes.as_slice().try_into();
    bytes.map(|bytes| Some(SearchKey::new(bytes))).map_err(lies("search_keys", "sealed", workspace.as_str()))
}

/// The workspace's search key, made when there is none. It stays the same when the keys that seal change.
pub(crate) async fn make_search_key(tx: &mut Tx, workspace: &WorkspaceId) -> Result<SearchKey> {
    if let Some(key) = search_key(tx, workspace).await? {
        return Ok(key);
    }
    // Two at one moment must not both make one.
    tx.revision(workspace).await?;
    let bytes = tx.keys.ring.secret();
    let sealed = tx.seal(&place(workspace), bytes.as_slice()).await?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO search_keys (workspace_id, sealed) VALUES ($1, $2)
             ON CONFLICT (workspace_id) DO NOTHING",
        )
        .bind(workspace.as_str())
        .bind(sealed)
    )?;
    search_key(tx, workspace).await?.ok_or(StoreError::NotFound { what: "search key" })
}

fn place(workspace: &WorkspaceId) -> Place<'_> {
    Place { workspace: workspace.as_str(), table: "search_keys", column: "sealed", row: workspace.as_str() }
}
