//! Texts that Solana's own wallet library composed and signed.

use countersign_testkit::{run, vectors::Case};
use custom_chain::Solana;

#[test]
fn every_case_comes_out_as_it_must() {
    let cases = Case::read_all(include_str!("../../../tests/vectors/solana/cases.json"));
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let mut faults = Vec::new();
    for case in &cases {
        faults.extend(run(case.check(Solana, &case.expect)).err());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
