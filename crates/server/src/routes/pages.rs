//! The pages people see before they are signed in, and what they load.

use promptsync_dashboard::{POLICY, SCRIPT, STYLE};

use crate::{
    endpoint::Visit,
    http::{
        error::ApiError,
        query::{Parameter, Parameters, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Nothing, Query},
};

macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident $html:ident;)*) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(_: Visit, _: Nothing) -> Answer<()> {
            Ok(Reply::page(promptsync_dashboard::$html, POLICY))
        }
    )* };
}

pages! {
    /// The first user.
    set_up SET_UP;
    /// Entering the code that a device shows.
    device DEVICE;
    /// Accepting an invitation, or setting a new password.
    invitation INVITATION;
}

/// The address after signing in; the page reads it and knows by name where it may go.
#[derive(Debug)]
pub(crate) struct Next;

impl FromQuery for Next {
    const PARAMETERS: &'static [Parameter] = &[one("next", "Where to go after signing in: `device`.")];

    fn from_query(_: &Parameters) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// Signing in.
pub(crate) async fn sign_in(_: Visit, _: Query<Next>) -> Answer<()> {
    Ok(Reply::page(promptsync_dashboard::SIGN_IN, POLICY))
}

/// What the pages do.
pub(crate) async fn script(_: Visit, _: Nothing) -> Answer<()> {
    Ok(Reply::raw("text/javascript; charset=utf-8", SCRIPT))
}

/// How the pages look.
pub(crate) async fn style(_: Visit, _: Nothing) -> Answer<()> {
    Ok(Reply::raw("text/css; charset=utf-8", STYLE))
}
