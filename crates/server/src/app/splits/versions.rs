//! The versions a request speaks of.

use std::collections::BTreeMap;

use promptsync_api::error::{RELEASE_NOT_FOUND, VERSION_NOT_FOUND};
use promptsync_core::{
    access::Permission, names::PromptName, references::Reference, versions::VersionNumber,
};
use promptsync_store::{Manifest, Tx, releases};

use crate::{
    app::{releases::find as find_release, resolve},
    endpoint::{InProject, denied},
    http::error::ApiError,
};

/// Versions that a request names, found once each.
pub(super) struct Versions<'a> {
    /// The prompt they are of; releases when there is none.
    of: Option<&'a PromptName>,
    numbers: BTreeMap<String, VersionNumber>,
    /// Where the releases among them point.
    pub(super) manifests: BTreeMap<VersionNumber, Manifest>,
}

impl<'a> Versions<'a> {
    /// Versions of a prompt, or releases.
    pub(super) fn of(of: Option<&'a PromptName>) -> Self {
        Self { of, numbers: BTreeMap::new(), manifests: BTreeMap::new() }
    }

    /// The number of the version a text names.
    pub(super) async fn number(
        &mut self,
        tx: &mut Tx,
        call: &InProject,
        text: &str,
    ) -> Result<VersionNumber, ApiError> {
        if let Some(known) = self.numbers.get(text) {
            return Ok(known.clone());
        }
        let reference = Reference::parse(text)?;
        let number = if let Some(prompt) = self.of {
            let found = resolve::in_project(tx, call, &call.project, prompt, &reference, None).await?;
            if !call.can_in_module(Permission::Read, &found.prompt.module) {
                return Err(denied(Permission::Read));
            }
            found.version.number
        } else {
            // Nobody reads by an alias what they could not read before they divided it.
            call.require(Permission::Read)?;
            let release = find_release(tx, &call.project, &reference.selector).await;
            let release = release.map_err(|error| error.recode(RELEASE_NOT_FOUND, VERSION_NOT_FOUND))?;
            self.manifests.insert(release.version.clone(), releases::manifest(tx, &release).await?);
            release.version
        };
        self.numbers.insert(text.to_owned(), number.clone());
        Ok(number)
    }
}
