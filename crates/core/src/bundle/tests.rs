use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    names::PromptName,
    signing::{Pin, PrivateKey, SnapshotContent, SnapshotEntry},
    time::Timestamp,
    versions::VersionNumber,
};

const WORKSPACE: &str = "01JWORKSPACE";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32])
}

fn now() -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
}

fn pin(seed: u8) -> Pin {
    Pin { key: key(seed).public(), sequence: None }
}

fn documents() -> BTreeMap<Digest, String> {
    (0..4)
        .map(|index| {
            let text = format!("{{\"body\":\"text {index}\",\"engine\":\"jinja\",\"kind\":\"text\"}}");
            (Digest::of(text.as_bytes()), text)
        })
        .collect()
}

fn snapshot(alias: &str, signer: u8) -> Signed<SnapshotStatement> {
    let digests: Vec<Digest> = documents().into_keys().collect();
    let content =
        |index: usize| SnapshotContent { digest: digests[index].clone(), includes: BTreeMap::new() };
    let including = SnapshotContent {
        includes: BTreeMap::from([(PromptName::parse("piece").unwrap(), digests[2].clone())]),
        ..content(1)
    };
    let entry = |version: u64, content, others| SnapshotEntry {
        version: VersionNumber::new(version, 0, 0),
        content,
        split: None,
        others,
    };
    let others = BTreeMap::from([(VersionNumber::new(2, 0, 0), content(3))]);
    let entries = BTreeMap::from([
        (PromptName::parse("greeting").unwrap(), entry(1, content(0), others)),
        (PromptName::parse("mail").unwrap(), entry(1, including, BTreeMap::new())),
    ]);
    key(signer).sign(SnapshotStatement {
        workspace: WORKSPACE.into(),
        project: "shop".into(),
        alias: AliasName::parse(alias).unwrap(),
        revision: 7,
        issued_at: now(),
        expires_at: now(),
        entries,
    })
}

fn keys() -> Vec<KeyLink> {
    vec![KeyLink::first(WORKSPACE, &key(1), now())]
}

fn bundle() -> String {
    write("shop", &keys(), &[snapshot("production", 1)], &documents())
}

fn try_read(text: &str) -> Result<Bundle, BundleError> {
    read(text.as_bytes(), Some(&pin(1)), &BundleLimits::default())
}

#[test]
fn what_was_written_is_read() {
    let read = try_read(&bundle()).unwrap();
    assert_eq!((read.project.as_str(), &read.documents, read.keys), ("shop", &documents(), keys()));
    assert_eq!(read.snapshots.into_values().collect::<Vec<_>>(), [snapshot("production", 1)]);
}

