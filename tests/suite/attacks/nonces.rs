//! Nonces: replay, race, fixation.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use countersign_core::{
    Ask, Binding, Context, Limits, NonceStore, OneTime, Proof, Quota, StoreError, Timestamp,
    async_trait,
};
use countersign_store_memory::MemoryNonces;
use countersign_testkit::{ORIGIN, Stage, planted::one_time_key};
use futures_util::future::join_all;
use http::Request;
use tokio::{sync::Barrier, time::timeout};

use super::*;
use crate::vectors::play_row;

#[test]
fn n01_the_same_message_and_signature_again() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let browser = face.browser();
        let text = browser.challenge(&wallet).await;
        let binding = browser.cookie("__Host-countersign-pre").unwrap();
        assert_eq!(browser.verify(&wallet, &text).await.status(), 200);
        let again = browser.verify(&wallet, &text).await;
        assert_refused(&again, (401, "nonce_invalid"), face.name);
        // The sign-in renewed the binding, so once more with the old one: it is the nonce that is
        // spent, not only the binding that has changed.
        browser.plant("__Host-countersign-pre", &binding);
        let again = browser.verify(&wallet, &text).await;
        assert_refused(&again, (401, "nonce_invalid"), face.name);
    });
}

/// 64 clients hand the same proof in at once; how many were let in.
async fn let_in_of_64(face: &Face) -> usize {
    let wallet = ethereum_wallet(1);
    let asking = face.browser();
    let text = asking.challenge(&wallet).await;
    let binding = asking.cookie("__Host-countersign-pre").unwrap();
    let racers: Vec<_> = (0..64)
        .map(|_| {
            let racer = face.browser();
            racer.plant("__Host-countersign-pre", &binding);
            racer
        })
        .collect();
    let answers = join_all(racers.iter().map(|racer| racer.verify(&wallet, &text))).await;
    for answer in answers.iter().filter(|answer| answer.status() != 200) {
        assert_refused(answer, (401, "nonce_invalid"), face.name);
    }
    answers
        .iter()
        .filter(|answer| answer.status() == 200)
        .count()
}

#[test]
fn n02_of_64_racers_for_one_nonce_exactly_one_gets_in() {
    on_every_face(async |face| {
        for round in 0..10 {
            assert_eq!(
                let_in_of_64(&face).await,
                1,
                "round {round} on {}",
                face.name
            );
        }
    });
}

#[test]
fn a_store_that_reads_first_and_deletes_later_lets_more_than_one_in() {
    // The broken store that the race above is there to catch. Its gap stays open until a second
    // reader is in it, if there is one: how fast the machine is must not matter.
    #[derive(Debug)]
    struct ReadsThenDeletes(Mutex<std::collections::HashMap<String, OneTime>>, Barrier);

    #[async_trait]
    impl NonceStore for ReadsThenDeletes {
        async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
            self.0
                .lock()
                .unwrap()
                .insert(record.key.clone(), record.clone());
            Ok(())
        }

        async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
            let found = self.0.lock().unwrap().get(key).cloned();
            let _ = timeout(Duration::from_secs(1), self.1.wait()).await;
            self.0.lock().unwrap().remove(key);
            Ok(found)
        }

        async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    with_engine(
        ORIGIN,
        |b| b.nonces(ReadsThenDeletes(Mutex::default(), Barrier::new(2))),
        async |face| {
            let mut most = 0;
            for _ in 0..10 {
                most = most.max(let_in_of_64(&face).await);
                if most > 1 {
                    return;
                }
            }
            assert!(
                most > 1,
                "the race on {} does not catch a broken store",
                face.name
            );
        },
    );
}

#[test]
fn n04_a_nonce_the_server_never_issued() {
    play_row("N4");
    on_every_face(async |face| {
        let answer = verify_edited(&face.browser(), |s| s.nonce = "A".repeat(24).into()).await;
        assert_refused(&answer, (401, "nonce_invalid"), face.name);
    });
}

#[test]
fn n05_cookie_and_body_replayed_together() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let victim = face.browser();
        let text = victim.challenge(&wallet).await;
        let binding = victim.cookie("__Host-countersign-pre").unwrap();
        assert_eq!(victim.verify(&wallet, &text).await.status(), 200);
        let attacker = face.browser();
        attacker.plant("__Host-countersign-pre", &binding);
        let answer = attacker.verify(&wallet, &text).await;
        assert_refused(&answer, (401, "nonce_invalid"), face.name);
    });
}

