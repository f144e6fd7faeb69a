//! Sign-in: from the text that came in to the account it proves, against the hash and the curve
//! operation alone, and against the `siwe` crate.

#![allow(clippy::unwrap_used)]

mod ethereum;

use std::hint::black_box;

use countersign_bench::{Goal, Report, calls};
use countersign_core::{ChainId, DateTime, SignIn, TextProfile, Timestamp, VerifyError};
use countersign_counts::{SignInText, Signed};

use ethereum::{ROUND, ROUNDS, many};

fn main() {
    let mut report = Report::new("sign-in");
    ethereum::measure(&mut report);
    substrate(&mut report, "sr25519", SignInText::sr25519, Signed::sr25519);
    substrate(&mut report, "ed25519", SignInText::ed25519, Signed::ed25519);
    lengths(&mut report);
    report.finish();
}

fn substrate(report: &mut Report, scheme: &str, text: fn(u32) -> SignInText, bare: fn(&Signed)) {
    let texts = many(text);
    let signed: Vec<_> = texts.iter().map(Signed::of).collect();
    let (mut texts, mut signed) = (texts.iter().cycle(), signed.iter().cycle());
    report
        .contest(&format!("{scheme}: text to account"))
        .rounds(ROUNDS, ROUND)
        .side(
            "the bare verify",
            calls(|| bare(black_box(signed.next().unwrap()))),
        )
        .side(
            "countersign",
            calls(|| black_box(texts.next().unwrap()).account()),
        )
        .goal(Goal::CpuThroughput(0.90))
        .run();
}

/// How the cost of reading grows with the text.
fn lengths(report: &mut Report) {
    let profile = &TextProfile::ERC4361;
    for bytes in [0, 500, 1_000, 2_000] {
        let text = SignIn {
            profile,
            scheme: None,
            domain: "app.example".into(),
            label: "Ethereum".into(),
            address: "0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A".into(),
            statement: Some("a".repeat(bytes).into()),
            uri: Some("https://app.example".into()),
            chain: "eip155:1".parse().unwrap(),
            chain_text: Some("1".into()),
            nonce: "k7Qm2ZtR9vXc4LpW8sYd6HbN".into(),
            issued_at: Some(DateTime::at(Timestamp::from_secs(1_767_225_600))),
            expiration_time: None,
            not_before: None,
            request_id: None,
            resources: None,
        }
        .compose();
        let read = || -> Result<bool, VerifyError> {
            let sign_in = profile.parse(black_box(&text), |_, name| {
                ChainId::new("eip155", name?).ok()
            })?;
            Ok(sign_in.compose() == text)
        };
        report
            .contest(&format!("to read a text of {} bytes", text.len()))
            .side("parse and write back", calls(|| read().unwrap()))
            .run();
    }
}
