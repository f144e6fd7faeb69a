//! One test per row of the attack table: first what the attack would gain, then that it fails.

#![allow(clippy::unwrap_used)]

mod common;

use common::{cases, run_row, verifier_for};
use countersign_core::{
    AccountId, ChainId, ChainVerifier, Code, Context, Proof, SignIn, Subject, Wallet,
};
use countersign_polkadot::{Network, Polkadot, PolkadotWallet, Scheme, ss58};
use countersign_testkit::{ORIGIN, Stage, vectors::Case};
use ed25519_dalek::{Verifier, VerifyingKey};

#[tokio::test]
async fn a02_one_key_is_one_account_under_every_prefix() {
    assert!(run_row("A2").await >= 20);

    let verifier = Polkadot::new();
    let alice = wallet(Scheme::Sr25519, &Network::POLKADOT);
    let (_, key) = ss58::decode(&alice.address()).unwrap();
    let generic = ss58::encode(ss58::GENERIC, &key).unwrap();
    let account = verifier.account(alice.chain(), &generic).unwrap();
    assert_eq!(account.address(), alice.address());
    let as_written = verifier.account(alice.chain(), &alice.address());
    assert_eq!(account, as_written.unwrap());
}

#[tokio::test]
async fn a02_one_key_is_one_subject_on_every_network() {
    for scheme in Scheme::ALL {
        let stage = Stage::with(Polkadot::new());
        let polkadot = wallet(scheme, &Network::POLKADOT);
        let kusama = wallet(scheme, &Network::KUSAMA);
        let westend = wallet(scheme, &Network::WESTEND);
        let mut subjects: Vec<Subject> = Vec::new();
        for wallet in [&polkadot, &kusama, &westend] {
            let session = stage.sign_in(wallet).await.unwrap().session;
            assert_eq!(session.identity.account.address(), wallet.address());
            assert_eq!(session.identity.method, scheme.as_str());
            subjects.push(session.identity.subject);
        }
        // And once more on Polkadot, with the generic address that westend's is.
        let proof = stage
            .edited_proof(&Polkadot::new(), &polkadot, |s| {
                s.address = westend.address().into()
            })
            .await;
        let session = stage.engine.sign_in(&proof, &Context::token()).await;
        let session = session.unwrap().session;
        assert_eq!(session.identity.account.address(), polkadot.address());
        subjects.push(session.identity.subject);

        subjects.dedup();
        assert_eq!(subjects.len(), 1, "{subjects:?}");
        let generic = format!("polkadot:{}", westend.address());
        assert_eq!(subjects[0].as_str(), generic);
        assert_eq!(stage.engine.sessions(&subjects[0]).await.unwrap().len(), 4);
    }
}

#[tokio::test]
async fn a05_what_is_not_the_one_ss58_text_is_no_address() {
    assert!(run_row("A5").await >= 18);
}

#[tokio::test]
async fn a06_an_address_of_another_network_is_refused() {
    assert!(run_row("A6").await >= 8);

    // Asking for it is refused as well, before anything is signed.
    let stage = Stage::with(Polkadot::new());
    let kusama = wallet(Scheme::Ed25519, &Network::KUSAMA);
    let ask = countersign_core::Ask::chain(chain(&Network::POLKADOT)).account(kusama.address());
    let error = stage.engine.challenge(ask).await.unwrap_err();
    assert_eq!(error.code(), Code::AddressInvalid);
}

#[tokio::test]
async fn p01_the_all_zero_sr25519_key_is_weak() {
    let key = schnorrkel::PublicKey::from_bytes(&[0; 32]).unwrap();
    let mut forged = 0;
    for case in row("P1") {
        let signature = untyped(&case);
        let parsed = schnorrkel::Signature::from_bytes(&signature).unwrap();
        let accepted = key.verify_simple(b"substrate", &payload(&case), &parsed);
        assert!(accepted.is_ok(), "{}: the library refuses it", case.name);
        forged += 1;
    }
    assert_eq!(forged, run_row("P1").await);
    assert!(forged >= 5);

    let named = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM";
    assert_eq!(ss58::decode(named), Ok((42, [0; 32])));
    // Nothing is signed at all: R and s are zero.
    let mut nothing = [0; 64];
    nothing[63] = 0x80;
    assert_eq!(refusal([0; 32], &nothing).await, Code::WeakKey);
}

