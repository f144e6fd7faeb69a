//! What the tests over the vectors share.

#![allow(dead_code, reason = "each test uses its own part")]

use countersign_polkadot::{Network, Polkadot};
use countersign_testkit::vectors::Case;
use serde_json::Value;

/// All cases of the file.
pub(crate) fn cases() -> Vec<Case> {
    Case::read_all(include_str!(
        "../../../../tests/vectors/polkadot/cases.json"
    ))
}

/// The verifier that a case was made for.
pub(crate) fn verifier_for(case: &Case) -> Polkadot {
    let networks = case.fields["networks"].as_array();
    networks
        .into_iter()
        .flatten()
        .fold(Polkadot::new(), |verifier, network| {
            verifier.network(read_network(network)).unwrap()
        })
}

/// Runs a case, with and without bare signatures.
pub(crate) async fn faults_of(case: &Case) -> Vec<String> {
    let (strictly, leniently) = match &*case.expect {
        "accepted_if_bare_allowed" => ("invalid_signature", "accepted"),
        same => (same, same),
    };
    let verifier = verifier_for(case);
    let bare = verifier.clone().bare_signatures();
    let results = [
        case.check(verifier, strictly).await,
        case.check(bare, leniently).await,
    ];
    results.into_iter().filter_map(Result::err).collect()
}

/// Runs all cases of a row of the attack table; says how many they were.
pub(crate) async fn run_row(row: &str) -> usize {
    let cases: Vec<_> = cases()
        .into_iter()
        .filter(|case| case.row.as_deref() == Some(row))
        .collect();
    let mut faults = Vec::new();
    for case in &cases {
        faults.extend(faults_of(case).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    cases.len()
}

fn read_network(network: &Value) -> Network {
    let text = |name: &str| network[name].as_str().unwrap().to_owned().into();
    Network {
        label: text("label"),
        alias: text("alias"),
        genesis: text("genesis_reference"),
        prefix: network["prefix"].as_u64().unwrap().try_into().unwrap(),
    }
}
