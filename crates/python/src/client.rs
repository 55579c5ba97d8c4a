//! The prompts of a project.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use promptsync_client::{
    PromptSync,
    sdk::{AliasStatus, Builder, Change, Get, SdkError, Source, Status},
};
use pyo3::{prelude::*, types::PyDict};
use serde_json::{Value, json};
use tokio::runtime::{Builder as RuntimeBuilder, Handle, Runtime};

use crate::{errors, flight::Flight, hot::Hot, prompt::Prompt, values};

/// How long threads get to end.
const FAREWELL: Duration = Duration::from_secs(2);

/// The prompts of a project, kept up to date by threads of its own. `promptsync.PromptManager` is what people see of it.
#[pyclass(frozen, module = "promptsync._core")]
pub(crate) struct Client {
    sdk: PromptSync,
    handle: Handle,
    runtime: Mutex<Option<Runtime>>,
    listeners: Mutex<Vec<JoinHandle<()>>>,
    closed: AtomicBool,
    hot: Hot,
}

/// Takes one text into the settings of the SDK.
type Set = fn(Builder, String) -> Builder;

/// What `Client` is told, by the names it has in Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    project: String,
    url: Option<String>,
    key: Option<String>,
    aliases: Vec<String>,
    service: Option<String>,
    host: Option<String>,
    git_commit: Option<String>,
    uses: BTreeMap<String, Vec<String>>,
    unit: Option<String>,
    deadline_seconds: f64,
    memory_bytes: usize,
    cache: Option<PathBuf>,
    bundle: Option<PathBuf>,
    folder: Option<PathBuf>,
    pin: Option<String>,
    poll_seconds: f64,
}

#[pymethods]
impl Client {
    /// Reads what this machine has and begins to ask the server. It does not wait for the server.
    #[new]
    fn new(py: Python<'_>, settings: Settings) -> PyResult<Self> {
        py.detach(|| Self::start(settings)).map_err(|error| errors::sdk(py, &error))
    }

    /// What people got a moment ago for the same words, when it is still so.
    fn hot(&self, py: Python<'_>, name: &str, reference: &str) -> Option<Py<PyAny>> {
        self.hot.get(py, name, reference, |prompt| self.sdk.again(&prompt.prompt))
    }

    /// Remembers what people get for these words.
    fn remember(&self, name: &str, reference: &str, prompt: Py<Prompt>, shown: Py<PyAny>) {
        self.hot.put(name, reference, prompt, shown);
    }

    /// A prompt from memory, or the flight of one that has to be waited for.
    #[pyo3(signature = (name, reference, tags, unit, model, deadline_seconds, folder))]
    #[expect(clippy::too_many_arguments, reason = "they are the words of a question, passed by place")]
    fn get(
        &self,
        py: Python<'_>,
        name: String,
        reference: String,
        tags: Option<BTreeMap<String, String>>,
        unit: Option<String>,
        model: Option<String>,
        deadline_seconds: Option<f64>,
        folder: bool,
    ) -> PyResult<Py<PyAny>> {
        let deadline =
            deadline_seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
        let question =
            Question { name, reference, tags: tags.unwrap_or_default(), unit, model, deadline, folder };
        // What cannot be answered at once may still be by the server or a file: whoever waits hears of it.
        if let Ok(Some(prompt)) = question.ask(&self.sdk).cached() {
            return Ok(Py::new(py, Prompt::from(prompt))?.into_any());
        }
        let sdk = self.open(py)?;
        let work = async move { question.ask(&sdk).await };
        let flight = Flight::begin(&self.handle, work, |py, found| {
            let prompt = found.map_err(|error| errors::sdk(py, &error))?;
            Ok(Py::new(py, Prompt::from(prompt))?.into_any())
        });
        Ok(Py::new(py, flight)?.into_any())
    }

    /// Compiles everything that is held; gives how many.
    fn preload(&self, py: Python<'_>) -> PyResult<Flight> {
        let sdk = self.open(py)?;
        Ok(Flight::begin(&self.handle, async move { sdk.preload().await }, |py, count| {
            let count = count.map_err(|error| errors::sdk(py, &error))?;
            Ok(count.into_pyobject(py)?.into_any().unbind())
        }))
    }

    /// Waits until every alias can be served.
    fn wait_ready(&self, py: Python<'_>, seconds: f64) -> PyResult<Flight> {
        let sdk = self.open(py)?;
        let most = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Ok(Flight::begin(&self.handle, async move { sdk.wait_ready(most).await }, |py, ready| {
            ready.map_err(|error| errors::sdk(py, &error))?;
            Ok(py.None())
        }))
    }

    /// The names of the prompts that are held.
    fn names(&self) -> Vec<String> {
        self.sdk.names().iter().map(ToString::to_string).collect()
    }

