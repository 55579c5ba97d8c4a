//! Arguments of `keys`.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};

use super::KeysRotateSigning;

/// What can be done with API keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Create a key and print it: it is shown this once
    Create(KeysCreate),
    /// List keys, without their secrets
    List(KeysList),
    /// Give a key a new secret and print it: it is shown this once
    Rotate(KeysRotate),
    /// Revoke a key
    Revoke(KeysRevoke),
    /// List the public keys the workspace signs with, to pin one
    ListSigning,
    /// Replace the key the workspace signs with; the old one signs the new one
    RotateSigning(KeysRotateSigning),
    /// Replace the master key and seal everything again, while the server runs
    RotateMaster(KeysRotateMaster),
}

/// Arguments of `keys rotate-master`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    promptsync keys rotate-master --data-dir /var/lib/promptsync\n\n\
    Run it as the server's user, on its machine. The server goes on meanwhile. It can be stopped at any moment and\n\
    run again. The old key is kept in the folder as master.key.ID.old: backups made before need it.")]
pub struct KeysRotateMaster {
    /// The server's data folder
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// The server's database, when it is not in the data folder [env: DATABASE_URL]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
}

/// Arguments of `keys create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync keys create --data-dir ./data --project shop --role admin\n  \
    promptsync keys create --role viewer --name \"checkout service\"\n  \
    promptsync keys create --role viewer --project shop --environment production --expires 90d\n\n\
    With --data-dir no server is needed; use it for the first key. A key opens the --project it is given,\n\
    and every project when none is; with --environment it opens one alias and nothing else.")]
pub struct KeysCreate {
    /// What the key may do: viewer, editor, approver, admin, or a role of the workspace
    #[arg(long, value_name = "ROLE")]
    pub role: String,
    /// What the key is for
    #[arg(long, value_name = "NAME", default_value = "command line")]
    pub name: String,
    /// The only module of the --project that the key opens
    #[arg(long, value_name = "PATH", conflicts_with = "environment")]
    pub module: Option<String>,
    /// The only alias of the --project that the key opens, with the prompts asked for by it
    #[arg(long, value_name = "ALIAS")]
    pub environment: Option<String>,
    /// When the key starts to work: a time such as 2026-12-01T00:00:00Z, or from now, such as 2h
    #[arg(long, value_name = "TIME", value_parser = When::parse)]
    pub not_before: Option<When>,
    /// When the key stops working: a time such as 2026-12-01T00:00:00Z, or from now, such as 90d
    #[arg(long, value_name = "TIME", value_parser = When::parse)]
    pub expires: Option<When>,
    /// The workspace [default: the oldest one]
    #[arg(long, value_name = "NAME", requires = "data_dir")]
    pub workspace: Option<String>,
    /// The server's data folder: create the key there, without a running server
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The server's database, when it is not in the data folder [env: DATABASE_URL]
    #[arg(long, value_name = "URL", requires = "data_dir")]
    pub database_url: Option<String>,
}

/// Arguments of `keys list`.
#[derive(Debug, Args)]
pub struct KeysList {}

/// Arguments of `keys rotate`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync keys rotate 01JD4X2V8Q6T0B3E5R7Y9ZKMNP --overlap 1h")]
pub struct KeysRotate {
    /// The key's id, from `promptsync keys list`
    #[arg(value_name = "ID")]
    pub id: String,
    /// How long the old secret goes on working, such as 30m, 12h or 7d
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    pub overlap: TimeDelta,
}

/// Arguments of `keys revoke`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync keys revoke 01JD4X2V8Q6T0B3E5R7Y9ZKMNP")]
pub struct KeysRevoke {
    /// The key's id, from `promptsync keys list`
    #[arg(value_name = "ID")]
    pub id: String,
}

/// A moment, named itself or by how far away it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The moment.
    At(DateTime<Utc>),
    /// How long from now.
    In(TimeDelta),
}

impl When {
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(moment.to_utc()));
        }
        duration(text).map(Self::In)
    }
}

/// Reads `90d`, `12h`, `30m`, `10s`.
fn duration(text: &str) -> Result<TimeDelta, String> {
    let wrong = || "expected a time such as 2026-12-01T00:00:00Z, or a number with s, m, h or d".to_owned();
    let (at, unit) = text.char_indices().last().ok_or_else(wrong)?;
    let number: i64 = text[..at].parse().map_err(|_| wrong())?;
    let span = match unit {
        's' => TimeDelta::try_seconds(number),
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        _ => None,
    };
    span.filter(|span| *span >= TimeDelta::zero()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_or_a_span_from_now() {
        assert_eq!(When::parse("90d"), Ok(When::In(TimeDelta::days(90))));
        assert_eq!(When::parse("10s"), Ok(When::In(TimeDelta::seconds(10))));
        let moment = DateTime::parse_from_rfc3339("2026-12-01T01:00:00+01:00").expect("a moment").to_utc();
        assert_eq!(When::parse("2026-12-01T00:00:00Z"), Ok(When::At(moment)));
        for bad in ["", "d", "-1d", "1.5h", "90", "soon", "1é", "99999999999999999d"] {
            assert!(When::parse(bad).is_err(), "{bad}");
        }
    }
}
