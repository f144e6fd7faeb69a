//! Fresh stores on servers that all tests of this process share.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use countersign_store_redis::{Options, RedisStores};
use countersign_testkit::servers::fresh_prefix;

/// A Redis of any kind, with keys of one's own.
pub async fn at(url: &str) -> RedisStores {
    open(url, Options::default()).await
}

async fn open(url: &str, options: Options) -> RedisStores {
    let options = options.key_prefix(&fresh_prefix()).unwrap();
    RedisStores::connect(url, options).await.unwrap()
}

/// One node, with `fence_sessions`.
pub async fn fenced() -> RedisStores {
    let url = countersign_testkit::servers::Redis::shared().url();
    open(&url, Options::default().fence_sessions()).await
}

/// The Cluster, with `fence_sessions`.
#[cfg(feature = "cluster")]
pub async fn fenced_cluster() -> RedisStores {
    let url = countersign_testkit::servers::RedisCluster::shared().url();
    open(&url, Options::default().fence_sessions()).await
}

/// One node.
pub async fn single() -> RedisStores {
    at(&countersign_testkit::servers::Redis::shared().url()).await
}

/// Three masters and their replicas.
#[cfg(feature = "cluster")]
pub async fn cluster() -> RedisStores {
    at(&countersign_testkit::servers::RedisCluster::shared().url()).await
}

/// The master that three Sentinels name.
#[cfg(feature = "sentinel")]
pub async fn sentinel() -> RedisStores {
    at(&countersign_testkit::servers::RedisSentinel::shared().url()).await
}
