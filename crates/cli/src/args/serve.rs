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

/// Arguments of `backup`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    promptsync backup --data-dir /var/lib/promptsync -o promptsync.backup\n\n\
    The server may run meanwhile. The file is encrypted under the master key, which is not in it: keep that elsewhere.")]
pub struct Backup {
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The server's data folder [env: PROMPTSYNC_DATA_DIR] [default: ./promptsync-data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    PROMPTSYNC_MASTER_KEY_FILE=/safe/master.key promptsync restore promptsync.backup --data-dir ./restored --verify\n\n\
    The master key is read from master.key in the folder, or from the configuration. A server must not use the folder.")]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The data folder to restore into
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Check every document, audit entry and alias before anything is put in place
    #[arg(long)]
    pub verify: bool,
    /// Let aliases point elsewhere than they do now in the folder
    #[arg(long)]
    pub accept_rollback: bool,
}
