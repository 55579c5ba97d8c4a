use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::*;
use crate::{
    audit::Actor,
    digest::Digest,
    names::{AliasName, PromptName},
    problem::Problem,
    versions::VersionNumber,
};

const WORKSPACE: &str = "01JWORKSPACE";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32])
}

fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(1_790_000_000_123_456).unwrap() + TimeDelta::minutes(minutes)
}

fn prompt(name: &str) -> PromptName {
    PromptName::parse(name).unwrap()
}

fn number(text: &str) -> VersionNumber {
    VersionNumber::parse(text).unwrap()
}

/// Three keys, made at minute 0, 100 and 200.
fn chain() -> Vec<KeyLink> {
    let first = KeyLink::first(WORKSPACE, &key(1), minute(0));
    let second = first.next(&key(1), &key(2), minute(100));
    let third = second.next(&key(2), &key(3), minute(200));
    vec![first, second, third]
}

fn pin(seed: u8, sequence: i64) -> Pin {
    Pin { key: key(seed).public(), sequence: Some(sequence) }
}

fn ring() -> KeyRing {
    KeyRing::new(&chain(), &pin(1, 1)).unwrap()
}

fn version() -> VersionStatement {
    VersionStatement {
        workspace: WORKSPACE.into(),
        project: "shop".into(),
        prompt: prompt("greeting"),
        version: number("1.2.0"),
        digest: Digest::of(b"content"),
        author: Actor::User { id: "u1".into(), name: "Ann \"é\"".into() },
        created_at: minute(210),
        git_commit: None,
        record: None,
    }
}

fn snapshot() -> SnapshotStatement {
    let content = SnapshotContent { digest: Digest::of(b"content"), includes: BTreeMap::new() };
    let entry = SnapshotEntry { version: number("1.2.0"), content, split: None, others: BTreeMap::new() };
    SnapshotStatement {
        workspace: WORKSPACE.into(),
        project: "shop".into(),
        alias: AliasName::parse("production").unwrap(),
        revision: 40,
        issued_at: minute(210),
        expires_at: minute(220),
        entries: BTreeMap::from([(prompt("greeting"), entry)]),
    }
}

#[test]
fn what_is_signed_is_these_bytes() {
    let expected = concat!(
        "promptsync/version/v1\n",
        r#"{"author":{"id":"u1","kind":"user","name":"Ann \"é\""},"created_at":"2026-09-21T17:43:20.123456Z","#,
        r#""digest":"sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73","git_commit":null,"#,
        r#""project":"shop","prompt":"greeting","version":"1.2.0","workspace":"01JWORKSPACE"}"#,
    );
    assert_eq!(String::from_utf8(message(&version())).unwrap(), expected);
}

#[test]
fn a_key_is_the_one_of_rfc_8032() {
    // RFC 8032, 7.1, test 1.
    let seed = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
        0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ];
    let public = PrivateKey::from_seed(&seed).public();
    assert_eq!(public.to_string(), "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_eq!(public.id().as_str(), "21fe31dfa154a261");
    assert_eq!(PublicKey::parse(&public.to_string()), Ok(public));
}

