//! The pages people see before they are signed in, and what they load.

use promptsync_dashboard::{POLICY, SCRIPT, STYLE};

use crate::{
    endpoint::Visit,
    http::reply::{Answer, Reply},
    input::Nothing,
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
    /// Signing in.
    sign_in SIGN_IN;
    /// The first user.
    set_up SET_UP;
    /// Entering the code that a device shows.
    device DEVICE;
    /// Accepting an invitation, or setting a new password.
    invitation INVITATION;
}

/// What the pages do.
pub(crate) async fn script(_: Visit, _: Nothing) -> Answer<()> {
    Ok(Reply::raw("text/javascript; charset=utf-8", SCRIPT))
}

/// How the pages look.
pub(crate) async fn style(_: Visit, _: Nothing) -> Answer<()> {
    Ok(Reply::raw("text/css; charset=utf-8", STYLE))
}
