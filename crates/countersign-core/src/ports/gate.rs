//! The port of admission.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{error::BoxError, identity::Identity};

/// Decides who may come in: allow-lists, bans, invitations.
///
/// It is asked after the signature and before the session. An error denies.
#[async_trait]
pub trait Gate: Debug + Send + Sync + 'static {
    /// Whether this identity may have a session.
    ///
    /// # Errors
    /// Whatever keeps the gate from knowing; the sign-in is then refused as `not_admitted`.
    async fn admit(&self, identity: &Identity) -> Result<bool, BoxError>;
}

/// The gate that stands open.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Everybody;

#[async_trait]
impl Gate for Everybody {
    async fn admit(&self, _: &Identity) -> Result<bool, BoxError> {
        Ok(true)
    }
}
