//! What a node's settings say about what it keeps.

use countersign_core::{ConfigFault, Durability};
use redis::{RedisResult, aio::MultiplexedConnection};

use crate::ConnectError;

/// The settings of one node; `None` is what we may not read.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    policy: Option<String>,
    append_only: Option<bool>,
    fsync: Option<String>,
}

impl Settings {
    pub(crate) async fn read(connection: &mut MultiplexedConnection) -> RedisResult<Self> {
        let info: String = redis::cmd("INFO").query_async(connection).await?;
        let of_info = |name: &str| {
            let mut lines = info.lines();
            lines.find_map(|line| {
                line.strip_prefix(name)?
                    .strip_prefix(':')
                    .map(str::to_owned)
            })
        };
        Ok(Self {
            policy: config(connection, "maxmemory-policy")
                .await
                .or_else(|| of_info("maxmemory_policy")),
            append_only: config(connection, "appendonly")
                .await
                .map(|value| value == "yes")
                .or_else(|| of_info("aof_enabled").map(|value| value == "1")),
            fsync: config(connection, "appendfsync").await,
        })
    }

    fn grade(&self) -> Durability {
        match (self.append_only, self.fsync.as_deref()) {
            (Some(true), Some("always")) => Durability::Durable,
            (Some(true), _) => Durability::BoundedLoss,
            _ => Durability::Volatile,
        }
    }
}

/// Refuses nodes that drop what they hold; the grade is the worst of all.
pub(crate) fn grade(nodes: &[Settings], is_replicated: bool) -> Result<Durability, ConnectError> {
    for node in nodes {
        match node.policy.as_deref() {
            Some("noeviction") => {}
            Some(policy) => {
                let detail = format!(
                    "maxmemory-policy is {policy}: Redis would drop sessions to make room; set it to noeviction"
                );
                return Err(ConnectError::Unfit(ConfigFault::new(
                    "CFG_EVICTION",
                    detail,
                )));
            }
            None => tracing::warn!(
                target: "countersign",
                "the maxmemory-policy of Redis cannot be read; see that it is noeviction",
            ),
        }
    }
    let best = match is_replicated {
        true => Durability::BoundedLoss,
        false => Durability::Durable,
    };
    let worst = nodes.iter().map(Settings::grade).min();
    Ok(worst.unwrap_or(Durability::Volatile).min(best))
}

/// A value of the node's configuration; `None` if we may not ask.
async fn config(connection: &mut MultiplexedConnection, name: &str) -> Option<String> {
    let answer: RedisResult<Vec<String>> = redis::cmd("CONFIG")
        .arg("GET")
        .arg(name)
        .query_async(connection)
        .await;
    answer.ok()?.pop()
}
