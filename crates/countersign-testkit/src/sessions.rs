//! The suite for session stores.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    AccountId, Grant, Identity, RefreshSeed, RefreshState, Session, SessionKind, SessionStore,
    SessionToken, Standing, StoreError, Subject, Timestamp,
};
use serde_json::json;
use tokio::{sync::Barrier, task::JoinSet};

use crate::at_start;

/// Stamps the suite for a [`SessionStore`]: one named `#[test]` per contract line. The expression
/// makes a fresh, empty store and may `.await`.
///
/// A store that leaves the removal of ended sessions to its backend says so:
/// `session_store_suite!(MyStore::fresh().await, expires_by_itself)`. It then shows by a test of
/// its own that every session has an end.
#[macro_export]
macro_rules! session_store_suite {
    ($store:expr) => {
        $crate::session_store_suite!(@common $store);
        $crate::stamp!($crate::sessions, [session_purge_removes_only_what_ended], ($store));
    };
    ($store:expr, expires_by_itself) => {
        $crate::session_store_suite!(@common $store);
        $crate::stamp!($crate::sessions, [session_purge_leaves_what_lives], ($store));
    };
    (@common $store:expr) => {
        $crate::stamp!(
            $crate::sessions,
            [
                what_was_inserted_is_found_field_for_field,
                inserting_twice_is_a_conflict,
                an_unknown_session_is_not_found,
                replacing_needs_the_version_before,
                replacing_a_missing_session_is_a_conflict,
                a_removed_session_does_not_rise_again,
                removing_may_be_repeated,
                the_sessions_of_a_subject_are_listed,
                removing_all_spares_other_subjects,
                of_many_writers_one_wins_each_version,
                writers_racing_a_removal_never_bring_it_back,
                sessions_inserted_before_removing_all_are_dead_after,
                odd_data_survives,
                what_is_at_hand_is_what_is_found,
            ],
            ($store)
        );
    };
}

/// Every field comes back as it was written.
pub async fn what_was_inserted_is_found_field_for_field(store: impl SessionStore) {
    for kind in [SessionKind::Cookie, SessionKind::Token] {
        let session = Session {
            kind,
            ..session("alice")
        };
        store.insert(&session).await.unwrap();
        assert_eq!(store.find(&session.id).await.unwrap(), Some(session));
    }
}

/// `insert` only inserts, and what stood there stays.
pub async fn inserting_twice_is_a_conflict(store: impl SessionStore) {
    let first = session("alice");
    let second = Session {
        version: 7,
        ..first.clone()
    };
    store.insert(&first).await.unwrap();
    assert!(matches!(
        store.insert(&second).await,
        Err(StoreError::Conflict)
    ));
    assert_eq!(store.find(&first.id).await.unwrap(), Some(first));
}

/// What was never inserted is not there, also not for a neighbour of the same subject.
pub async fn an_unknown_session_is_not_found(store: impl SessionStore) {
    store.insert(&session("alice")).await.unwrap();
    assert_eq!(store.find(&session("alice").id).await.unwrap(), None);
}

/// `at_hand` may know less than `find`, and never anything else.
pub async fn what_is_at_hand_is_what_is_found(store: impl SessionStore) {
    let agrees = async |session: &Session| {
        for _ in 0..3 {
            let found = store.find(&session.id).await.unwrap();
            if let Some(at_hand) = store.at_hand(&session.id) {
                assert_eq!(found.as_ref(), Some(&*at_hand));
            }
        }
    };
    let (first, other) = (session("alice"), session("alice"));
    agrees(&first).await;
    store.insert(&first).await.unwrap();
    store.insert(&other).await.unwrap();
    agrees(&first).await;
    let second = Session {
        version: first.version + 1,
        refresh: None,
        ..first.clone()
    };
    store.replace(&second).await.unwrap();
    agrees(&second).await;
    store.remove(&second.id).await.unwrap();
    agrees(&second).await;
    assert_eq!(store.at_hand(&second.id), None, "it was removed");
    store.remove_all(&other.identity.subject).await.unwrap();
    assert_eq!(store.at_hand(&other.id), None, "it was removed");
}

/// `replace` is compare-and-swap.
pub async fn replacing_needs_the_version_before(store: impl SessionStore) {
    let first = session("alice");
    store.insert(&first).await.unwrap();
    let second = Session {
        version: 1,
        last_seen: first.last_seen + MINUTE,
        ..first.clone()
    };
    for version in [0, 2, u64::MAX] {
        let wrong = Session {
            version,
            ..second.clone()
        };
        assert!(
            matches!(store.replace(&wrong).await, Err(StoreError::Conflict)),
            "{version}"
        );
        assert_eq!(store.find(&first.id).await.unwrap().as_ref(), Some(&first));
    }
    store.replace(&second).await.unwrap();
    assert_eq!(store.find(&first.id).await.unwrap().as_ref(), Some(&second));
    assert!(matches!(
        store.replace(&second).await,
        Err(StoreError::Conflict)
    ));
}

