//! What the engine checks for every verifier: one case for each rule of the policy, each through a
//! whole engine.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    Ask, Binding, ChainVerifier, Code, Context, DateTime, Proof, SignIn, Wallet,
};

use super::{ALICE, BOB, edit};
use crate::{
    at_start,
    stage::{ORIGIN, Stage, signed},
};

/// The whole way, once.
pub async fn a_proof_becomes_a_session<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let wallet = wallet(ALICE);
    let account = v.account(wallet.chain(), &wallet.address()).unwrap();
    let stage = Stage::with(v);
    let signed_in = stage.sign_in(&wallet).await.unwrap();
    assert_eq!(signed_in.session.identity.account, account);
    let subject = &signed_in.session.identity.subject;
    let sessions = stage.engine.sessions(subject).await.unwrap();
    assert_eq!(sessions.len(), 1);
}

/// The same proof again is refused.
pub async fn a_nonce_counts_once<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let (v, stage, wallet) = scene(v, wallet);
    let proof = stage.edited_proof(&*v, &wallet, |_| {}).await;
    assert_eq!(outcome(&stage, &proof).await, None);
    assert_eq!(refused(&stage, &proof).await, Code::NonceInvalid);
}

/// A nonce that the server never gave out is refused.
pub async fn a_nonce_of_nobody_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let changed = after(v, wallet, |s| s.nonce = "a".repeat(24).into()).await;
    assert_eq!(changed, Code::NonceInvalid);
}

/// A wrong signature spends the nonce: the right one comes too late.
pub async fn a_nonce_is_burnt_by_a_bad_signature<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let bob = wallet(BOB);
    let (v, stage, wallet) = scene(v, wallet);
    let right = stage.edited_proof(&*v, &wallet, |_| {}).await;
    let wrong = Proof {
        signature: bob.sign(&right.message),
        ..right.clone()
    };
    assert_eq!(refused(&stage, &wrong).await, Code::InvalidSignature);
    assert_eq!(refused(&stage, &right).await, Code::NonceInvalid);
}

/// A text for another site is refused, however alike the names.
pub async fn another_domain_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (v, stage, wallet) = scene(v, wallet);
    for domain in [
        "evil.example",
        "app.example.evil.io",
        "evilapp.example",
        "example",
        "app.example:8443",
    ] {
        let proof = stage
            .edited_proof(&*v, &wallet, |s| s.domain = domain.into())
            .await;
        assert_eq!(
            refused(&stage, &proof).await,
            Code::DomainMismatch,
            "{domain}"
        );
    }
}

/// A text whose URI is of another site is refused.
pub async fn another_uri_is_refused<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let (v, stage, wallet) = scene(v, wallet);
    for uri in [
        "https://evil.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example.evil.io",
        "did:key:z6Mk",
    ] {
        let proof = stage
            .edited_proof(&*v, &wallet, |s| s.uri = Some(uri.into()))
            .await;
        assert_eq!(refused(&stage, &proof).await, Code::UriMismatch, "{uri}");
    }
}

/// A text for a chain that is not served is refused, also where the challenge was for any chain.
pub async fn another_chain_is_refused<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let (v, stage, wallet) = scene(v, wallet);
    let unserved = |s: &mut SignIn<'_>| s.chain_text = Some("999999999".into());
    let proof = stage.edited_proof(&*v, &wallet, unserved).await;
    assert_eq!(refused(&stage, &proof).await, Code::ChainNotAllowed);

    let nonce = stage
        .engine
        .challenge(Ask::any_chain())
        .await
        .unwrap()
        .nonce;
    let message = edit(&*v, &wallet, |s| {
        unserved(s);
        s.nonce = nonce.into();
    });
    let proof = signed(&wallet, message);
    assert_eq!(refused(&stage, &proof).await, Code::ChainNotAllowed);
}

/// A challenge for one chain is not answered by a text for another, wherever an account has one
/// address on both.
pub async fn a_challenge_for_another_chain_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (v, stage, wallet) = scene(v, wallet);
    for chain in v.chains() {
        if chain == wallet.chain() || v.account(chain, &wallet.address()).is_err() {
            continue;
        }
        let nonce = stage
            .engine
            .challenge(Ask::chain(chain.clone()))
            .await
            .unwrap()
            .nonce;
        let message = edit(&*v, &wallet, |s| s.nonce = nonce.into());
        let code = refused(&stage, &signed(&wallet, message)).await;
        assert_eq!(code, Code::ChainNotAllowed, "{chain}");
    }
}