#[test]
fn what_is_no_key_or_a_weak_one_is_refused() {
    let good = key(1).public().to_string();
    let weak = format!("ed25519:{}", "A".repeat(43));
    let long = format!("{good}A");
    for bad in ["", "ed25519:", &good[8..], &good[..50], &long, &weak, "ed25519:é", "rsa:AAAA"] {
        assert!(PublicKey::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn nobody_sees_a_private_key_in_a_debug_text() {
    let text = format!("{:?}", key(0xab));
    assert_eq!(text, format!("PrivateKey({})", key(0xab).public().id()));
}

#[test]
fn a_signature_survives_json() {
    let signed = key(3).sign(version());
    let text = serde_json::to_string(&signed).unwrap();
    assert!(text.contains(r#""key":""#) && text.contains(r#""bytes":""#), "{text}");
    let back: Signed<VersionStatement> = serde_json::from_str(&text).unwrap();
    assert_eq!(back, signed);
    assert_eq!(ring().verify(&back), Ok(()));
}

#[test]
fn whoever_knows_one_key_believes_all_of_the_chain() {
    for (seed, sequence) in [(1, 1), (2, 2), (3, 3)] {
        let ring = KeyRing::new(&chain(), &pin(seed, sequence)).unwrap();
        assert_eq!((ring.workspace(), ring.newest()), (WORKSPACE, &pin(3, 3)));
        for (seed, signed_at) in [(1, 50), (2, 150), (3, 250)] {
            let signed = key(seed).sign(VersionStatement { created_at: minute(signed_at), ..version() });
            assert_eq!(ring.verify(&signed), Ok(()), "pinned {sequence}, signed by {seed}");
        }
    }
}

#[test]
fn no_field_of_a_statement_can_be_changed() {
    let signed = key(3).sign(version());
    let fields = serde_json::to_value(&signed.statement).unwrap();
    for field in fields.as_object().unwrap().keys() {
        let mut changed = fields.clone();
        changed[field] = match field.as_str() {
            "author" => serde_json::json!({ "kind": "system" }),
            "version" => "1.2.1".into(),
            "digest" => Digest::of(b"other").as_str().into(),
            "created_at" => "2026-09-21T16:43:20.123457Z".into(),
            _ => "other".into(),
        };
        let statement = serde_json::from_value(changed).unwrap();
        let forged = Signed { statement, signature: signed.signature.clone() };
        assert_eq!(
            ring().verify::<VersionStatement>(&forged).unwrap_err().code(),
            "signature_invalid",
            "{field}"
        );
    }
}

/// An attack on a reader who pinned the second key and saw revision 40, and the code it is refused with.
type Attack = (&'static str, fn() -> Result<(), SigningError>);

fn read(links: &[KeyLink], signed: &Signed<VersionStatement>) -> Result<(), SigningError> {
    let ring = KeyRing::new(links, &pin(2, 2))?;
    let (prompt, number) = (prompt("greeting"), number("1.2.0"));
    let subject = VersionSubject { project: "shop", prompt: &prompt, version: &number };
    verify_version(&ring, Some(signed), subject, &Digest::of(b"content"))
}

fn read_snapshot(signed: &Signed<SnapshotStatement>) -> Result<(), SigningError> {
    let ring = KeyRing::new(&chain(), &pin(2, 2))?;
    verify_snapshot(&ring, signed, "shop", &AliasName::parse("production").unwrap(), 40, minute(215))
}

const ATTACKS: [Attack; 21] = [
    ("signing_key_unknown", || read(&chain(), &key(9).sign(version()))),
    ("signature_invalid", || {
        let mut forged = key(9).sign(version());
        forged.signature.key = key(3).public().id();
        read(&chain(), &forged)
    }),
    ("signature_invalid", || {
        let mut flipped = key(3).sign(version());
        flipped.signature.bytes[7] ^= 1;
        read(&chain(), &flipped)
    }),
    ("signature_invalid", || {
        // The statement of another kind with the same fields.
        let lock = LockStatement {
            workspace: WORKSPACE.into(),
            project: "shop".into(),
            prompt: prompt("greeting"),
            version: number("1.2.0"),
            digest: Digest::of(b"content"),
            locked_by: Actor::System,
            locked_at: minute(210),
            reason: None,
        };
        read(&chain(), &Signed { statement: version(), signature: key(3).signature(&lock) })
    }),
    ("digest_mismatch", || {
        read(&chain(), &key(3).sign(VersionStatement { digest: Digest::of(b"tampered"), ..version() }))
    }),
    ("signature_subject", || {
        read(&chain(), &key(3).sign(VersionStatement { version: number("1.1.0"), ..version() }))
    }),
    ("signature_subject", || {
        read(&chain(), &key(3).sign(VersionStatement { prompt: prompt("other"), ..version() }))
    }),
    ("signature_subject", || {
        read(&chain(), &key(3).sign(VersionStatement { project: "other".into(), ..version() }))
    }),
    ("signature_subject", || {
        read(&chain(), &key(3).sign(VersionStatement { workspace: "other".into(), ..version() }))
    }),
    ("signing_key_replaced", || {
        read(&chain(), &key(1).sign(VersionStatement { created_at: minute(106), ..version() }))
    }),
    ("signing_chain_rolled_back", || {
        let short = &chain()[..1];
        read(short, &key(1).sign(VersionStatement { created_at: minute(50), ..version() }))
    }),
    ("signing_key_not_pinned", || {
        let first = KeyLink::first(WORKSPACE, &key(7), minute(0));
        let second = first.next(&key(7), &key(8), minute(1));
        read(&[first, second], &key(8).sign(version()))
    }),
    ("signing_chain_broken", || read(&[], &key(3).sign(version()))),
    ("signing_chain_broken", || {
        // A key that the one before did not sign.
        let mut links = chain();
        links[2] = links[1].next(&key(2), &key(9), minute(200));
        links[2].signature = key(9).signature(&links[2].statement);
        read(&links, &key(9).sign(version()))
    }),
    ("signing_chain_broken", || {
        // Somebody else's key, put into the chain by its predecessor without owning it.
        let mut links = chain();
        links[2].proof = key(2).signature(&links[2].statement);
        read(&links, &key(3).sign(version()))
    }),
    ("signing_chain_broken", || {
        let mut links = chain();
        links.remove(1);
        read(&links, &key(3).sign(version()))
    }),
    ("signing_chain_broken", || {
        let mut links = chain();
        links.swap(1, 2);
        read(&links, &key(3).sign(version()))
    }),
    ("snapshot_expired", || {
        read_snapshot(&key(3).sign(SnapshotStatement { expires_at: minute(215), ..snapshot() }))
    }),
    ("snapshot_rolled_back", || {
        read_snapshot(&key(3).sign(SnapshotStatement { revision: 39, ..snapshot() }))
    }),
    ("snapshot_from_future", || {
        read_snapshot(&key(3).sign(SnapshotStatement { issued_at: minute(221), ..snapshot() }))
    }),
    ("signature_subject", || {
        let alias = AliasName::parse("staging").unwrap();
        read_snapshot(&key(3).sign(SnapshotStatement { alias, ..snapshot() }))
    }),
];

#[test]
fn every_attack_is_refused_with_its_code() {
    // The control: the same reader believes what is right.
    assert_eq!(read(&chain(), &key(3).sign(version())), Ok(()));
    assert_eq!(read_snapshot(&key(3).sign(snapshot())), Ok(()));
    for (index, (code, attack)) in ATTACKS.into_iter().enumerate() {
        let refused = attack().expect_err(code);
        assert_eq!(refused.code(), code, "attack {index}: {refused}");
        assert_eq!(Problem::from(&refused).code, code);
    }
}

#[test]
fn what_is_not_signed_is_refused() {
    let (prompt, number) = (prompt("greeting"), number("1.2.0"));
    let subject = VersionSubject { project: "shop", prompt: &prompt, version: &number };
    let refused = verify_version(&ring(), None, subject, &Digest::of(b"content"));
    assert_eq!(refused, Err(SigningError::Missing));
}

#[test]
fn the_record_of_a_version_is_signed_in_the_documented_form() {
    let dependency = crate::publish::Dependency { version: number("2.0.0"), digest: Digest::of(b"d") };
    let dependencies = BTreeMap::from([(prompt("intro"), dependency.clone())]);
    let origin = crate::files::Origin { path: "greeting.txt".into(), format: crate::files::Format::Text };
    let record = VersionRecord {
        bump: crate::versions::Bump::Minor,
        changelog: Some("warmer"),
        dependencies: &dependencies,
        origin: Some(&origin),
    };
    let form = format!(
        r#"{{"bump":"minor","changelog":"warmer","dependencies":{{"intro":{{"digest":"{}","version":"2.0.0"}}}},"origin":{{"format":"text","path":"greeting.txt"}}}}"#,
        dependency.digest
    );
    assert_eq!(record.digest(), Digest::of(form.as_bytes()));
    let signed = key(3).sign(VersionStatement { record: Some(record.digest()), ..version() });
    assert_eq!(ring().verify(&signed), Ok(()));
    let mut older = signed;
    older.statement.record = None;
    assert_eq!(ring().verify(&older).unwrap_err().code(), "signature_invalid");
    let unsigned_record = serde_json::to_string(&version()).unwrap();
    assert!(!unsigned_record.contains("record"), "the form of older statements stays: {unsigned_record}");
}
