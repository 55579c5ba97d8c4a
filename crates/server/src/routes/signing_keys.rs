//! The keys the workspace signs with.

use promptsync_api::signing_keys::{RotateSigningKey, SigningKeys};

use crate::{
    app::signing_keys,
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::{MaybeJson, Nothing},
    subjects::Anywhere,
};

/// The public keys. Whoever reads anything needs them to believe it.
pub(crate) async fn list(call: Anywhere, _: Nothing) -> Answer<SigningKeys> {
    signing_keys::list(&call).await.map(Reply::ok)
}

/// Replaces the key that signs.
pub(crate) async fn rotate(
    call: Call,
    MaybeJson(request): MaybeJson<RotateSigningKey>,
) -> Answer<SigningKeys> {
    signing_keys::rotate(&call, request).await.map(Reply::ok)
}
