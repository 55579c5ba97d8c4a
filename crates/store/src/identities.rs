//! Who somebody is to an identity provider: issuer and subject. Never an address, which can be given to another.

use promptsync_core::{ids::UserId, time::Timestamp};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::Result,
};

/// An identity of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// What it calls the person; never given to another.
    pub subject: String,
    /// The user.
    pub user: UserId,
    /// When the two were linked.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct IdentityRow {
    issuer: String,
    subject: String,
    user_id: String,
    created_at: Timestamp,
}

/// Links an identity to a user. The unique rule is issuer and subject: one identity is one user's.
pub async fn insert(tx: &mut Tx, identity: &Identity) -> Result<()> {
    execute!(
        tx,
        sqlx::query("INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)")
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .bind(identity.user.as_str())
            .bind(identity.created_at)
    )?;
    Ok(())
}

/// The user an identity is linked to.
pub async fn user(tx: &mut ReadTx, issuer: &str, subject: &str) -> Result<Option<UserId>> {
    let found: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2",
    )
    .bind(issuer)
    .bind(subject)
    .fetch_optional(c)
    .await)?;
    Ok(found.map(UserId::new))
}

/// The identities of a user.
pub async fn of_user(tx: &mut ReadTx, user: &UserId) -> Result<Vec<Identity>> {
    let rows: Vec<IdentityRow> = on!(tx, c => sqlx::query_as(
        "SELECT issuer, subject, user_id, created_at
         FROM identities
         WHERE user_id = $1
         ORDER BY issuer, subject",
    )
    .bind(user.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows
        .into_iter()
        .map(|row| Identity {
            issuer: row.issuer,
            subject: row.subject,
            user: UserId::new(row.user_id),
            created_at: row.created_at,
        })
        .collect())
}
