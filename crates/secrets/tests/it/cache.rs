use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use promptsync_secrets::{Cache, CacheKey, Fields, ReadError};
use promptsync_testing::FixedClock;

fn key(path: &str) -> CacheKey {
    CacheKey { workspace: "w".into(), connector: "c@1".into(), path: path.into() }
}

async fn read(
    cache: &Cache,
    path: &str,
    reads: &AtomicUsize,
    outcome: Result<&str, ReadError>,
) -> Result<String, ReadError> {
    let fields = cache
        .get(&key(path), || async {
            reads.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            outcome.and_then(|text| Fields::text(text.to_owned()))
        })
        .await?;
    Ok(fields.pick(None)?.expose().to_owned())
}

#[tokio::test]
async fn a_secret_is_read_once_for_all_who_ask_and_again_when_it_is_old() {
    let (clock, reads) = (Arc::new(FixedClock::default()), AtomicUsize::new(0));
    let cache = Cache::new(clock.clone(), Duration::from_mins(5));
    let (a, b) = tokio::join!(read(&cache, "a", &reads, Ok("1")), read(&cache, "a", &reads, Ok("2")));
    assert_eq!((a.as_deref(), b.as_deref(), reads.load(Ordering::Relaxed)), (Ok("1"), Ok("1"), 1));
    clock.advance(TimeDelta::seconds(301));
    assert_eq!(read(&cache, "a", &reads, Ok("3")).await.as_deref(), Ok("3"));
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_failure_is_kept_for_seconds_only() {
    let (clock, reads) = (Arc::new(FixedClock::default()), AtomicUsize::new(0));
    let cache = Cache::new(clock.clone(), Duration::from_mins(5));
    assert_eq!(read(&cache, "a", &reads, Err(ReadError::TooSlow)).await, Err(ReadError::TooSlow));
    assert_eq!(read(&cache, "a", &reads, Ok("1")).await, Err(ReadError::TooSlow));
    clock.advance(TimeDelta::seconds(6));
    assert_eq!(read(&cache, "a", &reads, Ok("1")).await.as_deref(), Ok("1"));
}

#[tokio::test]
async fn what_is_old_goes_and_what_belongs_to_a_changed_connector_too() {
    let (clock, reads) = (Arc::new(FixedClock::default()), AtomicUsize::new(0));
    let cache = Cache::new(clock.clone(), Duration::from_mins(5));
    for path in ["a", "b"] {
        read(&cache, path, &reads, Ok("1")).await.expect("read");
    }
    assert_eq!(cache.len(), 2);
    clock.advance(TimeDelta::seconds(301));
    cache.sweep();
    assert!(cache.is_empty());
    read(&cache, "a", &reads, Ok("1")).await.expect("read");
    cache.forget("c@");
    assert!(cache.is_empty());
    let none = Cache::new(clock, Duration::ZERO);
    for _ in 0..2 {
        read(&none, "a", &reads, Ok("1")).await.expect("read");
    }
    assert_eq!((none.len(), reads.load(Ordering::Relaxed)), (0, 5));
}
