//! The task that lets go of what expired. It ends with the engine and outlives every store error.

use std::time::Duration;

use countersign_core::Engine;

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
            match engine.purge().await {
                Ok(purged) => tracing::debug!(target: "countersign", ?purged, "purged"),
                Err(error) => {
                    tracing::warn!(target: "countersign", %error, "not purged, will try again");
                }
            }
        }
    });
}

const EVERY: Duration = Duration::from_secs(60);
