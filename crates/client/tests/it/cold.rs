//! Starting without the server: from the cache, from a bundle, from prompt files.

use std::{collections::BTreeMap, path::Path, time::Duration};

use promptsync_client::sdk::{Builder, Source, Transport};
use promptsync_core::bundle;
use tempfile::TempDir;

use crate::{
    LONG,
    double::{Double, document, key, production},
    said, text,
};

/// Settings for a server that is not there.
fn without(double: &Double) -> Builder {
    // Nobody listens at port 9 of this machine.
    double.sdk().url("http://127.0.0.1:9").deadline(Duration::from_millis(100))
}

/// The same, with the server's own address: the cache is kept apart by it.
fn gone(double: &Double, address: &str) -> Builder {
    double.sdk().url(format!("http://{address}")).deadline(Duration::from_millis(100))
}

fn write_bundle(double: &Double, path: &Path) {
    let world = double.world();
    let (snapshot, mut documents) = (world.signed(), world.documents.clone());
    let named = world.snapshot.digests();
    documents.retain(|digest, _| named.contains(digest));
    let text = bundle::write("shop", &world.keys, &[snapshot], &documents);
    std::fs::write(path, text).expect("a file");
}

/// A cache that an application filled, and the address of its server, which is gone.
async fn filled(folder: &Path) -> (Double, String) {
    let double = Double::start("cached").await;
    let proxy = crate::proxy::Proxy::start(double.address).await;
    let address = proxy.address.to_string();
    let sdk = double.sdk().url(format!("http://{address}")).cache(folder).start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    assert_eq!(text(&sdk.get("greeting", "production").await.expect("it is there")), "cached");
    assert!(!sdk.status().cache_failed);
    sdk.close().await;
    proxy.set(crate::proxy::Fault::Refused);
    while tokio::net::TcpStream::connect(&address).await.is_ok() {}
    (double, address)
}

#[tokio::test]
async fn the_cache_the_bundle_and_the_folder_answer_in_this_order() {
    let folder = TempDir::new().expect("a folder");
    let (cache, bundle, prompts) =
        (folder.path().join("cache"), folder.path().join("prompts.psb"), folder.path().join("prompts"));
    let (double, address) = filled(&cache).await;
    std::fs::create_dir(&prompts).expect("a folder");
    std::fs::write(prompts.join("greeting.txt"), "from a file").expect("a file");
    std::fs::write(prompts.join("local.txt"), "only here").expect("a file");
    write_bundle(&double, &bundle);

    let all = gone(&double, &address).cache(&cache).bundle(&bundle).folder(&prompts);
    let sdk = all.start().await.expect("it starts");
    let served = sdk.get("greeting", "production").await.expect("it is cached");
    assert_eq!((said(&served), served.is_stale()), (("cached".to_owned(), Source::File), true));
    assert!(served.age() < Duration::from_mins(1), "{:?}", served.age());
    assert_eq!(served.revision(), Some(1));
    let local = sdk.get("local", "production").await.expect("it is in the folder");
    assert_eq!(
        (said(&local), local.version(), local.is_stale()),
        (("only here".to_owned(), Source::Folder), None, true)
    );
    assert_eq!(sdk.get("nothing", "production").await.expect_err("nowhere").code(), "prompt_not_found");

    // A bundle that is newer than the cache goes first; an older one does not.
    double.publish("greeting", "newer");
    write_bundle(&double, &bundle);
    let sdk = gone(&double, &address).cache(&cache).bundle(&bundle).start().await.expect("it starts");
    let served = sdk.get("greeting", "production").await.expect("it is bundled");
    assert_eq!(said(&served), ("newer".to_owned(), Source::Bundle));

    let sdk = without(&double).folder(&prompts).start().await.expect("it starts");
    sdk.wait_until(LONG, |status| status.aliases[&production()].failure.is_some()).await.expect("it fails");
    let served = sdk.get("greeting", "production").await.expect("it is in the folder");
    assert_eq!(said(&served), ("from a file".to_owned(), Source::Folder));
    let exact = sdk.get("greeting", "1.0.0").await.expect_err("a file has no version");
    assert_eq!(exact.code(), "unreachable");

    let sdk = without(&double).start().await.expect("it starts");
    assert_eq!(sdk.get("greeting", "production").await.expect_err("nothing").code(), "unavailable");
}

