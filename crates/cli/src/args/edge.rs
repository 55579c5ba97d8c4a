//! Arguments of `edge`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `edge`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    promptsync edge --upstream https://prompts.example --alias production --listen 127.0.0.1:7980\n\n\
    Prints `listening on http://ADDRESS` when it is ready. TLS, proxies, time limits and sizes are set as for `serve`.")]
pub struct Edge {
    /// The server to read from [env: PROMPTSYNC_UPSTREAM]; otherwise the one of --url
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// The key to read with; better in PROMPTSYNC_API_KEY or PROMPTSYNC_API_KEY_FILE, where other users do not see it
    #[arg(long, value_name = "KEY")]
    pub token: Option<String>,
    /// An alias to follow; repeat it for several [default: those that the key may read]
    #[arg(long = "alias", value_name = "ALIAS")]
    pub aliases: Vec<String>,
    /// Seconds after which the server is asked again whether a client's key still opens it
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub recheck: u64,
    /// Where the edge keeps its copy [env: PROMPTSYNC_DATA_DIR] [default: ./promptsync-data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The address to listen on [env: PROMPTSYNC_LISTEN] [default: 127.0.0.1:7979]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
}
