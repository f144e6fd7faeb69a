//! The port of rate limits.

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;

use crate::{
    error::{ConfigError, ConfigFault, StoreError},
    time::Timestamp,
};

/// Counts what clients spend.
///
/// # Contract
/// - The burst equals the limit: of any number of concurrent callers for one key, no more than the
///   quota's limit are admitted at once. What was spent comes back evenly over the period.
/// - Keys do not touch each other.
/// - A denial says after how long the same call would be admitted.
/// - Memory is bounded whatever keys come.
/// - A clock that was set back, by more than nodes' clocks may differ, locks nobody out: what was
///   spent at an instant that has not come is forgotten.
#[async_trait]
pub trait RateLimiter: Debug + Send + Sync + 'static {
    /// Takes `cost` out of the quota of `key`.
    ///
    /// # Errors
    /// `Unavailable`: the engine then refuses the request.
    async fn take(
        &self,
        key: &str,
        quota: Quota,
        cost: u32,
        now: Timestamp,
    ) -> Result<Verdict, StoreError>;

    /// Forgets keys whose quota is whole again; says how many.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn purge(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Whether other processes see the same. A store in its process's memory says no, and an engine
    /// of several nodes refuses it.
    fn is_shared(&self) -> bool {
        true
    }
}

/// So much in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// How much; also the burst. At least 1.
    pub limit: u32,
    /// In how long. Longer than zero.
    pub period: Duration,
}

impl Quota {
    /// So much in a minute.
    pub const fn per_minute(limit: u32) -> Self {
        Self {
            limit,
            period: Duration::from_secs(60),
        }
    }
}

/// What a [`RateLimiter`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Admitted,
    /// Not now.
    Denied {
        /// After so long the same call would be admitted.
        retry_after: Duration,
    },
}

/// The quotas of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Challenges and nonces. 60 a minute by default.
    pub challenge: Quota,
    /// Proofs. 30 a minute by default.
    pub verify: Quota,
    /// Refresh tokens. 30 a minute by default.
    pub token: Quota,
}

impl Limits {
    /// Whether each of them can be kept.
    ///
    /// # Errors
    /// `CFG_LIMITS`, for each that admits nothing, or counts for longer than a day.
    pub fn check(&self) -> Result<(), ConfigError> {
        let is_kept = |quota: &&Quota| {
            quota.limit > 0 && !quota.period.is_zero() && quota.period <= LONGEST_PERIOD
        };
        let quotas = [self.challenge, self.verify, self.token];
        let broken = quotas.iter().filter(|quota| !is_kept(quota));
        let detail = "a quota admits nothing, or counts for longer than a day";
        let faults: Vec<_> = broken
            .map(|_| ConfigFault::new("CFG_LIMITS", detail))
            .collect();
        match faults.is_empty() {
            true => Ok(()),
            false => Err(faults.into()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            challenge: Quota::per_minute(60),
            verify: Quota::per_minute(30),
            token: Quota::per_minute(30),
        }
    }
}

const LONGEST_PERIOD: Duration = Duration::from_secs(24 * 60 * 60);
