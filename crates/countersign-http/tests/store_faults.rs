//! What clients see when a store fails. The names are those of the attack table.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use countersign_core::{Context, Credential, Engine, Wallet};
use countersign_ethereum::Ethereum;
use countersign_http::{AuthHttp, Peer};
use countersign_store_memory::{MemoryNonces, MemorySessions};
use countersign_testkit::{
    ORIGIN, Stage, ethereum_wallet,
    faults::{Flaky, Mood},
    run,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};

struct Site {
    stage: Stage,
    auth: AuthHttp,
    nonces: Flaky<MemoryNonces>,
    sessions: Flaky<MemorySessions>,
}

impl Site {
    fn new() -> Self {
        let nonces = Flaky::new(MemoryNonces::default());
        let sessions = Flaky::new(MemorySessions::default());
        let stage = Stage::built(ORIGIN, |builder| {
            builder
                .chain(Ethereum::mainnet())
                .nonces(nonces.clone())
                .sessions(sessions.clone())
        });
        Self {
            auth: AuthHttp::new(stage.engine.clone()),
            stage,
            nonces,
            sessions,
        }
    }

    fn engine(&self) -> &Engine {
        &self.stage.engine
    }

    async fn get(&self, path: &str, header: Option<(&str, &str)>, peer: &str) -> Response<Bytes> {
        let mut request = Request::get(path);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let mut request = request.body(Bytes::new()).unwrap();
        request
            .extensions_mut()
            .insert(Peer(Some(peer.parse().unwrap())));
        self.auth.handle(request).await
    }

    async fn health(&self, peer: &str) -> Response<Bytes> {
        self.get("/healthz", None, peer).await
    }

    fn set_all(&self, mood: Mood) {
        self.nonces.set(mood);
        self.sessions.set(mood);
    }
}

fn assert_store_unavailable(answer: &Response<Bytes>) {
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "1");
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["error"], "store_unavailable");
    assert!(
        !answer.headers().contains_key("set-cookie"),
        "the cookie is kept"
    );
}

#[test]
fn x01_a_store_that_is_down_at_issue_is_said() {
    run(async {
        let site = Site::new();
        site.nonces.set(Mood::Down);
        assert_store_unavailable(&site.get("/auth/nonce", None, "192.0.2.1").await);
        site.nonces.set(Mood::Well);
        let answer = site.get("/auth/nonce", None, "192.0.2.1").await;
        assert_eq!(answer.status(), StatusCode::OK);
    });
}

#[test]
fn x02_a_store_that_is_down_at_the_claim_leaves_the_nonce_unspent() {
    run(async {
        let (site, wallet) = (Site::new(), ethereum_wallet(1));
        let proof = proof(&site, &wallet).await;
        site.nonces.set(Mood::Down);
        let refused = site.engine().sign_in(&proof, &Context::token()).await;
        assert_eq!(refused.unwrap_err().code().as_str(), "store_unavailable");
        site.nonces.set(Mood::Well);
        assert!(
            site.engine()
                .sign_in(&proof, &Context::token())
                .await
                .is_ok()
        );
    });
}

#[test]
fn x03_a_claim_whose_answer_was_lost_is_no_session_and_cannot_be_repeated() {
    run(async {
        let (site, wallet) = (Site::new(), ethereum_wallet(1));
        let proof = proof(&site, &wallet).await;
        site.nonces.set(Mood::Mute);
        let lost = site.engine().sign_in(&proof, &Context::token()).await;
        assert_eq!(lost.unwrap_err().code().as_str(), "store_unavailable");
        site.nonces.set(Mood::Well);
        let again = site.engine().sign_in(&proof, &Context::token()).await;
        assert_eq!(again.unwrap_err().code().as_str(), "nonce_invalid");
    });
}

