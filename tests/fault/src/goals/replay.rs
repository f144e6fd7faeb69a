//! G1: of sixteen racers with one proof, spread over the nodes, exactly one is let in.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Barrier;

use crate::{
    backend::Backend,
    history::Heard,
    report::Line,
    scene::{Plan, in_lanes},
};

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Backend::durable(plan.kind);
    let scene = plan.scene(&backend);
    let nonces = plan.size(10_000, 40);
    let odd = Arc::new(AtomicUsize::new(0));
    let mut dice = plan.dice.clone();
    in_lanes(4, 0..nonces, &mut dice, |number, mut dice| {
        let (scene, odd) = (scene.clone(), odd.clone());
        async move {
            let Some(proof) = scene.prove(number, &mut dice).await else {
                odd.fetch_add(1, Ordering::SeqCst);
                return;
            };
            let start = Arc::new(Barrier::new(RACERS));
            let mut racers = tokio::task::JoinSet::new();
            for racer in 0..RACERS {
                let (scene, proof, start) = (scene.clone(), proof.clone(), start.clone());
                let node = scene.fleet.address((number + racer) % scene.fleet.len());
                racers.spawn(async move {
                    start.wait().await;
                    scene.verify_at(number, &proof, node).await
                });
            }
            let heard = racers.join_all().await;
            let unheard = heard.iter().filter(|heard| **heard == Heard::Nothing);
            odd.fetch_add(unheard.count(), Ordering::SeqCst);
            if scene.read(number, &mut dice).await != Heard::Yes {
                odd.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    let (judged, odd) = (scene.history.judge(), odd.load(Ordering::SeqCst));
    let says = format!(
        "{nonces} nonces x {RACERS} racers x {} nodes: {} accepted, {} twice, {odd} other answers",
        scene.fleet.len(),
        judged.accepted,
        judged.doubled,
    );
    Line::new("G1", plan.kind, says)
        .expect("accepted", judged.accepted, nonces)
        .expect("accepted twice", judged.doubled, 0)
        .expect("lost", judged.lost, 0)
        .expect("other answers", odd, 0)
}

const RACERS: usize = 16;
