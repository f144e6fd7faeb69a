//! The suite for chain verifiers: what a verifier must do, and what the engine does for it.

use std::time::Duration;

use countersign_core::{
    Ask, Binding, ChainVerifier, Code, Context, DateTime, Engine, Proof, SignIn, Wallet,
};

use crate::{
    at_start,
    stage::{ORIGIN, Stage, signed},
};

/// Stamps the suite for a [`ChainVerifier`]: one named `#[test]` per contract line, then one per
/// rule of the policy, each through a whole engine.
///
/// `wallet` is a function from a 32-byte seed to a [`Wallet`] of one of the verifier's chains.
#[macro_export]
macro_rules! chain_verifier_suite {
    ($verifier:expr, wallet = $wallet:expr) => {
        $crate::stamp!(
            $crate::verifier,
            [
                a_signed_text_is_verified,
                texts_are_written_back_as_they_were_read,
                accounts_are_canonical,
                garbage_is_no_address,
                every_flipped_bit_of_a_signature_is_refused,
                every_changed_byte_of_a_text_is_refused,
                a_signature_of_another_account_is_refused,
                signatures_of_odd_lengths_are_refused,
                a_proof_becomes_a_session,
                a_nonce_counts_once,
                a_nonce_of_nobody_is_refused,
                a_nonce_is_burnt_by_a_bad_signature,
                another_domain_is_refused,
                another_uri_is_refused,
                another_chain_is_refused,
                a_challenge_for_another_chain_is_refused,
                another_account_than_the_one_asked_for_is_refused,
                an_expired_text_is_refused,
                a_text_of_the_future_is_refused,
                an_old_text_is_refused,
                a_text_dated_ahead_is_refused,
                an_expired_challenge_is_refused,
                a_challenge_of_another_browser_is_refused,
                a_challenge_for_a_token_gives_no_cookie,
                a_challenge_for_a_cookie_gives_no_token,
                a_challenge_for_another_purpose_is_refused,
                a_proof_from_another_origin_is_refused,
                a_challenge_of_another_origin_is_refused,
                one_key_is_one_subject,
            ],
            ($verifier, $wallet)
        );
    };
}

/// What the wallet signs, the verifier accepts, and it speaks of that very account.
pub async fn a_signed_text_is_verified<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let wallet = wallet(ALICE);
    let account = v.account(wallet.chain(), &wallet.address()).unwrap();
    let text = text(&v, &wallet);
    let verified = v
        .verify(&account, &text, &wallet.sign(&text))
        .await
        .unwrap();
    assert_eq!(verified.account(), &account);
    assert_eq!(verified.subject().namespace(), v.namespace());
}

/// `compose(parse(text)) == text`, for every mix of optional lines; and no other text is read.
pub async fn texts_are_written_back_as_they_were_read<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let wallet = wallet(ALICE);
    for mix in 0..32 {
        let text = edit(&v, &wallet, |s| {
            let on = |bit: u32| mix >> bit & 1 == 1;
            s.statement = on(0).then(|| "Sign in, please: it costs nothing.".to_owned());
            s.expiration_time =
                on(1).then(|| DateTime::parse("2026-01-02T00:00:00.5+01:00").unwrap());
            s.not_before = on(2).then(|| DateTime::parse("2025-12-31T00:00:00z").unwrap());
            s.request_id = on(3).then(|| "r-1%20".to_owned());
            s.resources =
                on(4).then(|| vec!["ipfs://a".to_owned(), "https://b.example/c".to_owned()]);
        });
        assert_eq!(v.parse(&text).unwrap().compose(), text);
        for broken in [
            format!("{text}\n"),
            format!(" {text}"),
            text.replace('\n', "\r\n"),
        ] {
            assert!(v.parse(&broken).is_err(), "{broken:?}");
        }
    }
}

/// Canonical addresses stay as they are, and another wallet has another account.
pub async fn accounts_are_canonical<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let (alice, bob) = (wallet(ALICE), wallet(BOB));
    let account = v.account(alice.chain(), &alice.address()).unwrap();
    assert_eq!(
        v.account(alice.chain(), account.address()).unwrap(),
        account
    );
    assert_eq!(account.chain(), alice.chain());
    assert_ne!(v.account(bob.chain(), &bob.address()).unwrap(), account);
}