#[test]
fn x12_an_end_between_the_claim_and_the_session_asks_for_another_signature() {
    run(async {
        for mood in [Mood::Down, Mood::Mute] {
            let (site, wallet) = (Site::new(), ethereum_wallet(1));
            let cut_short = proof(&site, &wallet).await;
            site.sessions.set(mood);
            let lost = site.engine().sign_in(&cut_short, &Context::token()).await;
            assert_eq!(lost.unwrap_err().code().as_str(), "store_unavailable");
            site.sessions.set(Mood::Well);
            let again = site.engine().sign_in(&cut_short, &Context::token()).await;
            assert_eq!(again.unwrap_err().code().as_str(), "nonce_invalid");
            let signed_in = site.stage.sign_in(&wallet).await.unwrap();
            let subject = &signed_in.session.identity.subject;
            let sessions = site.engine().sessions(subject).await.unwrap();
            // One that was written, and of which nobody heard, is found by its subject: it can be
            // ended, and nobody holds its token.
            assert_eq!(sessions.len(), if mood == Mood::Mute { 2 } else { 1 });
            site.engine().sign_out_everywhere(subject).await.unwrap();
            assert!(site.engine().sessions(subject).await.unwrap().is_empty());
        }
    });
}

#[test]
fn x17_a_session_that_cannot_be_read_is_503_and_the_cookie_is_kept() {
    run(async {
        let (site, wallet) = (Site::new(), ethereum_wallet(1));
        let token = site.stage.sign_in(&wallet).await.unwrap().token.expose();
        let bearer = format!("Bearer {token}");
        site.sessions.set(Mood::Down);
        let header = Some(("authorization", bearer.as_str()));
        assert_store_unavailable(&site.get("/auth/session", header, "192.0.2.1").await);
        site.sessions.set(Mood::Well);
        let session = site.engine().authenticate(Credential::Bearer(&token)).await;
        assert!(session.is_ok());
    });
}

#[test]
fn a_guard_survives_a_store_that_panics_at_once() {
    run(async {
        let (site, wallet) = (Site::new(), ethereum_wallet(1));
        let token = site.stage.sign_in(&wallet).await.unwrap().token.expose();
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        site.sessions.set(Mood::Panics);
        let refused = site.auth.guard(&Method::GET, &headers).await.unwrap_err();
        assert_eq!(refused.code().as_str(), "plugin_error");
        site.sessions.set(Mood::Well);
        assert!(site.auth.guard(&Method::GET, &headers).await.is_ok());
    });
}

#[test]
fn x11_health_follows_the_stores_and_answers_quickly_even_if_they_hang() {
    run(async {
        let site = Site::new();
        assert_eq!(site.health("192.0.2.1").await.status(), StatusCode::OK);
        site.set_all(Mood::Hangs);
        for _ in 0..5 {
            let begin = Instant::now();
            site.health("192.0.2.1").await;
            assert!(
                begin.elapsed() < Duration::from_millis(100),
                "{:?}",
                begin.elapsed()
            );
        }
        let site = Site::new();
        for half in 0..2 {
            site.set_all(Mood::Well);
            assert_eq!(site.health("192.0.2.1").await.status(), StatusCode::OK);
            match half {
                0 => site.nonces.set(Mood::Down),
                _ => site.sessions.set(Mood::Down),
            }
            let answer = site.health("192.0.2.1").await;
            assert_store_unavailable(&answer);
        }
    });
}

#[test]
fn only_this_machine_learns_how_durable_the_stores_are() {
    run(async {
        let site = Site::new();
        let body = |answer: Response<Bytes>| String::from_utf8(answer.body().to_vec()).unwrap();
        let told = body(site.health("127.0.0.1").await);
        assert!(told.contains(r#""durability":"volatile""#), "{told}");
        assert!(!body(site.health("192.0.2.1").await).contains("durability"));
        let forwarded = Some(("x-forwarded-for", "192.0.2.1"));
        assert!(!body(site.get("/healthz", forwarded, "127.0.0.1").await).contains("durability"));
        let other = site.get("/auth/healthz", None, "127.0.0.1").await;
        assert_eq!(other.status(), StatusCode::NOT_FOUND);
    });
}

async fn proof(site: &Site, wallet: &dyn Wallet) -> countersign_core::Proof {
    let message = site.stage.challenge(wallet, None).await.message.unwrap();
    countersign_core::Proof {
        chain: None,
        signature: wallet.sign(&message),
        message,
    }
}
