//! Message parsing.

use super::*;
use crate::vectors::play_row;

#[test]
fn m01_bom_trailing_line_feed_and_blank_lines_too_many() {
    play_row("M1");
}

#[test]
fn m02_words_in_the_lines_that_must_be_empty() {
    play_row("M2");
}

#[test]
fn m03_crlf_line_ends() {
    play_row("M3");
}

#[test]
fn m04_repeated_fields() {
    play_row("M4");
}

#[test]
fn m05_fields_out_of_order_and_unknown_labels() {
    play_row("M5");
}

#[test]
fn m06_a_blank_line_in_the_statement_or_a_fourth_block() {
    play_row("M6");
}

#[test]
fn m07_statements_with_controls_bidi_or_other_alphabets() {
    play_row("M7");
}

#[test]
fn m08_nonces_that_are_short_long_or_of_other_characters() {
    play_row("M8");
}

#[test]
fn m09_chain_ids_that_are_no_canonical_numbers() {
    play_row("M9");
}

#[test]
fn m10_other_versions() {
    play_row("M10");
}

#[test]
fn m11_json_where_text_is_due() {
    play_row("M11");
}

#[test]
fn m12_an_object_of_fields_instead_of_the_signed_text() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let browser = face.browser();
        let text = browser.challenge(&wallet).await;
        for object in [
            json!({"domain": "app.example", "address": wallet.address(), "nonce": "12345678"}),
            json!([text]),
            json!({"message": text}),
        ] {
            let mut body = proof(&wallet, &text);
            body["message"] = object;
            let answer = browser.post("/auth/verify", body).await;
            assert_refused(&answer, (400, "request_malformed"), face.name);
        }
        // The bytes that were received are what is verified: the text as it is still counts.
        assert_eq!(browser.verify(&wallet, &text).await.status(), 200);
    });
}

#[test]
fn m13_resources_that_are_no_uris_too_many_or_too_long() {
    play_row("M13");
}

#[test]
fn m14_messages_and_fields_over_their_caps() {
    play_row("M14");
}

#[test]
fn m15_the_first_sentence_again_in_the_statement() {
    play_row("M15");
}

#[test]
fn m16_what_is_accepted_is_written_back_as_it_was() {
    // The property over generated texts is `differential::whatever_is_read_is_written_back`; here
    // is the law at work in the engine: a verifier that breaks it is not believed.
    #[derive(Debug)]
    struct Forgetful(Ethereum);

    #[countersign_core::async_trait]
    impl countersign_core::ChainVerifier for Forgetful {
        fn namespace(&self) -> &str {
            self.0.namespace()
        }
        fn chains(&self) -> &[countersign_core::ChainId] {
            self.0.chains()
        }
        fn label(&self, chain: &countersign_core::ChainId) -> &str {
            self.0.label(chain)
        }
        fn profile(&self) -> &'static countersign_core::TextProfile {
            self.0.profile()
        }
        fn parse<'a>(&self, message: &'a str) -> Result<SignIn<'a>, countersign_core::VerifyError> {
            let mut sign_in = self.0.parse(message)?;
            sign_in.resources = None;
            Ok(sign_in)
        }
        fn account(
            &self,
            chain: &countersign_core::ChainId,
            address: &str,
        ) -> Result<countersign_core::AccountId, countersign_core::VerifyError> {
            self.0.account(chain, address)
        }
        async fn verify(
            &self,
            account: &countersign_core::AccountId,
            message: &str,
            signature: &[u8],
        ) -> Result<countersign_core::Verified, countersign_core::VerifyError> {
            self.0.verify(account, message, signature).await
        }
    }

    countersign_testkit::run(async {
        let stage = countersign_testkit::Stage::with(Forgetful(Ethereum::mainnet()));
        let wallet = ethereum_wallet(1);
        let text = stage.challenge(&wallet, None).await.message.unwrap();
        let text = format!("{text}\nResources:\n- https://app.example/all-my-money");
        let signature = wallet.sign(&text);
        let proof = countersign_core::Proof {
            chain: None,
            message: text,
            signature,
        };
        let refused = stage
            .engine
            .sign_in(&proof, &countersign_core::Context::token())
            .await;
        assert_eq!(refused.unwrap_err().code().as_str(), "message_malformed");
    });
}
