//! Wipes secrets from memory whose time is over, also when nobody reads any.

use crate::app::App;

/// Wipes what is too old to be used.
pub fn run_once(app: &App) {
    app.secrets.cache.sweep();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;
    use promptsync_secrets::{CacheKey, Fields};
    use promptsync_testing::FixedClock;

    use super::*;
    use crate::app::tests::app_at;

    #[tokio::test]
    async fn a_secret_that_nobody_asks_for_again_does_not_stay_in_memory() {
        let clock = Arc::new(FixedClock::default());
        let app = app_at(clock.clone()).await;
        let key = CacheKey { workspace: "w".into(), connector: "c@1".into(), path: "a".into() };
        let cache = &app.secrets.cache;
        cache.get(&key, async || Fields::text("canary".to_owned())).await.expect("read");
        clock.advance(TimeDelta::seconds(299));
        run_once(&app);
        assert_eq!(cache.len(), 1, "it is kept for 300 seconds");
        clock.advance(TimeDelta::seconds(2));
        assert_eq!(cache.len(), 1, "nothing but the job looks");
        run_once(&app);
        assert!(cache.is_empty());
    }
}
