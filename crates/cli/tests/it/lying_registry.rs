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
            } else if asked.starts_with("GET /api/prompts/") {
                world.prompt()
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

impl World {
    /// The version as a whole prompt, with the content that its digest promises.
    fn prompt(&self) -> Value {
        let text = if self.version["digest"] == json!(content("Evil")) { "Evil" } else { "Hello" };
        let interface = json!({ "kind": "text", "variables": {}, "roles": [], "placeholders": {}, "variants": [],
            "models": [], "output_schema": null });
        json!({
            "id": "01P", "name": "greeting", "project": "shop", "module": "", "version": "1.0.0", "alias": null,
            "digest": self.version["digest"], "variant": null, "content": text, "interface": interface,
            "document": Document { body: Body::Text(text.to_owned()), ..Document::default() }, "metadata": {},
            "git_commit": null, "created_at": day(20), "signature": self.version["signature"], "revision": 7,
        })
    }
}

/// A repository that pinned the second key, and a registry for it.
fn sandbox(world: World) -> Sandbox {
    let pinned = LockedPrompt { version: VersionNumber::new(1, 0, 0), digest: content("Hello") };
    let lock = Lock {
        lock_version: LOCK_VERSION,
        project: "shop".to_owned(),
        source: None,
        prompts: [(PromptName::parse("greeting").expect("a name"), pinned)].into(),
        registry: Some(LockedRegistry { public_key: key(2).public(), key_sequence: Some(2) }),
    };
    Sandbox::with(&[("promptsync.lock", &lock.print()), ("prompts/greeting.txt", "Hello")])
        .env("PROMPTSYNC_URL", &serve(world))
        .env("PROMPTSYNC_PROJECT", "shop")
}

fn read(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// Runs `get` in such a repository; gives exit code, what it printed, and the code of what is wrong.
fn get(world: World) -> (Option<i32>, String, String) {
    let out = sandbox(world).output(&["--json", "get", "greeting@1.0.0"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (found, error) = (read(&out.stdout), read(&out.stderr));
    let code = [&error["error"]["problems"][0]["code"], &error["error"]["code"]];
    let code = code.into_iter().map(text).find(|code| !code.is_empty()).unwrap_or_default();
    (out.status.code(), text(&found["content"]), code)
}

/// Runs `verify` in such a repository; gives exit code and the code of what is wrong.
fn verify(world: World) -> (Option<i32>, String) {
    let out = sandbox(world).output(&["--json", "verify"]);
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

#[test]
fn no_lie_of_a_registry_is_printed_where_a_key_is_pinned() {
    assert_eq!(get(honest()), (Some(0), "Hello".to_owned(), String::new()), "the control");
    for (index, (code, lie)) in LIES.into_iter().enumerate() {
        let mut world = honest();
        lie(&mut world);
        assert_eq!(get(world), (Some(1), String::new(), code.to_owned()), "lie {index}");
    }
}
