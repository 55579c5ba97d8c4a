//! Prompts that were asked for a moment ago with the same words.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use pyo3::prelude::*;

use crate::prompt::Prompt;

/// Prompts that are remembered; each keeps its compiled templates in memory as long as it is.
const MOST: usize = 512;

/// What was asked for, and what people got for it.
#[derive(Default)]
pub(crate) struct Hot(Mutex<Entries>);

/// By name, then by reference.
type Entries = HashMap<Box<str>, HashMap<Box<str>, Entry>>;

struct Entry {
    prompt: Py<Prompt>,
    shown: Py<PyAny>,
}

impl Hot {
    /// What asking again would give, when `again` says that it is still so.
    pub(crate) fn get(
        &self,
        py: Python<'_>,
        name: &str,
        reference: &str,
        again: impl FnOnce(&Prompt) -> bool,
    ) -> Option<Py<PyAny>> {
        let hot = self.lock();
        let entry = hot.get(name)?.get(reference)?;
        again(entry.prompt.get()).then(|| entry.shown.clone_ref(py))
    }

    /// Remembers what people got. When there are too many, all are forgotten: those in use come back at once.
    pub(crate) fn put(&self, name: &str, reference: &str, prompt: Py<Prompt>, shown: Py<PyAny>) {
        let mut hot = self.lock();
        let forgotten = if hot.len() >= MOST { std::mem::take(&mut *hot) } else { HashMap::new() };
        let of_name = hot.entry(name.into()).or_default();
        let others = if of_name.len() >= MOST { std::mem::take(of_name) } else { HashMap::new() };
        let before = of_name.insert(reference.into(), Entry { prompt, shown });
        // What is let go may run Python code, which may ask for a prompt.
        drop(hot);
        drop((forgotten, others, before));
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().expect("no holder of the lock can panic")
    }
}
