//! Arguments of `canary`.

use clap::{Args, Subcommand};

/// What can be done with canaries.
#[derive(Debug, Subcommand)]
pub enum CanaryCommand {
    /// Send part of an alias's traffic to another version, or change how much
    Set(CanarySet),
    /// List the aliases that divide their traffic, and how
    List(CanaryList),
    /// Give everybody the version of a canary
    Promote(CanaryPromote),
    /// Give everybody the alias's own version again
    Abort(CanaryAbort),
}

/// Arguments of `canary set`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync canary set --alias production --version v2.0.0 --percentage 10\n  \
    promptsync canary set --alias production --prompt customer_support --version v2 --percentage 2.5\n  \
    promptsync canary set --alias production --arm v2.0.0=20 --arm v2.1.0=20\n  \
    promptsync canary set --alias production --version v2.0.0 --percentage 0 --override ann@example.com=v2.0.0\n\n\
    Without --prompt a version is a release, and a unit gets all prompts of it or none. Set again with another\n\
    percentage, units stay where they are as far as that is possible.")]
pub struct CanarySet {
    /// The alias
    #[arg(long, value_name = "ALIAS")]
    pub alias: String,
    /// A release; with --prompt a version of that prompt
    #[arg(long, value_name = "VERSION", requires = "percentage", required_unless_present = "arms")]
    pub version: Option<String>,
    /// The version's part of all units, in percent: 0 to 100, with two decimals at most
    #[arg(long, value_name = "PERCENT", requires = "version")]
    pub percentage: Option<f64>,
    /// Several versions and their parts, in place of --version; the alias's own gets the rest
    #[arg(long = "arm", value_name = "VERSION=PERCENT", value_parser = arm, conflicts_with = "version")]
    pub arms: Vec<(String, f64)>,
    /// Divide the traffic of this prompt alone
    #[arg(long, value_name = "PROMPT")]
    pub prompt: Option<String>,
    /// A unit that gets this version whatever it would draw; replaces those given before
    #[arg(long = "override", value_name = "UNIT=VERSION", value_parser = by_hand)]
    pub overrides: Vec<(String, String)>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `canary list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync canary list --alias production")]
pub struct CanaryList {
    /// Only this alias
    #[arg(long, value_name = "ALIAS")]
    pub alias: Option<String>,
}

/// Arguments of `canary promote`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync canary promote --alias production --reason \"no complaints\"")]
pub struct CanaryPromote {
    /// The alias
    #[arg(long, value_name = "ALIAS")]
    pub alias: String,
    /// The prompt, when several have a canary
    #[arg(long, value_name = "PROMPT")]
    pub prompt: Option<String>,
    /// The version, when several have a part
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `canary abort`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync canary abort --alias production --reason \"wrong tone\"")]
pub struct CanaryAbort {
    /// The alias
    #[arg(long, value_name = "ALIAS")]
    pub alias: String,
    /// Only this prompt
    #[arg(long, value_name = "PROMPT")]
    pub prompt: Option<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

fn arm(text: &str) -> Result<(String, f64), String> {
    let (version, percentage) = by_hand(text).map_err(|_| "expected VERSION=PERCENT".to_owned())?;
    let percentage = percentage.trim_end_matches('%').parse();
    percentage.map(|percentage| (version, percentage)).map_err(|_| "expected VERSION=PERCENT".to_owned())
}

/// Reads `UNIT=VERSION`; the unit may hold `=` itself.
fn by_hand(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((unit, version)) if !unit.is_empty() && !version.is_empty() => {
            Ok((unit.to_owned(), version.to_owned()))
        }
        _ => Err("expected UNIT=VERSION".to_owned()),
    }
}
