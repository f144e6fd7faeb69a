//! The store suites of the testkit, and what is special to memory: the bound.

#![allow(clippy::unwrap_used)]

use countersign_core::{
    Durability, Engine, NonceStore, Quota, RateLimiter, Session, SessionStore, StoreError,
    Timestamp, Verdict,
};
use countersign_store_memory::{MemoryLimiter, MemoryNonces, MemorySessions};
use countersign_testkit::{at_start, nonces::record, run, sessions::session};

mod nonces {
    countersign_testkit::nonce_store_suite!(countersign_store_memory::MemoryNonces::default());
}

mod sessions {
    countersign_testkit::session_store_suite!(countersign_store_memory::MemorySessions::default());
}

mod limiter {
    countersign_testkit::rate_limiter_suite!(countersign_store_memory::MemoryLimiter::default());
}

mod registry {
    countersign_testkit::registry_suite!(countersign_store_memory::MemoryRegistry::default());
}

#[test]
fn a_full_nonce_store_says_so_and_drops_nothing() {
    run(async {
        let store = MemoryNonces::with_capacity(3);
        let records = ["a", "b", "c"].map(record);
        for record in &records {
            store.issue(record).await.unwrap();
        }
        assert!(matches!(
            store.issue(&record("d")).await,
            Err(StoreError::Full)
        ));
        assert_eq!(store.len(), 3);
        for record in records {
            assert_eq!(store.consume(&record.key).await.unwrap(), Some(record));
        }
        store.issue(&record("d")).await.unwrap();
    });
}

#[test]
fn a_full_session_store_says_so_and_drops_nothing() {
    run(async {
        let store = MemorySessions::with_capacity(2);
        let (first, second) = (session("alice"), session("bob"));
        store.insert(&first).await.unwrap();
        store.insert(&second).await.unwrap();
        assert!(matches!(
            store.insert(&session("carol")).await,
            Err(StoreError::Full)
        ));
        assert!(store.find(&first.id).await.unwrap().is_some());
        assert!(store.remove(&first.id).await.unwrap());
        store.insert(&session("carol")).await.unwrap();
        assert_eq!(store.len(), 2);
    });
}

#[test]
fn a_conflict_takes_no_place() {
    run(async {
        let store = MemoryNonces::with_capacity(2);
        store.issue(&record("a")).await.unwrap();
        for _ in 0..5 {
            assert!(matches!(
                store.issue(&record("a")).await,
                Err(StoreError::Conflict)
            ));
        }
        store.issue(&record("b")).await.unwrap();
    });
}

#[test]
fn a_flood_of_clients_shares_one_quota_and_spares_the_others() {
    run(async {
        let limiter = MemoryLimiter::with_capacity(10);
        let quota = Quota::per_minute(5);
        let take = |key: String| {
            let limiter = &limiter;
            async move { limiter.take(&key, quota, 1, at_start()).await.unwrap() }
        };
        for n in 0..10 {
            assert_eq!(take(format!("early {n}")).await, Verdict::Admitted);
        }
        let mut admitted = 0;
        for n in 0..10_000 {
            admitted += usize::from(take(format!("late {n}")).await == Verdict::Admitted);
        }
        assert_eq!(admitted, 5, "all that came late share one quota");
    });
}

#[test]
fn several_nodes_do_not_share_what_is_in_memory() {
    let codes = |nodes| -> Vec<_> {
        let built = Engine::builder("http://127.0.0.1:3000")
            .dev()
            .stores(countersign_store_memory::stores())
            .nodes(nodes)
            .build();
        let faults = built.unwrap_err().faults().to_vec(); // it has no chain
        faults.into_iter().map(|fault| fault.code).collect()
    };
    assert!(codes(2).contains(&"CFG_STORE_SHARED"));
    assert!(!codes(1).contains(&"CFG_STORE_SHARED"));
}

#[test]
fn memory_is_volatile_and_an_engine_that_needs_more_refuses_it() {
    let built = |least| {
        Engine::builder("http://127.0.0.1:3000")
            .dev()
            .stores(countersign_store_memory::stores())
            .require_durability(least)
            .build()
    };
    let codes = |least| -> Vec<_> {
        let faults = built(least).unwrap_err().faults().to_vec();
        faults.into_iter().map(|fault| fault.code).collect()
    };
    assert!(codes(Durability::Durable).contains(&"CFG_DURABILITY"));
    assert!(codes(Durability::BoundedLoss).contains(&"CFG_DURABILITY"));
    assert!(!codes(Durability::Volatile).contains(&"CFG_DURABILITY"));
}

#[test]
fn whatever_comes_and_goes_it_is_found_by_id_and_by_subject() {
    run(async {
        let store = MemorySessions::default();
        let mut model: Vec<Session> = Vec::new();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below as u64) as usize
        };
        for step in 0..6_000 {
            let subject = ["alice", "bob", "carol"][next(3)];
            match next(20) {
                0..=9 => {
                    let new = session(subject);
                    store.insert(&new).await.unwrap();
                    model.push(new);
                }
                10..=13 if !model.is_empty() => {
                    let place = next(model.len());
                    let gone = model.swap_remove(place);
                    assert!(store.remove(&gone.id).await.unwrap());
                    assert!(!store.remove(&gone.id).await.unwrap());
                }
                14..=17 if !model.is_empty() => {
                    let place = next(model.len());
                    model[place].version += 1;
                    model[place].data.insert("step".to_owned(), step.into());
                    store.replace(&model[place]).await.unwrap();
                }
                18 if next(30) == 0 => {
                    let subject = session(subject).identity.subject;
                    let before = model.len();
                    model.retain(|kept| kept.identity.subject != subject);
                    let removed = store.remove_all(&subject).await.unwrap();
                    assert_eq!(removed, (before - model.len()) as u64);
                }
                19 if next(200) == 0 => {
                    // Nearly all of them end, so the pieces give their memory back.
                    for kept in &mut model {
                        if next(10) > 0 {
                            kept.version += 1;
                            kept.idle_until = at_start();
                            store.replace(kept).await.unwrap();
                        }
                    }
                    let later = Timestamp::from_millis(at_start().as_millis() + 1);
                    let ended = model.iter().filter(|kept| kept.idle_until < later).count();
                    assert_eq!(store.purge(later).await.unwrap(), ended as u64);
                    model.retain(|kept| kept.idle_until >= later);
                }
                _ => {}
            }
            assert_eq!(store.len(), model.len());
            if step % 100 == 0 {
                for kept in &model {
                    assert_eq!(store.find(&kept.id).await.unwrap().as_ref(), Some(kept));
                }
                for subject in ["alice", "bob", "carol"] {
                    let subject = session(subject).identity.subject;
                    let mut found = store.of_subject(&subject).await.unwrap();
                    let of_model = model.iter().filter(|s| s.identity.subject == subject);
                    let mut expected: Vec<_> = of_model.cloned().collect();
                    found.sort_by_key(|session| session.id);
                    expected.sort_by_key(|session| session.id);
                    assert_eq!(found, expected);
                }
            }
        }
        assert!(model.len() > 100, "{}", model.len());
    });
}
