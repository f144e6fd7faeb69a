//! G3: of thirty-two racers with one refresh token, spread over the nodes, one makes a successor;
//! within the grace time all hear of the same one; and a replay after it leaves nothing alive.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Method;
use serde_json::json;
use tokio::sync::Barrier;

use crate::{
    backend::Backend,
    client::{Answer, Client, credential, wallet},
    dice::Dice,
    node::Order,
    report::Line,
    scene::{Plan, Scene, in_lanes},
};

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Backend::durable(plan.kind);
    let tokens = plan.size(2_000, 12);
    let strict = of_grace(plan, &backend, 0, tokens).await;
    let lenient = of_grace(plan, &backend, GRACE, tokens).await;
    let says = format!(
        "{tokens} refresh tokens x {RACERS} racers: {} successors without grace; {} with {GRACE} s \
         of it, told to {} racers; {} alive after a replay",
        strict.successors, lenient.successors, lenient.told, lenient.alive,
    );
    Line::new("G3", plan.kind, says)
        .expect("successors without grace", strict.successors, tokens)
        .expect("told without grace", strict.told, tokens)
        .expect(
            "successors within the grace time",
            lenient.successors,
            tokens,
        )
        .expect("told within the grace time", lenient.told, tokens * RACERS)
        .expect("alive after a replay", lenient.alive, 0)
        .expect("other answers", strict.odd + lenient.odd, 0)
}

/// What came of it.
#[derive(Debug, Default)]
struct Counts {
    /// Different successors, over all tokens.
    successors: usize,
    /// Racers that were given one.
    told: usize,
    /// Answers that are neither tokens nor `invalid_grant`.
    odd: usize,
    /// Tokens that open something after a replay.
    alive: usize,
}

/// The pairs of one token that was raced for: itself, and its successors with their access tokens.
type Family = (String, Vec<(String, String)>);

async fn of_grace(plan: &Plan, backend: &Backend, seconds: u64, tokens: usize) -> Counts {
    let scene = plan.scene_of(Order {
        grace: Some(seconds),
        ..plan.order(backend.url())
    });
    let families: Arc<Mutex<Vec<Family>>> = Arc::default();
    let (told, odd) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut dice = plan.dice.clone();
    in_lanes(4, 0..tokens, &mut dice, |number, mut dice| {
        let (scene, families) = (scene.clone(), families.clone());
        let (told, odd) = (told.clone(), odd.clone());
        async move {
            let Some(token) = token_of(&scene, number, &mut dice).await else {
                odd.fetch_add(1, Ordering::SeqCst);
                return;
            };
            let heard = race(&scene, &token).await;
            let mut pairs = Vec::new();
            for answer in &heard {
                match answer.body["refresh_token"].as_str() {
                    Some(next) => pairs.push((next.to_owned(), credential(answer))),
                    None if answer.code() == "invalid_grant" => {}
                    None => drop(odd.fetch_add(1, Ordering::SeqCst)),
                }
            }
            told.fetch_add(pairs.len(), Ordering::SeqCst);
            families.lock().unwrap().push((token, pairs));
        }
    })
    .await;
    let families = std::mem::take(&mut *families.lock().unwrap());
    let mut counts = Counts {
        told: told.load(Ordering::SeqCst),
        odd: odd.load(Ordering::SeqCst),
        ..Counts::default()
    };
    for (_, pairs) in &families {
        let different: HashSet<_> = pairs.iter().map(|(refresh, _)| refresh).collect();
        counts.successors += different.len();
    }
    if seconds > 0 {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let alive = Arc::new(AtomicUsize::new(0));
        let families = Arc::new(families);
        in_lanes(4, 0..families.len(), &mut dice, |number, mut dice| {
            let (scene, alive, families) = (scene.clone(), alive.clone(), families.clone());
            async move {
                let left = replay(&scene, &families[number], &mut dice).await;
                alive.fetch_add(left, Ordering::SeqCst);
            }
        })
        .await;
        counts.alive = alive.load(Ordering::SeqCst);
    }
    counts
}

/// Signs in for a token; its refresh token.
async fn token_of(scene: &Scene, number: usize, dice: &mut Dice) -> Option<String> {
    let (client, node) = (&scene.client, scene.any(dice));
    let proof = client.prove(node, &wallet(number), "token").await.ok()?;
    let answer = client.verify(scene.any(dice), &proof).await;
    Some(answer.body["refresh_token"].as_str()?.to_owned())
}

/// All at once, over all nodes.
async fn race(scene: &Scene, token: &str) -> Vec<Answer> {
    let start = Arc::new(Barrier::new(RACERS));
    let mut racers = tokio::task::JoinSet::new();
    for racer in 0..RACERS {
        let (client, start) = (scene.client.clone(), start.clone());
        let node = scene.fleet.address(racer % scene.fleet.len());
        let token = token.to_owned();
        racers.spawn(async move {
            start.wait().await;
            refresh(&client, node, &token).await
        });
    }
    racers.join_all().await
}

/// Shows the first token again, after its time; how many of its family still open something.
async fn replay(scene: &Scene, (token, pairs): &Family, dice: &mut Dice) -> usize {
    let mut alive = 0;
    let first = refresh(&scene.client, scene.any(dice), token).await;
    alive += usize::from(first.code() != "invalid_grant");
    for (next, access) in pairs.iter().take(1) {
        let next = refresh(&scene.client, scene.any(dice), next).await;
        let read = scene.client.read(scene.any(dice), access).await;
        alive += usize::from(next.code() != "invalid_grant") + usize::from(read.status != 401);
    }
    alive
}

async fn refresh(client: &Client, node: SocketAddr, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    let path = "/auth/refresh";
    client.send(node, Method::POST, path, "", Some(&body)).await
}

const RACERS: usize = 32;

/// The engine's default.
const GRACE: u64 = 10;
