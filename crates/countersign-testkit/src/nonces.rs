//! The suite for nonce stores.

use std::sync::Arc;

use countersign_core::{NonceStore, OneTime, StoreError, Timestamp};
use tokio::{sync::Barrier, task::JoinSet};

use crate::at_start;

/// Stamps the suite for a [`NonceStore`]: one named `#[test]` per contract line. The expression
/// makes a fresh, empty store and may `.await`.
///
/// A store that leaves the removal of expired records to its backend says so:
/// `nonce_store_suite!(MyStore::fresh().await, expires_by_itself)`. It then shows by a test of its
/// own that every record has an end.
#[macro_export]
macro_rules! nonce_store_suite {
    ($store:expr) => {
        $crate::nonce_store_suite!(@common $store);
        $crate::stamp!(
            $crate::nonces,
            [purge_removes_only_what_expired_before, purge_may_be_repeated],
            ($store)
        );
    };
    ($store:expr, expires_by_itself) => {
        $crate::nonce_store_suite!(@common $store);
        $crate::stamp!($crate::nonces, [purge_leaves_what_has_not_expired], ($store));
    };
    (@common $store:expr) => {
        $crate::stamp!(
            $crate::nonces,
            [
                an_issued_record_is_consumed_once,
                what_was_issued_comes_back_byte_for_byte,
                issuing_never_overwrites,
                a_key_that_was_never_issued_gives_nothing,
                of_many_racers_one_wins,
                of_many_issuers_one_wins,
                an_expired_record_is_still_handed_out,
                a_consumed_key_can_be_issued_again,
            ],
            ($store)
        );
    };
}

/// `consume` gives the record once, and then nothing for ever.
pub async fn an_issued_record_is_consumed_once(store: impl NonceStore) {
    let record = record("a");
    store.issue(&record).await.unwrap();
    assert_eq!(
        store.consume(&record.key).await.unwrap(),
        Some(record.clone())
    );
    assert_eq!(store.consume(&record.key).await.unwrap(), None);
    assert_eq!(store.consume(&record.key).await.unwrap(), None);
}

/// Payloads are opaque: no byte of them means anything to the store.
pub async fn what_was_issued_comes_back_byte_for_byte(store: impl NonceStore) {
    for (name, payload) in [
        ("empty", vec![]),
        ("all bytes", (0..=255).collect::<Vec<u8>>()),
        ("not UTF-8", vec![0xff, 0xfe, 0x00, 0x80]),
        ("long", vec![7; 60_000]),
    ] {
        let record = OneTime {
            payload,
            ..record(name)
        };
        store.issue(&record).await.unwrap();
        assert_eq!(
            store.consume(&record.key).await.unwrap(),
            Some(record),
            "{name}"
        );
    }
}

/// A second record under one key is a conflict, and the first one stays.
pub async fn issuing_never_overwrites(store: impl NonceStore) {
    let first = record("a");
    let second = OneTime {
        payload: b"second".to_vec(),
        ..first.clone()
    };
    store.issue(&first).await.unwrap();
    assert!(matches!(
        store.issue(&second).await,
        Err(StoreError::Conflict)
    ));
    assert_eq!(store.consume(&first.key).await.unwrap(), Some(first));
}

/// Unknown keys give nothing: also ones in another letter case, or with a space behind.
pub async fn a_key_that_was_never_issued_gives_nothing(store: impl NonceStore) {
    let record = record("a");
    store.issue(&record).await.unwrap();
    let lower = record.key.to_lowercase();
    for stranger in [
        "",
        "b",
        &format!("{} ", record.key),
        &lower,
        &record.key[1..],
    ] {
        assert_eq!(store.consume(stranger).await.unwrap(), None, "{stranger:?}");
    }
    assert!(store.consume(&record.key).await.unwrap().is_some());
}

/// Sixteen callers at once, two hundred times: exactly one of them gets the record.
pub async fn of_many_racers_one_wins(store: impl NonceStore) {
    let store = Arc::new(store);
    for round in 0..200 {
        let record = record(&format!("round {round}"));
        store.issue(&record).await.unwrap();
        let start = Arc::new(Barrier::new(RACERS));
        let mut racers = JoinSet::new();
        for _ in 0..RACERS {
            let (store, start, key) = (store.clone(), start.clone(), record.key.clone());
            racers.spawn(async move {
                start.wait().await;
                store.consume(&key).await.unwrap()
            });
        }
        let winners = racers.join_all().await.into_iter().flatten().count();
        assert_eq!(winners, 1, "round {round}");
    }
}

