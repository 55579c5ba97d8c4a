//! A machine whose clock is wrong.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use promptsync_client::sdk::Source;
use promptsync_core::time::Clock as _;

use crate::{
    LONG,
    double::{Double, WrongClock, now, production},
    said,
};

#[tokio::test]
async fn a_wrong_clock_changes_nothing() {
    for off in [TimeDelta::hours(2), TimeDelta::hours(-2), TimeDelta::days(400), TimeDelta::days(-400)] {
        let double = Double::start("good").await;
        let clock = Arc::new(WrongClock::off(off));
        let sdk = double.sdk().clock(clock.clone()).start().await.expect("it starts");
        sdk.wait_ready(LONG).await.expect("it is ready");
        let served = sdk.get("greeting", "production").await.expect("it is there");
        assert_eq!((served.is_stale(), said(&served).0.as_str()), (false, "good"), "{off}");
        // Set while the program runs, too.
        clock.advance(-off * 2);
        double.publish("greeting", "better");
        let came = sdk.wait_until(LONG, |status| status.aliases[&production()].revision == Some(2)).await;
        let status = came.unwrap_or_else(|| panic!("{off}: {:?}", sdk.status()));
        assert_eq!(status.aliases[&production()].refused, None, "{off}");
        let served = sdk.get("greeting", "production").await.expect("it is there");
        assert_eq!((said(&served).0.as_str(), served.is_stale()), ("better", false), "{off}");
        assert!(served.age() < Duration::from_secs(20), "{off}: {:?}", served.age());
        let seen = sdk.status().clock_off.expect("the server said its time");
        assert!((seen - (clock.now() - now())).num_seconds().abs() <= 5, "{off}: {seen}");
    }
}

#[tokio::test]
async fn the_age_of_what_was_kept_is_never_negative() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let double = Double::start("good").await;
    let sdk = double.sdk().cache(folder.path()).start().await.expect("it starts");
    sdk.wait_until(LONG, |status| status.aliases[&production()].complete).await.expect("all is there");
    sdk.close().await;
    double.world().lies.insert("snapshot", crate::double::Lie::Says(503, String::new()));
    for off in [TimeDelta::days(400), TimeDelta::days(-400)] {
        let clock = Arc::new(WrongClock::off(off));
        let sdk = double.sdk().cache(folder.path()).clock(clock).start().await.expect("it starts");
        let served = sdk.get("greeting", "production").await.expect("it is cached");
        assert_eq!((served.source(), served.is_stale()), (Source::File, true), "{off}");
    }
}