#[test]
fn each_defect_has_its_code() {
    let good = bundle();
    let lines: Vec<&str> = good.lines().collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        lines.join("\n") + "\n"
    };
    let without = |at: usize| {
        let mut lines = lines.clone();
        lines.remove(at);
        lines.join("\n") + "\n"
    };
    let fewer =
        write("shop", &keys(), &[snapshot("production", 1)], &documents().into_iter().skip(1).collect());
    let mut more = documents();
    more.insert(Digest::of(b"{}"), "{}".into());
    let more = write("shop", &keys(), &[snapshot("production", 1)], &more);
    let stranger = write("shop", &keys(), &[snapshot("production", 2)], &documents());
    let twice = write("shop", &keys(), &[snapshot("production", 1), snapshot("production", 1)], &documents());
    let other = write("other", &keys(), &[snapshot("production", 1)], &documents());
    let others_keys = vec![KeyLink::first(WORKSPACE, &key(2), now())];
    let others = write("shop", &others_keys, &[snapshot("production", 2)], &documents());
    for (defect, text, code) in [
        ("nothing", String::new(), "bundle_truncated"),
        ("an end in the middle of a line", good[..good.len() - 5].to_owned(), "bundle_truncated"),
        ("a last document that is missing", without(lines.len() - 1), "bundle_truncated"),
        ("a first document that is missing", fewer, "bundle_document_missing"),
        ("one document more", more, "bundle_document_unknown"),
        ("one line more", format!("{good}{{}}\n"), "bundle_extra"),
        ("no JSON", with(0, "PK\u{3}\u{4}"), "bundle_format"),
        ("a later form", with(0, &lines[0].replace("bundle\":1", "bundle\":2")), "bundle_format"),
        ("an unknown field", with(0, &lines[0].replace('{', "{\"x\":1,")), "bundle_format"),
        (
            "documents without end",
            with(0, &lines[0].replace("documents\":4", "documents\":999999999")),
            "bundle_too_large",
        ),
        ("another document", with(4, &lines[4].replace("text ", "TEXT ")), "digest_mismatch"),
        ("another version", with(2, &lines[2].replace("1.0.0", "1.0.1")), "signature_invalid"),
        ("another revision", with(2, &lines[2].replace("revision\":7", "revision\":9")), "signature_invalid"),
        ("a stranger's signature", stranger, "signing_key_unknown"),
        ("a stranger's keys", others, "signing_key_not_pinned"),
        ("an alias twice", twice, "bundle_format"),
        ("another project", other, "signature_subject"),
    ] {
        assert_eq!(try_read(&text).map(|_| ()).map_err(|error| error.code()), Err(code), "{defect}");
    }
}

#[test]
fn a_bundle_is_no_larger_than_the_limits() {
    let good = bundle();
    let limits = BundleLimits::default();
    for (limits, unit) in [
        (BundleLimits { bytes: good.len() - 1, ..limits }, "bytes"),
        (BundleLimits { line: 100, ..limits }, "bytes in one line"),
        (BundleLimits { snapshots: 0, ..limits }, "snapshots"),
        (BundleLimits { documents: 3, ..limits }, "documents"),
    ] {
        let refused = read(good.as_bytes(), None, &limits).unwrap_err();
        assert!(matches!(refused, BundleError::TooLarge { unit: found, .. } if found == unit), "{refused}");
    }
}

/// One change of a bundle's bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    SwapLines(prop::sample::Index, prop::sample::Index),
    RepeatLine(prop::sample::Index),
}

impl Mutation {
    fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.is_empty() {
            return bytes;
        }
        match self {
            Self::Flip(at, with) => {
                let at = at.index(bytes.len());
                bytes[at] ^= *with;
                bytes
            }
            Self::Cut(at) => bytes[..at.index(bytes.len())].to_vec(),
            Self::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new.iter().copied());
                bytes
            }
            Self::Remove(at, count) => {
                let at = at.index(bytes.len());
                let end = bytes.len().min(at + count);
                bytes.drain(at..end);
                bytes
            }
            Self::SwapLines(a, b) => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
                lines.join(&b'\n')
            }
            Self::RepeatLine(at) => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let at = at.index(lines.len());
                lines.insert(at, lines[at]);
                lines.join(&b'\n')
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    use prop::sample::Index;
    prop_oneof![
        (any::<Index>(), 1..=255_u8).prop_map(|(at, with)| Mutation::Flip(at, with)),
        any::<Index>().prop_map(Mutation::Cut),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, new)| Mutation::Insert(at, new)),
        (any::<Index>(), 1..200_usize).prop_map(|(at, count)| Mutation::Remove(at, count)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
        any::<Index>().prop_map(Mutation::RepeatLine),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_changed_bundle_is_refused_or_says_the_same(changes in prop::collection::vec(mutation(), 1..4)) {
        let bytes = changes.iter().fold(bundle().into_bytes(), |bytes, change| change.apply(bytes));
        if let Ok(read) = read(&bytes, Some(&pin(1)), &BundleLimits::default()) {
            prop_assert_eq!(read.documents, documents());
            let statements: Vec<_> = read.snapshots.into_values().map(|signed| signed.statement).collect();
            prop_assert_eq!(statements, [snapshot("production", 1).statement]);
        }
    }
}
