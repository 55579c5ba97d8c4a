//! `serve`: the server in this process.

use std::path::Path;

use promptsync_api::keys::CreateKey;

use crate::{
    Context,
    args::Serve,
    error::{CliError, Result},
};

pub(super) fn run(_args: Serve, _context: &Context) -> Result {
    Err(CliError::usage("serve", "the server is not part of this build"))
}

pub(super) fn create_key(_: &Path, _: Option<&str>, _: &CreateKey, _: &Context) -> Result {
    Err(CliError::usage("serve", "the server is not part of this build"))
}