/// A row that is not there is a conflict, never an insert.
pub async fn replacing_a_missing_session_is_a_conflict(store: impl SessionStore) {
    for version in [0, 1] {
        let missing = Session {
            version,
            ..session("alice")
        };
        assert!(matches!(
            store.replace(&missing).await,
            Err(StoreError::Conflict)
        ));
        assert_eq!(store.find(&missing.id).await.unwrap(), None);
    }
}

/// A slow writer cannot undo a sign-out.
pub async fn a_removed_session_does_not_rise_again(store: impl SessionStore) {
    let session = session("alice");
    store.insert(&session).await.unwrap();
    assert!(store.remove(&session.id).await.unwrap());
    let late = Session {
        version: 1,
        ..session.clone()
    };
    assert!(matches!(
        store.replace(&late).await,
        Err(StoreError::Conflict)
    ));
    assert_eq!(store.find(&session.id).await.unwrap(), None);
    assert!(
        store
            .of_subject(&session.identity.subject)
            .await
            .unwrap()
            .is_empty()
    );
}

/// The second removal says that there was nothing.
pub async fn removing_may_be_repeated(store: impl SessionStore) {
    let session = session("alice");
    store.insert(&session).await.unwrap();
    assert!(store.remove(&session.id).await.unwrap());
    assert!(!store.remove(&session.id).await.unwrap());
    assert_eq!(
        store.remove_all(&session.identity.subject).await.unwrap(),
        0
    );
}

/// The index by subject: all of them, none of anybody else, also for subjects that look alike.
pub async fn the_sessions_of_a_subject_are_listed(store: impl SessionStore) {
    let of_alice = [session("alice"), session("alice"), session("alice")];
    for session in &of_alice {
        store.insert(session).await.unwrap();
    }
    for other in ["Alice", "alic", "alice2"] {
        store.insert(&session(other)).await.unwrap();
    }
    store.remove(&of_alice[1].id).await.unwrap();
    let mut listed = store.of_subject(&subject("alice")).await.unwrap();
    listed.sort_by_key(|session| session.id);
    let mut expected = vec![of_alice[0].clone(), of_alice[2].clone()];
    expected.sort_by_key(|session| session.id);
    assert_eq!(listed, expected);
    assert!(
        store
            .of_subject(&subject("nobody"))
            .await
            .unwrap()
            .is_empty()
    );
}

/// Signing out everywhere ends one subject's sessions only.
pub async fn removing_all_spares_other_subjects(store: impl SessionStore) {
    let bob = session("bob");
    store.insert(&bob).await.unwrap();
    for _ in 0..3 {
        store.insert(&session("alice")).await.unwrap();
    }
    assert_eq!(store.remove_all(&subject("alice")).await.unwrap(), 3);
    assert_eq!(store.remove_all(&subject("alice")).await.unwrap(), 0);
    assert!(
        store
            .of_subject(&subject("alice"))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.find(&bob.id).await.unwrap(), Some(bob));
}

