//! The task that lets go of what expired. It ends with the engine and outlives every store error.

use std::{pin::pin, time::Duration};

use countersign_core::{Engine, Error, Purged};

use crate::plugins::guarded;

/// Begins it on the current runtime.
pub(crate) fn begin(engine: &Engine) {
    let engine = engine.downgrade();
    tokio::spawn(async move {
        let mut minutes = tokio::time::interval(EVERY);
        minutes.tick().await; // the first comes at once
        loop {
            minutes.tick().await;
            let Some(engine) = engine.upgrade() else {
                return;
            };
            match guarded(PATIENCE, pin!(purge(&engine))).await {
                Ok(purged) => tracing::debug!(target: "countersign", ?purged, "purged"),
                Err(error) => {
                    tracing::warn!(target: "countersign", %error, "not purged, will try again");
                }
            }
        }
    });
}

async fn purge(engine: &Engine) -> Result<Purged, Error> {
    Ok(engine.purge().await?)
}

/// A purge of many rows takes longer than a request may.
const PATIENCE: Duration = Duration::from_secs(300);

const EVERY: Duration = Duration::from_secs(60);
