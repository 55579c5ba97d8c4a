//! Whether the database answers, as far as anybody knows.
//!
//! Whoever finds out that it does not says so here, and nobody waits for it any more: transactions do not begin, and
//! statements that are under way end at once. [`crate::lookout`] finds out, also when it is back.

use std::future::Future;

use tokio::sync::{Notify, watch};

/// What is known about one database.
#[derive(Debug)]
pub struct Reach {
    away: watch::Sender<bool>,
    doubt: Notify,
}

impl Default for Reach {
    fn default() -> Self {
        Self { away: watch::Sender::new(false), doubt: Notify::new() }
    }
}

impl Reach {
    /// Whether it is known not to answer.
    pub fn is_away(&self) -> bool {
        *self.away.borrow()
    }

    /// Says whether it answers. Whether that was news.
    pub fn set_away(&self, away: bool) -> bool {
        self.away.send_if_modified(|known| std::mem::replace(known, away) != away)
    }

    /// Becomes ready when it is known not to answer.
    pub async fn gone(&self) {
        let mut away = self.away.subscribe();
        // The sender is in `self`, so it cannot be gone before the answer.
        let _ = away.wait_for(|away| *away).await;
    }

    /// Becomes ready when it answers.
    pub async fn back(&self) {
        let mut away = self.away.subscribe();
        let _ = away.wait_for(|away| !*away).await;
    }

    /// Notes that it took suspiciously long: somebody should look.
    pub fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Becomes ready when somebody doubted.
    pub async fn doubted(&self) {
        self.doubt.notified().await;
    }

    /// Waits for a statement, as long as there is hope.
    pub(crate) async fn guard<T>(
        &self,
        statement: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        tokio::select! {
            biased;
            () = self.gone() => Err(sqlx::Error::PoolTimedOut),
            done = statement => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn nobody_waits_for_a_database_that_is_known_to_be_away() {
        let reach = Reach::default();
        assert!(reach.guard(ready(Ok(1))).await.is_ok());
        let waiting = reach.guard(pending::<Result<(), sqlx::Error>>());
        let (outcome, news) = tokio::join!(waiting, async { reach.set_away(true) });
        assert!(outcome.is_err() && news && reach.is_away());
        assert!(reach.guard(ready(Ok(1))).await.is_err());
        assert!(reach.set_away(false) && !reach.set_away(false));
        assert!(reach.guard(ready(Ok(1))).await.is_ok());
    }

    #[tokio::test]
    async fn whoever_waits_for_news_gets_it() {
        let reach = Reach::default();
        reach.back().await;
        tokio::join!(reach.gone(), async { reach.set_away(true) });
        tokio::join!(reach.back(), async { reach.set_away(false) });
        // A doubt that nobody waited for is not forgotten.
        reach.doubt();
        reach.doubted().await;
    }
}
