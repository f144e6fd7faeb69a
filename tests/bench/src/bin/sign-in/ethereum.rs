//! An Ethereum account out of its text, by whichever library recovers its keys in this build.

use std::{hint::black_box, time::Duration};

use countersign_bench::{Goal, Report, calls};
use countersign_counts::{BACKEND, SignInText, recover};

pub(crate) fn measure(report: &mut Report) {
    let text = SignInText::ethereum();
    report
        .contest(&format!("Ethereum ({BACKEND}): text to account"))
        .rounds(ROUNDS, ROUND)
        .side(
            "hash and recover alone",
            calls(|| recover(black_box(&text.message), &text.signature)),
        )
        .side("countersign", calls(|| black_box(&text).account()))
        .goal(Goal::CpuThroughput(0.92))
        .run();
    let now = time::OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap();
    let theirs = || {
        let message: siwe::Message = black_box(&text.message).parse().unwrap();
        let signature = hex::decode(&text.signature[2..]).unwrap();
        assert!(message.valid_at(&now) && message.domain.as_str() == "app.example");
        message
            .verify_eip191(&signature.try_into().unwrap())
            .unwrap()
    };
    report
        .contest(&format!("Ethereum ({BACKEND}): against siwe 0.6.1"))
        .rounds(ROUNDS, ROUND)
        .side("siwe: parse and verify", calls(theirs))
        .side("countersign", calls(|| black_box(&text).account()))
        .goal(Goal::CpuThroughput(if BACKEND == "k256" {
            2.2
        } else {
            4.0
        }))
        .run();
}

pub(crate) const ROUNDS: usize = 15;
/// Long enough for thousands of calls on a busy machine too.
pub(crate) const ROUND: Duration = Duration::from_millis(300);
