//! G2: of thirty-two racers with one authorization code, spread over the nodes, one redeems it; the
//! others hear `invalid_grant` and nothing else.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Barrier;

use crate::{
    application::{Attempt, Page, Person, SHOP},
    backend::Backend,
    client::wallet,
    dice::Dice,
    report::Line,
    scene::{Plan, Scene, in_lanes},
};

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Backend::durable(plan.kind);
    let scene = plan.scene(&backend);
    let codes = plan.size(2_000, 40);
    let tally = Arc::new(Tally::default());
    let mut dice = plan.dice.clone();
    in_lanes(LANES, 0..LANES, &mut dice, |lane, mut dice| {
        let (scene, tally) = (scene.clone(), tally.clone());
        async move {
            // Each lane is a person of its own, who signs in once.
            let mut person = Person::new(scene.client.clone(), wallet(lane));
            let (page, proof) = person.proves(scene.any(&mut dice)).await;
            let verified = person
                .posts(scene.any(&mut dice), "/auth/verify", &proof)
                .await;
            assert_eq!((page.status, verified.status), (201, 200));
            for _ in (lane..codes).step_by(LANES) {
                tally.count(&scene, &mut person, &mut dice).await;
            }
        }
    })
    .await;
    let of = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    let says = format!(
        "{codes} codes x {RACERS} racers x {} nodes: {} redeemed, {} twice, {} losers heard \
         invalid_grant, {} other answers",
        scene.fleet.len(),
        of(&tally.redeemed),
        of(&tally.doubled),
        of(&tally.refused),
        of(&tally.odd),
    );
    Line::new("G2", plan.kind, says)
        .expect("redeemed", of(&tally.redeemed), codes)
        .expect("redeemed twice", of(&tally.doubled), 0)
        .expect("other answers", of(&tally.odd), 0)
        .expect("refused", of(&tally.refused), codes * (RACERS - 1))
}

/// What came of it.
#[derive(Debug, Default)]
struct Tally {
    /// Codes that somebody redeemed.
    redeemed: AtomicUsize,
    /// Codes that more than one redeemed.
    doubled: AtomicUsize,
    /// Racers that heard `invalid_grant`.
    refused: AtomicUsize,
    /// Answers that are neither, and requests without a code.
    odd: AtomicUsize,
}

impl Tally {
    async fn count(&self, scene: &Scene, person: &mut Person, dice: &mut Dice) {
        let attempt = Arc::new(Attempt::of(SHOP, dice));
        let Some(code) = code(&attempt, scene, person, dice).await else {
            self.odd.fetch_add(1, Ordering::SeqCst);
            return;
        };
        let answers = race(&attempt, scene, &code).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        let lost = answers.iter().filter(|answer| is_refusal(answer)).count();
        self.redeemed.fetch_add(won.min(1), Ordering::SeqCst);
        self.doubled
            .fetch_add(usize::from(won > 1), Ordering::SeqCst);
        self.refused.fetch_add(lost, Ordering::SeqCst);
        self.odd.fetch_add(RACERS - won - lost, Ordering::SeqCst);
    }
}

fn is_refusal(answer: &Page) -> bool {
    answer.status == 400 && answer.code() == "invalid_grant"
}

async fn code(
    attempt: &Attempt,
    scene: &Scene,
    person: &mut Person,
    dice: &mut Dice,
) -> Option<String> {
    let mut page = person.goes(scene.any(dice), &attempt.path()).await;
    if let Some(ticket) = page.ticket().map(str::to_owned) {
        page = person.allows(scene.any(dice), &ticket).await;
    }
    attempt.code(&page.location)
}

/// All at once, over all nodes.
async fn race(attempt: &Arc<Attempt>, scene: &Scene, code: &str) -> Vec<Page> {
    let start = Arc::new(Barrier::new(RACERS));
    let mut racers = tokio::task::JoinSet::new();
    for racer in 0..RACERS {
        let (attempt, client, start) = (attempt.clone(), scene.client.clone(), start.clone());
        let node = scene.fleet.address(racer % scene.fleet.len());
        let code = code.to_owned();
        racers.spawn(async move {
            start.wait().await;
            attempt.redeem(&client, node, &code).await
        });
    }
    racers.join_all().await
}

const RACERS: usize = 32;
const LANES: usize = 4;
