//! A cached session store keeps the contract, and forgets within its bound.

#![cfg(feature = "cache")]
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use countersign_core::{Session, SessionStore, StoreError};
use countersign_store_memory::{Cached, MemorySessions};
use countersign_testkit::{
    faults::{Flaky, Mood},
    run,
    sessions::session,
};

countersign_testkit::session_store_suite!(Cached::new(MemorySessions::default()));

#[test]
fn f05_a_session_that_another_node_ended_is_gone_within_the_bound() {
    run(async {
        let store = Flaky::new(MemorySessions::default());
        let staleness = Duration::from_millis(100);
        let here = Cached::with(store.clone(), staleness, 100);
        let there = Cached::with(store, staleness, 100);
        for everywhere in [false, true] {
            let session = session("alice");
            here.insert(&session).await.unwrap();
            assert!(here.find(&session.id).await.unwrap().is_some());
            if everywhere {
                there.remove_all(&session.identity.subject).await.unwrap();
            } else {
                there.remove(&session.id).await.unwrap();
            }
            let ended = Instant::now();
            assert_eq!(
                there.find(&session.id).await.unwrap(),
                None,
                "gone at once there"
            );
            while here.find(&session.id).await.unwrap().is_some() {
                assert!(ended.elapsed() < staleness, "{:?}", ended.elapsed());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
}

#[test]
fn who_lost_a_race_to_another_node_reads_anew() {
    run(async {
        let store = Flaky::new(MemorySessions::default());
        let (here, there) = (Cached::new(store.clone()), Cached::new(store));
        let first = session("alice");
        here.insert(&first).await.unwrap();
        here.find(&first.id).await.unwrap();
        let next = |session: &Session| Session {
            version: session.version + 1,
            ..session.clone()
        };
        there.replace(&next(&first)).await.unwrap();
        let lost = here.replace(&next(&first)).await;
        assert!(matches!(lost, Err(StoreError::Conflict)));
        assert_eq!(here.find(&first.id).await.unwrap(), Some(next(&first)));
    });
}

#[test]
fn what_is_remembered_is_found_without_the_store_and_never_for_longer_than_a_second() {
    run(async {
        let flaky = Flaky::new(MemorySessions::default());
        let cached = Cached::with(flaky.clone(), Duration::from_secs(60), 100);
        let session = session("alice");
        cached.insert(&session).await.unwrap();
        assert!(cached.find(&session.id).await.unwrap().is_some());
        flaky.set(Mood::Down);
        let begin = Instant::now();
        assert_eq!(
            cached.find(&session.id).await.unwrap(),
            Some(session.clone())
        );
        while cached.find(&session.id).await.is_ok() {
            assert!(begin.elapsed() < Duration::from_millis(1_050));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}
