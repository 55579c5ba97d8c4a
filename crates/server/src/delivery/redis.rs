//! Redis or Valkey, when there is one: the last-good copy for servers that have none of their own, and one more way to be
//! told of changes. Nothing depends on it: what it says is a hint, what it keeps is sealed, and when it is away nobody
//! waits for it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use promptsync_core::{audit::Revision, digest::Digest, ids::WorkspaceId, time::Timestamp};
use promptsync_store::{data_keys::SealedKey, last_good::Stored};
use redis::{
    AsyncConnectionConfig, Client, Pipeline, RedisError, RedisResult, TlsCertificates,
    aio::MultiplexedConnection, cmd, pipe,
};
use tokio::sync::mpsc;

use crate::app::App;

/// How long to wait for a connection, and for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long reading a whole copy may take.
const READING: Duration = Duration::from_secs(10);
/// For how long the server that keeps the copy does so, unless it says so again.
const LEASE: Duration = Duration::from_mins(1);
/// Time between two attempts to connect, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// A hash of Redis.
type Pairs = BTreeMap<String, Vec<u8>>;

/// Where it is, and under which names this database's things are kept there.
#[derive(Clone)]
pub(crate) struct Redis {
    client: Client,
    prefix: String,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Redis {
    /// The one that is configured. Servers with the same key meet under the same names.
    pub(crate) fn configured(app: &App) -> Option<Self> {
        let url = app.config.redis_url.as_ref()?;
        let name = app.secret.seal("redis", &[]);
        let prefix = format!("promptsync:{}", Digest::of(&name).short());
        let opened = match &app.config.redis_ca {
            Some(authorities) => {
                let root_cert = Some(authorities.clone());
                Client::build_with_tls(url.0.as_str(), TlsCertificates { client_tls: None, root_cert })
            }
            None => Client::open(url.0.as_str()),
        };
        let Ok(client) = opened else {
            // What is wrong may quote the password.
            tracing::error!("redis_url and redis_ca lead to no Redis server; the server goes on without");
            return None;
        };
        // The library for Redis asks for the one of the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Some(Self { client, prefix })
    }

    async fn connect(&self, patience: Duration) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(patience));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    fn name(&self, what: &str, workspace: &str) -> String {
        format!("{}:{what}:{workspace}", self.prefix)
    }

    /// Every copy it keeps. Whether they are good is for the reader to find out.
    pub(crate) async fn stored(&self) -> RedisResult<Vec<Stored>> {
        let mut connection = self.connect(READING).await?;
        let workspaces: Vec<String> =
            cmd("SMEMBERS").arg(format!("{}:workspaces", self.prefix)).query_async(&mut connection).await?;
        let mut found = Vec::with_capacity(workspaces.len());
        for workspace in workspaces {
            let (mut head, keys, parts, documents): (Pairs, Pairs, Pairs, Pairs) = pipe()
                .cmd("HGETALL")
                .arg(self.name("copy", &workspace))
                .cmd("HGETALL")
                .arg(self.name("keys", &workspace))
                .cmd("HGETALL")
                .arg(self.name("parts", &workspace))
                .cmd("HGETALL")
                .arg(self.name("documents", &workspace))
                .query_async(&mut connection)
                .await?;
            let confirmed = head.remove("confirmed_at").and_then(|text| String::from_utf8(text).ok());
            let confirmed = confirmed.and_then(|text| text.parse().ok());
            let Some(confirmed_at) = confirmed.and_then(Timestamp::from_timestamp_micros) else { continue };
            let Some(base) = head.remove("base") else { continue };
            let data_keys = keys.into_iter().filter_map(|(name, sealed)| {
                let (version, master) = name.split_once(' ')?;
                Some(SealedKey { version: version.parse().ok()?, master: master.to_owned(), sealed })
            });
            found.push(Stored {
                data_keys: data_keys.collect(),
                workspace,
                is_whole: true,
                confirmed_at,
                base,
                parts,
                gone: Vec::new(),
                documents,
            });
        }
        Ok(found)
    }

    fn put(&self, pipe: &mut Pipeline, stored: &Stored) {
        let name = |what| self.name(what, &stored.workspace);
        if stored.is_whole {
            pipe.cmd("DEL").arg(&[name("copy"), name("keys"), name("parts"), name("documents")]).ignore();
            pipe.cmd("SADD").arg(format!("{}:workspaces", self.prefix)).arg(&stored.workspace).ignore();
            for key in &stored.data_keys {
                let field = format!("{} {}", key.version, key.master);
                pipe.cmd("HSET").arg(name("keys")).arg(field).arg(&key.sealed[..]).ignore();
            }
        }
        for part in &stored.gone {
            pipe.cmd("HDEL").arg(name("parts")).arg(part).ignore();
        }
        for (part, sealed) in &stored.parts {
            pipe.cmd("HSET").arg(name("parts")).arg(part).arg(&sealed[..]).ignore();
        }
        for (digest, sealed) in &stored.documents {
            pipe.cmd("HSET").arg(name("documents")).arg(digest).arg(&sealed[..]).ignore();
        }
        pipe.cmd("HSET").arg(name("copy")).arg("base").arg(&stored.base[..]).ignore();
        self.confirm(pipe, &stored.workspace, stored.confirmed_at);
    }

