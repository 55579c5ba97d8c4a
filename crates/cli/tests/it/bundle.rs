//! Bundles: written from a server, verified without one.

use insta::assert_snapshot;

use crate::served::Served;

const MAIL: &str = "dependencies:\n  footer: '*'\ncontent: \"Hi {{ name }}. {% include 'footer' %}\"\n";

fn shop() -> Served {
    let shop = Served::with(&[("prompts/footer.txt", "See you"), ("prompts/mail.yaml", MAIL)]);
    shop.stdout(&["push", "--alias", "production"]);
    shop
}

fn key(shop: &Served) -> String {
    let listed = shop.stdout(&["keys", "list-signing"]);
    listed.split_whitespace().find(|cell| cell.starts_with("ed25519:")).expect("a key").to_owned()
}

#[test]
fn a_bundle_is_written_and_verified_without_the_server() {
    let mut shop = shop();
    let key = key(&shop);
    let shown = shop.run(&["bundle", "--alias", "production", "-o", "prompts.psb"]);
    shop.stop();
    let verified = shop.run(&["bundle", "verify", "prompts.psb", "--pin", &key]);
    assert_snapshot!(verified.replace(&key, "[KEY]"), @r##"
    exit: 0
    --- stdout
    shop	production	2	4	[TIME]
    --- stderr
    prompts.psb holds 2 documents, signed with [KEY], as pinned.
    "##);
    assert_eq!(shown.replace("which nothing pins", "as pinned"), verified);
    let json = shop.stdout(&["bundle", "verify", "prompts.psb", "--json"]);
    assert!(json.contains("\"pinned\": false") || json.contains("\"pinned\":false"), "{json}");
}

#[test]
fn a_changed_or_foreign_bundle_is_refused() {
    let shop = shop();
    shop.stdout(&["bundle"]);
    let good = shop.sandbox.read("prompts.psb");
    let other = "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    for (file, text, code) in [
        ("swapped", good.replace("See you", "See ya!"), "digest_mismatch"),
        ("moved", good.replace("\"revision\":4", "\"revision\":6"), "signature_invalid"),
        ("short", good[..good.len() - 10].to_owned(), "bundle_truncated"),
        ("none", "hello\n".to_owned(), "bundle_format"),
    ] {
        shop.sandbox.write(file, text);
        let out = shop.sandbox.output(&["bundle", "verify", file, "--json"]);
        let shown = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{file}: {shown}");
        assert!(shown.contains(code), "{file}: {shown}");
    }
    let foreign = shop.run(&["bundle", "verify", "prompts.psb", "--pin", other]);
    assert!(foreign.starts_with("exit: 1") && foreign.contains("is none of the workspace's"), "{foreign}");
    let missing = shop.run(&["bundle", "--alias", "nowhere"]);
    assert!(missing.starts_with("exit: 3"), "{missing}");
    let absent = shop.run(&["bundle", "verify", "nothing.psb"]);
    assert!(absent.starts_with("exit: 3"), "{absent}");
}
