//! Addresses and identity.

use super::*;
use crate::vectors::play_row;

#[test]
fn a01_addresses_in_another_letter_case() {
    play_row("A1");
}

#[test]
fn a03_the_text_names_a_victim_and_the_attacker_signs() {
    on_every_face(async |face| {
        let (victim, attacker) = (ethereum_wallet(1), ethereum_wallet(2));
        let browser = face.browser();
        // Asked for the attacker's account, answered with the victim's name.
        let text = browser.challenge(&attacker).await;
        let text = text.replace(&attacker.address(), &victim.address());
        let answer = browser.verify(&attacker, &text).await;
        assert_refused(&answer, (401, "address_mismatch"), face.name);
        // Asked for the victim's account, signed by the attacker.
        let text = browser.challenge(&victim).await;
        let answer = browser.verify(&attacker, &text).await;
        assert_refused(&answer, (401, "invalid_signature"), face.name);
        // And no field beside the text can say who signed.
        let mut body = proof(&attacker, &text);
        body["address"] = json!(attacker.address());
        let answer = browser.post("/auth/verify", body).await;
        assert_refused(&answer, (400, "request_malformed"), face.name);
    });
}

#[test]
fn a04_the_zero_address_and_the_precompiled_contracts() {
    play_row("A4");
}

#[test]
fn a07_a_name_or_a_label_is_no_identity() {
    on_every_face(async |face| {
        for name in ["vitalik.eth", "Savings", "0xvitalik", ""] {
            let ask = json!({"chain": "eip155:1", "account": name});
            let answer = face.browser().post("/auth/challenge", ask).await;
            assert_refused(&answer, (400, "address_invalid"), name);
        }
        // What a session says about who it is comes from the proof alone.
        let browser = signed_in(&face).await;
        let session = browser.get("/auth/session").await.json();
        assert_eq!(
            session["subject"],
            format!("eip155:{}", ethereum_wallet(1).address())
        );
    });
}

#[test]
fn a08_two_first_sign_ins_at_once_are_one_subject_with_two_sessions() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let (first, second) = (face.browser(), face.browser());
        let texts = (
            first.challenge(&wallet).await,
            second.challenge(&wallet).await,
        );
        let (one, two) = tokio::join!(
            first.verify(&wallet, &texts.0),
            second.verify(&wallet, &texts.1)
        );
        assert_eq!((one.status().as_u16(), two.status().as_u16()), (200, 200));
        assert_eq!(one.json()["subject"], two.json()["subject"]);
        let listed = first.get("/auth/sessions").await.json();
        assert_eq!(listed["sessions"].as_array().unwrap().len(), 2);
    });
}