    fn confirm(&self, pipe: &mut Pipeline, workspace: &str, at: Timestamp) {
        let name = self.name("copy", workspace);
        pipe.cmd("HSET").arg(name).arg("confirmed_at").arg(at.timestamp_micros()).ignore();
    }

    fn channel(&self) -> String {
        format!("{}:revisions", self.prefix)
    }
}

/// One server at a time keeps the copy: whoever has the lease.
#[derive(Debug)]
pub(super) struct Writer {
    redis: Redis,
    /// Who this process is.
    holder: String,
    connection: Option<MultiplexedConnection>,
}

/// What is done to the copy.
#[derive(Debug)]
pub(super) enum Write<'a> {
    /// It is as it was at this moment.
    Confirm(&'a WorkspaceId, Timestamp),
    /// It changed.
    Put(&'a Stored),
}

impl Writer {
    pub(super) fn new(redis: Redis, holder: String) -> Self {
        Self { redis, holder, connection: None }
    }

    /// Takes the lease, or keeps it. Whether this server has it.
    pub(super) async fn lease(&mut self) -> RedisResult<bool> {
        let (name, holder) = (self.lease_name(), self.holder.clone());
        let seconds = LEASE.as_secs();
        let mut connection = self.connection().await?;
        let _: Option<String> = cmd("SET")
            .arg(&name)
            .arg(&holder)
            .arg("NX")
            .arg("EX")
            .arg(seconds)
            .query_async(&mut connection)
            .await?;
        let found: Option<String> = cmd("GET").arg(&name).query_async(&mut connection).await?;
        let has = found.is_some_and(|found| found == holder);
        if has {
            let () = cmd("EXPIRE").arg(&name).arg(seconds).query_async(&mut connection).await?;
        }
        self.connection = Some(connection);
        Ok(has)
    }

    /// Writes, all of it or nothing, unless another server has the lease by now. Whether it did.
    pub(super) async fn write(&mut self, write: Write<'_>) -> RedisResult<bool> {
        let (name, holder) = (self.lease_name(), self.holder.clone());
        let mut connection = self.connection().await?;
        let () = cmd("WATCH").arg(&name).query_async(&mut connection).await?;
        let found: Option<String> = cmd("GET").arg(&name).query_async(&mut connection).await?;
        if found.is_none_or(|found| found != holder) {
            return Ok(false);
        }
        let mut pipe = pipe();
        pipe.atomic();
        match write {
            Write::Confirm(workspace, at) => self.redis.confirm(&mut pipe, workspace.as_str(), at),
            Write::Put(stored) => self.redis.put(&mut pipe, stored),
        }
        let done: Option<()> = pipe.query_async(&mut connection).await?;
        // A connection with which something went wrong is not used again.
        self.connection = Some(connection);
        Ok(done.is_some())
    }

    fn lease_name(&self) -> String {
        format!("{}:writer", self.redis.prefix)
    }

    async fn connection(&mut self) -> RedisResult<MultiplexedConnection> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.redis.connect(PATIENCE).await,
        }
    }
}

/// Tells others what this server committed, and hears what they did.
pub(super) async fn talk(
    app: Arc<App>,
    redis: Redis,
    mut committed: mpsc::Receiver<(WorkspaceId, Revision)>,
) {
    let mut pause = PAUSE.0;
    loop {
        if converse(&app, &redis, &mut committed, &mut pause).await.is_ok() {
            return;
        }
        // What is told meanwhile is told to nobody: the database is asked anyway.
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
        while committed.try_recv().is_ok() {}
    }
}

async fn converse(
    app: &App,
    redis: &Redis,
    committed: &mut mpsc::Receiver<(WorkspaceId, Revision)>,
    pause: &mut Duration,
) -> RedisResult<()> {
    let late = || RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
    let mut connection = redis.connect(PATIENCE).await?;
    let subscribed = async {
        let mut subscribed = redis.client.get_async_pubsub().await?;
        subscribed.subscribe(redis.channel()).await?;
        Ok::<_, RedisError>(subscribed)
    };
    let mut subscribed = tokio::time::timeout(PATIENCE, subscribed).await.map_err(|_| late())??;
    let mut messages = subscribed.on_message();
    *pause = PAUSE.0;
    app.delivery.talks.send_modify(|count| *count += 1);
    app.delivery.nudged.notify_one();
    loop {
        tokio::select! {
            told = committed.recv() => {
                let Some((workspace, revision)) = told else { return Ok(()) };
                let message = format!("{workspace} {revision}");
                let () = cmd("PUBLISH").arg(redis.channel()).arg(message).query_async(&mut connection).await?;
            }
            heard = messages.next() => {
                let heard = heard.ok_or_else(late)?;
                let text: String = heard.get_payload().unwrap_or_default();
                let words = text.split_once(' ');
                let news = words.and_then(|(workspace, revision)| {
                    Some((WorkspaceId::new(workspace), revision.parse::<Revision>().ok()?))
                });
                if news.is_some_and(|(workspace, revision)| app.delivery.is_news(&workspace, revision)) {
                    app.delivery.nudged.notify_one();
                }
            }
        }
    }
}
