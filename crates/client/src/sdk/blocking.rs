//! The SDK for programs without async.

use std::{collections::BTreeMap, future::IntoFuture as _, time::Duration};

use tokio::runtime::{Builder as RuntimeBuilder, Handle, Runtime};

use super::{Builder, Change, Get, Prompt, PromptSync, SdkError, Status};

/// A [`PromptSync`] for programs without async. What happens in the background happens on a thread of its own.
#[derive(Debug)]
pub struct Blocking {
    sdk: PromptSync,
    runtime: Runtime,
}

/// A question for a prompt.
#[derive(Debug)]
#[must_use = "nothing is asked before `fetch`"]
pub struct BlockingGet<'a> {
    get: Get<'a>,
    runtime: &'a Runtime,
}

impl Blocking {
    pub(super) fn start(builder: Builder) -> Result<Self, SdkError> {
        outside_async()?;
        let runtime = RuntimeBuilder::new_multi_thread()
            .worker_threads(1)
            .thread_name("promptsync")
            .enable_all()
            .build()
            .map_err(|error| SdkError::setting(format!("no thread can be started: {error}")))?;
        let sdk = runtime.block_on(builder.start())?;
        Ok(Self { sdk, runtime })
    }

    /// Asks for a prompt.
    pub fn get<'a>(&'a self, name: &'a str, reference: &'a str) -> BlockingGet<'a> {
        BlockingGet { get: self.sdk.get(name, reference), runtime: &self.runtime }
    }

    /// Waits until every alias can be served: see [`PromptSync::wait_ready`].
    ///
    /// # Errors
    /// When that takes too long.
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), SdkError> {
        outside_async()?;
        self.runtime.block_on(self.sdk.wait_ready(timeout))
    }

    /// Compiles everything that is held: see [`PromptSync::preload`].
    ///
    /// # Errors
    /// The first that cannot be used.
    pub fn preload(&self) -> Result<usize, SdkError> {
        outside_async()?;
        self.runtime.block_on(self.sdk.preload())
    }

    /// Calls this after every change: see [`PromptSync::on_change`].
    pub fn on_change(&self, call: impl FnMut(&Change) + Send + 'static) {
        self.sdk.on_change(call);
    }

    /// How it does.
    pub fn status(&self) -> Status {
        self.sdk.status()
    }

    /// Ends what happens in the background, after what was counted is handed in.
    pub fn close(self) {
        if outside_async().is_ok() {
            self.runtime.block_on(self.sdk.close());
        }
        self.runtime.shutdown_background();
    }
}

impl<'a> BlockingGet<'a> {
    /// Tags that choose a variant.
    pub fn tags(mut self, tags: BTreeMap<String, String>) -> Self {
        self.get = self.get.tags(tags);
        self
    }

    /// Who asks.
    pub fn unit(mut self, unit: &'a str) -> Self {
        self.get = self.get.unit(unit);
        self
    }

    /// The model.
    pub fn model(mut self, model: &'a str) -> Self {
        self.get = self.get.model(model);
        self
    }

    /// How long this call may take.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.get = self.get.deadline(deadline);
        self
    }

    /// The prompt.
    ///
    /// # Errors
    /// Why there is none.
    pub fn fetch(self) -> Result<Prompt, SdkError> {
        if let Ok(Some(prompt)) = self.get.cached() {
            return Ok(prompt);
        }
        outside_async()?;
        self.runtime.block_on(self.get.into_future())
    }
}

/// A thread that runs async tasks must not wait.
fn outside_async() -> Result<(), SdkError> {
    if Handle::try_current().is_ok() {
        return Err(SdkError::setting("this would hold up an async runtime; use `start` and await there"));
    }
    Ok(())
}
