//! G4: a session is ended while eight slow requests move its idle limit; it stays ended.

use std::time::Duration;

use crate::{
    backend::Backend,
    history::Heard,
    node::Order,
    report::Line,
    scene::{Plan, in_lanes},
};

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Backend::durable(plan.kind);
    let idle = plan.size(30, 10);
    let scene = plan.scene_of(Order {
        idle: Some(idle as u64),
        slow_reads: 20,
        ..plan.order(backend.url())
    });
    let (sessions, batch) = (plan.size(5_000, 40), 500);
    let mut dice = plan.dice.clone();
    for first in (0..sessions).step_by(batch) {
        let numbers = first..sessions.min(first + batch);
        in_lanes(16, numbers.clone(), &mut dice, |number, mut dice| {
            let scene = scene.clone();
            async move {
                scene.sign_in(number, &mut dice).await;
            }
        })
        .await;
        // The idle limit moves when a tenth of the time has passed.
        tokio::time::sleep(Duration::from_millis(idle as u64 * 100 + 100)).await;
        in_lanes(8, numbers, &mut dice, |number, mut dice| {
            let scene = scene.clone();
            async move {
                let mut writers = tokio::task::JoinSet::new();
                for writer in 0..WRITERS {
                    let node = scene.fleet.address(writer % scene.fleet.len());
                    let scene = scene.clone();
                    writers.spawn(async move { scene.read_at(number, node).await });
                }
                tokio::time::sleep(dice.millis(0, 20)).await;
                let ended = scene.sign_out(number, &mut dice).await;
                writers.join_all().await;
                debug_assert!(ended != Heard::No, "ending a session is no error");
                for node in 0..scene.fleet.len() {
                    scene.read_at(number, scene.fleet.address(node)).await;
                }
            }
        })
        .await;
    }
    let judged = scene.history.judge();
    let says = format!(
        "{sessions} sessions, each ended beside {WRITERS} slow writers: {} rose again, {} lost, \
         {} without an answer",
        judged.risen, judged.lost, judged.unknown,
    );
    Line::new("G4", plan.kind, says)
        .expect("signed in", judged.accepted, sessions)
        .expect("rose again", judged.risen, 0)
        .expect("lost", judged.lost, 0)
        .expect("without an answer", judged.unknown, 0)
}

const WRITERS: usize = 8;
