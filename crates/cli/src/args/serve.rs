//! Arguments of `serve`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync serve\n  \
    promptsync serve --data-dir /var/lib/promptsync --listen 0.0.0.0:7979\n\n\
    Prints `listening on http://ADDRESS` when it is ready. Further settings are read from PROMPTSYNC_…, from\n\
    server.toml in the data folder and from [server] in promptsync.toml.")]
pub struct Serve {
    /// Where the server keeps its data [env: PROMPTSYNC_DATA_DIR] [default: ./promptsync-data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The address to listen on [env: PROMPTSYNC_LISTEN] [default: 127.0.0.1:7979]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// PostgreSQL instead of the database in the data folder [env: PROMPTSYNC_DATABASE_URL, DATABASE_URL]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
}