#[tokio::test]
async fn a_bundle_needs_no_server_at_all() {
    let folder = TempDir::new().expect("a folder");
    let bundle = folder.path().join("prompts.psb");
    let double = Double::start("bundled").await;
    write_bundle(&double, &bundle);
    let offline = || promptsync_client::PromptSync::builder("shop").alias("production").bundle(&bundle);
    let sdk = offline().pin(key(1).public().to_string()).start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    for reference in ["production", "1.0.0", "v1.0.0"] {
        let served = sdk.get("greeting", reference).await.expect(reference);
        assert_eq!(said(&served), ("bundled".to_owned(), Source::Bundle), "{reference}");
    }
    let status = sdk.status();
    assert_eq!(status.aliases[&production()].transport, Transport::None);
    assert_eq!(double.world().asked.len(), 0);

    let foreign = offline().pin(key(2).public().to_string()).start().await.expect_err("another's key");
    assert_eq!(foreign.code(), "signing_key_not_pinned");
    let good = std::fs::read_to_string(&bundle).expect("a file");
    std::fs::write(&bundle, good.replace("bundled", "changed")).expect("a file");
    assert_eq!(offline().start().await.expect_err("changed").code(), "digest_mismatch");
    std::fs::write(&bundle, &good[..good.len() - 1]).expect("a file");
    assert_eq!(offline().start().await.expect_err("cut").code(), "bundle_truncated");
}

#[tokio::test]
async fn whoever_comes_back_goes_on_from_the_cache_and_never_behind_it() {
    let folder = TempDir::new().expect("a folder");
    let (double, address) = filled(folder.path()).await;
    // The server comes back with an older state, as after a restore.
    double.world().snapshot.revision = 0;
    let way = address.parse().expect("an address");
    let listener =
        tokio::net::TcpListener::bind::<std::net::SocketAddr>(way).await.expect("the port is free");
    let upstream = double.address;
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = tokio::net::TcpStream::connect(upstream).await.expect("the server is there");
                let _ = tokio::io::copy_bidirectional(&mut connection, &mut server).await;
            });
        }
    });
    let sdk = gone(&double, &address).cache(folder.path()).start().await.expect("it starts");
    let refused = |status: &promptsync_client::sdk::Status| status.aliases[&production()].refused.is_some();
    let status = sdk.wait_until(LONG, refused).await.expect("it is refused");
    let code = status.aliases[&production()].refused.as_ref().map(|error| error.code().to_owned());
    assert_eq!(code.as_deref(), Some("snapshot_rolled_back"));
    assert_eq!(
        said(&sdk.get("greeting", "production").await.expect("cached")),
        ("cached".to_owned(), Source::File)
    );
    double.world().snapshot.revision = 5;
    double.publish("greeting", "after");
    sdk.wait_until(LONG, |status| status.aliases[&production()].revision == Some(6))
        .await
        .expect("it goes on");
    let served = sdk.get("greeting", "production").await.expect("it is there");
    assert_eq!(text(&served), "after");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_no_reason_to_stop() {
    let double = Double::start("good").await;
    // Not even root makes a folder there.
    let sdk = double.sdk().cache("/proc/promptsync").start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    assert_eq!(text(&sdk.get("greeting", "production").await.expect("it is there")), "good");
    sdk.wait_until(LONG, |status| status.cache_failed).await.expect("it says so");
    double.publish("greeting", "better");
    sdk.wait_until(LONG, |status| status.aliases[&production()].revision == Some(2))
        .await
        .expect("it changes");
    assert_eq!(text(&sdk.get("greeting", "production").await.expect("it is there")), "better");
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_cache_is_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new().expect("a folder");
    let (double, address) = filled(folder.path()).await;
    let mut waiting = vec![folder.path().to_owned()];
    let mut folders = Vec::new();
    while let Some(here) = waiting.pop() {
        for entry in std::fs::read_dir(&here).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            }
        }
        folders.push(here);
    }
    let mode = |mode| {
        for folder in &folders {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).expect("our own folder");
        }
    };
    mode(0o555);
    let sdk = gone(&double, &address).cache(folder.path()).start().await.expect("it starts");
    let served = sdk.get("greeting", "production").await;
    mode(0o755);
    assert_eq!(said(&served.expect("it is cached")), ("cached".to_owned(), Source::File));
}

#[test]
fn a_program_without_async_does_the_same() {
    let folder = TempDir::new().expect("a folder");
    let bundle = folder.path().join("prompts.psb");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let double = runtime.block_on(Double::start("good"));
    write_bundle(&double, &bundle);
    let sdk = double.sdk().start_blocking().expect("it starts");
    sdk.wait_ready(LONG).expect("it is ready");
    assert_eq!(sdk.preload().expect("it compiles"), 1);
    let tags = BTreeMap::from([("locale".to_owned(), "en".to_owned())]);
    let served = sdk.get("greeting", "production").tags(tags).unit("u1").fetch().expect("it is there");
    assert_eq!(said(&served), ("good".to_owned(), Source::Memory));
    sdk.close();
    assert!(!document("good").is_empty());
}
