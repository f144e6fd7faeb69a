//! Session fixation, hijack and the end of sessions.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    Credential, Session, SessionId, SessionStore, StoreError, Subject, Timestamp, async_trait,
};
use countersign_store_memory::MemorySessions;
use countersign_testkit::{
    ORIGIN, Stage,
    faults::{Flaky, Mood},
    run,
};
use tokio::sync::Semaphore;

use super::*;

const SESSION: &str = "__Host-countersign";

#[test]
fn f01_a_sign_in_ends_the_session_before_it() {
    on_every_face(async |face| {
        let browser = signed_in(&face).await;
        let before = browser.cookie(SESSION).unwrap();
        assert_eq!(browser.sign_in(&ethereum_wallet(1)).await.status(), 200);
        let after = browser.cookie(SESSION).unwrap();
        assert_ne!(before, after);
        let old = face.browser();
        old.plant(SESSION, &before);
        assert_refused(
            &old.get("/auth/session").await,
            (401, "session_required"),
            face.name,
        );
        let listed = browser.get("/auth/sessions").await.json();
        assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn f02_a_session_id_that_the_attacker_chose() {
    on_every_face(async |face| {
        let planted = "A".repeat(46);
        let victim = face.browser();
        victim.plant(SESSION, &planted);
        assert_eq!(victim.sign_in(&ethereum_wallet(1)).await.status(), 200);
        assert_ne!(victim.cookie(SESSION).unwrap(), planted);
        let attacker = face.browser();
        attacker.plant(SESSION, &planted);
        assert_eq!(attacker.get("/auth/session").await.refusal().0, 401);
    });
}

#[test]
fn f03_the_old_cookie_after_sign_out() {
    on_every_face(async |face| {
        for way_out in ["/auth/logout", "/auth/logout/all"] {
            let browser = signed_in(&face).await;
            let kept = browser.cookie(SESSION).unwrap();
            assert_eq!(browser.post(way_out, json!({})).await.status(), 204);
            let old = face.browser();
            old.plant(SESSION, &kept);
            assert_refused(&old.get("/me").await, (401, "session_required"), way_out);
        }
        // One of several, by its handle, from another of them.
        let (here, there) = (signed_in(&face).await, signed_in(&face).await);
        let listed = here.get("/auth/sessions").await.json();
        let other = listed["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|s| s["current"] == false);
        let handle = other.unwrap()["handle"].as_str().unwrap().to_owned();
        assert_eq!(
            here.delete(&format!("/auth/sessions/{handle}"))
                .await
                .status(),
            204
        );
        assert_eq!(there.get("/me").await.status(), 401);
        assert_eq!(here.get("/me").await.status(), 200);
        assert_eq!(
            here.delete(&format!("/auth/sessions/{handle}"))
                .await
                .status(),
            404
        );
        // Nobody ends a stranger's session.
        let stranger = face.browser();
        stranger.sign_in(&ethereum_wallet(2)).await;
        let mine = here.get("/auth/sessions").await.json()["sessions"][0]["handle"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(
            stranger
                .delete(&format!("/auth/sessions/{mine}"))
                .await
                .status(),
            404
        );
        assert_eq!(here.get("/me").await.status(), 200);
    });
}

#[test]
fn f04_a_slow_request_saves_after_the_sign_out() {
    /// Holds every `replace` back until it is let go.
    #[derive(Debug, Clone)]
    struct Slow(Arc<MemorySessions>, Arc<Semaphore>);

    #[async_trait]
    impl SessionStore for Slow {
        async fn insert(&self, session: &Session) -> Result<(), StoreError> {
            self.0.insert(session).await
        }
        async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
            self.0.find(id).await
        }
        async fn replace(&self, session: &Session) -> Result<(), StoreError> {
            self.1.acquire().await.unwrap().forget();
            self.0.replace(session).await
        }
        async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
            self.0.remove(id).await
        }
        async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
            self.0.of_subject(subject).await
        }
        async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
            self.0.remove_all(subject).await
        }
        async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
            self.0.purge(before).await
        }
    }

    run(async {
        let (gate, store) = (
            Arc::new(Semaphore::new(0)),
            Arc::new(MemorySessions::default()),
        );
        let sessions = Slow(store, gate.clone());
        let stage = Stage::built(ORIGIN, |b| b.chain(Ethereum::mainnet()).sessions(sessions));
        let session = stage.sign_in(&ethereum_wallet(1)).await.unwrap().session;
        let (engine, id) = (stage.engine.clone(), session.id);
        let slow = tokio::spawn(async move {
            engine
                .update(&id, |data| {
                    drop(data.insert("late".to_owned(), json!(true)))
                })
                .await
        });
        tokio::task::yield_now().await;
        stage.engine.sign_out(&session.id).await.unwrap();
        gate.add_permits(10);
        let error = slow.await.unwrap().unwrap_err();
        assert_eq!(error.code().as_str(), "session_required");
        assert!(
            stage
                .engine
                .sessions(&session.identity.subject)
                .await
                .unwrap()
                .is_empty()
        );
    });
}

