//! G5: the store is killed again and again while nodes sign people in and out.
//!
//! SQLite has no server: there a node is killed, which is where the database runs.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    backend::{Backend, Kind},
    dice::Dice,
    history::Heard,
    report::Line,
    scene::{Plan, Scene},
};

/// What the clients and whoever kills know of each other.
struct Shared {
    scene: Scene,
    next: AtomicUsize,
    accepted: AtomicUsize,
    last_accepted: Mutex<Instant>,
    kills_are_over: AtomicBool,
}

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Arc::new(Mutex::new(Backend::durable(plan.kind)));
    let scene = plan.scene(&backend.lock().unwrap());
    let shared = Arc::new(Shared {
        scene,
        next: AtomicUsize::new(0),
        accepted: AtomicUsize::new(0),
        last_accepted: Mutex::new(Instant::now()),
        kills_are_over: AtomicBool::new(false),
    });
    let (goal, kills) = (plan.size(10_000, 60), plan.size(20, 2));
    let mut dice = plan.dice.clone();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(sign_in_and_out(shared.clone(), goal, dice.fork()));
    }
    let slowest = kill(&shared, plan.kind, &backend, kills, &mut dice).await;
    shared.kills_are_over.store(true, Ordering::SeqCst);
    clients.join_all().await;
    shared.scene.look_back(CLIENTS, &mut dice).await;

    let judged = shared.scene.history.judge();
    let what = if plan.kind == Kind::Sqlite {
        "a node"
    } else {
        "the store"
    };
    let says = format!(
        "{} sign-ins, {what} killed {kills} times: {} accepted twice, {} lost, {} rose again, \
         {} without an answer, first success {slowest:.1?} after it was back at the latest",
        judged.accepted, judged.doubled, judged.lost, judged.risen, judged.unknown,
    );
    let line = Line::new("G5", plan.kind, says)
        .expect("accepted twice", judged.doubled, 0)
        .within("first success", slowest, Duration::from_secs(5));
    if plan.kind.may_lose() {
        return line; // what asynchronous replicas lose is reported, not forbidden
    }
    line.expect("lost", judged.lost, 0)
        .expect("rose again", judged.risen, 0)
}

/// Kills and restarts; says how long after a restart the first sign-in succeeded, at the most.
async fn kill(
    shared: &Arc<Shared>,
    kind: Kind,
    backend: &Arc<Mutex<Backend>>,
    kills: usize,
    dice: &mut Dice,
) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..kills {
        tokio::time::sleep(dice.millis(100, 900)).await;
        let (pause, node) = (dice.millis(0, 300), dice.below(shared.scene.fleet.len()));
        let (backend, fleet) = (backend.clone(), shared.scene.fleet.clone());
        let killed = tokio::task::spawn_blocking(move || {
            let mut backend = backend.lock().unwrap();
            if kind == Kind::Sqlite {
                fleet.kill9(node);
                std::thread::sleep(pause);
                fleet.restart(node, |_| {});
            } else {
                backend.kill9();
                std::thread::sleep(pause);
                backend.restart();
            }
        });
        killed.await.expect("the store comes back");
        let back = Instant::now();
        loop {
            let last = *shared.last_accepted.lock().unwrap();
            if last > back {
                slowest = slowest.max(last - back);
                break;
            }
            if back.elapsed() > PATIENCE {
                return back.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    slowest
}

async fn sign_in_and_out(shared: Arc<Shared>, goal: usize, mut dice: Dice) {
    let scene = &shared.scene;
    while shared.accepted.load(Ordering::SeqCst) < goal
        || !shared.kills_are_over.load(Ordering::SeqCst)
    {
        let number = shared.next.fetch_add(1, Ordering::SeqCst);
        let Some(proof) = scene.prove(number, &mut dice).await else {
            tokio::time::sleep(dice.millis(5, 40)).await;
            continue;
        };
        let mut heard = scene.verify(number, &proof, &mut dice).await;
        for _ in 0..3 {
            // Nobody knows whether it happened: it is tried again, as people do.
            if heard != Heard::Nothing {
                break;
            }
            tokio::time::sleep(dice.millis(5, 40)).await;
            heard = scene.verify(number, &proof, &mut dice).await;
        }
        if scene.signed_in(number).is_none() {
            continue;
        }
        shared.accepted.fetch_add(1, Ordering::SeqCst);
        *shared.last_accepted.lock().unwrap() = Instant::now();
        scene.read(number, &mut dice).await;
        if dice.one_in(4) {
            scene.verify(number, &proof, &mut dice).await;
        }
        if dice.one_in(3) {
            scene.sign_out(number, &mut dice).await;
            scene.read(number, &mut dice).await;
        }
    }
}

const CLIENTS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(20);
