//! Sign-in with Ethereum where libsecp256k1 recovers the keys, on both sides.

#![allow(clippy::unwrap_used)]

#[path = "../sign-in/ethereum.rs"]
mod ethereum;

use countersign_bench::Report;

fn main() {
    let mut report = Report::new("secp256k1");
    ethereum::measure(&mut report);
    report.finish();
}