#[test]
fn f06_signing_out_everywhere_while_somebody_signs_in() {
    run(async {
        let stage = Stage::ethereum();
        let wallet = ethereum_wallet(1);
        for _ in 0..50 {
            let before = stage.sign_in(&wallet).await.unwrap();
            let subject = before.session.identity.subject.clone();
            let engine = stage.engine.clone();
            let ending = tokio::spawn(async move { engine.sign_out_everywhere(&subject).await });
            let newcomer = stage.sign_in(&wallet).await.unwrap();
            ending.await.unwrap().unwrap();
            let old = before.token.expose();
            assert!(
                stage
                    .engine
                    .authenticate(Credential::Bearer(&old))
                    .await
                    .is_err()
            );
            // The newcomer came before or after, but is never half there.
            let token = newcomer.token.expose();
            let live = stage
                .engine
                .authenticate(Credential::Bearer(&token))
                .await
                .is_ok();
            let subject = &newcomer.session.identity.subject;
            let listed = stage.engine.sessions(subject).await.unwrap();
            assert_eq!(listed.len(), usize::from(live));
            stage.engine.sign_out_everywhere(subject).await.unwrap();
        }
    });
}

#[test]
fn f07_two_requests_write_different_fields() {
    run(async {
        let stage = Stage::ethereum();
        for _ in 0..50 {
            let id = stage.sign_in(&ethereum_wallet(1)).await.unwrap().session.id;
            let write = |field: &'static str| {
                let engine = stage.engine.clone();
                tokio::spawn(async move {
                    engine
                        .update(&id, |data| drop(data.insert(field.to_owned(), json!(1))))
                        .await
                })
            };
            let (one, two) = (write("one"), write("two"));
            one.await.unwrap().unwrap();
            let last = two.await.unwrap().unwrap();
            let stored = stage.engine.update(&last.id, |_| {}).await.unwrap();
            assert_eq!(stored.data.keys().collect::<Vec<_>>(), ["one", "two"]);
        }
    });
}

#[test]
fn f08_what_the_store_holds_signs_nobody_in() {
    on_every_face(async |face| {
        let browser = signed_in(&face).await;
        let subject: Subject = format!("eip155:{}", ethereum_wallet(1).address())
            .parse()
            .unwrap();
        let dump = face.stage.engine.sessions(&subject).await.unwrap();
        let own = browser.cookie(SESSION).unwrap();
        let text = serde_json::to_string(&dump).unwrap();
        assert!(!text.contains(&own), "the token is in the dump");
        for stolen in [
            dump[0].id.to_string(),
            face.stage.engine.handle(&dump[0].id),
        ] {
            let thief = face.browser();
            thief.plant(SESSION, &stolen);
            assert_eq!(thief.get("/auth/session").await.refusal().0, 401);
        }
    });
}

#[test]
fn f09_idle_and_absolute_ends() {
    on_every_face(async |face| {
        let idle = signed_in(&face).await;
        face.stage.clock.advance(Duration::from_secs(30 * 60));
        assert_refused(
            &idle.get("/me").await,
            (401, "session_required"),
            "30 minutes idle",
        );

        let busy = signed_in(&face).await;
        for _ in 0..71 {
            face.stage.clock.advance(Duration::from_secs(20 * 60));
            assert_eq!(busy.get("/me").await.status(), 200, "use keeps it alive");
        }
        face.stage.clock.advance(Duration::from_secs(20 * 60 - 1));
        assert_eq!(
            busy.get("/me").await.status(),
            200,
            "a second before the 24 hours"
        );
        face.stage.clock.advance(Duration::from_secs(1));
        assert_refused(
            &busy.get("/me").await,
            (401, "session_required"),
            "after 24 hours",
        );
    });
}

#[test]
fn f10_another_wallet_signs_in_from_the_same_browser() {
    on_every_face(async |face| {
        let browser = signed_in(&face).await;
        let first = browser.cookie(SESSION).unwrap();
        let answer = browser.sign_in(&ethereum_wallet(2)).await;
        let subject = format!("eip155:{}", ethereum_wallet(2).address());
        assert_eq!(answer.json()["subject"], subject);
        assert_eq!(
            browser.get("/auth/session").await.json()["subject"],
            subject
        );
        let old = face.browser();
        old.plant(SESSION, &first);
        assert_eq!(
            old.get("/auth/session").await.refusal().0,
            401,
            "replaced, not merged"
        );
    });
}