/// Sixteen callers at once put a record down under one key: exactly one of them may.
pub async fn of_many_issuers_one_wins(store: impl NonceStore) {
    let store = Arc::new(store);
    for round in 0..50 {
        let record = record(&format!("round {round}"));
        let start = Arc::new(Barrier::new(RACERS));
        let mut racers = JoinSet::new();
        for _ in 0..RACERS {
            let (store, start, record) = (store.clone(), start.clone(), record.clone());
            racers.spawn(async move {
                start.wait().await;
                store.issue(&record).await
            });
        }
        let results = racers.join_all().await;
        assert_eq!(
            results.iter().filter(|result| result.is_ok()).count(),
            1,
            "round {round}"
        );
        let conflicts = |result: &&Result<(), _>| matches!(result, Err(StoreError::Conflict));
        assert_eq!(
            results.iter().filter(conflicts).count(),
            RACERS - 1,
            "round {round}"
        );
    }
}

/// Whether a record is expired is for the engine to say: the store's clock does not hide it.
pub async fn an_expired_record_is_still_handed_out(store: impl NonceStore) {
    // Just expired by the wall clock, so that no store has had cause to clean up yet.
    let now = countersign_core::Clock::now(&countersign_core::SystemClock);
    let record = OneTime {
        expires_at: now - std::time::Duration::from_millis(1),
        ..record("a")
    };
    store.issue(&record).await.unwrap();
    assert_eq!(store.consume(&record.key).await.unwrap(), Some(record));
}

/// `purge` takes what expired before the instant, counts it, and leaves the rest.
pub async fn purge_removes_only_what_expired_before(store: impl NonceStore) {
    let limit = at_start();
    let expiring = |name: &str, secs: i64| OneTime {
        expires_at: Timestamp::from_secs(limit.as_secs() + secs),
        ..record(name)
    };
    let (old, edge, new) = (expiring("old", -1), expiring("edge", 0), expiring("new", 1));
    for record in [&old, &edge, &new] {
        store.issue(record).await.unwrap();
    }
    assert_eq!(store.purge(limit).await.unwrap(), 1);
    assert_eq!(store.consume(&old.key).await.unwrap(), None);
    assert_eq!(store.consume(&edge.key).await.unwrap(), Some(edge));
    assert_eq!(store.consume(&new.key).await.unwrap(), Some(new));
}

/// A store that lets go of expired records by itself may find nothing to purge; it must not find
/// what has not expired.
pub async fn purge_leaves_what_has_not_expired(store: impl NonceStore) {
    let limit = at_start();
    let expiring = |name: &str, secs: i64| OneTime {
        expires_at: Timestamp::from_secs(limit.as_secs() + secs),
        ..record(name)
    };
    let (old, edge, new) = (expiring("old", -1), expiring("edge", 0), expiring("new", 1));
    for record in [&old, &edge, &new] {
        store.issue(record).await.unwrap();
    }
    for _ in 0..2 {
        assert!(store.purge(limit).await.unwrap() <= 1);
    }
    assert_eq!(store.consume(&edge.key).await.unwrap(), Some(edge));
    assert_eq!(store.consume(&new.key).await.unwrap(), Some(new));
}

/// A second purge finds nothing.
pub async fn purge_may_be_repeated(store: impl NonceStore) {
    for n in 0..10 {
        store.issue(&record(&n.to_string())).await.unwrap();
    }
    let late = Timestamp::from_secs(4_000_000_000);
    assert_eq!(store.purge(late).await.unwrap(), 10);
    assert_eq!(store.purge(late).await.unwrap(), 0);
}

/// Keys are not used up: what was taken leaves no mark behind.
pub async fn a_consumed_key_can_be_issued_again(store: impl NonceStore) {
    let record = record("a");
    for _ in 0..2 {
        store.issue(&record).await.unwrap();
        assert_eq!(
            store.consume(&record.key).await.unwrap(),
            Some(record.clone())
        );
    }
}

/// A record as the engine makes them: its key has the shape of a digest in base64url.
pub fn record(name: &str) -> OneTime {
    let mut key = format!("Aa_-{}", name.replace(' ', "_"));
    key.extend(std::iter::repeat_n('x', 43_usize.saturating_sub(key.len())));
    OneTime {
        key,
        payload: name.as_bytes().to_vec(),
        expires_at: Timestamp::from_secs(3_000_000_000),
    }
}

const RACERS: usize = 16;
