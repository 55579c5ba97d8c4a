//! What the process writes to standard error.

use tracing_subscriber::EnvFilter;

/// Starts logging at a level (`warn`, `info`: one line a request, …). Bodies, keys and values are never logged.
/// Says whether the level was understood.
pub fn start(level: &str) -> bool {
    let filter = EnvFilter::try_new(level);
    let understood = filter.is_ok();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("warn")))
        .finish();
    // A second start, as in tests, keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber);
    understood
}
