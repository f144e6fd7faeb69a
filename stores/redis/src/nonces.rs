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
        let key = self.record(&record.key);
        let answer = match self.link.fence().await? {
            Some(fence) => {
                let mut value = format!("{fence} {expires_at} ").into_bytes();
                value.extend_from_slice(&record.payload);
                let mut set = redis::cmd("SET");
                set.arg(key).arg(value).arg("NX").arg("PX").arg(live);
                self.link.write(&set).await?
            }
            None => {
                let call = Call {
                    keys: &[&key],
                    arguments: &[live.as_bytes(), expires_at.as_bytes(), &record.payload],
                };
                self.link.call(&ISSUE, call).await?
            }
        };
        match answer {
            Value::Okay | Value::Int(1) => Ok(()),
            Value::Nil | Value::Int(0) => Err(StoreError::Conflict),
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
            // Behind another fence. What is issued from now on gets the label that is right.
            Value::Array(here) => {
                if let [Value::BulkString(here)] = &here[..] {
                    self.link.learn(&String::from_utf8_lossy(here));
                }
                Ok(None)
            }
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

/// Which history answers: the id of the replication history of a master. It is drawn anew whenever a
/// node starts as a master and whenever a replica is promoted, and no two histories share one. A
/// node that is no master has the id of another's history, and answers for none.
pub(crate) const FENCE: &str = "
local function fence()
    local info = redis.call('INFO', 'replication')
    if not string.find(info, 'role:master', 1, true) then return 'no master' end
    return string.match(info, 'master_replid:(%w+)')
end";

/// Where the node is not known beforehand: the label and the record in one step.
static ISSUE: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        "
local record = fence() .. ' ' .. ARGV[2] .. ' ' .. ARGV[3]
if redis.call('SET', KEYS[1], record, 'NX', 'PX', ARGV[1]) then return 1 end
return 0",
    ])
});

/// Takes the record. One of another history is none, and then the answer names the node's own.
static CONSUME: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        "
local kept = redis.call('GET', KEYS[1])
if not kept then return false end
redis.call('DEL', KEYS[1])
local here = fence()
if string.sub(kept, 1, #here + 1) ~= here .. ' ' then return {here} end
return string.sub(kept, #here + 2)",
    ])
});