    /// How it does, alias by alias.
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::to_python(py, &status(&self.sdk.status()))
    }

    /// Hands in a fact with the next counts; what does not fit is lost.
    fn report(&self, fact: &Bound<'_, PyDict>) -> PyResult<()> {
        self.sdk.report(Value::Object(values::json(fact)?));
        Ok(())
    }

    /// Calls this with alias, revision and names of prompts after every change, on a thread of its own.
    fn on_change(&self, py: Python<'_>, call: Py<PyAny>) -> PyResult<()> {
        self.open(py)?;
        let (changed, changes) = mpsc::channel::<Change>();
        let listener = std::thread::Builder::new().name("promptsync-changes".to_owned());
        let listener = listener.spawn(move || listen(&changes, &call));
        let listener = listener.map_err(|error| {
            let reason = format!("no thread can be started: {error}");
            errors::sdk(py, &SdkError::Setting { reason })
        })?;
        lock(&self.listeners).push(listener);
        self.sdk.on_change(move |change| {
            // Nobody listens after the end.
            let _ = changed.send(change.clone());
        });
        Ok(())
    }

    /// Ends every thread, after what was counted is handed in. What is in memory is served on.
    fn close(&self, py: Python<'_>) {
        self.closed.store(true, Ordering::Release);
        let Some(runtime) = lock(&self.runtime).take() else { return };
        let listeners = std::mem::take(&mut *lock(&self.listeners));
        let sdk = self.sdk.clone();
        py.detach(move || {
            runtime.block_on(sdk.close());
            // With the tasks the senders of changes end, and so do those who listen.
            runtime.shutdown_timeout(FAREWELL);
            for listener in listeners {
                let _ = listener.join();
            }
        });
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Whoever lets go of it without closing it waits for nothing: a thread may want Python's lock.
        if let Some(runtime) = lock(&self.runtime).take() {
            runtime.shutdown_background();
        }
    }
}

impl Client {
    fn start(settings: Settings) -> Result<Self, SdkError> {
        let runtime = RuntimeBuilder::new_multi_thread()
            .worker_threads(1)
            .thread_name("promptsync")
            .enable_all()
            .build()
            .map_err(|error| SdkError::Setting { reason: format!("no thread can be started: {error}") })?;
        let sdk = runtime.block_on(settings.builder().start())?;
        Ok(Self {
            sdk,
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
            listeners: Mutex::default(),
            closed: AtomicBool::new(false),
            hot: Hot::default(),
        })
    }

    /// What answers questions, unless it was closed.
    fn open(&self, py: Python<'_>) -> PyResult<PromptSync> {
        if self.closed() { Err(errors::sdk(py, &SdkError::Closed)) } else { Ok(self.sdk.clone()) }
    }
}

impl Settings {
    fn builder(self) -> Builder {
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let mut builder = PromptSync::builder(&self.project)
            .language("python")
            .deadline(seconds(self.deadline_seconds))
            .memory(self.memory_bytes)
            .poll_interval(seconds(self.poll_seconds));
        for alias in self.aliases {
            builder = builder.alias(alias);
        }
        for (prompt, variables) in self.uses {
            builder = builder.uses(prompt, variables);
        }
        let texts: [(Option<String>, Set); 7] = [
            (self.url, |builder, text| builder.url(text)),
            (self.key, |builder, text| builder.key(text)),
            (self.service, |builder, text| builder.service(text)),
            (self.host, |builder, text| builder.host(text)),
            (self.git_commit, |builder, text| builder.git_commit(text)),
            (self.unit, |builder, text| builder.unit(text)),
            (self.pin, |builder, text| builder.pin(text)),
        ];
        for (text, set) in texts {
            if let Some(text) = text {
                builder = set(builder, text);
            }
        }
        if let Some(folder) = self.cache {
            builder = builder.cache(folder);
        }
        if let Some(file) = self.bundle {
            builder = builder.bundle(file);
        }
        if let Some(folder) = self.folder {
            builder = builder.folder(folder);
        }
        builder
    }
}

/// The words of a question, kept while it is answered.
struct Question {
    name: String,
    reference: String,
    tags: BTreeMap<String, String>,
    unit: Option<String>,
    model: Option<String>,
    deadline: Option<Duration>,
    folder: bool,
}

impl Question {
    fn ask<'a>(&'a self, sdk: &'a PromptSync) -> Get<'a> {
        let mut get = sdk.get(&self.name, &self.reference);
        if !self.tags.is_empty() {
            get = get.tags(self.tags.clone());
        }
        if let Some(unit) = &self.unit {
            get = get.unit(unit);
        }
        if let Some(model) = &self.model {
            get = get.model(model);
        }
        if let Some(deadline) = self.deadline {
            get = get.deadline(deadline);
        }
        if self.folder { get } else { get.without_folder() }
    }
}

fn listen(changes: &mpsc::Receiver<Change>, call: &Py<PyAny>) {
    for change in changes {
        let told = Python::try_attach(|py| {
            let prompts: Vec<String> = change.prompts.iter().map(ToString::to_string).collect();
            if let Err(error) = call.call1(py, (change.alias.as_str(), change.revision, prompts)) {
                error.write_unraisable(py, Some(call.bind(py)));
            }
        });
        // The interpreter goes away.
        if told.is_none() {
            return;
        }
    }
}

fn status(status: &Status) -> Value {
    let alias = |(name, alias): (&promptsync_core::names::AliasName, &AliasStatus)| {
        let said = |error: &Option<SdkError>| {
            error.as_ref().map(|error| json!({ "code": error.code(), "message": error.to_string() }))
        };
        let facts = json!({
            "revision": alias.revision,
            "source": alias.source.map(Source::as_str),
            "age_seconds": alias.age.map(|age| age.as_secs_f64()),
            "expired": alias.expired,
            "complete": alias.complete,
            "transport": alias.transport.as_str(),
            "failure": said(&alias.failure),
            "refused": said(&alias.refused),
        });
        (name.to_string(), facts)
    };
    json!({
        "aliases": status.aliases.iter().map(alias).collect::<serde_json::Map<_, _>>(),
        "memory_bytes": status.memory,
        "cache_failed": status.cache_failed,
        "clock_off_seconds": status.clock_off.map(chrono::TimeDelta::as_seconds_f64),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder of the lock can panic")
}
