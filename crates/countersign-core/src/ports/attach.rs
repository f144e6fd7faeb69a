//! The port of what an application adds at sign-in.

use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::{error::BoxError, identity::Identity, session::Session};

/// Adds what the application knows: to a new session, and to the access tokens of one.
///
/// # Contract
/// - `data` is asked once, after the gate and before the session is written.
/// - Several are asked in the order they were added; what a later one says of a name counts.
/// - `claims` is asked for every access token, at sign-in and at each refresh.
/// - A claim with a [reserved](crate::Claims::RESERVED) name is refused: nobody is signed in, and
///   the answer is `plugin_error`. So is an error.
#[async_trait]
pub trait Attach: Debug + Send + Sync + 'static {
    /// What is kept with a new session.
    ///
    /// # Errors
    /// Whatever keeps the application from knowing; the sign-in then fails.
    async fn data(&self, identity: &Identity) -> Result<BTreeMap<String, Value>, BoxError> {
        let _ = identity;
        Ok(BTreeMap::new())
    }

    /// What an access token of the session says besides the engine's own claims.
    ///
    /// # Errors
    /// Whatever keeps the application from knowing; no token is then issued.
    async fn claims(&self, session: &Session) -> Result<Map<String, Value>, BoxError> {
        let _ = session;
        Ok(Map::new())
    }
}
