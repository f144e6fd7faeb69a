//! One-time records: `{prefix}n:{key}`, a string of fence, expiry and payload.

use std::{io::Write as _, sync::LazyLock};

use countersign_core::{NonceStore, OneTime, StoreError, Timestamp, async_trait};
use redis::Value;

use crate::{
    RedisStores,
    link::command,
    script::{Call, Lua},
    unexpected, unreadable,
};

impl RedisStores {
    fn record(&self, key: &str) -> String {
        [&*self.prefix, "n:", key].concat()
    }
}

#[async_trait]
impl NonceStore for RedisStores {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        let live = Self::time_to_live(record.expires_at);
        let key = self.record(&record.key);
        let answer = match self.link.one() {
            Some(one) => {
                let (fence, expires_at) = (one.fence().await?, record.expires_at.as_millis());
                let mut value = Vec::with_capacity(fence.len() + 22 + record.payload.len());
                write!(value, "{fence} {expires_at} ").map_err(StoreError::corrupt)?;
                value.extend_from_slice(&record.payload);
                let mut set = command("SET", 5, key.len() + value.len() + 24);
                set.arg(key).arg(value).arg("NX").arg("PX").arg(live);
                one.write(&set).await?
            }
            None => {
                let live = live.to_string();
                let expires_at = record.expires_at.as_millis().to_string();
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
        let name = self.record(key);
        let kept = match self.link.one() {
            Some(one) => one.take(name).await.map_err(StoreError::unavailable)?,
            None => {
                let call = Call {
                    keys: &[&name],
                    arguments: &[],
                };
                match self.link.call(&CONSUME, call).await? {
                    Value::Nil => None,
                    Value::BulkString(kept) => Some(kept),
                    other => return Err(unexpected(&other)),
                }
            }
        };
        let record = kept.and_then(|kept| {
            let record = read(key, &kept);
            record.or_else(|| unreadable("a one-time record"))
        });
        Ok(record)
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

/// Which history answers, by what `INFO replication` says: the id of the replication history of a
/// master. It is drawn anew whenever a node starts as a master and whenever a replica is promoted,
/// and no two histories share one. A node that is no master has the id of another's history, and
/// answers for none.
pub(crate) fn history_of(info: &str) -> Option<&str> {
    let of = |name: &str| {
        let mut lines = info.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    of("master_replid").filter(|id| of("role") == Some("master") && !id.is_empty())
}

/// What stands behind the label of a record, if this history wrote it.
pub(crate) fn of_history(mut record: Vec<u8>, history: &str) -> Option<Vec<u8>> {
    let behind = record
        .strip_prefix(history.as_bytes())?
        .strip_prefix(b" ")?;
    let label = record.len() - behind.len();
    record.drain(..label);
    Some(record)
}

/// [`history_of`], where a script has to know.
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

/// Takes the record. One of another history is none.
static CONSUME: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        "
local kept = redis.call('GET', KEYS[1])
if not kept then return false end
redis.call('DEL', KEYS[1])
local here = fence()
if string.sub(kept, 1, #here + 1) ~= here .. ' ' then return false end
return string.sub(kept, #here + 2)",
    ])
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_master_has_a_history() {
        let info = |role| format!("# Replication\r\nrole:{role}\r\nmaster_replid:ab12\r\nx:y\r\n");
        assert_eq!(history_of(&info("master")), Some("ab12"));
        assert_eq!(history_of(&info("slave")), None);
        assert_eq!(history_of(""), None);
        assert_eq!(history_of("role:master\r\nmaster_replid:\r\n"), None);
    }

    #[test]
    fn a_record_counts_in_the_history_that_wrote_it() {
        let of = |record: &str, history| of_history(record.as_bytes().to_vec(), history);
        assert_eq!(of("ab12 5 x", "ab12"), Some(b"5 x".to_vec()));
        for other in ["ab123 5 x", "ab1 5 x", "", " 5 x", "ab12", "xab12 5 x"] {
            assert_eq!(of(other, "ab12"), None, "{other}");
        }
    }
}
