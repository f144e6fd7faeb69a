//! The quickstart's front end, request for request, on an origin of its own.

#![cfg(feature = "quickstart")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use countersign_core::{Code, Wallet};
use countersign_http::{AuthHttp, dialects::Quickstart};
use countersign_testkit::{
    Stage, address, ethereum_wallet,
    rig::{Answer, Bare, Browser},
    run,
};
use serde_json::{Value, json};

const SERVER: &str = "http://localhost:3000";
const FRONT: &str = "http://localhost:8080";

fn stage() -> Stage {
    Stage::built(SERVER, |builder| {
        builder
            .chain(countersign_ethereum::Ethereum::mainnet())
            .also_from(FRONT)
    })
}

fn rig(stage: &Stage) -> Bare {
    let auth = AuthHttp::new(stage.engine.clone());
    Bare(auth.with(Quickstart::default()).unwrap())
}

/// The text as the front end writes it: domain and URI are those of the page.
fn text(wallet: &dyn Wallet, nonce: &str, stage: &Stage, extra: &str) -> String {
    let account = address(wallet);
    let at = stage.engine.now().to_rfc3339();
    format!(
        "localhost:8080 wants you to sign in with your Ethereum account:\n{account}\n\n\
         Sign in with Ethereum to the app.\n\nURI: {FRONT}\nVersion: 1\nChain ID: 1\n\
         Nonce: {nonce}\nIssued At: {at}{extra}"
    )
}

fn body(wallet: &dyn Wallet, message: &str) -> Value {
    let signature = format!("0x{}", hex::encode(wallet.sign(message)));
    json!({ "message": message, "signature": signature })
}

async fn nonce(page: &Browser<'_>) -> String {
    page.get("/nonce").await.text()
}

#[test]
fn its_front_end_signs_in_and_the_session_ends_with_the_message() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let page = Browser::on(&rig, FRONT);
        let wallet = ethereum_wallet(1);
        let end = (stage.engine.now() + Duration::from_secs(600)).to_rfc3339();
        let message = text(
            &wallet,
            &nonce(&page).await,
            &stage,
            &format!("\nExpiration Time: {end}"),
        );
        let answer = page.post("/verify", body(&wallet, &message)).await;
        assert_eq!((answer.status().as_u16(), &*answer.text()), (200, "true"));
        assert_eq!(answer.header("access-control-allow-origin"), FRONT);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert_eq!(page.get("/auth/session").await.status(), 200);

        stage.clock.advance(Duration::from_secs(600));
        assert_eq!(page.get("/auth/session").await.status(), 401);
    });
}

#[test]
fn what_is_missing_is_said_in_its_words_and_in_ours() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let page = Browser::on(&rig, FRONT);
        for sent in [json!({}), json!({ "message": null, "signature": "0x00" })] {
            let answer = page.post("/verify", sent).await;
            assert_eq!(answer.refusal(), (422, "field_missing".into()));
            let said = answer.json();
            assert_eq!(said["message"], "Expected prepareMessage object as body.");
        }
        let refused = rig.0.refuse(&Code::SessionRequired.into());
        let said = Answer(refused).json();
        assert_eq!(said["message"], "You have to first sign_in");
        assert_eq!(said["error"], "session_required");
    });
}

#[test]
fn its_nonces_and_the_native_ones_are_strangers() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let page = Browser::on(&rig, FRONT);
        let wallet = ethereum_wallet(1);
        let theirs = text(&wallet, &nonce(&page).await, &stage, "");
        let answer = page.post("/auth/verify", body(&wallet, &theirs)).await;
        assert_eq!(answer.refusal(), (401, "nonce_invalid".into()));
        let ours = page.get("/auth/nonce").await.text();
        let ours = text(&wallet, &ours, &stage, "");
        let answer = page.post("/verify", body(&wallet, &ours)).await;
        assert_eq!(answer.refusal(), (401, "nonce_invalid".into()));
    });
}

#[test]
fn a_signature_counts_once_and_for_the_browser_that_asked() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let (page, other) = (Browser::on(&rig, FRONT), Browser::on(&rig, FRONT));
        let wallet = ethereum_wallet(1);
        let message = text(&wallet, &nonce(&page).await, &stage, "");
        nonce(&other).await;
        let answer = other.post("/verify", body(&wallet, &message)).await;
        assert_eq!(answer.refusal(), (401, "nonce_invalid".into()));

        let message = text(&wallet, &nonce(&page).await, &stage, "");
        let sent = body(&wallet, &message);
        assert_eq!(page.post("/verify", sent.clone()).await.status(), 200);
        let again = page.post("/verify", sent).await;
        assert_eq!(again.refusal(), (401, "nonce_invalid".into()));
    });
}

#[test]
fn a_foreign_page_is_refused() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let evil = Browser::on(&rig, "http://localhost:6666");
        let answer = evil.post("/verify", json!({})).await;
        assert_eq!(answer.refusal(), (403, "origin_rejected".into()));
        assert_eq!(answer.header("access-control-allow-origin"), "");
    });
}

#[test]
fn one_path_for_two_is_refused_and_names_both() {
    let engine = stage().engine;
    let auth = AuthHttp::new(engine.clone());
    let refused = auth.with(Quickstart::at("/auth/nonce", "/verify"));
    let fault = refused.unwrap_err().faults()[0].clone();
    assert_eq!(fault.code, "CFG_PLUGIN_CONFLICT");
    let both = ["Quickstart", "the native endpoints", "/auth/nonce"];
    assert!(both.iter().all(|word| fault.detail.contains(word)));

    let auth = AuthHttp::new(engine).with(Quickstart::default()).unwrap();
    let beyond: Vec<_> = auth.beyond_base().collect();
    assert_eq!(beyond, ["/nonce", "/verify"]);
    assert!(auth.with(Quickstart::default()).is_err());
}
