//! The stores that one backend gives, and what a crash may cost there.

use std::{fmt, sync::Arc};

use crate::ports::{
    limits::RateLimiter, nonces::NonceStore, registry::Registry, sessions::SessionStore,
};

/// The stores that one backend gives.
#[derive(Debug, Clone)]
pub struct Stores {
    /// For one-time records.
    pub nonces: Arc<dyn NonceStore>,
    /// For sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// For quotas.
    pub limiter: Arc<dyn RateLimiter>,
    /// For what stays: clients and consents. A backend may do without.
    pub registry: Option<Arc<dyn Registry>>,
    /// What a crash may cost, as the backend's own settings say.
    pub durability: Durability,
}

/// What a crash of a store may cost. Greater is better.
///
/// Whatever the grade, one-time records that are lost die; they never come back.
///
/// ```
/// use countersign_core::Durability;
///
/// assert!(Durability::Durable > Durability::BoundedLoss);
/// assert!(Durability::BoundedLoss > Durability::Volatile);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Durability {
    /// Everything: it lives in memory, or nobody knows.
    Volatile,
    /// What was written in the last moments: the store says "done" before the disk does, or before
    /// its replicas do.
    BoundedLoss,
    /// Nothing that was acknowledged.
    Durable,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Volatile => "volatile",
            Self::BoundedLoss => "bounded-loss",
            Self::Durable => "durable",
        })
    }
}
