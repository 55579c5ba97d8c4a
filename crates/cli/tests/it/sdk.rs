//! The SDK against the real server.

use std::time::Duration;

use promptsync_client::{
    PromptSync,
    sdk::{Blocking, Builder, Source},
};
use promptsync_core::{names::AliasName, render::Rendered};
use serde_json::{Map, Value, json};

use crate::served::Served;

const LONG: Duration = Duration::from_secs(30);

const MAIL: &str = "dependencies:\n  footer: '*'\ncontent: \"Hi {{ name }}. {% include 'footer' %}\"\n\
    variants:\n  - tags: {tone: formal}\n    content: \"Dear {{ name }}. {% include 'footer' %}\"\n";

fn shop() -> Served {
    let shop = Served::with(&[("prompts/footer.txt", "See you"), ("prompts/mail.yaml", MAIL)]);
    shop.stdout(&["push", "--alias", "production"]);
    shop
}

/// Publishes a new text and points production at it.
fn push(shop: &Served, greeting: &str) {
    shop.sandbox.write("prompts/mail.yaml", MAIL.replace("Hi", greeting));
    shop.stdout(&["push", "--alias", "production"]);
}

fn sdk(shop: &Served) -> Builder {
    PromptSync::builder("shop")
        .url(&shop.url)
        .key(&shop.key)
        .alias("production")
        .poll_interval(Duration::from_millis(100))
        .deadline(Duration::from_secs(10))
}

fn start(settings: Builder) -> Blocking {
    let sdk = settings.start_blocking().expect("it starts");
    sdk.wait_ready(LONG).expect("it is ready");
    sdk
}

fn ann() -> Map<String, Value> {
    Map::from_iter([("name".to_owned(), json!("Ann"))])
}

fn written(text: &str) -> Rendered {
    Rendered::Text(text.to_owned())
}

#[test]
fn prompts_come_from_the_server_and_stay_up_to_date() {
    let mut shop = shop();
    let sdk = start(sdk(&shop));
    let (told, changes) = std::sync::mpsc::channel();
    sdk.on_change(move |change| {
        let _ = told.send(change.prompts.len());
    });
    let first = sdk.get("mail", "production").fetch().expect("it is there");
    assert_eq!((first.render(&ann()), first.is_stale()), (Ok(written("Hi Ann. See you")), false));
    let formal = std::collections::BTreeMap::from([("tone".to_owned(), "formal".to_owned())]);
    let again = sdk.get("mail", "production").tags(formal).fetch().expect("it is there");
    assert_eq!((again.render(&ann()), again.source()), (Ok(written("Dear Ann. See you")), Source::Memory));
    assert_eq!(again.render(&Map::new()).expect_err("a name is missing").code(), "missing_variable");

    push(&shop, "Hello");
    assert_eq!(changes.recv_timeout(LONG), Ok(1), "one prompt changed");
    let next = sdk.get("mail", "production").fetch().expect("it is there");
    assert_eq!(next.render(&ann()), Ok(written("Hello Ann. See you")));
    assert_eq!(first.render(&ann()), Ok(written("Hi Ann. See you")), "what was got stays what it is");

    shop.stop();
    for _ in 0..1_000 {
        let mail = sdk.get("mail", "production").fetch().expect("it is held");
        assert_eq!((mail.render(&ann()), mail.source()), (Ok(written("Hello Ann. See you")), Source::Memory));
    }
    sdk.close();
}

#[test]
fn every_reference_finds_its_version_and_exact_ones_for_ever() {
    let mut shop = shop();
    push(&shop, "Hello");
    let cache = shop.sandbox.path().join("cache");
    let settings = sdk(&shop).cache(&cache);
    let sdk = start(settings.clone());
    let old = sdk.get("mail", "1.0.0").fetch().expect("it is there").digest().to_string();
    for (reference, version, greeting) in [
        ("production", "1.0.1", "Hello"),
        ("1.0.1", "1.0.1", "Hello"),
        ("v1.0.0", "1.0.0", "Hi"),
        ("latest", "1.0.1", "Hello"),
        ("^1.0", "1.0.1", "Hello"),
        ("=1.0.0", "1.0.0", "Hi"),
        (&old, "1.0.0", "Hi"),
    ] {
        let prompt =
            sdk.get("mail", reference).fetch().unwrap_or_else(|error| panic!("{reference}: {error}"));
        let (found, expected) =
            (prompt.version().map(ToString::to_string), format!("{greeting} Ann. See you"));
        assert_eq!(
            (found.as_deref(), prompt.render(&ann())),
            (Some(version), Ok(written(&expected))),
            "{reference}"
        );
        let again = sdk.get("mail", reference).fetch().expect(reference);
        assert_eq!(again.source(), Source::Memory, "{reference}");
    }
    for (name, reference, code) in [
        ("mail", "9.9.9", "version_not_found"),
        ("nothing", "latest", "prompt_not_found"),
        ("nothing", "production", "prompt_not_found"),
        ("mail", "^7", "no_match"),
        ("mail", "git:abcdef0", "version_not_found"),
        ("mail", "nowhere", "alias_not_found"),
        ("mail", "1.x.y", "semver"),
    ] {
        assert_eq!(sdk.get(name, reference).fetch().expect_err(reference).code(), code, "{name} {reference}");
    }
    let (told, changes) = std::sync::mpsc::channel();
    sdk.on_change(move |change| {
        let _ = told.send(change.prompts.len());
    });
    shop.sandbox.write("prompts/footer.txt", "Good bye");
    shop.stdout(&["push", "--alias", "production"]);
    // Until the alias serves another, it answers for this version, and nothing has to be kept of it.
    changes.recv_timeout(LONG).expect("the change arrives");
    sdk.get("footer", "1.0.0").fetch().expect("it is there");
    sdk.close();

    shop.stop();
    let sdk = settings.deadline(Duration::from_millis(200)).start_blocking().expect("it starts");
    let exact = sdk.get("footer", "1.0.0").fetch().expect("it is in the cache");
    assert_eq!((exact.render(&Map::new()), exact.source()), (Ok(written("See you")), Source::File));
    let held = sdk.get("mail", "production").fetch().expect("it is in the cache");
    assert_eq!((held.source(), held.is_stale()), (Source::File, true));
    sdk.close();
}

#[test]
fn a_key_for_one_alias_is_enough_and_a_wrong_one_is_not() {
    let shop = shop();
    let key = ["keys", "create", "--role", "viewer", "--environment", "production", "--name", "reader"];
    let key = shop.stdout(&key);
    let sdk = start(sdk(&shop).key(key.trim()));
    let mail = sdk.get("mail", "production").fetch().expect("it is there");
    assert_eq!(mail.render(&ann()), Ok(written("Hi Ann. See you")));
    let alias = AliasName::parse("production").expect("a name");
    assert_eq!(sdk.status().aliases[&alias].failure, None);
    sdk.close();

    let stranger = PromptSync::builder("shop").url(&shop.url).key("ps_wrong").alias("production");
    let stranger = stranger.deadline(Duration::from_secs(10)).start_blocking().expect("it starts");
    let refused = stranger.get("mail", "production").fetch().expect_err("nobody knows this key");
    assert_eq!(refused.code(), "unavailable");
    let cause = stranger.status().aliases[&alias].failure.as_ref().map(|error| error.code().to_owned());
    assert_eq!(cause.as_deref(), Some("unauthenticated"));
    stranger.close();
}