#[test]
fn n06_a_challenge_that_the_attacker_made() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let browser = face.browser();
        browser.plant("__Host-countersign-pre", &Binding::generate().expose());
        let text = "app.example wants you to sign in with your Ethereum account:\n".to_owned()
            + &wallet.address()
            + "\n\n\nURI: https://app.example\nVersion: 1\nChain ID: 1\nNonce: "
            + &"a".repeat(24)
            + "\nIssued At: 2026-01-01T00:00:00Z";
        let answer = browser.verify(&wallet, &text).await;
        assert_refused(&answer, (401, "nonce_invalid"), face.name);
    });
}

#[test]
fn n07_a_nonce_of_browser_a_used_from_browser_b() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        for binding in [
            None,
            Some(Binding::generate().expose()),
            Some("x".to_owned()),
        ] {
            let text = face.browser().challenge(&wallet).await;
            let other = face.browser();
            if let Some(binding) = &binding {
                other.plant("__Host-countersign-pre", binding);
            }
            let answer = other.verify(&wallet, &text).await;
            assert_refused(&answer, (401, "nonce_invalid"), face.name);
        }
    });
}

#[test]
fn n08_a_nonce_for_one_purpose_used_for_another() {
    countersign_testkit::run(async {
        let stage = Stage::ethereum();
        let wallet = ethereum_wallet(1);
        let purposes = ["sign-in", "link wallet", "tenant 1", "tenant 2"];
        for asked in purposes {
            for used in purposes {
                let ask = Ask::chain(wallet.chain().clone()).account(wallet.address());
                let text = stage
                    .engine
                    .challenge(ask.purpose(asked))
                    .await
                    .unwrap()
                    .message
                    .unwrap();
                let signature = wallet.sign(&text);
                let proof = Proof {
                    chain: None,
                    message: text,
                    signature,
                };
                let context = Context {
                    purpose: used.into(),
                    ..Context::token()
                };
                let result = stage.engine.sign_in(&proof, &context).await;
                let code = result.err().map(|error| error.code().as_str());
                assert_eq!(
                    code,
                    (asked != used).then_some("nonce_invalid"),
                    "{asked} for {used}"
                );
            }
        }
    });
}

#[test]
fn n09_an_expired_nonce_is_refused_twice_and_gone() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let browser = face.browser();
        let text = browser.challenge(&wallet).await;
        face.stage.clock.advance(Duration::from_secs(5 * 60));
        let first = browser.verify(&wallet, &text).await;
        assert_refused(
            &first,
            (401, "challenge_expired"),
            "its own browser is told why",
        );
        let second = browser.verify(&wallet, &text).await;
        assert_refused(
            &second,
            (401, "nonce_invalid"),
            "and then the record is gone",
        );
    });
}

#[test]
fn n10_a_wrong_signature_spends_the_nonce() {
    on_every_face(async |face| {
        let browser = face.browser();
        let text = browser.challenge(&ethereum_wallet(1)).await;
        let wrong = browser.verify(&ethereum_wallet(2), &text).await;
        assert_refused(&wrong, (401, "invalid_signature"), face.name);
        let right = browser.verify(&ethereum_wallet(1), &text).await;
        assert_refused(&right, (401, "nonce_invalid"), face.name);
    });
}

#[test]
fn n11_a_flood_of_nonce_requests_is_limited_and_bounded() {
    let limits = Limits {
        challenge: Quota::per_minute(60),
        ..Limits::default()
    };
    countersign_testkit::run(async {
        let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()).limits(limits));
        let auth = countersign_http::AuthHttp::new(stage.engine);
        let rig = countersign_testkit::rig::Bare(auth);
        let browser = Browser::on(&rig, ORIGIN);
        for n in 0..1_000 {
            let answer = browser.get("/auth/nonce").await;
            if n < 60 {
                assert_eq!(answer.status(), 200);
            } else {
                assert_refused(&answer, (429, "rate_limited"), "past the quota");
                assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
            }
        }
    });
    // And where limits are off or the flood is spread, the store is bounded.
    with_engine(
        ORIGIN,
        |b| b.nonces(MemoryNonces::with_capacity(100)),
        async |face| {
            let browser = face.browser();
            for n in 0..1_000 {
                let answer = browser.get("/auth/nonce").await;
                if n < 100 {
                    assert_eq!(answer.status(), 200);
                } else {
                    assert_refused(&answer, (503, "store_unavailable"), "past the capacity");
                }
            }
        },
    );
}

