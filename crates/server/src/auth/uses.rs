//! When keys were used, to the minute: noted in memory by each request, written together now and then.

use std::{collections::HashMap, sync::Mutex};

use chrono::{SubsecRound as _, Timelike as _};
use promptsync_core::{ids::KeyId, time::Timestamp};
use promptsync_store::{StoreError, keys};

use crate::app::App;

/// Keys used since they were last written.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<KeyId, Timestamp>>);

impl Uses {
    /// Notes a use, when the minute is a new one for this key.
    pub(crate) fn note(&self, key: &keys::Key, now: Timestamp) {
        let minute = now.trunc_subsecs(0).with_second(0).unwrap_or(now);
        if key.last_used_at.is_some_and(|known| known >= minute) {
            return;
        }
        let mut uses = self.lock();
        match uses.get_mut(&key.id) {
            Some(known) => *known = minute.max(*known),
            None => {
                uses.insert(key.id.clone(), minute);
            }
        }
    }

    fn take(&self) -> Vec<(KeyId, Timestamp)> {
        let mut uses: Vec<_> = std::mem::take(&mut *self.lock()).into_iter().collect();
        // In one order everywhere, so that two servers never wait for each other.
        uses.sort_unstable();
        uses
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<KeyId, Timestamp>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

impl App {
    /// Writes when keys were used. What cannot be written is noted again by the key's next use.
    pub async fn write_key_uses(&self) -> Result<(), StoreError> {
        let uses = self.key_uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        keys::note_uses(&self.db, &uses).await
    }
}
