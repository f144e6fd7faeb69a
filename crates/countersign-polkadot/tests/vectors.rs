//! Texts and addresses that the real libraries made.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::{cases, faults_of};
use countersign_core::ChainVerifier;
use countersign_polkadot::{Polkadot, ss58};
use serde_json::Value;

#[tokio::test]
async fn every_case_comes_out_as_it_must() {
    let mut faults = Vec::new();
    let mut tally = BTreeMap::<_, u32>::new();
    for case in cases() {
        faults.extend(faults_of(&case).await);
        *tally.entry(case.expect).or_default() += 1;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(
        tally["accepted"] >= 100 && tally["invalid_signature"] >= 90,
        "{tally:?}"
    );
}

#[test]
fn every_text_that_is_read_is_written_back() {
    let mut read = 0;
    for case in cases() {
        if let Ok(sign_in) = common::verifier_for(&case).parse(&case.proof.message) {
            assert_eq!(sign_in.compose(), case.proof.message, "{}", case.name);
            assert_eq!(sign_in.profile.name, case.text("dialect"), "{}", case.name);
            read += 1;
        }
    }
    assert!(read > 200, "{read}");
}

#[test]
fn every_address_is_read_and_written() {
    for address in list("addresses") {
        let prefix: u16 = address["prefix"].as_u64().unwrap().try_into().unwrap();
        let text = address["text"].as_str().unwrap();
        let (read, key) = ss58::decode(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(read, prefix);
        assert_eq!(hex::encode(key), address["key_hex"].as_str().unwrap());
        assert_eq!(ss58::encode(prefix, &key).unwrap(), text);
    }
}

#[test]
fn no_odd_text_is_an_address() {
    let verifier = Polkadot::new();
    for odd in list("odd_texts") {
        let text = odd["text"].as_str().unwrap();
        assert!(ss58::decode(text).is_err(), "{}", odd["name"]);
        for chain in verifier.chains() {
            assert!(verifier.account(chain, text).is_err(), "{}", odd["name"]);
        }
    }
}

fn list(name: &str) -> Vec<Value> {
    let json = include_str!("../../../tests/vectors/polkadot/ss58.json");
    let mut tables: Value = serde_json::from_str(json).unwrap();
    match tables[name].take() {
        Value::Array(list) => list,
        other => panic!("{name} is {other}"),
    }
}
