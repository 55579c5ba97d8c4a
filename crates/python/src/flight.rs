//! Work on the client's own threads: waited for, or awaited.

use std::{
    future::Future,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock},
    time::Duration,
};

use promptsync_client::sdk::SdkError;
use pyo3::{prelude::*, sync::OnceLockExt as _};
use tokio::runtime::Handle;

use crate::errors;

/// How often a thread that waits looks whether Ctrl-C was pressed.
const SIGNALS: Duration = Duration::from_millis(50);

/// Makes a Python value, or an exception, from what came out.
type Outcome = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Work that is under way.
#[pyclass(frozen, module = "promptsync._core")]
pub(crate) struct Flight {
    shared: Arc<Shared>,
    /// The process whose threads do the work: a child has none of them.
    process: u32,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    landed: Condvar,
    /// The value, made by the first who asks; others wait for it without Python's lock.
    made: OnceLock<PyResult<Py<PyAny>>>,
}

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    done: bool,
    told: Vec<Py<PyAny>>,
}

impl Flight {
    /// Begins work. What came out is made into a Python value by whoever asks for it.
    pub(crate) fn begin<T: Send + 'static>(
        runtime: &Handle,
        work: impl Future<Output = T> + Send + 'static,
        make: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let (landing, handle) = (Arc::clone(&shared), runtime.clone());
        runtime.spawn(async move {
            let value = work.await;
            let told = landing.land(Box::new(move |py| make(py, value)));
            // Python's lock may be held for long: not on the thread that everything else runs on.
            if !told.is_empty() {
                handle.spawn_blocking(move || tell(told));
            }
        });
        Self { shared, process: std::process::id() }
    }
}

impl Shared {
    fn land(&self, outcome: Outcome) -> Vec<Py<PyAny>> {
        let mut state = self.lock();
        (state.outcome, state.done) = (Some(outcome), true);
        self.landed.notify_all();
        std::mem::take(&mut state.told)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock can panic")
    }

    /// Waits until it is done, or that long.
    fn wait(&self, most: Duration) -> bool {
        let state = self.lock();
        let waited = self.landed.wait_timeout_while(state, most, |state| !state.done);
        waited.is_ok_and(|(state, _)| state.done)
    }
}

/// Calls everybody who wanted to hear of it; not while the interpreter goes away.
fn tell(told: Vec<Py<PyAny>>) {
    Python::try_attach(|py| {
        for call in told {
            if let Err(error) = call.call0(py) {
                error.write_unraisable(py, Some(call.bind(py)));
            }
        }
    });
}

#[pymethods]
impl Flight {
    /// Whether it is over.
    fn done(&self) -> bool {
        self.shared.lock().done
    }

    /// What came out, once it is over; other threads run meanwhile.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        while !py.detach(|| self.shared.wait(SIGNALS)) {
            py.check_signals()?;
            if std::process::id() != self.process {
                return Err(errors::sdk(py, &SdkError::Closed));
            }
        }
        let make = || {
            // Made without the lock: it runs Python code.
            let outcome = self.shared.lock().outcome.take();
            outcome.map_or_else(|| Ok(py.None()), |outcome| outcome(py))
        };
        match self.shared.made.get_or_init_py_attached(py, make) {
            Ok(value) => Ok(value.clone_ref(py)),
            Err(error) => Err(error.clone_ref(py)),
        }
    }

    /// Calls this, from another thread, as soon as it is over; at once when it is over already.
    fn on_done(&self, py: Python<'_>, call: Py<PyAny>) -> PyResult<()> {
        let mut state = self.shared.lock();
        if !state.done {
            state.told.push(call);
            return Ok(());
        }
        drop(state);
        call.call0(py).map(drop)
    }
}
