//! Whoever writes to the cache's folder: nothing is served that does not verify.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use promptsync_client::sdk::Source;
use tempfile::TempDir;

use crate::{LONG, double::Double, said};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(here) = waiting.pop() {
        for entry in fs::read_dir(&here).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { waiting.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn no_changed_byte_of_the_cache_is_served() {
    let folder = TempDir::new().expect("a folder");
    let double = Double::start("cached").await;
    double.world().streams = true;
    let sdk = double.sdk().cache(folder.path()).start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    let streams = |status: &promptsync_client::sdk::Status| {
        status.aliases.values().all(|alias| alias.transport == promptsync_client::sdk::Transport::Stream)
    };
    sdk.wait_until(LONG, streams).await.expect("it streams");
    // A delta is kept too.
    double.publish("greeting", "cached too");
    sdk.wait_until(LONG, |status| status.aliases.values().all(|alias| alias.revision == Some(2)))
        .await
        .expect("it changes");
    sdk.close().await;

    let offline = |folder: &Path| {
        let unreachable = double.sdk().deadline(Duration::from_millis(50));
        unreachable.cache(folder)
    };
    double.world().lies.insert("snapshot", crate::double::Lie::Says(503, String::new()));
    double.world().lies.insert("documents", crate::double::Lie::Says(503, String::new()));
    let sdk = offline(folder.path()).start().await.expect("it starts");
    let served = sdk.get("greeting", "production").await.expect("it is cached");
    assert_eq!(said(&served), ("cached too".to_owned(), Source::File));
    drop(sdk);

    let all = files(folder.path());
    assert!(all.len() >= 4, "{all:?}");
    let (mut changes, mut refused) = (0, 0);
    for path in all {
        let good = fs::read(&path).expect("a file");
        for at in (0..good.len()).step_by(good.len() / 12 + 1) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).expect("our own file");
            let sdk = offline(folder.path()).start().await.expect("it starts");
            changes += 1;
            match sdk.get("greeting", "production").await {
                Ok(served) => {
                    assert!(["cached", "cached too"].contains(&said(&served).0.as_str()), "{path:?} {at}");
                }
                Err(_) => refused += 1,
            }
        }
        fs::write(&path, &good).expect("our own file");
    }
    println!("{changes} changes, {refused} refused, the others say the same or an earlier signed state");
    assert!(refused > 0 && changes > 30);
}