#[tokio::test]
async fn p02_small_order_ed25519_keys_are_weak() {
    let mut forged = 0;
    for case in row("P2") {
        let key = VerifyingKey::from_bytes(&key_of(&case)).unwrap();
        let signature = untyped(&case).into();
        let accepted = key.verify(&payload(&case), &signature);
        assert!(accepted.is_ok(), "{}: the library refuses it", case.name);
        forged += 1;
    }
    assert_eq!(forged, run_row("P2").await);
    assert!(forged >= 9);

    // And every other way to write such a key.
    let mut weak = 0;
    for key in small_order_encodings() {
        let key = key.to_bytes();
        assert!(VerifyingKey::from_bytes(&key).unwrap().is_weak());
        assert_eq!(refusal(key, &[7; 64]).await, Code::WeakKey, "{key:02x?}");
        weak += 1;
    }
    assert_eq!(weak, 14);
}

#[tokio::test]
async fn p03_unreduced_scalars_and_points_are_refused() {
    assert!(run_row("P3").await >= 6);
}

#[tokio::test]
async fn p04_a_signature_counts_for_the_scheme_it_names_only() {
    assert!(run_row("P4").await >= 17);
}

#[tokio::test]
async fn p04_no_ecdsa_signature_is_lost_to_its_first_byte() {
    let stage = Stage::with(Polkadot::new());
    let mut ambiguous = 0;
    for _ in 0..6_000 {
        let wallet = PolkadotWallet::random(Scheme::Ecdsa, &Network::POLKADOT).unwrap();
        let text = stage.challenge(&wallet, None).await.message.unwrap();
        let proof = proof(&wallet, text);
        ambiguous += u32::from(proof.signature[0] < 2);
        let signed_in = stage.engine.sign_in(&proof, &Context::token()).await;
        assert_eq!(signed_in.unwrap().session.identity.method, "ecdsa");
    }
    assert!(ambiguous > 0, "none of them was in doubt");
}

#[tokio::test]
async fn p05_the_bare_text_counts_where_allowed_only() {
    assert!(run_row("P5").await >= 15);
}

#[tokio::test]
async fn p06_a_text_with_the_marks_of_wrapping_is_malformed() {
    assert!(run_row("P6").await >= 6);

    let verifier = Polkadot::new();
    let case = accepted("siws_with_a_statement");
    let statement = verifier
        .parse(&case.proof.message)
        .unwrap()
        .statement
        .unwrap();
    for marks in ["<Bytes>", "a </Bytes>", "<Bytes>b</Bytes>"] {
        let text = case.proof.message.replace(&*statement, marks);
        let error = verifier.parse(&text).unwrap_err();
        assert_eq!(error.code(), Code::MessageMalformed, "{marks}");
    }
}

#[tokio::test]
async fn p07_the_hash_counts_for_long_texts_only() {
    assert!(run_row("P7").await >= 25);
}

#[tokio::test]
async fn p08_another_signing_context_is_refused() {
    assert!(run_row("P8").await >= 3);
}

#[tokio::test]
async fn p09_hex_is_a_text_like_any_other() {
    assert!(run_row("P9").await >= 6);
}

#[tokio::test]
async fn p10_high_s_and_odd_recovery_ids_are_refused() {
    assert!(run_row("P10").await >= 17);
}

#[tokio::test]
async fn p11_accounts_without_a_key_are_refused() {
    assert!(run_row("P11").await >= 12);
}

#[tokio::test]
async fn a04_reserved_20_byte_accounts_are_refused() {
    let verifier = Polkadot::new();
    let chain = chain(&Network::POLKADOT);
    for address in [
        "0x0000000000000000000000000000000000000000",
        "0x0000000000000000000000000000000000000001",
        "0x0000000000000000000000000000000000000800",
    ] {
        let account = verifier.account(&chain, address).unwrap();
        for signature in [[0; 65], [1; 65], [27; 65]] {
            let error = verifier.verify(&account, "text", &signature).await;
            assert_eq!(error.unwrap_err().code(), Code::InvalidSignature);
        }
    }
}

#[test]
fn the_version_alone_chooses_the_dialect() {
    let verifier = Polkadot::new();
    let siws = accepted("siws_with_a_statement").proof.message;
    let caip = accepted("sr25519_over_the_wrapped_text").proof.message;
    let read = |text: &str| -> Result<SignIn<'static>, Code> {
        let read = verifier.parse(text).map(SignIn::into_owned);
        read.map_err(|e| e.code())
    };
    assert_eq!(read(&siws).unwrap().profile.name, "siws");
    assert_eq!(read(&caip).unwrap().profile.name, "caip122");

    // A statement chooses nothing, and neither dialect borrows the other's freedom.
    let statement = "Sign in to the example app. This costs nothing.";
    let disguised = caip.replace(statement, "Version: 1.0.0");
    assert_eq!(read(&disguised).unwrap().profile.name, "caip122");
    for broken in [
        caip.replace("Chain ID: 91b171bb158e2d3848fa23a9f1c25182\n", ""),
        caip.replace(&format!("{statement}\n\n"), ""),
        caip.replace("Polkadot account", "Substrate account"),
        caip.replace("Polkadot account", "Kusama account"),
        siws.replace("Substrate account", "Kusama account"),
        siws.replace(&format!("{statement}\n\n"), "\n"),
    ] {
        assert_eq!(read(&broken), Err(Code::MessageMalformed), "{broken}");
    }
}