#[test]
fn n12_nonces_hold_at_least_128_bits() {
    on_every_face(async |face| {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..500 {
            let nonce = face.browser().get("/auth/nonce").await.text();
            let alphanumeric = nonce.bytes().all(|byte| byte.is_ascii_alphanumeric());
            assert!(nonce.len() == 24 && alphanumeric, "{nonce}"); // 24 × log2(62) = 142 bits
            assert!(seen.insert(nonce));
        }
    });
}

#[test]
fn n13_a_nonce_asked_for_by_an_image_leaves_the_session_alone() {
    on_every_face(async |face| {
        let mut browser = signed_in(&face).await;
        let before = browser.get("/auth/session").await.json();
        browser.origin = None;
        browser
            .headers
            .insert("sec-fetch-site", "cross-site".parse().unwrap());
        browser
            .headers
            .insert("sec-fetch-dest", "image".parse().unwrap());
        for _ in 0..3 {
            let answer = browser.get("/auth/nonce").await;
            let names: Vec<_> = answer
                .cookies()
                .iter()
                .map(|c| c.name().to_owned())
                .collect();
            assert_eq!(
                names,
                ["__Host-countersign-pre"],
                "only the binding is renewed"
            );
        }
        browser.headers.clear();
        assert_eq!(browser.get("/auth/session").await.json(), before);
    });
}

#[test]
fn n14_nonces_are_not_for_caches() {
    on_every_face(async |face| {
        for path in ["/auth/nonce", "/auth/nonce?credential=token"] {
            assert_eq!(
                face.browser().get(path).await.header("cache-control"),
                "no-store"
            );
        }
        let ask = json!({"chain": "eip155:1"});
        let answer = face.browser().post("/auth/challenge", ask).await;
        assert_eq!(answer.header("cache-control"), "no-store");
    });
}

#[test]
fn n15_nonces_cannot_name_other_keys_of_a_store() {
    play_row("N15");

    #[derive(Debug, Clone, Default)]
    struct Recording(Arc<Mutex<Vec<String>>>);

    #[async_trait]
    impl NonceStore for Recording {
        async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
            self.0.lock().unwrap().push(record.key.clone());
            Ok(())
        }
        async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
            self.0.lock().unwrap().push(key.to_owned());
            Ok(None)
        }
        async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    let keys = Recording::default();
    with_engine(
        ORIGIN,
        |b| b.nonces(keys.clone()),
        async |face| {
            keys.0.lock().unwrap().clear();
            let wallet = ethereum_wallet(1);
            let browser = face.browser();
            let text = browser.challenge(&wallet).await;
            for nonce in [
                "sessions:*",
                "../../etc",
                "a:b:c:d:e",
                "nonce\nnonce",
                "%00%00%00%00",
            ] {
                let line = text
                    .lines()
                    .find(|line| line.starts_with("Nonce: "))
                    .unwrap();
                let answer = browser
                    .verify(&wallet, &text.replace(line, &format!("Nonce: {nonce}")))
                    .await;
                assert_refused(&answer, (400, "message_malformed"), nonce);
            }
            browser.verify(&wallet, &text).await;
            let keys = keys.0.lock().unwrap();
            assert_eq!(
                keys.len(),
                2,
                "the store was asked for the two well-formed nonces only"
            );
            let nonce = text
                .lines()
                .find_map(|line| line.strip_prefix("Nonce: "))
                .unwrap();
            assert_eq!(
                (&keys[0], &keys[1]),
                (&one_time_key(nonce), &one_time_key(nonce))
            );
            assert!(!keys[0].contains(nonce) && keys[0].len() == 43);
        },
    );
}

#[test]
fn a_nonce_request_cut_off_leaves_nothing_half_done() {
    on_every_face(async |face| {
        // A request that is not whole is never acted on.
        let request = Request::post("/auth/verify")
            .header("content-type", "application/json")
            .body(Bytes::from_static(br#"{"message": "app.example wants you"#))
            .unwrap();
        let answer = face.program().raw(request).await;
        assert_refused(&answer, (400, "request_malformed"), face.name);
    });
}
