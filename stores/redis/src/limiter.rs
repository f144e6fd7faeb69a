//! Quotas by the cell-rate algorithm: `{prefix}q:{digest}`, the instant at which the quota is whole
//! again, in microseconds.

use std::{sync::LazyLock, time::Duration};

use countersign_core::{Quota, RateLimiter, StoreError, Timestamp, Verdict, async_trait};
use redis::Value;
use sha2::{Digest, Sha256};

use crate::{
    RedisStores,
    script::{Call, Lua},
    unexpected,
};

#[async_trait]
impl RateLimiter for RedisStores {
    async fn take(
        &self,
        key: &str,
        quota: Quota,
        cost: u32,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let limit = quota.limit.max(1);
        if cost > limit {
            return Ok(Verdict::Denied {
                retry_after: quota.period,
            });
        }
        let period = u64::try_from(quota.period.as_micros()).unwrap_or(u64::MAX);
        let each = (period / u64::from(limit)).max(1);
        let now = now.as_millis().saturating_mul(1_000);
        let digest = Sha256::new()
            .chain_update(limit.to_be_bytes())
            .chain_update(period.to_be_bytes())
            .chain_update(key)
            .finalize();
        let live = quota.period.saturating_add(SLACK).as_millis();
        let numbers = [
            now.to_string(),
            each.saturating_mul(cost.into()).to_string(),
            each.saturating_mul(limit.into()).to_string(),
            live.to_string(),
            SLACK.as_micros().to_string(),
        ];
        let call = Call {
            keys: &[&format!("{}q:{}", self.prefix, hex::encode(digest))],
            arguments: &numbers.each_ref().map(String::as_bytes),
        };
        match self.link.call(&TAKE, call).await? {
            Value::Int(0) => Ok(Verdict::Admitted),
            Value::Int(wait) => Ok(Verdict::Denied {
                retry_after: Duration::from_micros(wait.unsigned_abs()),
            }),
            other => Err(unexpected(&other)),
        }
    }

    /// The time to live does it.
    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

static TAKE: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&["
local now, cost, all = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = tonumber(redis.call('GET', KEYS[1]) or '') or 0
if kept > now + all + tonumber(ARGV[5]) then kept = 0 end
local whole_at = math.max(kept, now) + cost
if whole_at - now > all then return whole_at - now - all end
redis.call('SET', KEYS[1], string.format('%.0f', whole_at), 'PX', ARGV[4])
return 0"])
});

/// Nodes whose clocks differ by no more than this count together. What lies further ahead than it could
/// then was written before a clock was set back, and counts for nothing.
const SLACK: Duration = Duration::from_secs(120);
