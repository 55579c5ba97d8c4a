//! Sessions: somebody signed in on one device, and the tokens that renew it.

use promptsync_core::{
    ids::{SessionId, UserId, WorkspaceId},
    login::Proof,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::{from_word, to_word},
};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// The workspace they are in now.
    pub workspace: WorkspaceId,
    /// How they proved who they are.
    pub proof: Proof,
    /// What it was opened for.
    pub kind: Kind,
    /// What signed in, in its own words: a browser's name, a machine's.
    pub client: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last renewed.
    pub refreshed_at: Timestamp,
    /// When it ends if it is not renewed before.
    pub idle_until: Timestamp,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What a session was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A browser, which keeps its token in a cookie.
    Browser,
    /// The command line, which keeps its token itself.
    Cli,
}

/// A token that renews a session, by its keyed hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session it renews.
    pub session: SessionId,
    /// When it was replaced by another; the current one has no such time.
    pub replaced_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id: String,
    user_id: String,
    workspace_id: String,
    proof: String,
    kind: String,
    client: String,
    created_at: Timestamp,
    refreshed_at: Timestamp,
    idle_until: Timestamp,
    ends_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl Session {
    /// When it ends, for lack of use or for good.
    pub fn end(&self) -> Timestamp {
        self.idle_until.min(self.ends_at)
    }
}

/// Opens a session with its first token.
pub async fn insert(tx: &mut Tx, session: &Session, token_hash: &[u8]) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO sessions (id, user_id, workspace_id, proof, kind, client, created_at, refreshed_at,
                                   idle_until, ends_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(session.id.as_str())
        .bind(session.user.as_str())
        .bind(session.workspace.as_str())
        .bind(to_word(&session.proof))
        .bind(to_word(&session.kind))
        .bind(&session.client)
        .bind(session.created_at)
        .bind(session.refreshed_at)
        .bind(session.idle_until)
        .bind(session.ends_at)
        .bind(session.revoked_at)
    )?;
    insert_token(tx, &session.id, token_hash, session.created_at).await
}

/// The session with that id, revoked and ended ones too.
pub async fn by_id(tx: &mut ReadTx, id: &SessionId) -> Result<Option<Session>> {
    let row: Option<SessionRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, user_id, workspace_id, proof, kind, client, created_at, refreshed_at, idle_until, ends_at,
                revoked_at
         FROM sessions
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Session::try_from).transpose()
}

/// The sessions of a user that have not ended, newest first.
pub async fn of_user(tx: &mut ReadTx, user: &UserId, now: Timestamp) -> Result<Vec<Session>> {
    let rows: Vec<SessionRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, user_id, workspace_id, proof, kind, client, created_at, refreshed_at, idle_until, ends_at,
                revoked_at
         FROM sessions
         WHERE user_id = $1 AND revoked_at IS NULL AND ends_at > $2 AND idle_until > $2
         ORDER BY id DESC
         LIMIT 1000",
    )
    .bind(user.as_str())
    .bind(now)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Session::try_from).collect()
}

/// The token with that hash.
pub async fn token(tx: &mut ReadTx, hash: &[u8]) -> Result<Option<RefreshToken>> {
    let found: Option<(String, Option<Timestamp>)> = on!(tx, c => sqlx::query_as(
        "SELECT session_id, replaced_at FROM refresh_tokens WHERE hash = $1",
    )
    .bind(hash)
    .fetch_optional(c)
    .await)?;
    Ok(found.map(|(session, replaced_at)| RefreshToken { session: SessionId::new(session), replaced_at }))
}

/// Replaces a session's current token by a new one; says whether it was still the current one. Replaced ones are
/// forgotten when they are older than `forget`.
pub async fn replace_token(
    tx: &mut Tx,
    session: &SessionId,
    old: &[u8],
    new: &[u8],
    now: Timestamp,
    forget: Timestamp,
) -> Result<bool> {
    let replaced = execute!(
        tx,
        sqlx::query(
            "UPDATE refresh_tokens SET replaced_at = $3
             WHERE hash = $1 AND session_id = $2 AND replaced_at IS NULL",
        )
        .bind(old)
        .bind(session.as_str())
        .bind(now)
    )?;
    if replaced != 1 {
        return Ok(false);
    }
    execute!(
        tx,
        sqlx::query("DELETE FROM refresh_tokens WHERE session_id = $1 AND replaced_at < $2")
            .bind(session.as_str())
            .bind(forget)
    )?;
    insert_token(tx, session, new, now).await?;
    Ok(true)
}

/// Notes that a session was renewed, and the workspace it is in now.
pub async fn renew(
    tx: &mut Tx,
    id: &SessionId,
    workspace: &WorkspaceId,
    now: Timestamp,
    idle_until: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "UPDATE sessions SET workspace_id = $2, refreshed_at = $3, idle_until = $4 WHERE id = $1"
        )
        .bind(id.as_str())
        .bind(workspace.as_str())
        .bind(now)
        .bind(idle_until)
    )?;
    Ok(())
}

/// Ends one session of a user; says whether it was open.
pub async fn revoke(tx: &mut Tx, user: &UserId, id: &SessionId, now: Timestamp) -> Result<bool> {
    let revoked = execute!(
        tx,
        sqlx::query(
            "UPDATE sessions SET revoked_at = $3 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL"
        )
        .bind(user.as_str())
        .bind(id.as_str())
        .bind(now)
    )?;
    Ok(revoked == 1)
}

/// Ends every session of a user; says how many were open.
pub async fn revoke_all(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<u64> {
    execute!(
        tx,
        sqlx::query("UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL")
            .bind(user.as_str())
            .bind(now)
    )
}

/// Forgets the sessions of a user that ended before a moment, with their tokens; says how many.
pub async fn forget_ended(tx: &mut Tx, user: &UserId, before: Timestamp) -> Result<u64> {
    execute!(
        tx,
        sqlx::query(
            "DELETE FROM refresh_tokens
             WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1
                                  AND (ends_at < $2 OR idle_until < $2 OR revoked_at < $2))",
        )
        .bind(user.as_str())
        .bind(before)
    )?;
    execute!(
        tx,
        sqlx::query(
            "DELETE FROM sessions
             WHERE user_id = $1 AND (ends_at < $2 OR idle_until < $2 OR revoked_at < $2)",
        )
        .bind(user.as_str())
        .bind(before)
    )
}

async fn insert_token(tx: &mut Tx, session: &SessionId, hash: &[u8], now: Timestamp) -> Result<()> {
    execute!(
        tx,
        sqlx::query("INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES ($1, $2, $3)")
            .bind(hash)
            .bind(session.as_str())
            .bind(now)
    )?;
    Ok(())
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self> {
        Ok(Self {
            proof: from_word(row.proof, "sessions", "proof", &row.id)?,
            kind: from_word(row.kind, "sessions", "kind", &row.id)?,
            id: SessionId::new(row.id),
            user: UserId::new(row.user_id),
            workspace: WorkspaceId::new(row.workspace_id),
            client: row.client,
            created_at: row.created_at,
            refreshed_at: row.refreshed_at,
            idle_until: row.idle_until,
            ends_at: row.ends_at,
            revoked_at: row.revoked_at,
        })
    }
}
