//! The rows of `docs/attacks.md`, each as a test named after its id, on every face of a server.

mod addresses;
mod contracts;
mod cookies;
mod domains;
mod edges;
mod errors;
mod framing;
mod limits;
mod measures;
mod messages;
mod nonces;
mod oauth;
mod pages;
mod plugins;
mod refresh;
mod requests;
mod sessions;
mod signatures;
mod times;
mod tokens;

use countersign_core::{DateTime, SignIn, Timestamp, Wallet};
use countersign_ethereum::Ethereum;
use countersign_testkit::{
    at_start, ethereum_wallet,
    rig::{Answer, Browser, proof},
};
use countersign_tests::{Face, on_every_face, with_engine};
use serde_json::json;

/// What must come of a request: a status and a code.
type Refusal = (u16, &'static str);

fn assert_refused(answer: &Answer, expected: Refusal, what: &str) {
    let (status, code) = answer.refusal();
    assert_eq!((status, &*code), expected, "{what}: {}", answer.text());
}

/// Signs the text of a fresh challenge, after `edit` changed its fields, and hands it in.
async fn verify_edited(browser: &Browser<'_>, edit: impl FnOnce(&mut SignIn<'_>)) -> Answer {
    let wallet = ethereum_wallet(1);
    let text = browser.challenge(&wallet).await;
    let mut sign_in = countersign_core::ChainVerifier::parse(&Ethereum::mainnet(), &text).unwrap();
    edit(&mut sign_in);
    browser.verify(&wallet, &sign_in.compose()).await
}

/// A browser that is signed in, on a face.
async fn signed_in(face: &Face) -> Browser<'_> {
    let browser = face.browser();
    let answer = browser.sign_in(&ethereum_wallet(1)).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    browser
}

fn after_start(seconds: i64) -> DateTime {
    DateTime::at(Timestamp::from_secs(at_start().as_secs() + seconds))
}
