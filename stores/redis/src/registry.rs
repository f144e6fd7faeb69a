//! Entries that stay: `{prefix}r:{kind}`, a hash of names. It has no end.

use std::sync::LazyLock;

use countersign_core::{Registry, StoreError, async_trait};
use redis::Value;

use crate::{
    RedisStores,
    script::{Call, Lua},
    unexpected,
};

impl RedisStores {
    fn entries(&self, kind: &str) -> String {
        format!("{}r:{kind}", self.prefix)
    }

    async fn change(&self, script: &Lua, kind: &str, change: &[&[u8]]) -> Result<i64, StoreError> {
        let call = Call {
            keys: &[&self.entries(kind)],
            arguments: change,
        };
        match self.link.call(script, call).await? {
            Value::Int(count) => Ok(count),
            other => Err(unexpected(&other)),
        }
    }
}

#[async_trait]
impl Registry for RedisStores {
    async fn insert(&self, kind: &str, name: &str, value: &[u8]) -> Result<(), StoreError> {
        match self
            .change(&INSERT, kind, &[name.as_bytes(), value])
            .await?
        {
            0 => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    }

    async fn put(&self, kind: &str, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.change(&PUT, kind, &[name.as_bytes(), value]).await?;
        Ok(())
    }

    async fn find(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.entries(kind)).arg(name);
        match self.link.read(&command).await? {
            Value::Nil => Ok(None),
            Value::BulkString(value) => Ok(Some(value)),
            other => Err(unexpected(&other)),
        }
    }

    async fn list(&self, kind: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.entries(kind));
        let answer = self.link.read(&command).await?;
        let pairs = redis::from_redis_value::<Vec<(Vec<u8>, Vec<u8>)>>(answer);
        let mut entries: Vec<_> = pairs
            .map_err(StoreError::unavailable)?
            .into_iter()
            .filter_map(|(name, value)| Some((String::from_utf8(name).ok()?, value)))
            .collect();
        entries.sort();
        Ok(entries)
    }

    async fn remove(&self, kind: &str, name: &str) -> Result<bool, StoreError> {
        Ok(self.change(&REMOVE, kind, &[name.as_bytes()]).await? > 0)
    }
}

static INSERT: LazyLock<Lua> =
    LazyLock::new(|| Lua::new(&["return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])"]));

static PUT: LazyLock<Lua> =
    LazyLock::new(|| Lua::new(&["return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])"]));

static REMOVE: LazyLock<Lua> =
    LazyLock::new(|| Lua::new(&["return redis.call('HDEL', KEYS[1], ARGV[1])"]));
