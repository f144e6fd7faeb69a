//! One-time records: `{prefix}n:{key}`, a string of fence, expiry and payload.

use std::sync::LazyLock;

use countersign_core::{NonceStore, OneTime, StoreError, Timestamp, async_trait};
use redis::Value;

use crate::{
    RedisStores,
    script::{Call, Lua},
    unexpected, unreadable,
};

impl RedisStores {
    fn record(&self, key: &str) -> String {
        format!("{}n:{key}", self.prefix)
    }
}

#[async_trait]
impl NonceStore for RedisStores {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        let live = Self::time_to_live(record.expires_at).to_string();
        let expires_at = record.expires_at.as_millis().to_string();
        let call = Call {
            keys: &[&self.record(&record.key)],
            arguments: &[live.as_bytes(), expires_at.as_bytes(), &record.payload],
        };
        match self.link.call(&ISSUE, call).await? {
            Value::Int(1) => Ok(()),
            Value::Int(0) => Err(StoreError::Conflict),
            other => Err(unexpected(&other)),
        }
    }

    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
        let call = Call {
            keys: &[&self.record(key)],
            arguments: &[],
        };
        match self.link.call(&CONSUME, call).await? {
            Value::Nil => Ok(None),
            Value::BulkString(kept) => {
                Ok(read(key, &kept).or_else(|| unreadable("a one-time record")))
            }
            other => Err(unexpected(&other)),
        }
    }

    /// The time to live does it.
    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// Reads `expiry payload`.
fn read(key: &str, kept: &[u8]) -> Option<OneTime> {
    let space = kept.iter().position(|byte| *byte == b' ')?;
    let expires_at = std::str::from_utf8(&kept[..space]).ok()?.parse().ok()?;
    Some(OneTime {
        key: key.to_owned(),
        payload: kept[space + 1..].to_vec(),
        expires_at: Timestamp::from_millis(expires_at),
    })
}

/// Who answers: the process, which changes with a restart, and its replication history, which
/// changes with a promotion.
const FENCE: &str = "
local function fence()
    return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') .. '-' ..
        string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end";

/// A record of another process conflicts too: it may be the mark that a value was used.
static ISSUE: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        "
local value = fence() .. ' ' .. ARGV[2] .. ' ' .. ARGV[3]
return redis.call('SET', KEYS[1], value, 'PX', ARGV[1], 'NX') and 1 or 0",
    ])
});

static CONSUME: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        "
local kept = redis.call('GET', KEYS[1])
if not kept then return false end
redis.call('DEL', KEYS[1])
local here = fence()
if string.sub(kept, 1, #here) ~= here then return false end
return string.sub(kept, #here + 2)",
    ])
});