#[test]
fn networks_that_could_be_mistaken_are_refused() {
    let astar = Network {
        label: "Astar".into(),
        alias: "astar".into(),
        genesis: "9eb76c5184c4ab8679d2d5d819fdf90b".into(),
        prefix: 5,
    };
    Polkadot::new().network(astar.clone()).unwrap();
    let refused = |change: fn(&mut Network)| {
        let mut network = astar.clone();
        change(&mut network);
        Polkadot::new().network(network).is_err()
    };
    assert!(refused(|n| n.prefix = 46));
    assert!(refused(|n| n.prefix = 16_384));
    assert!(refused(|n| n.label = "Kusama".into()));
    assert!(refused(|n| n.label = "Substrate".into()));
    assert!(refused(|n| n.label = "A\nB".into()));
    assert!(refused(|n| n.label = "".into()));
    assert!(refused(|n| n.alias = "westend".into()));
    assert!(refused(
        |n| n.alias = "91b171bb158e2d3848fa23a9f1c25182".into()
    ));
    assert!(refused(|n| n.alias = "a:b".into()));
    assert!(refused(
        |n| n.genesis = "b0a8d493285c2df73290dfb7e61f870f".into()
    ));
    assert!(refused(
        |n| n.genesis = "0x9eb76c5184c4ab8679d2d5d819fdf9".into()
    ));
    assert_eq!(
        Polkadot::only(astar).unwrap().labels(),
        ["Astar", "Substrate"]
    );
}

/// The 14 encodings that ed25519's library reads as one of the eight points of small order. Eight
/// are canonical; `y` of 0 and 1 can be written with the prime added; and where `x` is zero, its
/// sign says nothing.
fn small_order_encodings() -> Vec<curve25519_dalek::edwards::CompressedEdwardsY> {
    use curve25519_dalek::{constants::EIGHT_TORSION, edwards::CompressedEdwardsY};

    let with_sign = |mut bytes: [u8; 32]| {
        bytes[31] |= 0x80;
        CompressedEdwardsY(bytes)
    };
    let above_the_prime = |low| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, 0x7f);
        bytes
    };
    let mut encodings: Vec<_> = EIGHT_TORSION.iter().map(|point| point.compress()).collect();
    for low in [0xed, 0xee] {
        let bytes = above_the_prime(low);
        encodings.extend([CompressedEdwardsY(bytes), with_sign(bytes)]);
    }
    let one = EIGHT_TORSION[0].compress().to_bytes();
    let minus_one = EIGHT_TORSION[4].compress().to_bytes();
    encodings.extend([with_sign(one), with_sign(minus_one)]);
    encodings
}

fn wallet(scheme: Scheme, network: &Network) -> PolkadotWallet {
    PolkadotWallet::from_seed(scheme, &[0x42; 32], network).unwrap()
}

fn chain(network: &Network) -> ChainId {
    network.chain().unwrap()
}

fn proof(wallet: &dyn Wallet, message: String) -> Proof {
    Proof {
        chain: None,
        signature: wallet.sign(&message),
        message,
    }
}

fn row(row: &str) -> impl Iterator<Item = Case> {
    let row = Some(row.to_owned());
    cases().into_iter().filter(move |case| case.row == row)
}

fn accepted(name: &str) -> Case {
    let case = cases().into_iter().find(|case| case.name == name).unwrap();
    assert_eq!(case.expect, "accepted");
    case
}

fn payload(case: &Case) -> Vec<u8> {
    format!("<Bytes>{}</Bytes>", case.proof.message).into_bytes()
}

/// The signature without the byte that names the scheme.
fn untyped(case: &Case) -> [u8; 64] {
    let signature = &case.proof.signature;
    signature[signature.len() - 64..].try_into().unwrap()
}

fn key_of(case: &Case) -> [u8; 32] {
    let verifier = verifier_for(case);
    let sign_in = verifier.parse(&case.proof.message).unwrap();
    ss58::decode(&sign_in.address).unwrap().1
}

async fn refusal(key: [u8; 32], signature: &[u8]) -> Code {
    let verifier = Polkadot::new();
    let generic = ss58::encode(ss58::GENERIC, &key).unwrap();
    let account: AccountId = verifier
        .account(&chain(&Network::POLKADOT), &generic)
        .unwrap();
    let text = format!("{ORIGIN} wants …");
    let refused = verifier.verify(&account, &text, signature).await;
    refused.unwrap_err().code()
}
