//! Finding out how far every workspace is, and whether the database answers at all, on a connection of its own: a full
//! pool is no reason to believe that the database is away.

use std::time::Duration;

use promptsync_core::{audit::Revision, ids::WorkspaceId};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::{
    audit,
    conn::{Db, Pools},
    error::{Result, StoreError},
    walls::EVERY_WORKSPACE,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Somebody who looks again and again.
#[derive(Debug)]
pub struct Lookout {
    db: Db,
    own: Option<PgConnection>,
}

impl Db {
    /// A lookout for this database.
    pub fn lookout(&self) -> Lookout {
        Lookout { db: self.clone(), own: None }
    }
}

impl Lookout {
    /// The end of every workspace's chain.
    pub async fn heads(&mut self) -> Result<Vec<(WorkspaceId, Revision)>> {
        match self.db.pools() {
            Pools::Sqlite { .. } => audit::heads(&mut self.db.begin_system_read().await?).await,
            Pools::Postgres(_) => {
                let rows: Vec<(String, Revision)> = self.ask(Asked::Heads).await?;
                Ok(rows
                    .into_iter()
                    .map(|(workspace, revision)| (WorkspaceId::new(workspace), revision))
                    .collect())
            }
        }
    }

    /// Finds out whether the database answers, whatever is in it.
    pub async fn knock(&mut self) -> Result<()> {
        match self.db.pools() {
            Pools::Sqlite { .. } => Ok(()),
            Pools::Postgres(_) => self.ask(Asked::Nothing).await.map(drop),
        }
    }

    /// Asks on its own connection, which is given up when the answer takes too long.
    async fn ask(&mut self, asked: Asked) -> Result<Vec<(String, Revision)>> {
        let Pools::Postgres(pool) = self.db.pools() else { return Ok(Vec::new()) };
        let options = pool.connect_options();
        let known = self.own.take();
        let answer = tokio::time::timeout(PATIENCE, async {
            let mut connection = match known {
                Some(connection) => connection,
                None => connect(&options).await?,
            };
            let rows = match asked {
                Asked::Nothing => connection.ping().await.map(|()| Vec::new()),
                Asked::Heads => {
                    sqlx::query_as("SELECT workspace_id, revision FROM audit_heads")
                        .fetch_all(&mut connection)
                        .await
                }
            }?;
            Ok::<_, sqlx::Error>((connection, rows))
        });
        match answer.await {
            Ok(Ok((connection, rows))) => {
                self.own = Some(connection);
                Ok(rows)
            }
            Ok(Err(failure)) => Err(failure.into()),
            Err(_) => Err(StoreError::away()),
        }
    }
}

#[derive(Clone, Copy)]
enum Asked {
    Nothing,
    Heads,
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let options = options.clone().application_name("promptsync lookout");
    let mut connection = options.connect().await?;
    sqlx::query("SELECT set_config('promptsync.workspace', $1, false)")
        .bind(EVERY_WORKSPACE)
        .execute(&mut connection)
        .await?;
    Ok(connection)
}
