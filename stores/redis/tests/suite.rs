//! The store suites of the testkit on real servers, each case with keys of its own.

#![allow(clippy::unwrap_used)]

mod backends;

use countersign_core::{NonceStore, Quota, RateLimiter, Session, SessionStore};
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

async fn open(redis: &Redis) -> RedisStores {
    let opened = RedisStores::connect(&redis.url(), Options::default()).await;
    opened.unwrap()
}

fn index(session: &Session) -> String {
    let [first, second] = session.id.shard();
    format!("cs:{{{first:02x}{second:02x}}}:i")
}

#[test]
fn every_key_has_an_end_of_its_own_or_an_index_that_forgets() {
    let redis = Redis::start();
    countersign_testkit::run(async {
        let stores = open(&redis).await;
        stores.issue(&record("a")).await.unwrap();
        stores.insert(&session("alice")).await.unwrap();
        stores
            .take("a", Quota::per_minute(5), 1, at_start())
            .await
            .unwrap();
    });
    let keys = redis.ask("KEYS *");
    let keys = keys.lines().filter(|line| line.starts_with("cs:"));
    let (indexes, keys): (Vec<_>, Vec<_>) = keys.partition(|key| key.ends_with("}:i"));
    assert_eq!(indexes.len(), 1, "{indexes:?}");
    assert_eq!(keys.len(), 3, "a record, a session, a quota: {keys:?}");
    for key in keys {
        let left = redis.ask(&format!("TTL {key}"));
        let left: i64 = left.trim_start_matches(':').trim().parse().unwrap();
        assert!(left > 60, "{key}: {left}");
    }
}

/// The index of a shard has no end: it forgets whom Redis has long let go of.
#[test]
fn an_index_forgets_what_ended() {
    let redis = Redis::start();
    countersign_testkit::run(async {
        let stores = open(&redis).await;
        let mut tries = (0..).map(|_| session("alice"));
        let sweeps = |session: &Session| session.id.as_bytes()[2].is_multiple_of(16);
        let session = tries.find(sweeps).unwrap();
        let index = index(&session);
        redis.ask(&format!("ZADD {index} {} long-ago", 29_400_000_u64 << 21));
        stores.insert(&session).await.unwrap();
        let kept = redis.ask(&format!("ZRANGE {index} 0 -1"));
        assert_eq!(kept.lines().next(), Some("*1"), "{kept}");
        assert!(kept.contains(&session.id.to_string()), "{kept}");
        assert!(stores.remove(&session.id).await.unwrap());
    });
    assert_eq!(redis.ask("DBSIZE"), ":0\r\n");
}

/// Subjects share a shard, and its index; even the bits that tell them apart there may be the same.
#[test]
fn subjects_of_one_shard_are_kept_apart() {
    let redis = Redis::start();
    let mut shards = std::collections::HashMap::new();
    let (alice, bob) = (0..)
        .find_map(|n| {
            let session = session(&format!("user{n}"));
            let shard = session.id.shard();
            shards
                .insert(shard, session.clone())
                .map(|first| (first, session))
        })
        .unwrap();
    assert_eq!(index(&alice), index(&bob));
    let of = |session: &Session| session.identity.subject.clone();
    countersign_testkit::run(async {
        let stores = open(&redis).await;
        for session in [&alice, &bob] {
            stores.insert(session).await.unwrap();
        }
        for session in [&alice, &bob] {
            let listed = stores.of_subject(&of(session)).await.unwrap();
            assert_eq!(listed, std::slice::from_ref(session));
        }
        let score = redis.ask(&format!("ZSCORE {} {}", index(&alice), alice.id));
        let score = score.lines().nth(1).unwrap();
        redis.ask(&format!("ZADD {} {score} {}", index(&bob), bob.id));
        assert_eq!(stores.remove_all(&of(&alice)).await.unwrap(), 1);
        assert_eq!(stores.find(&alice.id).await.unwrap(), None);
        assert_eq!(stores.find(&bob.id).await.unwrap(), Some(bob));
    });
}

