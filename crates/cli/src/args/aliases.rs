//! Arguments of `alias`.

use std::time::Duration;

use clap::{Args, Subcommand};

/// What can be done with aliases.
#[derive(Debug, Subcommand)]
pub enum AliasCommand {
    /// Point an alias at a release, or one prompt of it at a version
    Set(AliasSet),
    /// Show where an alias points, and how it divides its traffic
    Show(AliasShow),
    /// List aliases and where they stand
    List(AliasList),
    /// Show every move of an alias
    History(AliasHistory),
    /// Move an alias back to where it stood before
    Rollback(AliasRollback),
}

/// Arguments of `alias set`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync alias set stable v1.2.3\n  \
    promptsync alias set production --version $(promptsync version get dev)\n  \
    promptsync alias set production v2 --prompt customer_support --reason \"new tone\"\n  \
    promptsync alias set production v1.3.0 --wait --timeout 30s")]
pub struct AliasSet {
    /// The alias; created when new
    #[arg(value_name = "ALIAS")]
    pub alias: String,
    /// A release, or another alias to copy; with --prompt a version of that prompt
    #[arg(value_name = "VERSION", required_unless_present = "version", conflicts_with = "version")]
    pub target: Option<String>,
    /// The same as VERSION
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Move only this prompt
    #[arg(long, value_name = "PROMPT")]
    pub prompt: Option<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Wait until every running application has the move; name those that have not
    #[arg(long)]
    pub wait: bool,
    /// How long to wait at most, such as 500ms, 30s or 2m
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "30s", requires = "wait")]
    pub timeout: Duration,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `alias show`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync alias show production")]
pub struct AliasShow {
    /// The alias
    #[arg(value_name = "ALIAS")]
    pub alias: String,
}

/// Reads `500ms`, `30s`, `2m`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a number with ms, s or m".to_owned();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_millis(u64::from(number) * milliseconds))
}

/// Arguments of `alias list`.
#[derive(Debug, Args)]
pub struct AliasList {}

/// Arguments of `alias history`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync alias history production")]
pub struct AliasHistory {
    /// The alias
    #[arg(value_name = "ALIAS")]
    pub alias: String,
}

/// Arguments of `alias rollback`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync alias rollback production --reason \"wrong tone\"\n  \
    promptsync alias rollback production --to-revision 12")]
pub struct AliasRollback {
    /// The alias
    #[arg(value_name = "ALIAS")]
    pub alias: String,
    /// The revision to go back to [default: the one before]
    #[arg(long, value_name = "REVISION")]
    pub to_revision: Option<i64>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_its_unit() {
        for (text, milliseconds) in [("500ms", 500), ("30s", 30_000), ("2m", 120_000), ("0s", 0)] {
            assert_eq!(span(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for bad in ["", "30", "s", "-1s", "1h", "1.5s", "99999999999s"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}
