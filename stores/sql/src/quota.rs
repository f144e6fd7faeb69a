//! Quotas by the cell-rate algorithm: of a client only the instant is kept at which its quota is
//! whole again.

use std::time::Duration;

use countersign_core::{Quota, Timestamp, Verdict};
use sha2::{Digest, Sha256};

/// What one call wants to spend, in microseconds.
#[derive(Clone, Copy)]
pub(crate) struct Spending {
    pub(crate) id: [u8; 32],
    pub(crate) now: i64,
    /// By how much the call moves the instant.
    pub(crate) cost: i64,
    /// How far from now the instant may lie.
    pub(crate) latest: i64,
    /// What lies beyond was written before a clock was set back, and counts for nothing.
    pub(crate) beyond: i64,
}

impl Spending {
    /// `None` if it is more than there ever is.
    pub(crate) fn of(key: &str, quota: Quota, cost: u32, now: Timestamp) -> Option<Self> {
        let limit = quota.limit.max(1);
        let period = i64::try_from(quota.period.as_micros()).unwrap_or(i64::MAX / 4);
        let each = (period / i64::from(limit)).max(1);
        let now = micros(now);
        let id = Sha256::new()
            .chain_update(limit.to_be_bytes())
            .chain_update(quota.period.as_nanos().to_be_bytes())
            .chain_update(key)
            .finalize();
        let latest = now.saturating_add(each.saturating_mul(i64::from(limit)));
        (cost <= limit).then(|| Self {
            id: id.into(),
            now,
            cost: each.saturating_mul(i64::from(cost)),
            latest,
            beyond: latest.saturating_add(SLACK),
        })
    }

    /// A denial, when the quota is whole at `whole_at`.
    pub(crate) fn denied(&self, whole_at: i64) -> Verdict {
        let wait = whole_at
            .saturating_add(self.cost)
            .saturating_sub(self.latest);
        Verdict::Denied {
            retry_after: Duration::from_micros(u64::try_from(wait).unwrap_or(0).max(1)),
        }
    }
}

/// An instant in microseconds.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_millis().saturating_mul(1_000)
}

/// Nodes whose clocks differ by no more than two minutes count together.
const SLACK: i64 = 120_000_000;
