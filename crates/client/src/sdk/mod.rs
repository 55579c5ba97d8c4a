//! Prompts for applications: from memory, up to date, and there when the server is not.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use promptsync_client::PromptSync;
//!
//! let prompts = PromptSync::builder("shop")
//!     .url("https://prompts.example")
//!     .key("ps_…")
//!     .alias("production")
//!     .service("checkout")
//!     .cache("/var/cache/checkout/prompts")
//!     .start()
//!     .await?;
//! let support = prompts.get("customer_support", "production").tag("locale", "en").unit("user-42").await?;
//! let variables = serde_json::Map::from_iter([("name".to_owned(), "Ann".into())]);
//! println!("{:?} from {}", support.render(&variables)?, support.source());
//! # Ok(())
//! # }
//! ```
//!
//! A signed snapshot of each alias is held in memory and answers calls with `core`'s resolver. A background task keeps
//! it up to date by a stream, or by asking; it takes over only what verifies, and never goes back to an earlier
//! revision. A call uses the network only when nothing is held, and then no longer than its deadline. While the server
//! is away, memory answers, then the cache, the bundle, the folder of prompt files, in this order.

mod backoff;
mod blocking;
mod builder;
mod core;
mod documents;
mod error;
mod events;
mod files;
mod flights;
mod folder;
mod followed;
mod get;
mod held;
mod load;
mod memory;
mod points;
mod prompt;
mod refresh;
mod relay;
mod report;
mod source;
mod status;
mod stream;
mod time;
mod trust;
mod usage;
mod wire;

