//! Takes up a master key that another process put in place, goes on with a change of keys that was begun and interrupted,
//! and seals what older versions left in clear.

use crate::app::{
    App,
    reseal::{self, ResealError},
};

/// Seals everything that waits for it.
pub(crate) async fn run_once(app: &App) -> Result<(), ResealError> {
    app.masters.settle().await?;
    if reseal::is_pending(app).await? {
        let done = reseal::all(app, &|_| ()).await?;
        tracing::info!(values = done.values, retired = done.retired, "values were sealed again");
    }
    Ok(())
}