#[test]
fn f11_no_session_id_in_a_url_or_a_referer() {
    on_every_face(async |face| {
        let browser = signed_in(&face).await;
        let own = browser.cookie(SESSION).unwrap();
        let by_url = face.browser();
        for path in [
            format!("/auth/session?{SESSION}={own}"),
            format!("/auth/session?access_token={own}"),
            format!("/me?token={own}"),
        ] {
            assert_eq!(by_url.get(&path).await.refusal().0, 401, "{path}");
        }
        for path in ["/auth/session", "/auth/sessions", "/auth/nonce"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("location"), "");
        }
        // Handles are what people see, and they open nothing.
        let listed = browser.get("/auth/sessions").await.text();
        assert!(!listed.contains(&own));
    });
}

#[test]
fn f12_the_cleaning_task_outlives_a_store_error() {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(async {
            let sessions = Flaky::new(MemorySessions::default());
            let stage = Stage::built(ORIGIN, |b| {
                b.chain(Ethereum::mainnet()).sessions(sessions.clone())
            });
            let auth = countersign_http::AuthHttp::new(stage.engine.clone());
            let rig = countersign_testkit::rig::Bare(auth);
            let session = stage.sign_in(&ethereum_wallet(1)).await.unwrap().session;
            Browser::on(&rig, ORIGIN).get("/auth/session").await; // the first request begins the task
            stage.clock.advance(Duration::from_secs(30 * 24 * 3_600));
            sessions.set(Mood::Down);
            tokio::time::advance(Duration::from_secs(300)).await;
            tokio::time::sleep(Duration::from_secs(1)).await; // paused: lets the task run
            sessions.set(Mood::Well);
            assert!(
                sessions.find(&session.id).await.unwrap().is_some(),
                "down, nothing was purged"
            );
            tokio::time::sleep(Duration::from_secs(61)).await;
            assert!(
                sessions.find(&session.id).await.unwrap().is_none(),
                "well again, it went on"
            );
        });
}

#[test]
fn f13_a_session_id_that_is_taken() {
    /// Says that every id exists, as a store would after a collision.
    #[derive(Debug)]
    struct Taken;

    #[async_trait]
    impl SessionStore for Taken {
        async fn insert(&self, _: &Session) -> Result<(), StoreError> {
            Err(StoreError::Conflict)
        }
        async fn find(&self, _: &SessionId) -> Result<Option<Session>, StoreError> {
            Ok(None)
        }
        async fn replace(&self, _: &Session) -> Result<(), StoreError> {
            panic!("a new session is inserted, never written over another")
        }
        async fn remove(&self, _: &SessionId) -> Result<bool, StoreError> {
            Ok(false)
        }
        async fn of_subject(&self, _: &Subject) -> Result<Vec<Session>, StoreError> {
            Ok(vec![])
        }
        async fn remove_all(&self, _: &Subject) -> Result<u64, StoreError> {
            Ok(0)
        }
        async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    with_engine(
        ORIGIN,
        |b| b.sessions(Taken),
        async |face| {
            let answer = face.browser().sign_in(&ethereum_wallet(1)).await;
            assert_refused(&answer, (500, "internal_error"), face.name);
            assert!(answer.cookies().is_empty());
        },
    );
}

#[test]
fn a_store_that_is_down_keeps_the_cookie_and_spends_no_nonce() {
    let sessions = Flaky::new(MemorySessions::default());
    with_engine(
        ORIGIN,
        |b| b.sessions(sessions.clone()),
        async |face| {
            let browser = signed_in(&face).await;
            for (mood, expected) in [
                (Mood::Down, (503, "store_unavailable")),
                (Mood::Panics, (500, "plugin_error")),
            ] {
                sessions.set(mood);
                let answer = browser.get("/auth/session").await;
                assert_refused(&answer, expected, face.name);
                assert!(answer.cookies().is_empty(), "the cookie is kept");
                sessions.set(Mood::Well);
                assert_eq!(
                    browser.get("/auth/session").await.status(),
                    200,
                    "and counts again"
                );
            }
            sessions.set(Mood::Down);
            assert_eq!(
                browser.get("/auth/session").await.header("retry-after"),
                "1"
            );
            sessions.set(Mood::Well);
        },
    );
}