/// What is not an address is `address_invalid`, and nothing panics.
pub async fn garbage_is_no_address<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let wallet = wallet(ALICE);
    let address = wallet.address();
    let long = "1".repeat(10_000);
    for garbage in [
        "",
        " ",
        "0x",
        "vitalik.eth",
        "é",
        "\u{0}",
        &long,
        &format!(" {address}"),
        &format!("{address} "),
    ] {
        let error = v.account(wallet.chain(), garbage).unwrap_err();
        assert_eq!(error.code(), Code::AddressInvalid, "{garbage:?}");
    }
    // Where addresses have no checksum, a mistyped one may be somebody else's.
    let own = v.account(wallet.chain(), &address).unwrap();
    for mistyped in [&address[1..], &format!("{address}1")] {
        match v.account(wallet.chain(), mistyped) {
            Ok(other) => assert_ne!(other, own, "{mistyped:?}"),
            Err(error) => assert_eq!(error.code(), Code::AddressInvalid, "{mistyped:?}"),
        }
    }
}

/// No bit of a signature is idle.
pub async fn every_flipped_bit_of_a_signature_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let wallet = wallet(ALICE);
    let account = v.account(wallet.chain(), &wallet.address()).unwrap();
    let text = text(&v, &wallet);
    let signature = wallet.sign(&text);
    for place in 0..signature.len() {
        for bit in 0..8 {
            let mut flipped = signature.clone();
            flipped[place] ^= 1 << bit;
            let refused = v.verify(&account, &text, &flipped).await;
            assert!(refused.is_err(), "byte {place}, bit {bit}");
        }
    }
}

/// No byte of a text is idle: a changed one is unreadable, or the signature does not fit.
pub async fn every_changed_byte_of_a_text_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let wallet = wallet(ALICE);
    let account = v.account(wallet.chain(), &wallet.address()).unwrap();
    let text = text(&v, &wallet);
    let signature = wallet.sign(&text);
    for place in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[place] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            v.verify(&account, &changed, &signature).await.is_err(),
            "byte {place}"
        );
    }
}

/// Bob's signature does not prove Alice's account.
pub async fn a_signature_of_another_account_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (alice, bob) = (wallet(ALICE), wallet(BOB));
    let account = v.account(alice.chain(), &alice.address()).unwrap();
    let text = text(&v, &alice);
    let error = v
        .verify(&account, &text, &bob.sign(&text))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidSignature);
}

/// Whatever its length, what is no signature is refused without a panic.
pub async fn signatures_of_odd_lengths_are_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let wallet = wallet(ALICE);
    let account = v.account(wallet.chain(), &wallet.address()).unwrap();
    let text = text(&v, &wallet);
    let signature = wallet.sign(&text);
    for length in (0..200).chain([16_384]) {
        let mut bytes = signature.clone();
        bytes.resize(length, 1);
        if bytes != signature {
            let error = v.verify(&account, &text, &bytes).await.unwrap_err();
            let refused = matches!(
                error.code(),
                Code::SignatureMalformed | Code::InvalidSignature
            );
            assert!(refused, "{length} bytes: {error}");
        }
    }
}

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
    assert_eq!(
        stage
            .engine
            .sessions(&signed_in.session.identity.subject)
            .await
            .unwrap()
            .len(),
        1
    );
}

/// The same proof again is refused.
pub async fn a_nonce_counts_once<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let (v, stage, wallet) = scene(v, wallet);
    let proof = stage.edited_proof(&*v, &wallet, |_| {}).await;
    stage
        .engine
        .sign_in(&proof, &Context::token())
        .await
        .unwrap();
    assert_eq!(refused(&stage.engine, &proof).await, Code::NonceInvalid);
}

