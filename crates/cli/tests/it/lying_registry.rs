//! A registry that lies: whatever it answers, `verify` believes only what the workspace signed.

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use promptsync_core::{
    audit::Actor,
    digest::Digest,
    documents::{self, Body, Document},
    lock::{LOCK_VERSION, Lock, LockedPrompt, LockedRegistry},
    names::PromptName,
    signing::{KeyLink, PrivateKey, VersionStatement},
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::{Value, json};

use crate::Sandbox;

/// What the registry answers.
struct World {
    keys: Vec<KeyLink>,
    version: Value,
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32])
}

fn day(day: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + day * 86_400, 0).expect("a day")
}

fn content(text: &str) -> Digest {
    documents::digest(&Document { body: Body::Text(text.to_owned()), ..Document::default() })
}

fn statement() -> VersionStatement {
    VersionStatement {
        workspace: "01WORKSPACE".to_owned(),
        project: "shop".to_owned(),
        prompt: PromptName::parse("greeting").expect("a name"),
        version: VersionNumber::new(1, 0, 0),
        digest: content("Hello"),
        author: Actor::System,
        created_at: day(20),
        git_commit: None,
        record: None,
    }
}

/// The version as an honest registry answers, with what this key signed.
fn version(signer: u8, statement: VersionStatement) -> Value {
    json!({
        "prompt": "greeting", "version": "1.0.0", "digest": content("Hello"), "bump": "major", "reasons": [],
        "changelog": null, "author": { "kind": "system" }, "git_commit": null, "origin": null,
        "dependencies": {}, "archived": false, "lock": null, "created_at": day(20),
        "signature": key(signer).sign(statement),
    })
}

/// Two keys, the second in use since day 10.
fn honest() -> World {
    let first = KeyLink::first("01WORKSPACE", &key(1), day(0));
    let second = first.next(&key(1), &key(2), day(10));
    World { keys: vec![first, second], version: version(2, statement()) }
}

/// Answers every request until the test ends.
fn serve(world: World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 8192];
            let length = stream.read(&mut request).unwrap_or_default();
            let asked = String::from_utf8_lossy(&request[..length]);
            let body = if asked.starts_with("GET /api/signing-keys ") {
                json!({ "workspace": "01WORKSPACE", "keys": world.keys })
            } else {
                world.version.clone()
            };
            let body = body.to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    url
}

/// Runs `verify` in a repository that pinned the second key; gives exit code and the code of what is wrong.
fn verify(world: World) -> (Option<i32>, String) {
    let pinned = LockedPrompt { version: VersionNumber::new(1, 0, 0), digest: content("Hello") };
    let lock = Lock {
        lock_version: LOCK_VERSION,
        project: "shop".to_owned(),
        source: None,
        prompts: [(PromptName::parse("greeting").expect("a name"), pinned)].into(),
        registry: Some(LockedRegistry { public_key: key(2).public(), key_sequence: Some(2) }),
    };
    let sandbox = Sandbox::with(&[("promptsync.lock", &lock.print()), ("prompts/greeting.txt", "Hello")])
        .env("PROMPTSYNC_URL", &serve(world))
        .env("PROMPTSYNC_PROJECT", "shop");
    let out = sandbox.output(&["--json", "verify"]);
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let (report, error) = (read(&out.stdout), read(&out.stderr));
    let code = [&report["prompts"][0]["problem"]["code"], &error["error"]["code"]]
        .into_iter()
        .find_map(|code| code.as_str().map(str::to_owned));
    (out.status.code(), code.unwrap_or_default())
}

/// A lie, and the code it is found out with.
type Lie = (&'static str, fn(&mut World));

const LIES: [Lie; 13] = [
    ("digest_mismatch", |world| world.version["digest"] = json!(content("Evil"))),
    ("digest_mismatch", |world| {
        world.version = version(2, VersionStatement { digest: content("Evil"), ..statement() });
    }),
    ("signature_missing", |world| world.version["signature"] = Value::Null),
    ("signature_invalid", |world| {
        let forged = key(9).sign(statement());
        world.version["signature"]["bytes"] = json!(forged)["bytes"].clone();
    }),
    ("signature_invalid", |world| world.version["signature"]["statement"]["git_commit"] = json!("0123abc")),
    ("signing_key_unknown", |world| world.version = version(9, statement())),
    ("signing_key_replaced", |world| world.version = version(1, statement())),
    ("signature_subject", |world| {
        let version = VersionNumber::new(0, 9, 0);
        world.version = self::version(2, VersionStatement { version, ..statement() });
    }),
    ("signature_subject", |world| {
        let prompt = PromptName::parse("other").expect("a name");
        world.version = version(2, VersionStatement { prompt, ..statement() });
    }),
    ("signature_subject", |world| {
        world.version = version(2, VersionStatement { project: "other".to_owned(), ..statement() });
    }),
    ("signing_chain_rolled_back", |world| world.keys.truncate(1)),
    ("signing_key_not_pinned", |world| {
        world.keys[1] = world.keys[0].next(&key(1), &key(8), day(10));
        world.version = version(8, statement());
    }),
    ("signing_chain_broken", |world| {
        let third = world.keys[1].next(&key(2), &key(3), day(15));
        world.keys.push(KeyLink { signature: key(3).signature(&third.statement), ..third });
        world.version = version(3, statement());
    }),
];

#[test]
fn no_lie_of_a_registry_is_believed() {
    assert_eq!(verify(honest()), (Some(0), String::new()), "the control");
    for (index, (code, lie)) in LIES.into_iter().enumerate() {
        let mut world = honest();
        lie(&mut world);
        assert_eq!(verify(world), (Some(1), code.to_owned()), "lie {index}");
    }
}