use std::{
    collections::{BTreeSet, btree_map::Entry},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use promptsync_core::names::{AliasName, PromptName};
use tokio::{runtime::Handle, sync::broadcast::error::RecvError, task::JoinSet};

pub use self::{
    blocking::{Blocking, BlockingGet},
    builder::Builder,
    error::SdkError,
    followed::Change,
    get::Get,
    prompt::Prompt,
    relay::{Arrived, Copy, Relay, VersionFacts},
    source::{Source, Transport},
    status::{AliasStatus, Status},
};

use self::{core::Core, followed::Followed};

/// Aliases that are held at most.
const ALIASES: usize = 64;

/// How long a program that ends waits for its counts to be handed in.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long loading one prompt ahead of time may take.
const PRELOAD: Duration = Duration::from_secs(30);

/// The prompts of a project. Cheap to clone; what happens in the background ends with the last clone.
#[derive(Clone, Debug)]
pub struct PromptSync {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    core: Arc<Core>,
    tasks: Mutex<JoinSet<()>>,
}

impl PromptSync {
    /// Settings for the prompts of a project.
    pub fn builder(project: &str) -> Builder {
        Builder::new(project)
    }

    async fn start(settings: Builder) -> Result<Self, SdkError> {
        let runtime = Handle::current();
        let aliases = settings.alias_names()?;
        let open = {
            let runtime = runtime.clone();
            move || Core::open(settings, runtime)
        };
        let core = runtime.spawn_blocking(open).await.unwrap_or(Err(SdkError::Closed))?;
        let sdk = Self { inner: Arc::new(Inner { core: Arc::new(core), tasks: Mutex::default() }) };
        if sdk.core().wire.is_some() {
            sdk.spawn(report::report(Arc::clone(sdk.core())));
            sdk.spawn(usage::report(Arc::clone(sdk.core())));
        }
        let first = {
            let sdk = sdk.clone();
            move || aliases.iter().try_for_each(|alias| sdk.follow(alias).map(drop))
        };
        runtime.spawn_blocking(first).await.unwrap_or(Err(SdkError::Closed))?;
        Ok(sdk)
    }

    /// Asks for a prompt by alias (`production`), version (`1.2.0`, `^1.2`, `latest`), digest or commit.
    pub fn get<'a>(&'a self, name: &'a str, reference: &'a str) -> Get<'a> {
        Get::new(self, name, reference)
    }

    /// Whether a prompt that was got a moment ago, with the same words, is what asking again would give. If so it
    /// counts as asked for once more, and nothing needs to be resolved.
    pub fn again(&self, prompt: &Prompt) -> bool {
        let is_so = prompt.is_still_so();
        if is_so {
            self.core().usage.count(&prompt.slot);
        }
        is_so
    }

    /// Hands in a fact that the application measured, with the next counts. What does not fit is lost.
    pub fn report(&self, fact: serde_json::Value) {
        self.core().usage.fact(fact);
    }

    /// The names of the prompts that the aliases serve which are held, and of the prompt files of this machine.
    pub fn names(&self) -> BTreeSet<PromptName> {
        let core = self.core();
        let held = core.followed().into_iter().filter_map(|followed| followed.held());
        let served: BTreeSet<PromptName> =
            held.flat_map(|held| held.names().cloned().collect::<Vec<_>>()).collect();
        served.into_iter().chain(core.folder.iter().flat_map(|folder| folder.names().cloned())).collect()
    }

    /// Waits until every alias can be served: by the server, or, when it gives nothing, by what this machine has.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn wait_ready(&self, timeout: Duration) -> Result<(), SdkError> {
        let core = self.core();
        let ready = core.until(Instant::now() + timeout, || core.unready().is_empty().then_some(())).await;
        ready.ok_or(SdkError::Deadline { waited: timeout })
    }

    /// Waits until the status is as wanted; none when that takes too long.
    pub async fn wait_until(&self, timeout: Duration, wanted: impl Fn(&Status) -> bool) -> Option<Status> {
        let look = || Some(self.status()).filter(|status| wanted(status));
        self.core().until(Instant::now() + timeout, look).await
    }

    /// Compiles every version that is held, so that no call has to; says how many.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub async fn preload(&self) -> Result<usize, SdkError> {
        let mut count = 0;
        for held in self.core().followed().into_iter().filter_map(|followed| followed.held()) {
            for slot in held.all() {
                let loaded = self.core().load(slot).by(Instant::now() + PRELOAD).await;
                loaded.ok_or(SdkError::Deadline { waited: PRELOAD })??;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Calls this after every change of an alias, one after another, away from the task that keeps it up to date.
    pub fn on_change(&self, mut call: impl FnMut(&Change) + Send + 'static) {
        let mut changes = self.core().changes.subscribe();
        self.spawn(async move {
            loop {
                match changes.recv().await {
                    Ok(change) => call(&change),
                    // Whoever is too slow hears about the later ones.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }

    /// How it does.
    pub fn status(&self) -> Status {
        self.core().status()
    }

    /// Ends what happens in the background, after what was counted is handed in. What is held is served on.
    pub async fn close(&self) {
        self.tasks().abort_all();
        let _ = tokio::time::timeout(FAREWELL, self.core().flush()).await;
        self.core().written(Instant::now() + FAREWELL).await;
    }

    fn core(&self) -> &Arc<Core> {
        &self.inner.core
    }

    /// The alias, held from now on.
    fn follow(&self, alias: &AliasName) -> Result<Arc<Followed>, SdkError> {
        let core = self.core();
        if let Some(followed) = core.aliases.read().expect("no holder of the lock can panic").get(alias) {
            return Ok(Arc::clone(followed));
        }
        let kept = core.kept(alias);
        let mut aliases = core.aliases.write().expect("no holder of the lock can panic");
        let count = aliases.len();
        let followed = match aliases.entry(alias.clone()) {
            Entry::Occupied(known) => return Ok(Arc::clone(known.get())),
            Entry::Vacant(_) if count >= ALIASES => {
                return Err(SdkError::setting(format!("more than {ALIASES} aliases are asked for")));
            }
            Entry::Vacant(place) => Arc::clone(place.insert(Arc::new(Followed::new(alias.clone(), kept)))),
        };
        drop(aliases);
        if core.wire.is_some() {
            self.spawn(refresh::keep_up(Arc::clone(core), Arc::clone(&followed)));
        } else {
            followed.failed(SdkError::setting("no server was named"));
        }
        Ok(followed)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        // Those that ended by themselves.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.core().runtime);
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.inner.tasks.lock().expect("no holder of the lock can panic")
    }
}