/// A challenge for Alice is not answered by Bob.
pub async fn another_account_than_the_one_asked_for_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let bob = wallet(BOB);
    let (v, stage, alice) = scene(v, wallet);
    let proof = stage
        .edited_proof(&*v, &alice, |s| s.address = bob.address().into())
        .await;
    let proof = signed(&bob, proof.message);
    assert_eq!(refused(&stage, &proof).await, Code::AddressMismatch);
}

/// At the instant of its Expiration Time a text is over; a moment before it is not.
pub async fn an_expired_text_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (v, stage, wallet) = scene(v, wallet);
    let ends_now = DateTime::at(at_start());
    let proof = stage
        .edited_proof(&*v, &wallet, |s| s.expiration_time = Some(ends_now.clone()))
        .await;
    assert_eq!(refused(&stage, &proof).await, Code::MessageExpired);
    let proof = stage
        .edited_proof(&*v, &wallet, |s| s.expiration_time = Some(ends_now))
        .await;
    stage.clock.set(at_start() - Duration::from_millis(1));
    assert_eq!(outcome(&stage, &proof).await, None);
}

/// Before its Not Before, less the leeway, a text does not count.
pub async fn a_text_of_the_future_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (v, stage, wallet) = scene(v, wallet);
    for (ahead, expected) in [(60, None), (61, Some(Code::NotYetValid))] {
        let start = DateTime::at(at_start() + Duration::from_secs(ahead));
        let proof = stage
            .edited_proof(&*v, &wallet, |s| s.not_before = Some(start))
            .await;
        assert_eq!(outcome(&stage, &proof).await, expected, "{ahead} s ahead");
    }
}

/// A text issued more than ten minutes ago does not count.
pub async fn an_old_text_is_refused<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let (v, stage, wallet) = scene(v, wallet);
    for (age, expected) in [(600, None), (601, Some(Code::IssuedAtOutOfRange))] {
        let issued = DateTime::at(at_start() - Duration::from_secs(age));
        let proof = stage
            .edited_proof(&*v, &wallet, |s| s.issued_at = Some(issued))
            .await;
        assert_eq!(outcome(&stage, &proof).await, expected, "{age} s old");
    }
}

/// A text dated ahead by more than the leeway does not count.
pub async fn a_text_dated_ahead_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (v, stage, wallet) = scene(v, wallet);
    for (ahead, expected) in [(60, None), (61, Some(Code::IssuedAtOutOfRange))] {
        let issued = DateTime::at(at_start() + Duration::from_secs(ahead));
        let proof = stage
            .edited_proof(&*v, &wallet, |s| s.issued_at = Some(issued))
            .await;
        assert_eq!(outcome(&stage, &proof).await, expected, "{ahead} s ahead");
    }
}

/// Five minutes after it was given out, a challenge cannot be answered any more. Its own browser
/// is told so, everybody else only that the nonce is not good.
pub async fn an_expired_challenge_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (_, stage, wallet) = scene(v, wallet);
    let browser = Binding::generate();
    for (binding, expected) in [
        (Some(&browser), Code::ChallengeExpired),
        (None, Code::NonceInvalid),
    ] {
        let text = asked(&stage, &wallet, binding).await;
        stage.clock.advance(Duration::from_secs(5 * 60));
        let context = match binding {
            Some(binding) => Context::cookie(Some(binding.clone())),
            None => Context::token(),
        };
        let code = refused_in(&stage, &signed(&wallet, text), &context).await;
        assert_eq!(code, expected);
    }
}

/// What browser A asked for, browser B cannot answer; nor can one without the cookie.
pub async fn a_challenge_of_another_browser_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (_, stage, wallet) = scene(v, wallet);
    let browser = Binding::generate();
    for other in [None, Some(Binding::generate())] {
        let text = asked(&stage, &wallet, Some(&browser)).await;
        let proof = signed(&wallet, text);
        let code = refused_in(&stage, &proof, &Context::cookie(other)).await;
        assert_eq!(code, Code::NonceInvalid);
    }
    let text = asked(&stage, &wallet, Some(&browser)).await;
    stage
        .engine
        .sign_in(&signed(&wallet, text), &Context::cookie(Some(browser)))
        .await
        .unwrap();
}

/// An unbound challenge is good for tokens only.
pub async fn a_challenge_for_a_token_gives_no_cookie<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (_, stage, wallet) = scene(v, wallet);
    let text = asked(&stage, &wallet, None).await;
    let context = Context::cookie(Some(Binding::generate()));
    let code = refused_in(&stage, &signed(&wallet, text), &context).await;
    assert_eq!(code, Code::NonceInvalid);
}