/// A nonce that the server never gave out is refused.
pub async fn a_nonce_of_nobody_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let changed = after(v, wallet, |s| s.nonce = "a".repeat(24)).await;
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
    assert_eq!(refused(&stage.engine, &wrong).await, Code::InvalidSignature);
    assert_eq!(refused(&stage.engine, &right).await, Code::NonceInvalid);
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
            .edited_proof(&*v, &wallet, |s| s.domain = domain.to_owned())
            .await;
        assert_eq!(
            refused(&stage.engine, &proof).await,
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
            .edited_proof(&*v, &wallet, |s| s.uri = Some(uri.to_owned()))
            .await;
        assert_eq!(
            refused(&stage.engine, &proof).await,
            Code::UriMismatch,
            "{uri}"
        );
    }
}

/// A text for a chain that is not served is refused, also where the challenge was for any chain.
pub async fn another_chain_is_refused<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let (v, stage, wallet) = scene(v, wallet);
    let unserved = |s: &mut SignIn| s.chain_text = Some("999999999".to_owned());
    let proof = stage.edited_proof(&*v, &wallet, unserved).await;
    assert_eq!(refused(&stage.engine, &proof).await, Code::ChainNotAllowed);

    let nonce = stage
        .engine
        .challenge(Ask::any_chain())
        .await
        .unwrap()
        .nonce;
    let message = edit(&*v, &wallet, |s| {
        unserved(s);
        s.nonce = nonce;
    });
    let proof = signed(&wallet, message);
    assert_eq!(refused(&stage.engine, &proof).await, Code::ChainNotAllowed);
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
        let message = edit(&*v, &wallet, |s| s.nonce = nonce);
        let code = refused(&stage.engine, &signed(&wallet, message)).await;
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
        .edited_proof(&*v, &alice, |s| s.address = bob.address())
        .await;
    let proof = signed(&bob, proof.message);
    assert_eq!(refused(&stage.engine, &proof).await, Code::AddressMismatch);
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
    assert_eq!(refused(&stage.engine, &proof).await, Code::MessageExpired);
    let proof = stage
        .edited_proof(&*v, &wallet, |s| s.expiration_time = Some(ends_now))
        .await;
    stage.clock.set(at_start() - Duration::from_millis(1));
    stage
        .engine
        .sign_in(&proof, &Context::token())
        .await
        .unwrap();
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
        let result = stage.engine.sign_in(&proof, &Context::token()).await;
        assert_eq!(
            result.err().map(|error| error.code()),
            expected,
            "{ahead} s ahead"
        );
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
        let result = stage.engine.sign_in(&proof, &Context::token()).await;
        assert_eq!(
            result.err().map(|error| error.code()),
            expected,
            "{age} s old"
        );
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
        let result = stage.engine.sign_in(&proof, &Context::token()).await;
        assert_eq!(
            result.err().map(|error| error.code()),
            expected,
            "{ahead} s ahead"
        );
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
        let text = stage.challenge(&wallet, binding).await.message.unwrap();
        stage.clock.advance(Duration::from_secs(5 * 60));
        let context = match binding {
            Some(binding) => Context::cookie(Some(binding.clone())),
            None => Context::token(),
        };
        let error = stage
            .engine
            .sign_in(&signed(&wallet, text), &context)
            .await
            .unwrap_err();
        assert_eq!(error.code(), expected);
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
        let text = stage
            .challenge(&wallet, Some(&browser))
            .await
            .message
            .unwrap();
        let result = stage
            .engine
            .sign_in(&signed(&wallet, text), &Context::cookie(other))
            .await;
        assert_eq!(result.unwrap_err().code(), Code::NonceInvalid);
    }
    let text = stage
        .challenge(&wallet, Some(&browser))
        .await
        .message
        .unwrap();
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
    let text = stage.challenge(&wallet, None).await.message.unwrap();
    let context = Context::cookie(Some(Binding::generate()));
    let error = stage
        .engine
        .sign_in(&signed(&wallet, text), &context)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NonceInvalid);
}

