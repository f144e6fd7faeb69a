//! Races over several nodes: engines of their own over stores of their own, on one backend.

use std::sync::Arc;

use countersign_core::{Code, Context, Engine, Secret, Stores};
use countersign_ethereum::Ethereum;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{ManualClock, ORIGIN, at_start, ethereum_wallet, stage::signed};

/// What came of a race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Proofs that were let in at least once.
    pub accepted: usize,
    /// Proofs that were let in more than once.
    pub doubled: usize,
    /// Answers other than a session or `nonce_invalid`.
    pub other: usize,
}

/// Shows each of `proofs` proofs 16 times at once, spread over the nodes. A good backend gives
/// `Outcome { accepted: proofs, doubled: 0, other: 0 }`.
pub async fn replay(nodes: Vec<Stores>, proofs: usize) -> Outcome {
    let (clock, secret) = (ManualClock::at(at_start()), Secret::random());
    let engines: Vec<_> = nodes
        .into_iter()
        .map(|stores| {
            Engine::builder(ORIGIN)
                .stores(stores)
                .without_limits()
                .clock(clock.clone())
                .secret(secret.clone())
                .chain(Ethereum::mainnet())
                .build()
                .unwrap()
        })
        .collect();
    let mut outcome = Outcome {
        accepted: 0,
        doubled: 0,
        other: 0,
    };
    for round in 0..proofs {
        let wallet = ethereum_wallet(u8::try_from(round % 200).unwrap() + 1);
        let asked = &engines[round % engines.len()];
        let ask = countersign_core::Ask::chain("eip155:1".parse().unwrap())
            .account(countersign_core::Wallet::address(&wallet));
        let challenge = asked.challenge(ask).await.unwrap();
        let proof = Arc::new(signed(&wallet, challenge.message.unwrap()));
        let start = Arc::new(Barrier::new(RACERS));
        let mut racers = JoinSet::new();
        for racer in 0..RACERS {
            let engine = engines[racer % engines.len()].clone();
            let (proof, start) = (proof.clone(), start.clone());
            racers.spawn(async move {
                start.wait().await;
                engine.sign_in(&proof, &Context::token()).await
            });
        }
        let answers = racers.join_all().await;
        let winners = answers.iter().filter(|answer| answer.is_ok()).count();
        let is_other = |code| code != Code::NonceInvalid;
        let others = answers.iter().filter_map(|answer| answer.as_ref().err());
        outcome.accepted += usize::from(winners > 0);
        outcome.doubled += usize::from(winners > 1);
        outcome.other += others.filter(|error| is_other(error.code())).count();
    }
    outcome
}

/// How many proofs a race has: a few, or what `COUNTERSIGN_RACES` says (10000 is the whole goal).
pub fn proofs() -> usize {
    match std::env::var("COUNTERSIGN_RACES") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => 100,
    }
}

const RACERS: usize = 16;
