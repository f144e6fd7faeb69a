//! The network between nodes and store does what it likes: it delays, cuts after any byte, swallows
//! replies and lets connections stand half open, while people sign in and out.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::task::JoinSet;

use crate::{
    backend::Backend,
    dice::Dice,
    history::Heard,
    proxy::Proxy,
    report::Line,
    scene::{Plan, Scene},
};

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Backend::durable(plan.kind);
    let (scene, proxy) = plan.scene_by_proxy(&backend).await;
    let (faults, mut dice) = (plan.size(300, 12), plan.dice.clone());
    let (next, is_over) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (scene, next, is_over) = (scene.clone(), next.clone(), is_over.clone());
        let mut dice = dice.fork();
        clients.spawn(async move {
            while !is_over.load(Ordering::SeqCst) {
                let number = next.fetch_add(1, Ordering::SeqCst);
                visit(&scene, number, &mut dice).await;
            }
        });
    }
    for _ in 0..faults {
        tokio::time::sleep(dice.millis(10, 100)).await;
        do_harm(&proxy, &mut dice).await;
    }
    proxy.disarm();
    is_over.store(true, Ordering::SeqCst);
    clients.join_all().await;
    scene.look_back(CLIENTS, &mut dice).await;
    let judged = scene.history.judge();
    let says = format!(
        "{faults} faults of the network during {} sign-ins: {} accepted twice, {} lost, {} rose \
         again, {} without an answer",
        judged.accepted, judged.doubled, judged.lost, judged.risen, judged.unknown,
    );
    Line::new("net", plan.kind, says)
        .expect("nobody signed in", usize::from(judged.accepted == 0), 0)
        .expect("accepted twice", judged.doubled, 0)
        .expect("lost", judged.lost, 0)
        .expect("rose again", judged.risen, 0)
}

async fn visit(scene: &Scene, number: usize, dice: &mut Dice) {
    let Some(proof) = scene.prove(number, dice).await else {
        return tokio::time::sleep(dice.millis(1, 20)).await;
    };
    for _ in 0..3 {
        if scene.verify(number, &proof, dice).await != Heard::Nothing {
            break;
        }
    }
    scene.read(number, dice).await;
    if dice.one_in(2) {
        scene.sign_out(number, dice).await;
        scene.read(number, dice).await;
    }
}

async fn do_harm(proxy: &Proxy, dice: &mut Dice) {
    match dice.below(6) {
        0 => {
            proxy.delay(dice.millis(10, 400));
            tokio::time::sleep(dice.millis(50, 300)).await;
            proxy.delay(std::time::Duration::ZERO);
        }
        1 => proxy.cut_reply(1 + (dice.roll() % 50) as i64),
        2 => proxy.cut_request(1 + (dice.roll() % 50) as i64),
        3 => proxy.cut_after(1 + (dice.roll() % 20_000) as i64),
        4 => proxy.cut_all(),
        _ => {
            proxy.half_open(true);
            tokio::time::sleep(dice.millis(50, 1_500)).await;
            proxy.half_open(false);
        }
    }
}

const CLIENTS: usize = 12;
