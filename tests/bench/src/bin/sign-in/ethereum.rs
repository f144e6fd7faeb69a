//! An Ethereum account out of its text, by whichever library recovers its keys in this build.

use std::{hint::black_box, time::Duration};

use countersign_bench::{Goal, Report, calls};
use countersign_counts::{BACKEND, SignInText, recover};

pub(crate) fn measure(report: &mut Report) {
    let texts = many(SignInText::ethereum);
    let turns = || {
        let mut turn = texts.iter().cycle();
        move || black_box(turn.next().unwrap())
    };
    let (mut first, mut second) = (turns(), turns());
    report
        .contest(&format!("Ethereum ({BACKEND}): text to account"))
        .rounds(ROUNDS, ROUND)
        .side(
            "hash and recover alone",
            calls(|| {
                let text = first();
                recover(&text.message, &text.signature)
            }),
        )
        .side("countersign", calls(|| second().account()))
        .goal(Goal::CpuThroughput(0.92))
        .run();
    let now = time::OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap();
    let (mut first, mut second) = (turns(), turns());
    let theirs = || {
        let text = first();
        let message: siwe::Message = text.message.parse().unwrap();
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
        .side("countersign", calls(|| second().account()))
        .goal(Goal::CpuThroughput(if BACKEND == "k256" {
            2.2
        } else {
            4.0
        }))
        .run();
}

/// Texts that differ by their nonces: of one alone, the processor would soon know every branch that
/// the arithmetic takes.
pub(crate) fn many(text: fn(u32) -> SignInText) -> Vec<SignInText> {
    (0..16).map(text).collect()
}

pub(crate) const ROUNDS: usize = 15;
/// Long enough for thousands of calls on a busy machine too.
pub(crate) const ROUND: Duration = Duration::from_millis(300);
