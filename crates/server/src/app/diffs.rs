//! What changed between two versions of a prompt.

use promptsync_core::diffs::{Diff, Side, diff, html};

use super::{App, resolve};
use crate::{endpoint::InProject, http::error::ApiError};

/// Compares two versions.
pub(crate) async fn between(call: &InProject, name: &str, from: &str, to: &str) -> Result<Diff, ApiError> {
    let old = resolve::find(call, name, from, None).await?;
    let new = resolve::find(call, name, to, None).await?;
    App::blocking(move || {
        let side = |found: &resolve::Resolved| format!("{} {}", found.prompt.name, found.version.number);
        let (old_label, new_label) = (side(&old), side(&new));
        diff(
            &Side { label: old_label, document: &old.document, interface: &old.version.interface },
            &Side { label: new_label, document: &new.document, interface: &new.version.interface },
        )
    })
    .await
}

/// The same as a page.
pub(crate) async fn page(call: &InProject, name: &str, from: &str, to: &str) -> Result<String, ApiError> {
    let found = between(call, name, from, to).await?;
    App::blocking(move || html(&[found])).await
}
