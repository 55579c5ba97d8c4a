//! Verifying an export of 1,000,000 entries, beside plain SHA-256 of the same bytes.

use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Read, Write},
    time::Instant,
};

use promptsync_core::{
    audit::{
        Actor, AuditEntry, Revision, chain, genesis,
        lines::{self, FORMAT, Header, parse_all},
        statements::{CheckpointStatement, ExportStatement},
        verify::{Known, Verifier},
    },
    digest::Digest,
    signing::{KeyLink, PrivateKey},
    time::Timestamp,
};
use sha2::{Digest as _, Sha256};

const WORKSPACE: &str = "01JD4X2V8Q6T0B3E5R7Y9ZKMNP";
const BLOCK: u64 = 16 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let entries: Revision = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let path = std::env::temp_dir().join(format!("promptsync-bench-{}.ndjson", std::process::id()));
    let measured = write(&path, entries).and_then(|()| measure(&path, entries));
    std::fs::remove_file(&path)?;
    measured
}

#[expect(clippy::print_stdout, reason = "the result of a benchmark")]
fn measure(path: &std::path::Path, entries: Revision) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::metadata(path)?.len();
    for round in 1..=3 {
        let begin = Instant::now();
        let mut plain = Sha256::new();
        blocks(path, |block| plain.update(block))?;
        let digest = plain.finalize();
        let control = begin.elapsed().as_secs_f64();

        let begin = Instant::now();
        let threads = std::thread::available_parallelism()?.get();
        let (mut verifier, mut rest) = (Verifier::new(Known::default()), Vec::new());
        blocks(path, |block| {
            rest.extend_from_slice(block);
            let end = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            for line in parse_all(&rest[..end], threads) {
                verifier.line(line);
            }
            rest.drain(..end);
        })?;
        let verdict = verifier.finish();
        let ours = begin.elapsed().as_secs_f64();
        assert_eq!((verdict.finding, verdict.entries), (None, entries.cast_unsigned()));
        let (megabytes, ratio) = (bytes / 1_000_000, ours / control);
        println!(
            "round {round}: {entries} entries, {megabytes} MB, verify {ours:.2} s, sha256 {control:.2} s, ratio {ratio:.2}, \
             {:02x}",
            digest[0]
        );
    }
    Ok(())
}

fn blocks(path: &std::path::Path, mut each: impl FnMut(&[u8])) -> Result<(), Box<dyn Error>> {
    let mut file = File::open(path)?;
    loop {
        let mut block = Vec::new();
        if Read::by_ref(&mut file).take(BLOCK).read_to_end(&mut block)? == 0 {
            return Ok(());
        }
        each(&block);
    }
}

fn write(path: &std::path::Path, entries: Revision) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    let key = PrivateKey::from_seed(&[1; 32]);
    let at = |revision: Revision| Timestamp::from_timestamp(1_790_000_000 + revision, 0).unwrap_or_default();
    let keys = vec![KeyLink::first(WORKSPACE, &key, at(0))];
    let header =
        Header { format: FORMAT.into(), workspace: WORKSPACE.into(), after: 0, parent: genesis(), keys };
    file.write_all(&lines::header(header))?;
    let (mut parent, mut previous, mut checkpoint) = (genesis(), genesis(), None);
    for revision in 1..=entries {
        let digest = Digest::of(&revision.to_be_bytes());
        let entry = AuditEntry {
            action: "alias.move".into(),
            actor: Actor::Service { id: "01JD4X2V8Q6T0B3E5R7Y9ZKMNP".into(), name: "deploy".into() },
            address: Some("10.0.0.1".into()),
            on_behalf_of: None,
            project: Some("checkout".into()),
            target: "alias:production".into(),
            before: Some(parent.clone()),
            after: Some(digest),
            reason: Some(format!("release {revision}")),
            request_id: Some("01JD4X2V8Q6T0B3E5R7Y9ZKMNP".into()),
            details: serde_json::Map::from_iter([("release".into(), revision.into())]),
            at: at(revision),
        };
        let chained = chain(WORKSPACE, revision, parent, entry);
        file.write_all(&lines::entry(WORKSPACE, &chained))?;
        parent = chained.hash;
        if revision % 1_000 == 0 {
            let statement = CheckpointStatement {
                at: at(revision),
                hash: parent.clone(),
                previous,
                revision,
                workspace: WORKSPACE.into(),
            };
            previous = statement.id();
            checkpoint = Some(previous.clone());
            file.write_all(&lines::checkpoint(key.sign(statement)))?;
        }
    }
    let (hash, revision) = (parent, entries);
    let (after, workspace) = (0, WORKSPACE.to_owned());
    let statement =
        ExportStatement { after, at: at(entries), checkpoint, hash, parent: genesis(), revision, workspace };
    file.write_all(&lines::trailer(key.sign(statement)))?;
    file.flush()?;
    Ok(())
}