/// They go out as one command, which reads the record for each of them.
#[test]
fn n02_of_racers_that_go_out_together_one_wins() {
    let redis = Redis::start();
    countersign_testkit::run(async {
        let stores = open(&redis).await;
        for round in 0..50 {
            let record = record(&format!("raced {round}"));
            stores.issue(&record).await.unwrap();
            let mut racers = tokio::task::JoinSet::new();
            for _ in 0..64 {
                let (stores, key) = (stores.clone(), record.key.clone());
                racers.spawn(async move { stores.consume(&key).await.unwrap() });
            }
            let won = racers.join_all().await.into_iter().flatten();
            assert_eq!(won.collect::<Vec<_>>(), [record]);
        }
    });
}

/// Whoever asks first carries the others: if his task ends, theirs do not notice.
#[test]
fn a_caller_that_goes_away_takes_no_answer_along() {
    let redis = Redis::start();
    countersign_testkit::run(async {
        let stores = open(&redis).await;
        let session = session("alice");
        stores.insert(&session).await.unwrap();
        for _ in 0..50 {
            let mut finders = tokio::task::JoinSet::new();
            let mut first = None;
            for _ in 0..16 {
                let (stores, id) = (stores.clone(), session.id);
                let finder = finders.spawn(async move { stores.find(&id).await });
                first.get_or_insert(finder);
            }
            tokio::task::yield_now().await;
            first.unwrap().abort();
            while let Some(found) = finders.join_next().await {
                match found {
                    Ok(found) => assert_eq!(found.unwrap().as_ref(), Some(&session)),
                    Err(ended) => assert!(ended.is_cancelled(), "{ended}"),
                }
            }
        }
    });
}

/// Servers of many threads have many runtimes over one store. One that ends, or that nobody drives any
/// more, must not keep what the others ask for.
#[test]
fn a_runtime_that_ends_or_stands_still_stops_no_other() {
    use std::{pin::pin, task::Poll, time::Duration};
    use tokio::{runtime::Builder, time::timeout};

    let redis = Redis::start();
    let one_thread = || Builder::new_current_thread().enable_all().build().unwrap();
    let home = one_thread();
    let (stores, session) = (home.block_on(open(&redis)), session("alice"));
    home.block_on(stores.insert(&session)).unwrap();
    let finds = || {
        // Others ask as well meanwhile, so that one of them comes after the patience with the first.
        let found = home.block_on(async {
            let mut found = timeout(Duration::from_secs(1), stores.find(&session.id)).await;
            for _ in 0..2 {
                if found.is_err() {
                    found = timeout(Duration::from_secs(5), stores.find(&session.id)).await;
                }
            }
            found
        });
        assert_eq!(found.unwrap().unwrap().as_ref(), Some(&session));
    };
    let begins_and_stops = |away: &tokio::runtime::Runtime| {
        away.block_on(async {
            let mut find = pin!(stores.find(&session.id));
            std::future::poll_fn(|cx| {
                assert!(find.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        });
    };
    let ends = one_thread();
    begins_and_stops(&ends);
    drop(ends);
    finds();
    let stands_still = one_thread();
    begins_and_stops(&stands_still);
    finds();
    drop(stands_still);
    finds();
}

/// More keys than go into one command.
#[test]
fn a_thousand_callers_at_once_get_what_is_theirs() {
    let redis = Redis::start();
    countersign_testkit::run(async {
        let stores = open(&redis).await;
        let records: Vec<_> = (0..1_000).map(|n| record(&format!("n{n}"))).collect();
        for record in &records {
            stores.issue(record).await.unwrap();
        }
        let takers = records.iter().map(|record| {
            let (stores, key) = (stores.clone(), record.key.clone());
            tokio::spawn(async move { stores.consume(&key).await.unwrap() })
        });
        for (taker, record) in takers.collect::<Vec<_>>().into_iter().zip(&records) {
            assert_eq!(taker.await.unwrap().as_ref(), Some(record));
        }
    });
}

#[test]
fn signing_out_leaves_nothing_behind() {
    let redis = Redis::start();
    countersign_testkit::run(async {
        let stores = open(&redis).await;
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