/// A bound challenge is good for a cookie only.
pub async fn a_challenge_for_a_cookie_gives_no_token<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (_, stage, wallet) = scene(v, wallet);
    let browser = Binding::generate();
    let text = asked(&stage, &wallet, Some(&browser)).await;
    let context = Context {
        binding: Some(browser),
        ..Context::token()
    };
    let code = refused_in(&stage, &signed(&wallet, text), &context).await;
    assert_eq!(code, Code::NonceInvalid);
}

/// A nonce asked for one purpose is unknown to another, and stays good for its own.
pub async fn a_challenge_for_another_purpose_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (_, stage, wallet) = scene(v, wallet);
    let ask = Ask::chain(wallet.chain().clone())
        .account(wallet.address())
        .purpose("link wallet");
    let text = stage.engine.challenge(ask).await.unwrap().message.unwrap();
    let proof = signed(&wallet, text);
    assert_eq!(refused(&stage, &proof).await, Code::NonceInvalid);
    let context = Context {
        purpose: "link wallet".into(),
        ..Context::token()
    };
    stage.engine.sign_in(&proof, &context).await.unwrap();
}

/// A proof that a page of another site relays is refused.
pub async fn a_proof_from_another_origin_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (v, stage, wallet) = scene(v, wallet);
    let proof = stage.edited_proof(&*v, &wallet, |_| {}).await;
    let origin = "https://evil.example".parse().ok();
    let context = Context {
        origin,
        ..Context::token()
    };
    let code = refused_in(&stage, &proof, &context).await;
    assert_eq!(code, Code::OriginRejected);
}

/// Of two front ends, the one that asked is the one that must answer.
pub async fn a_challenge_of_another_origin_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let other = "https://other.app.example";
    let wallet = wallet(ALICE);
    let v = Arc::new(v);
    let stage = Stage::built(ORIGIN, |b| b.chain(v.clone()).also_from(other));
    let proof = stage
        .edited_proof(&*v, &wallet, |s| {
            s.domain = "other.app.example".into();
            s.uri = Some(other.into());
        })
        .await;
    assert_eq!(refused(&stage, &proof).await, Code::DomainMismatch);
}

/// Signing in twice is one subject with two sessions; another key is another subject.
pub async fn one_key_is_one_subject<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let bob = wallet(BOB);
    let (_, stage, alice) = scene(v, wallet);
    let first = stage.sign_in(&alice).await.unwrap().session;
    let second = stage.sign_in(&alice).await.unwrap().session;
    assert_eq!(first.identity.subject, second.identity.subject);
    assert_ne!(first.id, second.id);
    let subject = &first.identity.subject;
    let sessions = stage.engine.sessions(subject).await.unwrap();
    assert_eq!(sessions.len(), 2);
    let other = stage.sign_in(&bob).await.unwrap().session;
    assert_ne!(other.identity.subject, first.identity.subject);
}

fn scene<V: ChainVerifier, W: Wallet>(
    verifier: V,
    wallet: fn([u8; 32]) -> W,
) -> (Arc<V>, Stage, W) {
    let verifier = Arc::new(verifier);
    let stage = Stage::with(verifier.clone());
    (verifier, stage, wallet(ALICE))
}

/// The code that a text changed by `edit` and then signed is refused with.
async fn after<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
    edit: impl FnOnce(&mut SignIn<'_>),
) -> Code {
    let (v, stage, wallet) = scene(v, wallet);
    let proof = stage.edited_proof(&*v, &wallet, edit).await;
    refused(&stage, &proof).await
}

/// What a program that hands in the proof is refused with, if it is.
async fn outcome(stage: &Stage, proof: &Proof) -> Option<Code> {
    let result = stage.engine.sign_in(proof, &Context::token()).await;
    result.err().map(|error| error.code())
}

async fn refused(stage: &Stage, proof: &Proof) -> Code {
    refused_in(stage, proof, &Context::token()).await
}

async fn refused_in(stage: &Stage, proof: &Proof, context: &Context) -> Code {
    let result = stage.engine.sign_in(proof, context).await;
    result.unwrap_err().code()
}

/// The text that a challenge asks the wallet to sign.
async fn asked(stage: &Stage, wallet: &dyn Wallet, browser: Option<&Binding>) -> String {
    stage.challenge(wallet, browser).await.message.unwrap()
}
