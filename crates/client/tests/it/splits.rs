//! Splits: who gets what is the same with and without a cache.

use std::collections::BTreeMap;

use promptsync_core::{
    splits::{Draw, Split, allocate},
    versions::VersionNumber,
};

use crate::{
    LONG,
    double::{Double, prompt},
    text,
};

const UNITS: u32 = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_split_is_the_same_with_and_without_a_cache() {
    let double = Double::start("old").await;
    let own = VersionNumber::new(2, 0, 0);
    let other = VersionNumber::new(3, 0, 0);
    let arms = allocate(&[], &[(other.clone(), 3_000)]).expect("it can be divided so");
    let split = Split { salt: "salt".into(), draw: Draw::Prompt, arms, overrides: BTreeMap::new() };
    double.change("greeting", "own", Some((split.clone(), BTreeMap::from([(other.clone(), "other")]))));
    let cached = double.sdk().start().await.expect("it starts");
    let bare = double.sdk().memory(0).start().await.expect("it starts");
    for sdk in [&cached, &bare] {
        sdk.wait_ready(LONG).await.expect("it is ready");
    }
    let mut others = 0_u32;
    for unit in 0..UNITS {
        let unit = format!("user-{unit}");
        let expected = split.version_for(&own, &prompt("greeting"), &unit);
        let served = cached.get("greeting", "production").unit(&unit).await.expect("it is there");
        assert_eq!(served.version(), Some(expected));
        assert_eq!(text(&served), if *expected == other { "other" } else { "own" });
        others += u32::from(*expected == other);
        if unit.ends_with('7') {
            let again = bare.get("greeting", "production").unit(&unit).await.expect("it is there");
            assert_eq!(again.version(), Some(expected));
        }
    }
    let points = (f64::from(others) / f64::from(UNITS) - 0.3).abs() * 100.0;
    println!("{others} of {UNITS} units got the other version: {points:.2} points from 30 %");
    assert!(points <= 1.5);
    let nobody = cached.get("greeting", "production").await.expect("it is there");
    assert_eq!(nobody.version(), Some(&own), "without a unit it is the alias's own");
}