/// Sixteen writers at once, each adding one: no addition is lost.
pub async fn of_many_writers_one_wins_each_version(store: impl SessionStore) {
    let store = Arc::new(store);
    let first = session("alice");
    store.insert(&first).await.unwrap();
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (store, start, id) = (store.clone(), start.clone(), first.id);
        writers.spawn(async move {
            start.wait().await;
            loop {
                let mut session = store.find(&id).await.unwrap().unwrap();
                session.version += 1;
                let count = session
                    .data
                    .get("count")
                    .and_then(|c| c.as_u64())
                    .unwrap_or(0);
                session.data.insert("count".to_owned(), json!(count + 1));
                match store.replace(&session).await {
                    Ok(()) => return,
                    Err(StoreError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    writers.join_all().await;
    let last = store.find(&first.id).await.unwrap().unwrap();
    assert_eq!(last.version, WRITERS as u64);
    assert_eq!(last.data["count"], json!(WRITERS));
}

/// Writers that race a sign-out never bring the session back.
pub async fn writers_racing_a_removal_never_bring_it_back(store: impl SessionStore) {
    let store = Arc::new(store);
    for round in 0..50 {
        let first = session("alice");
        store.insert(&first).await.unwrap();
        let start = Arc::new(Barrier::new(WRITERS + 1));
        let mut tasks = JoinSet::new();
        for _ in 0..WRITERS {
            let (store, start, first) = (store.clone(), start.clone(), first.clone());
            tasks.spawn(async move {
                start.wait().await;
                match store
                    .replace(&Session {
                        version: 1,
                        ..first
                    })
                    .await
                {
                    Ok(()) | Err(StoreError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            });
        }
        let (remover, begin, id) = (store.clone(), start.clone(), first.id);
        tasks.spawn(async move {
            begin.wait().await;
            assert!(remover.remove(&id).await.unwrap());
        });
        tasks.join_all().await;
        assert_eq!(store.find(&first.id).await.unwrap(), None, "round {round}");
    }
}

/// What was inserted before `remove_all` began is dead when it returns, whatever comes in
/// meanwhile.
pub async fn sessions_inserted_before_removing_all_are_dead_after(store: impl SessionStore) {
    let store = Arc::new(store);
    for round in 0..30 {
        let before: Vec<_> = (0..8).map(|_| session("alice")).collect();
        for session in &before {
            store.insert(session).await.unwrap();
        }
        let start = Arc::new(Barrier::new(2));
        let (inserter, begin) = (store.clone(), start.clone());
        let meanwhile = tokio::spawn(async move {
            begin.wait().await;
            let newcomer = session("alice");
            inserter.insert(&newcomer).await.unwrap();
            newcomer
        });
        start.wait().await;
        store.remove_all(&subject("alice")).await.unwrap();
        let newcomer = meanwhile.await.unwrap();
        for session in &before {
            assert_eq!(
                store.find(&session.id).await.unwrap(),
                None,
                "round {round}"
            );
        }
        // The newcomer is there and listed, or gone and not listed: never one without the other.
        let found = store.find(&newcomer.id).await.unwrap().is_some();
        let listed = store.of_subject(&subject("alice")).await.unwrap();
        assert_eq!(
            listed.iter().any(|session| session.id == newcomer.id),
            found
        );
        store.remove_all(&subject("alice")).await.unwrap();
    }
}

/// `purge` takes what ended, by idleness or by age, and leaves the rest.
pub async fn session_purge_removes_only_what_ended(store: impl SessionStore) {
    let limit = at_start();
    let ending = |idle: i64, absolute: i64| Session {
        idle_until: Timestamp::from_secs(limit.as_secs() + idle),
        expires_at: Timestamp::from_secs(limit.as_secs() + absolute),
        ..session("alice")
    };
    let (idle, aged, edge, live) = (ending(-1, 9), ending(-1, -1), ending(0, 0), ending(5, 9));
    for session in [&idle, &aged, &edge, &live] {
        store.insert(session).await.unwrap();
    }
    assert_eq!(store.purge(limit).await.unwrap(), 2);
    assert_eq!(store.purge(limit).await.unwrap(), 0);
    assert_eq!(store.find(&idle.id).await.unwrap(), None);
    assert_eq!(store.find(&aged.id).await.unwrap(), None);
    assert_eq!(store.find(&edge.id).await.unwrap(), Some(edge));
    assert_eq!(store.find(&live.id).await.unwrap(), Some(live));
    assert_eq!(store.of_subject(&subject("alice")).await.unwrap().len(), 2);
}

/// A store that lets go of ended sessions by itself may find nothing to purge; it must not find
/// what lives.
pub async fn session_purge_leaves_what_lives(store: impl SessionStore) {
    let limit = at_start();
    let live = session("alice");
    store.insert(&live).await.unwrap();
    assert_eq!(store.purge(limit).await.unwrap(), 0);
    assert_eq!(store.find(&live.id).await.unwrap(), Some(live));
    assert_eq!(store.of_subject(&subject("alice")).await.unwrap().len(), 1);
}

/// Whatever JSON an application keeps comes back.
pub async fn odd_data_survives(store: impl SessionStore) {
    let mut session = session("alice");
    session.data.insert(String::new(), json!(null));
    session.data.insert(
        "ключ 🗝 \" ' \\ %_".to_owned(),
        json!("значение 🗝 \" ' \\ \n\t %_"),
    );
    session.data.insert(
        "deep".to_owned(),
        json!({"a": [1, -2.5, {"b": [[], {}]}], "big": u64::MAX}),
    );
    session
        .data
        .insert("long".to_owned(), json!("x".repeat(50_000)));
    store.insert(&session).await.unwrap();
    assert_eq!(store.find(&session.id).await.unwrap(), Some(session));
}

/// A session of somebody, with an id of its own.
pub fn session(name: &str) -> Session {
    let now = at_start();
    let account: AccountId = format!("eip155:1:{name}").parse().unwrap();
    let identity = Identity {
        subject: subject(name),
        account,
        method: "eip191".to_owned(),
        authenticated_at: now,
        delegate: None,
    };
    Session {
        id: SessionToken::generate(&identity.subject).id(),
        identity,
        kind: SessionKind::Cookie,
        version: 0,
        created_at: now,
        last_seen: now,
        idle_until: now + 30 * MINUTE,
        expires_at: now + 24 * 60 * MINUTE,
        refresh: Some(RefreshState {
            seed: RefreshSeed::generate(),
            count: 7,
            rotated_at: now,
        }),
        grant: Some(Grant {
            client: "a-client".to_owned(),
            scopes: vec!["openid".to_owned()],
            refreshable: true,
        }),
        standing: Some(Standing {
            evidence: "what the chain said".to_owned(),
            confirmed_at: now,
        }),
        data: [("theme".to_owned(), json!("dark"))].into(),
    }
}

fn subject(name: &str) -> Subject {
    Subject::key_as("eip155", name).unwrap()
}

const WRITERS: usize = 8;
const MINUTE: Duration = Duration::from_secs(60);
