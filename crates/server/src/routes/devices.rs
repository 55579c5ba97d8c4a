//! Signing in on a device without a browser.

use promptsync_api::{
    devices::{AskForToken, DecideDevice, DeviceCodes, StartDevice},
    sign_in::SignedIn,
};

use crate::{
    app::{devices, sessions::Tokens},
    endpoint::Visit,
    http::reply::{Answer, Reply},
    input::{Json, MaybeJson},
    subjects::Myself,
};

/// Gives a device its codes.
pub(crate) async fn start(visit: Visit, _: MaybeJson<StartDevice>) -> Answer<DeviceCodes> {
    Ok(Reply::ok(devices::start(&visit)))
}

/// Answers a device that asks whether it may come in.
pub(crate) async fn ask(visit: Visit, Json(request): Json<AskForToken>) -> Answer<SignedIn> {
    devices::ask(&visit, request).await.map(Tokens::reply)
}

/// Decides about the device that shows a code.
pub(crate) async fn decide(call: Myself, Json(request): Json<DecideDevice>) -> Answer<()> {
    devices::decide_device(&call, &request).await?;
    Ok(Reply::nothing())
}
