//! People. A person exists once for the whole server, whatever workspaces they are a member of.

use promptsync_core::{
    emails::Email,
    ids::{UserId, WorkspaceId},
    login::Person,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The address they sign in with; unique, whatever the case of its letters.
    pub email: Email,
    /// What they are called.
    pub name: String,
    /// Their password as argon2 writes it; none when they only sign in at the provider.
    pub password_hash: Option<String>,
    /// Whether they operate the server.
    pub operator: bool,
    /// Whether they may sign in.
    pub active: bool,
    /// When they became a user.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_login_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct UserRow {
    id: String,
    email: String,
    name: String,
    password_hash: Option<String>,
    operator: bool,
    active: bool,
    created_at: Timestamp,
    last_login_at: Option<Timestamp>,
}

/// Creates a user. The unique rule is the folded address.
pub async fn insert(tx: &mut Tx, user: &User) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO users (id, email, folded_email, name, password_hash, operator, active, created_at,
                                last_login_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(user.id.as_str())
        .bind(user.email.as_str())
        .bind(user.email.folded())
        .bind(&user.name)
        .bind(user.password_hash.as_deref())
        .bind(user.operator)
        .bind(user.active)
        .bind(user.created_at)
        .bind(user.last_login_at)
    )?;
    Ok(())
}

/// Whether there is any user.
pub async fn any(tx: &mut ReadTx) -> Result<bool> {
    let count: i64 = on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM (SELECT id FROM users LIMIT 1) AS one")
        .fetch_one(c)
        .await)?;
    Ok(count > 0)
}

/// The user with that id.
pub async fn by_id(tx: &mut ReadTx, id: &UserId) -> Result<Option<User>> {
    let row: Option<UserRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, email, name, password_hash, operator, active, created_at, last_login_at
         FROM users
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(User::try_from).transpose()
}

/// The user with that address.
pub async fn by_email(tx: &mut ReadTx, email: &Email) -> Result<Option<User>> {
    let row: Option<UserRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, email, name, password_hash, operator, active, created_at, last_login_at
         FROM users
         WHERE folded_email = $1",
    )
    .bind(email.folded())
    .fetch_optional(c)
    .await)?;
    row.map(User::try_from).transpose()
}

/// The user as the login policy sees them: with the workspaces they are a member of, in the order they joined.
pub async fn person(tx: &mut ReadTx, user: &User) -> Result<Person> {
    let workspaces: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT workspace_id
         FROM members
         WHERE user_id = $1
         ORDER BY created_at, workspace_id",
    )
    .bind(user.id.as_str())
    .fetch_all(c)
    .await)?;
    let workspaces = workspaces.into_iter().map(WorkspaceId::new).collect();
    Ok(Person { id: user.id.clone(), active: user.active, workspaces })
}

/// Gives a user another password.
pub async fn set_password(tx: &mut Tx, id: &UserId, hash: &str) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1").bind(id.as_str()).bind(hash)
    )?;
    Ok(())
}

/// Notes that a user signed in.
pub async fn note_login(tx: &mut Tx, id: &UserId, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE users SET last_login_at = $2 WHERE id = $1").bind(id.as_str()).bind(now)
    )?;
    Ok(())
}

/// Switches a user on or off.
pub async fn set_active(tx: &mut Tx, id: &UserId, active: bool) -> Result<()> {
    execute!(tx, sqlx::query("UPDATE users SET active = $2 WHERE id = $1").bind(id.as_str()).bind(active))?;
    Ok(())
}

impl std::fmt::Debug for User {
    /// Leaves the password's hash and the address out, so that they cannot reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("active", &self.active).finish_non_exhaustive()
    }
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self> {
        Ok(Self {
            email: Email::parse(&row.email).map_err(lies("users", "email", &row.id))?,
            id: UserId::new(row.id),
            name: row.name,
            password_hash: row.password_hash,
            operator: row.operator,
            active: row.active,
            created_at: row.created_at,
            last_login_at: row.last_login_at,
        })
    }
}
