//! The suite for chain verifiers: what a verifier must do, and what the engine does for it.

mod policy;

use countersign_core::{ChainVerifier, Code, DateTime, SignIn, Wallet};

use crate::{at_start, stage::ORIGIN};

pub use policy::*;

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
            s.statement = on(0).then(|| "Sign in, please: it costs nothing.".into());
            s.expiration_time =
                on(1).then(|| DateTime::parse("2026-01-02T00:00:00.5+01:00").unwrap());
            s.not_before = on(2).then(|| DateTime::parse("2025-12-31T00:00:00z").unwrap());
            s.request_id = on(3).then(|| "r-1%20".into());
            s.resources = on(4).then(|| vec!["ipfs://a".into(), "https://b.example/c".into()]);
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

/// A text as the engine composes it, read and changed.
fn edit(
    v: &dyn ChainVerifier,
    wallet: &dyn Wallet,
    change: impl FnOnce(&mut SignIn<'_>),
) -> String {
    let chain = wallet.chain();
    let account = v.account(chain, &wallet.address()).unwrap();
    let mut sign_in = SignIn {
        profile: v.profile(),
        scheme: None,
        domain: "app.example".into(),
        label: v.label(chain).into(),
        address: account.address().into(),
        statement: None,
        uri: Some(ORIGIN.into()),
        chain: chain.clone(),
        chain_text: Some(chain.reference().into()),
        nonce: "n0nce0f0nobody".into(),
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
