//! The store suites of the testkit on real servers, each case with keys of its own.

#![allow(clippy::unwrap_used)]

mod backends;

use countersign_core::{NonceStore, Quota, RateLimiter, SessionStore};
use countersign_store_redis::{Options, RedisStores};
use countersign_testkit::{at_start, nonces::record, servers::Redis, sessions::session};

mod single {
    use super::backends::single;

    countersign_testkit::nonce_store_suite!(single().await, expires_by_itself);
    countersign_testkit::session_store_suite!(single().await, expires_by_itself);
    countersign_testkit::rate_limiter_suite!(single().await);
    countersign_testkit::registry_suite!(single().await);
}

mod fenced {
    use super::backends::fenced;

    countersign_testkit::session_store_suite!(fenced().await, expires_by_itself);
}

#[cfg(feature = "cluster")]
mod cluster {
    use super::backends::cluster;

    countersign_testkit::nonce_store_suite!(cluster().await, expires_by_itself);
    countersign_testkit::session_store_suite!(cluster().await, expires_by_itself);
    countersign_testkit::rate_limiter_suite!(cluster().await);
    countersign_testkit::registry_suite!(cluster().await);
}

#[cfg(feature = "cluster")]
mod fenced_cluster {
    use super::backends::fenced_cluster;

    countersign_testkit::session_store_suite!(fenced_cluster().await, expires_by_itself);
}

#[cfg(feature = "sentinel")]
mod sentinel {
    use super::backends::sentinel;

    countersign_testkit::nonce_store_suite!(sentinel().await, expires_by_itself);
    countersign_testkit::session_store_suite!(sentinel().await, expires_by_itself);
    countersign_testkit::rate_limiter_suite!(sentinel().await);
    countersign_testkit::registry_suite!(sentinel().await);
}

#[test]
fn every_key_has_an_end_of_its_own() {
    let redis = Redis::start();
    countersign_testkit::run(async {
        let stores = RedisStores::connect(&redis.url(), Options::default())
            .await
            .unwrap();
        stores.issue(&record("a")).await.unwrap();
        stores.insert(&session("alice")).await.unwrap();
        stores
            .take("a", Quota::per_minute(5), 1, at_start())
            .await
            .unwrap();
    });
    let keys = redis.ask("KEYS *");
    let keys: Vec<_> = keys
        .lines()
        .filter(|line| line.starts_with("cs:"))
        .collect();
    assert_eq!(
        keys.len(),
        4,
        "a record, a session, its index, a quota: {keys:?}"
    );
    for key in keys {
        let left = redis.ask(&format!("TTL {key}"));
        let left: i64 = left.trim_start_matches(':').trim().parse().unwrap();
        assert!(left > 60, "{key}: {left}");
    }
}

#[test]
fn signing_out_leaves_nothing_behind() {
    let redis = Redis::start();
    countersign_testkit::run(async {
        let stores = RedisStores::connect(&redis.url(), Options::default())
            .await
            .unwrap();
        for _ in 0..3 {
            let session = session("alice");
            stores.insert(&session).await.unwrap();
            assert!(stores.remove(&session.id).await.unwrap());
        }
        let last = session("alice");
        stores.insert(&last).await.unwrap();
        assert_eq!(stores.remove_all(&last.identity.subject).await.unwrap(), 1);
    });
    assert_eq!(redis.ask("DBSIZE"), ":0\r\n");
}
