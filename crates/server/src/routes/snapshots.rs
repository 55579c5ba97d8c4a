//! Signed snapshots.

use promptsync_core::signing::{Signed, SnapshotStatement};

use crate::{
    app::snapshots,
    http::{
        error::ApiError,
        query::{Parameter, Parameters, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Query},
    subjects::OnAskedAlias,
};

/// Which snapshot is wanted.
#[derive(Debug)]
pub(crate) struct Asked {
    alias: String,
}

impl FromQuery for Asked {
    const PARAMETERS: &'static [Parameter] = &[one("alias", "The alias whose entries are wanted.")];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self { alias: parameters.alias()? })
    }
}

/// Where an alias points, signed.
pub(crate) async fn get(call: OnAskedAlias, Query(asked): Query<Asked>) -> Answer<Signed<SnapshotStatement>> {
    let ready = snapshots::get(&call, &asked.alias).await?;
    Ok(Reply::raw("application/json", ready.body.clone()).etag(&ready.tag))
}