/// A bound challenge is good for a cookie only.
pub async fn a_challenge_for_a_cookie_gives_no_token<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let (_, stage, wallet) = scene(v, wallet);
    let browser = Binding::generate();
    let text = stage
        .challenge(&wallet, Some(&browser))
        .await
        .message
        .unwrap();
    let context = Context {
        binding: Some(browser),
        ..Context::token()
    };
    let error = stage
        .engine
        .sign_in(&signed(&wallet, text), &context)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NonceInvalid);
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
    assert_eq!(refused(&stage.engine, &proof).await, Code::NonceInvalid);
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
    let error = stage.engine.sign_in(&proof, &context).await.unwrap_err();
    assert_eq!(error.code(), Code::OriginRejected);
}

/// Of two front ends, the one that asked is the one that must answer.
pub async fn a_challenge_of_another_origin_is_refused<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
) {
    let other = "https://other.app.example";
    let wallet = wallet(ALICE);
    let v = std::sync::Arc::new(v);
    let stage = Stage::built(ORIGIN, |b| b.chain(v.clone()).also_from(other));
    let proof = stage
        .edited_proof(&*v, &wallet, |s| {
            s.domain = "other.app.example".to_owned();
            s.uri = Some(other.to_owned());
        })
        .await;
    assert_eq!(refused(&stage.engine, &proof).await, Code::DomainMismatch);
}

/// Signing in twice is one subject with two sessions; another key is another subject.
pub async fn one_key_is_one_subject<W: Wallet>(v: impl ChainVerifier, wallet: fn([u8; 32]) -> W) {
    let bob = wallet(BOB);
    let (_, stage, alice) = scene(v, wallet);
    let first = stage.sign_in(&alice).await.unwrap().session;
    let second = stage.sign_in(&alice).await.unwrap().session;
    assert_eq!(first.identity.subject, second.identity.subject);
    assert_ne!(first.id, second.id);
    assert_eq!(
        stage
            .engine
            .sessions(&first.identity.subject)
            .await
            .unwrap()
            .len(),
        2
    );
    let other = stage.sign_in(&bob).await.unwrap().session;
    assert_ne!(other.identity.subject, first.identity.subject);
}

fn scene<V: ChainVerifier, W: Wallet>(
    verifier: V,
    wallet: fn([u8; 32]) -> W,
) -> (std::sync::Arc<V>, Stage, W) {
    let verifier = std::sync::Arc::new(verifier);
    let stage = Stage::with(verifier.clone());
    (verifier, stage, wallet(ALICE))
}

/// The code that a text changed by `edit` and then signed is refused with.
async fn after<W: Wallet>(
    v: impl ChainVerifier,
    wallet: fn([u8; 32]) -> W,
    edit: impl FnOnce(&mut SignIn),
) -> Code {
    let (v, stage, wallet) = scene(v, wallet);
    let proof = stage.edited_proof(&*v, &wallet, edit).await;
    refused(&stage.engine, &proof).await
}

async fn refused(engine: &Engine, proof: &Proof) -> Code {
    engine
        .sign_in(proof, &Context::token())
        .await
        .unwrap_err()
        .code()
}

/// A text as the engine composes it, read and changed.
fn edit(v: &dyn ChainVerifier, wallet: &dyn Wallet, change: impl FnOnce(&mut SignIn)) -> String {
    let chain = wallet.chain();
    let account = v.account(chain, &wallet.address()).unwrap();
    let mut sign_in = SignIn {
        profile: v.profile(),
        scheme: None,
        domain: "app.example".to_owned(),
        label: v.label(chain).to_owned(),
        address: account.address().to_owned(),
        statement: None,
        uri: Some(ORIGIN.to_owned()),
        chain: chain.clone(),
        chain_text: Some(chain.reference().to_owned()),
        nonce: "n0nce0f0nobody".to_owned(),
        issued_at: Some(DateTime::at(at_start())),
        expiration_time: None,
        not_before: None,
        request_id: None,
        resources: None,
    };
    change(&mut sign_in);
    sign_in.compose()
}

fn text(v: &dyn ChainVerifier, wallet: &dyn Wallet) -> String {
    edit(v, wallet, |_| {})
}

const ALICE: [u8; 32] = [0xA1; 32];
const BOB: [u8; 32] = [0xB0; 32];
