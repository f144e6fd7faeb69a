//! G9: the store answers after five seconds. Clients hear so in time, health is told at once, and
//! everything is well again when the store is.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http::Method;
use sqlx::{Connection, SqliteConnection};

use crate::{
    backend::Backend,
    client::Proof,
    dice::Dice,
    history::Heard,
    proxy::Proxy,
    report::Line,
    scene::{Plan, Scene, in_lanes},
};

/// What makes the store slow.
enum Brake {
    /// Holds its replies back.
    Proxy(Proxy),
    /// Holds the write lock of its file.
    Lock(SqliteConnection),
}

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Backend::durable(plan.kind);
    let (scene, mut brake) = match &backend {
        Backend::Sqlite(_, file) => (plan.scene(&backend), Brake::on(file).await),
        _ => {
            let (scene, proxy) = plan.scene_by_proxy(&backend).await;
            (scene, Brake::Proxy(proxy))
        }
    };
    let requests = plan.size(400, 60);
    let mut dice = plan.dice.clone();
    let proofs = scene.proofs(requests, &mut dice).await;
    for (number, proof) in proofs.iter().enumerate().take(SESSIONS) {
        scene.verify(number, proof, &mut dice).await;
    }
    brake.pull().await;
    let asked = Asked::default();
    let health = tokio::spawn(watch_health(scene.clone(), asked.clone()));
    ask(&scene, &Arc::new(proofs), &asked, &mut dice).await;
    asked.is_over.store(true, Ordering::SeqCst);
    let health = health.await.expect("the health check does not panic");
    brake.release().await;
    let healed = healed(&scene).await;

    let refused = asked.refused.lock().unwrap().clone();
    let (reply, health) = (percentile(&refused), percentile(&health));
    let odd = asked.odd.load(Ordering::SeqCst);
    let says = format!(
        "{requests} requests to a store that takes 5 s: {} refused, p99 after {reply:.2?}; health \
         p99 {health:.1?}; {odd} other answers; well again after {healed:.2?}",
        refused.len(),
    );
    let slack = if plan.small { 4 } else { 1 };
    Line::new("G9", plan.kind, says)
        .expect("other answers", odd, 0)
        .expect("nothing refused", usize::from(refused.is_empty()), 0)
        .within("refusal", reply, Duration::from_millis(2_500))
        .within("health", health, Duration::from_millis(50) * slack)
        .within("well again", healed, Duration::from_secs(2) * slack)
}

/// What came of the requests.
#[derive(Clone, Default)]
struct Asked {
    /// How long each refusal took.
    refused: Arc<Mutex<Vec<Duration>>>,
    /// Answers that are neither success nor `store_unavailable`.
    odd: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Brake {
    async fn on(file: &Path) -> Self {
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let connection = SqliteConnection::connect(&url).await;
        Self::Lock(connection.expect("a file"))
    }

    async fn pull(&mut self) {
        match self {
            Self::Proxy(proxy) => proxy.delay(LATE),
            Self::Lock(connection) => {
                let lock = sqlx::query("BEGIN IMMEDIATE").execute(connection).await;
                lock.expect("the lock is free");
            }
        }
    }

    async fn release(&mut self) {
        match self {
            Self::Proxy(proxy) => proxy.delay(Duration::ZERO),
            Self::Lock(connection) => {
                let unlock = sqlx::query("ROLLBACK").execute(connection).await;
                unlock.expect("the lock is ours");
            }
        }
    }
}

/// Challenges, proofs and sessions, in any order.
async fn ask(scene: &Scene, proofs: &Arc<Vec<Proof>>, asked: &Asked, dice: &mut Dice) {
    in_lanes(16, 0..proofs.len(), dice, |number, mut dice| {
        let (scene, proofs, asked) = (scene.clone(), proofs.clone(), asked.clone());
        async move {
            let node = scene.any(&mut dice);
            let begin = Instant::now();
            let (what, session) = (dice.below(3), scene.signed_in(number % SESSIONS));
            let answer = match (what, session) {
                (0, Some((_, session))) => scene.client.read(node, &session).await,
                (1, _) if number >= SESSIONS => scene.client.verify(node, &proofs[number]).await,
                _ => {
                    let path = "/auth/nonce?credential=token";
                    scene.client.send(node, Method::GET, path, "", None).await
                }
            };
            match (answer.heard(), answer.status) {
                (Heard::Yes, _) => {}
                (_, 503) => asked.refused.lock().unwrap().push(begin.elapsed()),
                _ => {
                    asked.refused.lock().unwrap().push(begin.elapsed());
                    asked.odd.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    })
    .await;
}

/// How long each answer about the nodes' health took.
async fn watch_health(scene: Scene, asked: Asked) -> Vec<Duration> {
    let mut took = Vec::new();
    while !asked.is_over.load(Ordering::SeqCst) {
        for node in 0..scene.fleet.len() {
            let begin = Instant::now();
            let address = scene.fleet.address(node);
            let path = "/healthz";
            let answer = scene
                .client
                .send(address, Method::GET, path, "", None)
                .await;
            took.push(begin.elapsed());
            if !matches!(answer.status, 200 | 503) {
                asked.odd.fetch_add(1, Ordering::SeqCst);
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    took
}

/// How long it takes until every node works.
async fn healed(scene: &Scene) -> Duration {
    let begin = Instant::now();
    for node in 0..scene.fleet.len() {
        let address = scene.fleet.address(node);
        let path = "/auth/nonce?credential=token";
        while scene
            .client
            .send(address, Method::GET, path, "", None)
            .await
            .status
            != 200
            && begin.elapsed() < Duration::from_secs(20)
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    begin.elapsed()
}

fn percentile(all: &[Duration]) -> Duration {
    let mut all = all.to_vec();
    all.sort_unstable();
    let place = (all.len() * 99).div_ceil(100).saturating_sub(1);
    all.get(place).copied().unwrap_or_default()
}

const SESSIONS: usize = 10;
const LATE: Duration = Duration::from_secs(5);
