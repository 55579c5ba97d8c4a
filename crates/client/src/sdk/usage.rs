//! Counting which versions are used, and handing the counts in. It never holds a call up: what does not fit is lost.

use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{SdkError, core::Core, held::Slot};

/// Versions that are counted between two reports.
const MOST: usize = 10_000;

/// Versions of one request.
const BATCH: usize = 1_000;

/// How often counts are handed in.
const EVERY: Duration = Duration::from_secs(10);

/// Versions that were used since the last report.
#[derive(Debug, Default)]
pub(super) struct Usage {
    used: Mutex<Vec<Arc<Slot>>>,
    /// What the application measured.
    facts: Mutex<Vec<Value>>,
    off: AtomicBool,
}

impl Usage {
    /// Counts one call.
    pub(super) fn count(&self, slot: &Arc<Slot>) {
        self.add(slot, 1);
    }

    fn add(&self, slot: &Arc<Slot>, calls: u64) {
        // Whoever begins to count puts the version on the list; everybody else only adds.
        if slot.calls.fetch_add(calls, Ordering::Relaxed) != 0 {
            return;
        }
        let mut used = self.used.lock().expect("no holder of the lock can panic");
        if used.len() < MOST && slot.version.is_some() && !self.off.load(Ordering::Relaxed) {
            used.push(Arc::clone(slot));
        } else {
            slot.calls.store(0, Ordering::Relaxed);
        }
    }

    /// Keeps a fact for the next report, when there is room.
    pub(super) fn fact(&self, fact: Value) {
        let mut facts = self.facts();
        if facts.len() < MOST && !self.off.load(Ordering::Relaxed) {
            facts.push(fact);
        }
    }

    fn take_facts(&self) -> Vec<Value> {
        let mut facts = self.facts();
        let count = facts.len().min(BATCH);
        facts.drain(..count).collect()
    }

    fn facts(&self) -> MutexGuard<'_, Vec<Value>> {
        self.facts.lock().expect("no holder of the lock can panic")
    }

    fn take(&self) -> Vec<(Arc<Slot>, u64)> {
        let mut used = self.used.lock().expect("no holder of the lock can panic");
        let count = used.len().min(BATCH);
        used.drain(..count)
            .map(|slot| {
                let calls = slot.calls.swap(0, Ordering::Relaxed);
                (slot, calls)
            })
            .collect()
    }
}

impl Core {
    /// Hands in what was counted, until nothing is left.
    pub(super) async fn flush(&self) -> Result<(), SdkError> {
        let Some(wire) = &self.wire else { return Ok(()) };
        loop {
            let (taken, facts) = (self.usage.take(), self.usage.take_facts());
            if taken.is_empty() && facts.is_empty() {
                return Ok(());
            }
            if let Err(error) = wire.metrics(&body(&taken, &facts)).await {
                if matches!(&error, SdkError::Server(error) if matches!(error.status(), Some(404 | 405))) {
                    self.usage.off.store(true, Ordering::Relaxed);
                    self.usage.facts().clear();
                    return Ok(());
                }
                // They stay for the next time; new ones that do not fit beside them are lost.
                for (slot, calls) in taken {
                    self.usage.add(&slot, calls);
                }
                for fact in facts {
                    self.usage.fact(fact);
                }
                return Err(error);
            }
        }
    }
}

fn body(counts: &[(Arc<Slot>, u64)], facts: &[Value]) -> Value {
    let counts = counts.iter().map(|(slot, calls)| {
        json!({ "prompt": slot.prompt, "version": slot.version, "alias": slot.alias, "count": calls })
    });
    json!({ "usage": counts.collect::<Vec<_>>(), "metrics": facts })
}

/// Hands counts in now and then, until the task is ended.
pub(super) async fn report(core: Arc<Core>) {
    while !core.usage.off.load(Ordering::Relaxed) {
        sleep(core.dice.around(EVERY)).await;
        // The next time is soon.
        let _ = core.flush().await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use promptsync_core::{
        digest::Digest, names::PromptName, signing::SnapshotContent, versions::VersionNumber,
    };

    use super::*;

    fn slot(index: usize) -> Arc<Slot> {
        let prompt = PromptName::parse(&format!("p{index}")).unwrap();
        let content = SnapshotContent { digest: Digest::of(b"x"), includes: BTreeMap::new() };
        Arc::new(Slot::new(prompt, Some(VersionNumber::new(1, 0, 0)), None, content))
    }

    fn taken(usage: &Usage) -> u64 {
        std::iter::from_fn(|| Some(usage.take()).filter(|taken| !taken.is_empty()))
            .flatten()
            .map(|(_, calls)| calls)
            .sum()
    }

    #[test]
    fn every_call_is_counted_once_and_what_does_not_fit_is_lost() {
        let usage = Usage::default();
        let slots: Vec<Arc<Slot>> = (0..MOST + 5).map(slot).collect();
        for slot in slots.iter().chain(&slots) {
            usage.count(slot);
        }
        assert_eq!(taken(&usage), 2 * MOST as u64);
        assert_eq!(taken(&usage), 0);
        usage.count(&slots[MOST + 1]);
        usage.add(&slots[MOST + 1], 6);
        assert_eq!(taken(&usage), 7, "there is room again");
        usage.off.store(true, Ordering::Relaxed);
        usage.count(&slots[0]);
        assert_eq!(taken(&usage), 0);
    }
}
