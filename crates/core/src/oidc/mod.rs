//! Signing in through an OpenID provider: what its answers must look like to be believed.
//!
//! Somebody is known by issuer and subject, never by an address: an address can be given to somebody else, and some
//! providers let people type their own. The functions here decide; fetching and signatures are the server's.

mod callback;
mod claims;
mod groups;
mod metadata;

pub use callback::{Callback, Refusal, returned};
pub use claims::{Deviation, Expected, Person, check, half_hash_matches, person, same_subject};
pub use groups::{GroupRoles, GroupRolesError};
pub use metadata::{Metadata, MetadataError, issuer_rule};

/// Characters of a claim that are kept: addresses and names beyond it are not ones.
const MAX_TEXT: usize = 320;

/// A text of the provider that may be shown: without control characters, not endless.
fn shown(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}
