//! Signatures and malleability.

use countersign_core::{
    AccountId, ChainId, ChainVerifier, Proof, TextProfile, Verified, VerifyError, async_trait,
};
use countersign_testkit::Stage;

use super::*;
use crate::vectors::play_row;

#[test]
fn s01_hex_that_is_none() {
    play_row("S1");
}

#[test]
fn s02_the_twin_with_a_high_s() {
    play_row("S2");
}

#[test]
fn s03_other_values_of_v() {
    play_row("S3");
}

#[test]
fn s04_r_or_s_out_of_range() {
    play_row("S4");
}

#[test]
fn s05_signatures_of_other_lengths() {
    play_row("S5");
    countersign_testkit::run(async {
        // What is too long for HTTP reaches the engine by other ways.
        let stage = Stage::ethereum();
        let wallet = ethereum_wallet(1);
        for length in [0, 64, 66, 16 * 1024, 1024 * 1024] {
            let message = stage.challenge(&wallet, None).await.message.unwrap();
            let proof = Proof {
                chain: None,
                message,
                signature: vec![1; length],
            };
            let context = countersign_core::Context::token();
            let error = stage.engine.sign_in(&proof, &context).await.unwrap_err();
            assert_eq!(
                error.code().as_str(),
                "signature_malformed",
                "{length} bytes"
            );
        }
    });
}

#[test]
fn s06_signatures_over_something_else() {
    play_row("S6");
}

#[test]
fn s07_every_flipped_byte_of_message_or_signature() {
    play_row("S7");
    countersign_testkit::run(async {
        let verifier = Ethereum::mainnet();
        for number in 1..=20 {
            let wallet = ethereum_wallet(number);
            let stage = Stage::ethereum();
            let text = stage.challenge(&wallet, None).await.message.unwrap();
            let account = verifier.account(wallet.chain(), &wallet.address()).unwrap();
            let signature = wallet.sign(&text);
            verifier.verify(&account, &text, &signature).await.unwrap();
            for place in 0..signature.len() {
                let mut flipped = signature.clone();
                flipped[place] ^= 1 << (place % 8);
                assert!(
                    verifier.verify(&account, &text, &flipped).await.is_err(),
                    "{place}"
                );
            }
            for place in (0..text.len()).step_by(7) {
                let mut flipped = text.clone().into_bytes();
                flipped[place] ^= 2;
                let flipped = String::from_utf8(flipped).unwrap();
                assert!(
                    verifier
                        .verify(&account, &flipped, &signature)
                        .await
                        .is_err(),
                    "{place}"
                );
            }
        }
    });
}

#[test]
fn s08_a_verifier_that_errs_or_proves_another_account_gives_no_session() {
    for verdict in [
        Verdict::Errs,
        Verdict::ProvesAnother,
        Verdict::ProvesOnAnotherChain,
    ] {
        with_plugin(verdict, async |face| {
            let browser = face.browser();
            let answer = browser.sign_in(&ethereum_wallet(1)).await;
            let expected = match verdict {
                Verdict::Errs => (503, "chain_unavailable"),
                _ => (500, "plugin_error"),
            };
            assert_refused(&answer, expected, face.name);
            assert!(answer.cookies().is_empty());
            assert_eq!(browser.get("/me").await.refusal().0, 401);
        });
    }
}

#[test]
fn s09_a_verifier_that_panics_takes_nobody_along() {
    with_plugin(Verdict::Panics, async |face| {
        let browser = face.browser();
        for _ in 0..3 {
            let answer = browser.sign_in(&ethereum_wallet(1)).await;
            assert_refused(&answer, (500, "plugin_error"), face.name);
            assert!(answer.cookies().is_empty() && !answer.text().contains("panick"));
        }
        assert_eq!(browser.get("/auth/nonce").await.status(), 200);
    });
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    Errs,
    ProvesAnother,
    ProvesOnAnotherChain,
    Panics,
}

/// Ethereum's texts, with a plugin's own idea of verifying.
#[derive(Debug)]
struct Plugin {
    chains: Vec<ChainId>,
    verdict: Verdict,
}

#[async_trait]
impl ChainVerifier for Plugin {
    fn namespace(&self) -> &str {
        "eip155"
    }

    fn chains(&self) -> &[ChainId] {
        &self.chains
    }

    fn label(&self, _: &ChainId) -> &str {
        "Plugin"
    }

    fn profile(&self) -> &'static TextProfile {
        &TextProfile::CAIP122
    }

    fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, VerifyError> {
        Ethereum::mainnet().account(chain, address)
    }

    async fn verify(
        &self,
        account: &AccountId,
        _: &str,
        _: &[u8],
    ) -> Result<Verified, VerifyError> {
        let other = ethereum_wallet(9).address();
        match self.verdict {
            Verdict::Errs => Err(VerifyError::unavailable("the node is away")),
            Verdict::ProvesAnother => Ok(Verified::key(
                &AccountId::canonical(account.chain(), &other).unwrap(),
                "plugin",
            )),
            Verdict::ProvesOnAnotherChain => {
                let elsewhere = "eip155:10".parse().unwrap();
                let there = AccountId::canonical(&elsewhere, account.address()).unwrap();
                Ok(Verified::on_chain(&there, "plugin"))
            }
            Verdict::Panics => panic!("told to panic"),
        }
    }
}

fn with_plugin(verdict: Verdict, test: impl AsyncFn(Face)) {
    let chain: ChainId = "eip155:1".parse().unwrap();
    countersign_tests::with_parts(
        countersign_testkit::ORIGIN,
        |builder| {
            builder.chain(Plugin {
                chains: vec![chain.clone()],
                verdict,
            })
        },
        test,
    );
}
